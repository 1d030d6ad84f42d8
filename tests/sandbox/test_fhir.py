"""FHIR reads and searches, as O3's chart and the loader's check ask them."""

from datetime import timedelta
from typing import Any

import pytest

from .clinic import DAY, Clinic, ciel


def test_vitals_come_as_the_chart_asks_for_them(clinic: Clinic) -> None:
    patient = clinic.patient()
    for number in range(3):
        clinic.vitals(patient, {5085: 120 + number, 5087: 70}, DAY + timedelta(days=number))
    bundle = clinic.search(
        "Observation",
        **{"subject:Patient": patient, "code": f"{ciel(5085)},{ciel(5088)}"},
        _summary="data",
        _sort="-date",
        _count="100",
    )
    found = [entry["resource"] for entry in bundle["entry"]]
    assert [one["valueQuantity"]["value"] for one in found] == [122, 121, 120]
    assert [one["interpretation"][0]["text"] for one in found] == ["High", "High", "Normal"]
    assert all("text" not in one for one in found)


def test_an_observation_carries_what_the_chart_needs(clinic: Clinic) -> None:
    patient = clinic.patient()
    body = clinic.vitals(patient, {5085: 124})
    url = f"{clinic.fhir}/Observation/{body['obs'][0]['uuid']}"
    found = clinic.client.get(url, timeout=10).json()
    assert found["code"]["coding"][0] == {"code": ciel(5085), "display": "Systolic"}
    assert found["encounter"]["reference"] == f"Encounter/{body['uuid']}"
    assert found["effectiveDateTime"] == "2026-03-04T09:15:00+00:00"
    assert found["valueQuantity"] == {
        "value": 124,
        "unit": "mmHg",
        "system": "http://unitsofmeasure.org",
        "code": "mmHg",
    }
    meanings = [one["type"]["coding"][0]["code"] for one in found["referenceRange"]]
    assert meanings == ["normal", "treatment", "absolute"]


def _walk(clinic: Clinic, bundle: dict[str, Any]) -> list[str]:
    seen = []
    while True:
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        if "next" not in links:
            return seen
        bundle = clinic.client.get(links["next"], timeout=10).json()


def test_pages_follow_one_another_without_loss(clinic: Clinic) -> None:
    patient = clinic.patient()
    for number in range(5):
        clinic.vitals(patient, {5085: 120, 5087: 70, 5088: 37}, DAY + timedelta(days=number))
    seen = _walk(clinic, clinic.search("Observation", patient=patient, _count="4", _sort="date"))
    assert len(seen) == 15
    assert len(set(seen)) == 15


def test_a_page_can_be_asked_for_by_its_offset(clinic: Clinic) -> None:
    patient = clinic.patient()
    clinic.vitals(patient, {5085: 120, 5087: 70, 5088: 37})
    whole = _walk(clinic, clinic.search("Observation", patient=patient))
    part = clinic.search("Observation", patient=patient, _count="2", _getpagesoffset="2")
    assert [entry["resource"]["id"] for entry in part["entry"]] == whole[2:]
    assert {link["relation"] for link in part["link"]} == {"self", "previous"}


def test_a_page_has_narratives_unless_it_is_asked_for_without(clinic: Clinic) -> None:
    """The link to it does not remember what the search was asked for."""
    patient = clinic.patient()
    clinic.vitals(patient, {5085: 120, 5087: 70})
    first = clinic.search("Observation", patient=patient, _count="1", _summary="data")
    assert "text" not in first["entry"][0]["resource"]
    (onward,) = (link["url"] for link in first["link"] if link["relation"] == "next")
    for url, is_told in ((onward, True), (f"{onward}&_summary=data", False)):
        (entry,) = clinic.client.get(url, timeout=10).json()["entry"]
        assert ("text" in entry["resource"]) is is_told


def test_a_page_that_nobody_kept_is_gone(clinic: Clinic) -> None:
    answer = clinic.client.get(f"{clinic.fhir}?_getpages=no-such", timeout=10)
    assert answer.status_code == 410


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ({}, 2),
        ({"name": "Otieno"}, 2),
        ({"name": "tieno"}, 0),
        ({"given": "Baraka"}, 1),
        ({"gender": "female"}, 1),
        ({"birthdate": "ge2000"}, 1),
        ({"birthdate": "1980-05-01"}, 1),
        ({"identifier": "100000Y"}, 1),
        ({"_id": "no-such"}, 0),
    ],
)
def test_patients_are_counted(clinic: Clinic, given: dict[str, str], total: int) -> None:
    clinic.patient()
    clinic.patient(
        gender="M",
        birthdate="2021-03-09",
        names=[{"givenName": "Baraka", "familyName": "Otieno"}],
    )
    assert clinic.search("Patient", _summary="count", **given)["total"] == total


def test_encounters_and_visits_are_both_encounters(clinic: Clinic) -> None:
    patient = clinic.patient()
    body = clinic.vitals(patient, {5087: 76})
    both = clinic.search("Encounter", patient=patient)
    assert {entry["resource"]["id"] for entry in both["entry"]} == {
        body["uuid"],
        body["visit"]["uuid"],
    }
    visits = clinic.search("Encounter", patient=patient, _tag="visit")
    assert [entry["resource"]["id"] for entry in visits["entry"]] == [body["visit"]["uuid"]]


def test_an_unknown_parameter_is_refused(clinic: Clinic) -> None:
    answer = clinic.client.get(f"{clinic.fhir}/Observation?nosuch=1", timeout=10)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == "not-supported"


def test_text_and_answers_and_groups_are_observations_too(clinic: Clinic) -> None:
    patient = clinic.patient()
    body = clinic.encounter_body(patient, {})
    members = [{"concept": ciel(5085), "value": 118}]
    body["obs"] = [{"concept": ciel(1114), "groupMembers": members}]
    clinic.make("encounter", **body)
    found = clinic.search("Observation", patient=patient)["entry"]
    groups = [one["resource"] for one in found if "hasMember" in one["resource"]]
    assert len(found) == 2
    assert groups[0]["hasMember"][0]["type"] == "Observation"


def test_a_client_s_id_is_dropped_when_an_observation_is_made(clinic: Clinic) -> None:
    patient = clinic.patient()
    encounter = clinic.vitals(patient, {5087: 76})["uuid"]
    resource = {
        "resourceType": "Observation",
        "id": "mine",
        "status": "final",
        "code": {"coding": [{"code": ciel(5085)}]},
        "subject": {"reference": f"Patient/{patient}"},
        "encounter": {"reference": f"Encounter/{encounter}"},
        "effectiveDateTime": "2026-03-04T09:15:00+00:00",
        "valueQuantity": {"value": 126},
    }
    made = clinic.client.post(f"{clinic.fhir}/Observation", json=resource, timeout=10)
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json()["id"])
    assert made.json()["id"] != "mine"
    resource["valueQuantity"] = {"value": 999}
    refused = clinic.client.post(f"{clinic.fhir}/Observation", json=resource, timeout=10)
    assert refused.status_code == 422
