"""Whatever is sent to the parts of a chart gets an answer in OpenMRS's form, never a crash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sandbox import Sandbox

from .clinic import DAY, ciel
from .conftest import NOW
from .hospital import HYPERTENSION, PARENT, PENICILLIN, Hospital
from .test_hostile_input import JSON, PATIENT

PATHS = (
    *("condition", "patientdiagnoses", "order", "drug", "orderfrequency", "program", "workflow"),
    *("programenrollment", "relationshiptype", "relationship", "appointment", "encounter"),
    *("appointmentService", "appointments/search", f"patient/{PATIENT}/allergy"),
)
PROPERTIES = (
    *("uuid", "patient", "condition", "clinicalStatus", "onsetDate", "diagnosis", "certainty"),
    *("rank", "encounter", "type", "drug", "concept", "dose", "doseUnits", "duration", "action"),
    *("durationUnits", "dateActivated", "previousOrder", "careSetting", "states", "program"),
    *("dateEnrolled", "personA", "relationshipType", "startDate", "patientUuid", "serviceUuid"),
    *(
        "startDateTime",
        "providers",
        "status",
        "appointmentKind",
        "name",
        "durationMins",
        "allergen",
    ),
    *("severity", "reactions", "orders", "diagnoses", "comments", "frequencyPerDay", "location"),
)
FHIR_TYPES = (
    *("Condition", "AllergyIntolerance", "Immunization", "MedicationRequest", "ServiceRequest"),
)
ELEMENTS = (
    *("subject", "patient", "code", "category", "reaction", "vaccineCode", "encounter", "note"),
    *("occurrenceDateTime", "performer", "protocolApplied", "expirationDate", "clinicalStatus"),
    *("lotNumber", "manufacturer", "onsetDateTime", "extension"),
)


@pytest.fixture(scope="module")
def shared_hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    directory: Path = tmp_path_factory.mktemp("sandbox")
    with Sandbox.start(directory, clock=lambda: NOW) as sandbox:
        hospital = Hospital(sandbox.url)
        hospital.set_up()
        hospital.equip()
        hospital.patient(uuid=PATIENT)
        hospital.prescribe(PATIENT, DAY)
        yield hospital
        hospital.client.close()


def whole(hospital: Hospital) -> dict[str, dict[str, Any]]:
    """Return bodies that would be accepted, to be spoilt."""
    day = "2026-03-04"
    return {
        "condition": {
            "patient": PATIENT,
            "condition": {"coded": HYPERTENSION},
            "clinicalStatus": "ACTIVE",
        },
        "patientdiagnoses": {
            "patient": PATIENT,
            "diagnosis": {"coded": HYPERTENSION},
            "certainty": "CONFIRMED",
            "rank": 1,
            "encounter": "x",
        },
        "order": hospital.drug_order(PATIENT, DAY) | {"encounter": "x"},
        "drug": {"name": "x", "concept": PENICILLIN, "combination": False},
        "orderfrequency": {"frequencyPerDay": 2, "concept": ciel(160862)},
        "program": {"name": "x", "description": "-", "concept": HYPERTENSION},
        "workflow": {"program": hospital.program, "concept": HYPERTENSION},
        "programenrollment": {
            "patient": PATIENT,
            "program": hospital.program,
            "dateEnrolled": day,
        },
        "relationshiptype": {"aIsToB": "a", "bIsToA": "b"},
        "relationship": {"personA": PATIENT, "personB": PATIENT, "relationshipType": PARENT},
        "appointment": {
            "patientUuid": PATIENT,
            "serviceUuid": hospital.service,
            "startDateTime": day,
            "endDateTime": day,
            "appointmentKind": "Scheduled",
        },
        "appointmentService": {"name": "x"},
        "appointments/search": {"patientUuid": PATIENT, "startDate": day},
        "encounter": hospital.encounter_body(PATIENT, {}),
        f"patient/{PATIENT}/allergy": {
            "allergen": {"allergenType": "DRUG", "codedAllergen": {"uuid": PENICILLIN}}
        },
    }


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from(PROPERTIES), JSON)
def test_a_spoilt_part_is_answered_in_json(
    shared_hospital: Hospital, path: str, name: str, value: Any
) -> None:
    body = whole(shared_hospital)[path] | {name: value}
    answer = shared_hospital.ask("POST", path, body)
    assert answer.headers["Content-Type"].startswith("application/json"), (path, name, value)
    assert answer.status_code in (200, 201, 400, 404, 500)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(FHIR_TYPES), st.sampled_from(ELEMENTS), JSON)
def test_a_spoilt_resource_is_answered_in_json(
    shared_hospital: Hospital, type_name: str, name: str, value: Any
) -> None:
    subject = {"reference": f"Patient/{PATIENT}"}
    resource = {"resourceType": type_name, "subject": subject, "patient": subject}
    url = f"{shared_hospital.fhir}/{type_name}"
    answer = shared_hospital.client.post(url, json=resource | {name: value}, timeout=10)
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    found = shared_hospital.client.get(url, params={name: ascii(value)}, timeout=10)
    assert found.status_code in (200, 400)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40), st.text(max_size=20), JSON)
def test_a_spoilt_upload_is_answered_in_json(
    shared_hospital: Hospital, content: bytes, name: str, value: Any
) -> None:
    for path in ("obs", "attachment", "encounter"):
        parts = {"file": (name, content), "json": (None, repr(value).encode("utf-8", "replace"))}
        url = f"{shared_hospital.rest}/{path}"
        answer = shared_hospital.client.post(url, files=parts, timeout=10)
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.status_code in (201, 400, 500)


def test_the_patient_s_page_shows_whatever_was_taken(shared_hospital: Hospital) -> None:
    root = shared_hospital.rest.partition("/openmrs")[0]
    auth = ("admin", "Admin123")
    page = shared_hospital.client.get(f"{root}/patient/{PATIENT}", auth=auth, timeout=20)
    assert page.status_code == 200
