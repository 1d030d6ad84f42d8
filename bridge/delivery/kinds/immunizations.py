"""Immunizations: sent and read through FHIR, as O3 does; the server mints the id."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Immunization, LeftOut, Patient
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Sent,
    expect,
    minted,
    own_code,
    referred,
    request_of,
    server_date,
    server_time,
)
from bridge.delivery.requests import Body, Context, Expected, Found, Request
from bridge.mapping.resolve import NO_CONCEPT
from bridge.mapping.room import bounded_text
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "immunizations"

IDENTIFYING = ("vaccine", "time", "dose")
"""What tells one of a patient's immunizations from another."""


def render(entry: Immunization, patient: Patient, context: Context) -> Request | LeftOut:
    """Render an immunization; a vaccine outside the server's list is refused by it."""
    if not context.capabilities.immunizations:
        return LeftOut(entry.source, NOT_TAKEN, "immunizations")
    vaccine = context.terms.concept(entry.vaccine, "vaccine")
    if vaccine is None:
        return LeftOut(entry.source, NO_CONCEPT, entry.vaccine.label)
    if entry.visit is None:
        return LeftOut(entry.source, "immunization outside any visit", entry.vaccine.label)
    target = context.target
    body: Body = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"code": vaccine.uuid}]},
        "patient": {"reference": f"Patient/{patient.uuid}"},
        # fhir2 takes the visit here, not an encounter
        "encounter": {"reference": f"Encounter/{entry.visit}"},
        "occurrenceDateTime": entry.time.isoformat(),
        "location": {"reference": f"Location/{target.location}"},
        "performer": [{"actor": {"reference": f"Practitioner/{target.provider}"}}],
    }
    if entry.dose_number is not None:
        body["protocolApplied"] = [{"doseNumberPositiveInt": entry.dose_number}]
    lot, rest = bounded_text(entry.lot, f"{entry.source}#lot")
    maker, more = bounded_text(entry.manufacturer, f"{entry.source}#manufacturer")
    if lot:
        body["lotNumber"] = lot
    if maker:
        body["manufacturer"] = {"display": maker}
    if entry.expires:
        body["expirationDate"] = entry.expires.isoformat()
    expected = expect(
        NAME,
        entry.uuid,
        entry.vaccine.label,
        vaccine=vaccine.uuid,
        time=entry.time,
        dose=entry.dose_number,
        lot=lot,
        manufacturer=maker,
        expires=entry.expires,
        visit=entry.visit,
    )
    return request_of(entry, patient, body, expected, (*rest, *more))


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an immunization; one that may have been made is looked for by vaccine, time and dose."""
    return minted(
        request,
        IDENTIFYING,
        lambda confirm: client.create_fhir("Immunization", request.body, confirm_created=confirm),
        lambda: read(client, request.patient, {}),
        ask_first=ask_first,
        taken=taken,
    )


@as_openmrs_has_it("immunizations")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's immunizations."""
    found = client.fhir_search(f"Immunization?patient={patient}&_count=100")
    return iter([_found(resource) for resource in found])


def _found(resource: dict[str, Any]) -> Found:
    protocol: dict[str, Any] = next(iter(resource.get("protocolApplied") or ()), {})
    vaccine = resource.get("vaccineCode")
    fields = {
        "vaccine": own_code(vaccine),
        "time": server_time(resource.get("occurrenceDateTime")),
        "dose": protocol.get("doseNumberPositiveInt"),
        "lot": resource.get("lotNumber") or "",
        "manufacturer": (resource.get("manufacturer") or {}).get("display") or "",
        "expires": server_date(resource.get("expirationDate")),
        "visit": referred(resource.get("encounter")),
    }
    return Found(resource["id"], str(fields["vaccine"]), fields)


KIND = EntryKind(name=NAME, entries=(Immunization,), render=render, send=send, read=read)
