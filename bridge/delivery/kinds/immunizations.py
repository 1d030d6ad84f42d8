"""Immunizations: a group of observations within the encounter, which fhir2 shows as one resource.

fhir2 writes the same group where it is asked for an Immunization, in an encounter of its own; in
the encounter that the vaccine was given in, it costs no request and keeps our uuid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bridge.chart import Immunization, LeftOut
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Place,
    expect,
    own_code,
    referred,
    server_date,
)
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Body, Context, Expected, Found, Fragment
from bridge.identity import part_uuid
from bridge.mapping.resolve import NO_CONCEPT
from bridge.mapping.room import bounded_text
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "immunizations"

GROUP, VACCINE, DATE = "1421", "984", "1410"
DOSE, MANUFACTURER, LOT, EXPIRES = "1418", "1419", "1420", "165907"

VACCINATION = (GROUP, VACCINE, DATE, DOSE, MANUFACTURER, LOT, EXPIRES)
"""CIEL's codes of the concepts that fhir2 keeps an immunization in: the group and its members."""

Value = str | int | date | None


def render(entry: Immunization, place: Place, context: Context) -> Fragment:
    """Render an immunization; a vaccine outside the server's list is left out."""
    concepts, label = context.terms.vaccination, entry.vaccine.label
    taken = context.capabilities.immunizations and context.target.administering_role
    if not taken or not {GROUP, VACCINE, DATE} <= concepts.keys():
        return _left_out(entry, NOT_TAKEN, NAME)
    vaccine = context.terms.concept(entry.vaccine, "vaccine")
    if vaccine is None:
        return _left_out(entry, NO_CONCEPT, label)
    lot, rest = bounded_text(entry.lot, f"{entry.source}#lot")
    maker, more = bounded_text(entry.manufacturer, f"{entry.source}#manufacturer")
    fitting = replace(entry, lot=lot, manufacturer=maker)
    said = {code: value for code, value in _said(fitting, vaccine.uuid).items() if value}
    kept = {code: value for code, value in said.items() if code in concepts}
    lacking = [
        LeftOut(f"{entry.source}#{code}", NO_CONCEPT, str(value))
        for code, value in said.items()
        if code not in kept
    ]
    return Fragment(
        kind=NAME,
        part="obs",
        bodies=(_group(entry, place, kept, concepts),),
        expected=(_expected(entry, place, kept),),
        left_out=(*rest, *more, *lacking),
        source=entry.source,
    )


def _said(entry: Immunization, vaccine: str) -> dict[str, Value]:
    """Return what the members say, by CIEL's code; the time of day stands with the group."""
    return {
        VACCINE: vaccine,
        DATE: entry.time.date(),
        DOSE: entry.dose_number,
        MANUFACTURER: entry.manufacturer,
        LOT: entry.lot,
        EXPIRES: entry.expires,
    }


def _group(
    entry: Immunization, place: Place, said: Mapping[str, Value], concepts: Mapping[str, str]
) -> Body:
    members = [
        {
            "uuid": part_uuid(entry.uuid, code),
            "concept": concepts[code],
            "value": value.isoformat() if isinstance(value, date) else value,
        }
        for code, value in said.items()
    ]
    body = {"uuid": entry.uuid, "concept": concepts[GROUP], "groupMembers": members}
    return body if entry.time == place.time else {**body, "obsDatetime": rest_time(entry.time)}


def _expected(entry: Immunization, place: Place, said: Mapping[str, Value]) -> Expected:
    return expect(
        NAME,
        entry.uuid,
        entry.vaccine.label,
        vaccine=said[VACCINE],
        date=said[DATE],
        dose=said.get(DOSE),
        lot=said.get(LOT, ""),
        manufacturer=said.get(MANUFACTURER, ""),
        expires=said.get(EXPIRES),
        visit=place.visit,
    )


def _left_out(entry: Immunization, reason: str, detail: str) -> Fragment:
    left = LeftOut(entry.source, reason, detail)
    return Fragment(kind=NAME, left_out=(left,), source=entry.source)


def observations_of(entry: Immunization) -> Iterator[str]:
    """Yield the uuids of the observations that an immunization may be: the members, the group."""
    yield from (part_uuid(entry.uuid, code) for code in VACCINATION if code != GROUP)
    yield entry.uuid


@as_openmrs_has_it("immunizations")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's immunizations, as O3 does."""
    found = client.fhir_search(f"Immunization?patient={patient}&_count=100")
    return iter([_found(resource) for resource in found])


def _found(resource: dict[str, Any]) -> Found:
    protocol: dict[str, Any] = next(iter(resource.get("protocolApplied") or ()), {})
    vaccine = own_code(resource.get("vaccineCode"))
    fields = {
        "vaccine": vaccine,
        "date": server_date(resource.get("occurrenceDateTime")),
        "dose": protocol.get("doseNumberPositiveInt"),
        "lot": resource.get("lotNumber") or "",
        "manufacturer": (resource.get("manufacturer") or {}).get("display") or "",
        "expires": server_date(resource.get("expirationDate")),
        "visit": referred(resource.get("encounter")),
    }
    return Found(resource["id"], str(vaccine), fields)


KIND = EntryKind(name=NAME, entries=(Immunization,), render_within=render, read=read)
