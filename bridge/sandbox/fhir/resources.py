"""Records as FHIR R4 resources, in the forms of the fhir2 module."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from bridge.sandbox.dates import fhir_instant
from bridge.sandbox.fhir.immunizations import immunization_resource
from bridge.sandbox.fhir.observations import observation_resource
from bridge.sandbox.fhir.orders import medication_resource, service_resource
from bridge.sandbox.fhir.patients import patient_resource
from bridge.sandbox.fhir.problems import (
    allergy_resource,
    condition_resource,
    diagnosis_resource,
)
from bridge.sandbox.fhir.stays import encounter_resource, visit_resource
from bridge.sandbox.fhir.terms import EXTENSION, TERMINOLOGY, Resource
from bridge.sandbox.store import Record, Store

SUBSETTED = {
    "system": f"{TERMINOLOGY}v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}


def resource(store: Store, record: Record, type_name: str, *, summary: bool = False) -> Resource:
    """Show a record as a FHIR resource; a summary leaves the narrative out and says so."""
    build = BUILDERS[type_name, record.type.name]
    moment = record["changed"] or record["created"]
    meta: Resource = {"versionId": str(moment * 1000), "lastUpdated": fhir_instant(moment)}
    tags = _tags(record, summary=summary)
    body = {name: value for name, value in build(store, record).items() if value is not None}
    shown = {
        "resourceType": type_name,
        "id": record.uuid,
        "meta": meta | ({"tag": tags} if tags else {}),
    }
    if not summary and type_name != "Immunization":
        shown["text"] = {"status": "generated", "div": _narrative(record.uuid, body)}
    return shown | body


def _tags(record: Record, *, summary: bool) -> list[Resource]:
    name = record.type.name
    tags: list[Resource] = []
    if name in ("encounter", "visit"):
        tags.append({"system": f"{EXTENSION}encounter-tag", "code": name, "display": name.title()})
    return [*tags, SUBSETTED] if summary else tags


def _narrative(uuid: str, body: Mapping[str, Any]) -> str:
    """Write a table of the plain values, for people who look at the resource itself."""
    plain = {name: value for name, value in body.items() if isinstance(value, str)}
    rows = "".join(
        f"<tr><td>{escape(name)}:</td><td>{escape(value)}</td></tr>"
        for name, value in ({"id": uuid} | plain).items()
    )
    return (
        '<div xmlns="http://www.w3.org/1999/xhtml"><table class="hapiPropertyTable"><tbody>'
        f"{rows}</tbody></table></div>"
    )


BUILDERS: Mapping[tuple[str, str], Callable[[Store, Record], Resource]] = {
    ("AllergyIntolerance", "allergy"): allergy_resource,
    ("Condition", "condition"): condition_resource,
    ("Condition", "diagnosis"): diagnosis_resource,
    ("Encounter", "encounter"): encounter_resource,
    ("Encounter", "visit"): visit_resource,
    ("Immunization", "obs"): immunization_resource,
    ("MedicationRequest", "order"): medication_resource,
    ("Observation", "obs"): observation_resource,
    ("Patient", "patient"): patient_resource,
    ("ServiceRequest", "order"): service_resource,
}
"""How a record is shown, by the type of resource and the name of its own resource type."""
