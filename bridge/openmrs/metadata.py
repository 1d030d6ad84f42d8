"""Reads of what a server is made of: types, concepts, settings, versions, counts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlencode

from bridge.age_limits import Bounds, Span, widest
from bridge.openmrs.client import FHIR, PAGE, REST, Client
from bridge.openmrs.criteria import ReferenceRange, spans_of
from bridge.openmrs.models import (
    ATTRIBUTE_TYPE_FIELDS,
    CONCEPT_FIELDS,
    IDENTIFIER_TYPE_FIELDS,
    NUMERIC_FIELDS,
    AttributeType,
    Concept,
    IdentifierType,
    attribute_type_of,
    concept_of,
    identifier_type_of,
    text_or_none,
)
from bridge.openmrs.parsing import Body, as_openmrs_has_it, checked_text, count, number, objects
from bridge.openmrs.replies import Outcome

IMAGES: Final = "7cac8397-53cd-4f00-a6fe-028e8d743f8e"
"""The complex concept that the attachments module keeps images under."""

PROBES: Final = {
    "immunizations": f"{FHIR}/Immunization?_summary=count",
    "appointments": f"{REST}/appointmentService/all/default",
    "attachments": f"{REST}/concept/{IMAGES}?v=custom:(uuid)",
}
"""What is asked for to see whether a server has it (see `capabilities.Probes`)."""


def answers(client: Client, path: str) -> bool:
    """Tell whether a server has what is at `path`; a passing trouble is no answer to that."""
    for _ in range(TRIES):
        reply = client.probe(path)
        if reply.outcome is not Outcome.TEMPORARY:
            break
    return reply.outcome is Outcome.ACCEPTED


TRIES: Final = 3


def read_identifier_types(client: Client) -> tuple[IdentifierType, ...]:
    """Read the identifier types in use, each with the source that issues it, if there is one."""
    sources = _identifier_sources(client)
    found = client.every("patientidentifiertype", IDENTIFIER_TYPE_FIELDS)
    in_use = [body for body in found if not body.get("retired")]
    with as_openmrs_has_it("identifier types"):
        return tuple(identifier_type_of(body, sources) for body in in_use)


def _identifier_sources(client: Client) -> dict[str, str]:
    reply = client.probe(f"{REST}/idgen/identifiersource?v=default&limit=100")
    sources: dict[str, str] = {}
    with as_openmrs_has_it("identifier sources"):
        listed = reply.body.get("results") if reply.outcome is Outcome.ACCEPTED else ()
        for source in objects(listed):
            if "sequential" in str(source.get("type", "")):
                issued = checked_text(source["identifierType"]["uuid"])
                sources.setdefault(issued, source["uuid"])
    return sources


def read_attribute_types(client: Client) -> dict[str, AttributeType]:
    """Read the person attribute types in use, by name."""
    bodies = list(client.every("personattributetype", ATTRIBUTE_TYPE_FIELDS))
    with as_openmrs_has_it("person attribute types"):
        kinds = [attribute_type_of(body) for body in bodies if not body["retired"]]
    return {kind.name: kind for kind in kinds}


def read_concepts(client: Client, uuids: Iterable[str]) -> dict[str, Concept]:
    """Read concepts by uuid, with the limits that are in force."""
    bodies = _concept_bodies(client, uuids, CONCEPT_FIELDS)
    with as_openmrs_has_it("concepts"):
        numeric = [
            uuid for uuid, body in bodies.items() if body["datatype"]["display"] == "Numeric"
        ]
    limits = _concept_bodies(client, numeric, NUMERIC_FIELDS) if numeric else {}
    in_force = limits_in_force(client, numeric, limits)
    with as_openmrs_has_it("concepts"):
        found = {uuid: concept_of(body, limits.get(uuid, {})) for uuid, body in bodies.items()}
    return {
        uuid: replace(concept, **in_force[uuid]._asdict()) if uuid in in_force else concept
        for uuid, concept in found.items()
    }


def _concept_bodies(client: Client, uuids: Iterable[str], fields: str) -> dict[str, Body]:
    found = list(client.every("concept", fields, references=",".join(uuids)))
    with as_openmrs_has_it("concepts"):
        return {body["uuid"]: body for body in found}


class InForce(NamedTuple):
    """The absolute limits that a server keeps a numeric concept's values to."""

    low: float | None
    high: float | None
    ages: tuple[Span, ...] = ()
    """Where they depend on age and sex; `low` and `high` are then the widest of them."""


def limits_in_force(
    client: Client, concepts: list[str], own: Mapping[str, Body]
) -> dict[str, InForce]:
    """Read the limits that are in force: the concepts' `own`, or what replaces them.

    A server that does not list a concept's reference ranges may yet say which a patient has.
    """
    listed = _reference_ranges(client, concepts)
    found = {}
    if listed is None:
        of_somebody = _ranges_of_somebody(client, concepts)
    with as_openmrs_has_it("reference ranges"):
        for concept in concepts:
            body = own.get(concept, {})
            bounds = number(body.get("lowAbsolute")), number(body.get("hiAbsolute"))
            if listed is None:
                found[concept] = InForce(*of_somebody.get(concept, bounds))
            else:
                found[concept] = _in_force(listed.get(concept, []), bounds)
    return found


def _in_force(ranges: list[ReferenceRange], own: Bounds) -> InForce:
    spans = spans_of(ranges, own) if ranges else ()
    if not spans:
        return InForce(*own)
    low, high = widest((span.low, span.high) for span in spans)
    is_for_all = all((span.low, span.high) == (low, high) for span in spans)
    return InForce(low, high, () if is_for_all else spans)


RANGE_FIELDS = "uuid,referenceRanges:(criteria,lowAbsolute,hiAbsolute)"


def _reference_ranges(
    client: Client, concepts: list[str]
) -> dict[str, list[ReferenceRange]] | None:
    """Read the reference ranges of numeric concepts; None where a server does not list them.

    OpenMRS has them from 2.7 on; an older one refuses the question.
    """
    if not concepts:
        return {}
    query = {"references": ",".join(concepts), "v": f"custom:({RANGE_FIELDS})", "limit": PAGE}
    for _ in range(TRIES):
        reply = client.probe(f"{REST}/concept?{urlencode(query)}")
        if reply.outcome is not Outcome.TEMPORARY:
            break
    if reply.outcome is not Outcome.ACCEPTED:
        return None
    with as_openmrs_has_it("reference ranges"):
        bodies = objects(reply.body.get("results"))
        if not all(isinstance(body.get("referenceRanges"), list) for body in bodies):
            return None
        return {
            checked_text(body["uuid"]): [
                ReferenceRange(
                    str(one.get("criteria") or ""),
                    number(one.get("lowAbsolute")),
                    number(one.get("hiAbsolute")),
                )
                for one in objects(body["referenceRanges"])
            ]
            for body in bodies
        }


def _ranges_of_somebody(client: Client, concepts: list[str]) -> dict[str, Bounds]:
    """Read the limits that override the concepts' own, as one patient has them."""
    patient = _any_patient(client) if concepts else None
    if patient is None:
        return {}
    query = urlencode({"patient": patient, "concept": ",".join(concepts), "v": "full"})
    reply = client.probe(f"{REST}/conceptreferencerange/?{query}")
    if reply.outcome is not Outcome.ACCEPTED:
        return {}
    with as_openmrs_has_it("reference ranges"):
        return {
            found["concept"]: (number(found.get("lowAbsolute")), number(found.get("hiAbsolute")))
            for found in objects(reply.body.get("results"))
            if found.get("concept") in concepts
        }


def _any_patient(client: Client) -> str | None:
    reply = client.probe(f"{FHIR}/Patient?_count=1")
    with as_openmrs_has_it("patients"):
        entries = reply.body.get("entry") if reply.outcome is Outcome.ACCEPTED else None
        return checked_text(entries[0]["resource"]["id"]) if entries else None


def read_core(client: Client) -> str | None:
    """Read the version of the server's core, where the user may know it."""
    reply = client.probe(f"{REST}/systeminformation")
    found = re.search(r"openmrsVersion': '([^' ]+)", str(reply.body))
    return found[1] if found else None


def read_modules(client: Client) -> dict[str, str]:
    """Read the modules that run, with their versions, where the user may know them."""
    reply = client.probe(f"{REST}/module?v=custom:(uuid,version,started)&limit=100")
    with as_openmrs_has_it("modules"):
        found = objects(reply.body.get("results")) if reply.outcome is Outcome.ACCEPTED else ()
        return {one["uuid"]: str(one["version"]) for one in found if one.get("started")}


def read_setting(client: Client, name: str) -> str | None:
    """Read a global property; None where it is not set."""
    body = client.fetch("systemsetting", name, "value")
    return None if body is None else text_or_none(body.get("value"))


def read_name(client: Client, resource: str, uuid: str) -> str | None:
    """Read what an object is called; None where it is not there, or retired."""
    body = client.fetch(resource, uuid, "display,retired")
    return str(body.get("display")) if body and not body.get("retired") else None


def count_patients(client: Client) -> int | None:
    """Count the patients, where the server says how many they are."""
    reply = client.probe(f"{FHIR}/Patient?_summary=count")
    with as_openmrs_has_it("patients"):
        return count(reply.body.get("total", 0)) if reply.outcome is Outcome.ACCEPTED else None
