"""Immunizations: made through FHIR, kept as observations at an encounter of their own."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import requests

from .clinic import DAY, moment
from .hospital import BCG, HISTORY, HYPERTENSION, MEASLES, VACCINES, Hospital

UNKNOWN_ROLE = "a0b03050-c99b-11e0-9572-0800200c9a66"
"""That every OpenMRS begins with."""


def give(hospital: Hospital, body: dict[str, Any]) -> requests.Response:
    return hospital.client.post(f"{hospital.fhir}/Immunization", json=body, timeout=10)


def visit_of(hospital: Hospital, patient: str) -> str:
    return str(hospital.make("visit", **hospital.visit_body(patient))["uuid"])


def test_a_vaccine_is_read_back_as_it_was_given(hospital: Hospital) -> None:
    patient = hospital.patient()
    visit = visit_of(hospital, patient)
    extra = {
        "lotNumber": "L-7",
        "manufacturer": {"display": "SII"},
        "expirationDate": "2027-01-31",
    }
    made = give(hospital, hospital.vaccine(patient, visit, DAY, **extra))
    assert made.status_code == 201, made.text
    (entry,) = hospital.search("Immunization", patient=patient)["entry"]
    found = entry["resource"]
    assert found["id"] == made.json()["id"]
    assert found["vaccineCode"]["text"] == "BCG vaccine"
    assert found["occurrenceDateTime"] == "2026-03-04T09:00:00+00:00"
    assert found["protocolApplied"] == [{"doseNumberPositiveInt": 1}]
    assert found["encounter"]["reference"] == f"Encounter/{visit}"
    assert found["performer"][0]["actor"]["display"] == "Grace Wanjiru"
    for name, value in extra.items():
        assert found[name] == value


def test_the_vaccines_of_a_visit_share_one_encounter_at_its_end(hospital: Hospital) -> None:
    patient = hospital.patient()
    visit = visit_of(hospital, patient)
    for code in ("886".ljust(36, "A"), MEASLES):
        vaccine = {"vaccineCode": {"coding": [{"code": code}]}}
        assert give(hospital, hospital.vaccine(patient, visit, DAY, **vaccine)).status_code == 201
    shown = "custom:(uuid,encounterDatetime,obs:(uuid,groupMembers:(uuid)))"
    (encounter,) = hospital.read("encounter", patient=patient, v=shown)["results"]
    assert encounter["encounterDatetime"] == moment(DAY + timedelta(hours=2))
    assert len(encounter["obs"]) == 2


def test_a_group_within_an_encounter_is_one_where_the_encounter_says_who_gave_it(
    hospital: Hospital,
) -> None:
    """fhir2 shows none whose encounter has no provider of the role that its setting names."""
    for role in (hospital.role, UNKNOWN_ROLE):
        patient, group = hospital.patient(), str(uuid4())
        body = hospital.encounter_body(patient, {})
        body["encounterProviders"] = [{"provider": hospital.provider, "encounterRole": role}]
        vaccine = {"uuid": str(uuid4()), "concept": VACCINES, "value": BCG}
        body["obs"] = [{"uuid": group, "concept": HISTORY, "groupMembers": [vaccine]}]
        hospital.make("encounter", **body)
        url = f"{hospital.fhir}/Immunization"
        found = hospital.client.get(url, params={"patient": patient}, timeout=10)
        if role == hospital.role:
            (entry,) = found.json()["entry"]
            assert entry["resource"]["id"] == group
            assert entry["resource"]["vaccineCode"]["text"] == "BCG vaccine"
        else:
            assert (found.status_code, "encounter provider" in found.text) == (422, True)


def test_only_a_concept_is_taken_for_a_vaccine(hospital: Hospital) -> None:
    patient = hospital.patient()
    visit = visit_of(hospital, patient)
    other = {"vaccineCode": {"coding": [{"code": "no such concept"}]}}
    refused = give(hospital, hospital.vaccine(patient, visit, DAY, **other))
    assert refused.status_code == 422
    assert "error.noValue" in refused.text
    assert hospital.read("encounter", patient=patient)["results"] == []
    strange = {"vaccineCode": {"coding": [{"code": HYPERTENSION}]}}
    assert give(hospital, hospital.vaccine(patient, visit, DAY, **strange)).status_code == 201
    for lacking, reason in (("encounter", "No encounter"), ("patient", "No patient")):
        body = hospital.vaccine(patient, visit, DAY)
        del body[lacking]
        answer = give(hospital, body)
        assert (answer.status_code, reason in answer.text) == (422, True)


def test_an_immunization_is_deleted_and_goes_with_its_patient(hospital: Hospital) -> None:
    patient = hospital.patient()
    visit = visit_of(hospital, patient)
    first, second = (
        give(hospital, hospital.vaccine(patient, visit, DAY)).json()["id"] for _ in range(2)
    )
    url = f"{hospital.fhir}/Immunization"
    assert hospital.client.delete(f"{url}/{first}", timeout=10).status_code == 200
    assert hospital.client.get(f"{url}/{first}", timeout=10).status_code == 410
    assert hospital.search("Immunization", patient=patient)["total"] == 1
    hospital.ask("DELETE", f"patient/{patient}", reason="undo")
    assert hospital.client.get(f"{url}/{second}", timeout=10).status_code == 410
