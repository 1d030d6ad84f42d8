"""Encounters and visits, which are both FHIR Encounters."""

from bridge.sandbox.dates import fhir_moment
from bridge.sandbox.fhir.terms import (
    CODE_SYSTEM,
    TERMINOLOGY,
    Resource,
    place,
    practitioner,
    reference,
    subject,
)
from bridge.sandbox.store import Record, Store


def encounter_resource(store: Store, encounter: Record) -> Resource:
    """Show an encounter as a part of its visit."""
    visit = store.ref(encounter, "visit")
    people = store.children(encounter, "encounterProviders")
    return {
        **_stay(store, encounter, "encounterType", "encounter-type"),
        "participant": [_participant(store, one) for one in people] or None,
        "period": {"start": fhir_moment(encounter["encounterDatetime"])},
        "location": _places(store, encounter),
        "partOf": reference("Encounter", visit) if visit else None,
    }


def visit_resource(store: Store, visit: Record) -> Resource:
    """Show a visit."""
    period = {"start": fhir_moment(visit["startDatetime"])}
    if visit["stopDatetime"]:
        period["end"] = fhir_moment(visit["stopDatetime"])
    return {
        **_stay(store, visit, "visitType", "visit-type"),
        "period": period,
        "location": _places(store, visit),
    }


def _stay(store: Store, record: Record, type_name: str, system: str) -> Resource:
    kind = store.ref(record, type_name)
    coding = {"system": f"{CODE_SYSTEM}{system}"}
    if kind:
        coding |= {"code": kind.uuid, "display": kind["name"]}
    return {
        "status": "unknown",
        "class": {"system": f"{TERMINOLOGY}v3-ActCode", "code": "AMB"},
        "type": [{"coding": [coding]}],
        "subject": subject(store, record["patient"]),
    }


def _places(store: Store, record: Record) -> list[Resource] | None:
    found = store.ref(record, "location")
    return [{"location": place(found)}] if found else None


def _participant(store: Store, entry: Record) -> Resource:
    individual = practitioner(store, store.ref(entry, "provider"))
    return {"individual": individual} if individual else {}
