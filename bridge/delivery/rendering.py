"""Patients, visits and statements as OpenMRS REST bodies. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bridge.chart import Encounter, Patient, Visit
from bridge.delivery.target import Target
from bridge.identity import part_uuid
from bridge.mapping.resolve import Statement

Body = dict[str, Any]


def patient_body(patient: Patient, identifiers: Iterable[str], target: Target, *, run: str) -> Body:
    """Render the POST of `patient`, marked as a demo patient and as one of `run`."""
    person: Body = {
        "uuid": patient.uuid,
        "gender": patient.sex,
        "birthdate": patient.birthdate.isoformat(),
        "birthdateEstimated": False,
        "names": [
            {
                "uuid": part_uuid(patient.uuid, "name"),
                "givenName": patient.given_name,
                "familyName": patient.family_name,
                "preferred": True,
            }
        ],
        "attributes": [
            {"attributeType": target.demo_tag, "value": "true"},
            {"attributeType": target.run_tag, "value": run},
        ],
    }
    if patient.address:
        person["addresses"] = [
            {
                "uuid": part_uuid(patient.uuid, "address"),
                "cityVillage": patient.address.city_village,
                "stateProvince": patient.address.state_province,
                "country": patient.address.country,
                "preferred": True,
            }
        ]
    return {"person": person, "identifiers": list(_identifiers(patient, identifiers, target))}


def _identifiers(patient: Patient, identifiers: Iterable[str], target: Target) -> Iterable[Body]:
    for place, (slot, value) in enumerate(zip(target.identifiers, identifiers, strict=True)):
        body = {
            "uuid": part_uuid(patient.uuid, f"identifier/{place}"),
            "identifier": value,
            "identifierType": slot.type,
            "preferred": place == 0,
        }
        yield {**body, "location": slot.location} if slot.location else body


def visit_body(patient: Patient, visit: Visit, target: Target) -> Body:
    """Render a visit, for a POST of its own or inside its first encounter."""
    body = {
        "uuid": visit.uuid,
        "patient": patient.uuid,
        "visitType": target.visit_type,
        "location": target.location,
        "startDatetime": rest_time(visit.start),
    }
    return {**body, "stopDatetime": rest_time(visit.stop)} if visit.stop else body


def encounter_body(
    patient: Patient,
    visit: str | Body,
    encounter: Encounter,
    statements: Iterable[Statement],
    target: Target,
) -> Body:
    """Render an encounter with its observations; `visit` is a uuid, or the body of a new visit."""
    return {
        "uuid": encounter.uuid,
        "patient": patient.uuid,
        "visit": visit,
        "encounterType": target.encounter_type,
        "location": target.location,
        "encounterDatetime": rest_time(encounter.time),
        "encounterProviders": [
            {
                "uuid": part_uuid(encounter.uuid, "provider"),
                "provider": target.provider,
                "encounterRole": target.encounter_role,
            }
        ],
        "obs": [
            {
                "uuid": statement.uuid,
                "concept": statement.entry.concept,
                "value": statement.value,
            }
            for statement in statements
        ],
    }


def rest_time(time: datetime) -> str:
    """Write an aware time with its offset: without one OpenMRS takes its own time zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000%z")
