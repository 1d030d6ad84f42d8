"""Patients, visits and encounters as OpenMRS REST bodies. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from bridge.chart import Address, Encounter, Immunization, Patient, Visit
from bridge.delivery.target import Target
from bridge.identity import part_uuid

Body = dict[str, Any]


def patient_body(patient: Patient, identifiers: Iterable[str], target: Target, *, run: str) -> Body:
    """Render the POST of `patient`, marked as a demo patient and as one of `run`."""
    person: Body = {
        "uuid": patient.uuid,
        "gender": patient.sex,
        "birthdate": patient.birthdate.isoformat(),
        "birthdateEstimated": patient.is_birthdate_estimated,
        "names": [_name(patient)],
        "attributes": [
            {"attributeType": target.demo_tag, "value": "true"},
            {"attributeType": target.run_tag, "value": run},
        ],
    }
    if patient.phone and target.phone:
        person["attributes"].append({"attributeType": target.phone, "value": patient.phone})
    if patient.address:
        person["addresses"] = [_address(patient, patient.address)]
    return {"person": person, "identifiers": list(_identifiers(patient, identifiers, target))}


def _name(patient: Patient) -> Body:
    name: Body = {
        "uuid": part_uuid(patient.uuid, "name"),
        "givenName": patient.given_name,
        "familyName": patient.family_name,
        "preferred": True,
    }
    return {**name, "middleName": patient.middle_name} if patient.middle_name else name


def _address(patient: Patient, address: Address) -> Body:
    parts = {
        "address1": address.address1,
        "cityVillage": address.city_village,
        "countyDistrict": address.county_district,
        "stateProvince": address.state_province,
        "country": address.country,
        "postalCode": address.postal_code,
    }
    return {
        "uuid": part_uuid(patient.uuid, "address"),
        **{name: part for name, part in parts.items() if part},
        "preferred": True,
    }


def _identifiers(patient: Patient, identifiers: Iterable[str], target: Target) -> Iterable[Body]:
    for place, (slot, value) in enumerate(zip(target.identifiers, identifiers, strict=True)):
        body = {
            "uuid": part_uuid(patient.uuid, f"identifier/{place}"),
            "identifier": value,
            "identifierType": slot.type,
            "preferred": place == 0,
        }
        yield {**body, "location": slot.location} if slot.location else body
    for identifier in patient.identifiers:
        if kind := target.identifier_types.get(identifier.type):
            yield {
                "uuid": part_uuid(patient.uuid, f"identifier/{identifier.type}"),
                "identifier": identifier.value,
                "identifierType": kind,
                "location": target.location,
                "preferred": False,
            }


def visit_body(patient: Patient, visit: Visit, target: Target) -> Body:
    """Render a visit, for a POST of its own or inside its first encounter."""
    body = {
        "uuid": visit.uuid,
        "patient": patient.uuid,
        "visitType": target.visit_types.get(visit.kind, target.visit_type),
        "location": _place(visit, visit.location, target),
        "startDatetime": rest_time(visit.start),
    }
    return {**body, "stopDatetime": rest_time(visit.stop)} if visit.stop else body


def encounter_body(patient: Patient, visit: Visit, encounter: Encounter, target: Target) -> Body:
    """Render an encounter of a visit, without what rides in it."""
    where = encounter.location or visit.location
    return {
        "uuid": encounter.uuid,
        "patient": patient.uuid,
        "visit": visit.uuid,
        "encounterType": target.encounter_types.get(encounter.kind, target.encounter_type),
        "location": _place(visit, where, target),
        "encounterDatetime": rest_time(encounter.time),
        "encounterProviders": [
            {
                "uuid": part_uuid(encounter.uuid, "provider"),
                "provider": provider_of(encounter.uuid, target),
                "encounterRole": _role_at(encounter, target),
            }
        ],
        "obs": [],
    }


def _role_at(encounter: Encounter, target: Target) -> str:
    """Return what its provider is at an encounter: where a vaccine is given, who gives it."""
    vaccines = any(isinstance(entry, Immunization) for entry in encounter.entries)
    return (target.administering_role if vaccines else None) or target.encounter_role


def provider_of(encounter: str, target: Target) -> str:
    """Return who sees the patient at the encounter of this uuid, and prescribes there."""
    return _in_turn(target.providers, encounter) or target.provider


def _place(visit: Visit, where: str, target: Target) -> str:
    """Return the location of that name, else the one whose turn it is at this visit."""
    named = target.locations.get(where)
    return named or _in_turn(target.locations_in_turn, visit.uuid) or target.location


def _in_turn(things: tuple[str, ...], uuid: str) -> str | None:
    """Return the thing that this uuid falls to: the same whenever it is rendered."""
    return things[UUID(uuid).int % len(things)] if things else None


def rest_time(time: datetime) -> str:
    """Write an aware time with its offset: without one OpenMRS takes its own time zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000%z")
