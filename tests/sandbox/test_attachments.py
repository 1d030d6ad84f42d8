"""Images and documents as complex observations."""

import json
from typing import Any
from uuid import uuid4

import requests

from .clinic import DAY, Clinic, message, moment
from .hospital import HYPERTENSION, IMAGE, Hospital

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0"
    "f01f0005050201a7d0bd6c0000000049454e44ae426082"
)


def send(hospital: Clinic, body: dict[str, Any], name: str = "wound.png") -> requests.Response:
    parts = {"file": (name, PNG, "image/png"), "json": (None, json.dumps(body))}
    return hospital.client.post(f"{hospital.rest}/obs", files=parts, timeout=10)


def test_an_image_keeps_our_uuid_time_encounter_and_bytes(hospital: Hospital) -> None:
    patient = hospital.patient()
    encounter = hospital.encounter_body(patient, {})
    hospital.make("encounter", **encounter)
    body = {
        "uuid": str(uuid4()),
        "person": patient,
        "concept": IMAGE,
        "obsDatetime": moment(DAY),
        "encounter": encounter["uuid"],
        "comment": "Left foot",
    }
    made = send(hospital, body)
    assert made.status_code == 201
    assert made.json()["uuid"] == body["uuid"]
    assert made.json()["value"]["display"] == "raw file"
    (listed,) = hospital.read("attachment", patient=patient)["results"]
    assert (listed["comment"], listed["filename"]) == ("Left foot", "wound.png")
    assert listed["dateTime"] == moment(DAY)
    assert listed["bytesContentFamily"] == "IMAGE"
    answer = hospital.ask("GET", f"attachment/{body['uuid']}/bytes")
    assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")
    assert hospital.ask("GET", f"obs/{body['uuid']}/value").content == PNG


def test_an_attachment_goes_with_its_patient_and_is_purged(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = {"person": patient, "concept": IMAGE, "obsDatetime": moment(DAY)}
    uuid = send(hospital, body).json()["uuid"]
    everywhere = {"patient": patient, "includeEncounterless": "true"}
    assert len(hospital.read("attachment", **everywhere)["results"]) == 1
    assert hospital.read("attachment", patient=patient)["results"] == []
    assert hospital.ask("DELETE", f"attachment/{uuid}").status_code == 204
    assert hospital.read("attachment", **everywhere)["results"] == []
    assert hospital.ask("DELETE", f"obs/{uuid}", purge="true").status_code == 204
    assert hospital.ask("GET", f"attachment/{uuid}/bytes").status_code == 404


def test_the_same_attachment_twice_is_refused_whole(hospital: Hospital) -> None:
    """Unlike other observations posted again, which the server takes for a change."""
    patient = hospital.patient()
    body = {"person": patient, "concept": IMAGE, "obsDatetime": moment(DAY)} | {"uuid": "a" * 36}
    assert send(hospital, body).status_code == 201
    assert send(hospital, body).status_code == 500
    everywhere = {"patient": patient, "includeEncounterless": "true"}
    assert len(hospital.read("attachment", **everywhere)["results"]) == 1


def test_an_image_must_be_one(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = {"person": patient, "concept": IMAGE, "obsDatetime": moment(DAY)}
    parts = {"file": ("a.png", b"nonsense", "image/png"), "json": (None, json.dumps(body))}
    refused = hospital.client.post(f"{hospital.rest}/obs", files=parts, timeout=10)
    assert refused.status_code == 500
    assert "ComplexData.getData() is null" in message(refused)
    everywhere = {"patient": patient, "includeEncounterless": "true"}
    assert hospital.read("attachment", **everywhere)["results"] == []


def test_a_file_needs_a_complex_concept_and_its_json(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = {"person": patient, "concept": HYPERTENSION, "obsDatetime": moment(DAY)}
    refused = send(hospital, body)
    assert refused.status_code == 400
    assert "Complex concept must be set" in message(refused)
    bare = hospital.client.post(
        f"{hospital.rest}/obs", files={"file": ("a.png", PNG, "image/png")}, timeout=10
    )
    assert bare.status_code == 400
    assert "named 'json'" in message(bare)


def test_a_hostile_name_is_only_a_name(hospital: Hospital) -> None:
    body = {"person": hospital.patient(), "concept": IMAGE, "obsDatetime": moment(DAY)}
    uuid = send(hospital, body, "a\u202e\u00e9.png").json()["uuid"]
    answer = hospital.ask("GET", f"attachment/{uuid}/bytes")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''a%E2")
