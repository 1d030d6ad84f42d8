"""Immunizations. Pure."""

from collections.abc import Iterator
from datetime import date

from bridge.chart import Immunization
from bridge.files.fhir.elements import codeable, day, line, status
from bridge.files.fhir.record import Placed, Record
from bridge.files.fhir.resources import Body, NotTaken, Resource, reference


def read_immunizations(record: Record) -> Iterator[Placed]:
    """Read the vaccines that were given."""
    for resource in record.of("Immunization"):
        with record.reading(resource):
            given = _immunization(record, resource)
            yield Placed(given, reference(resource.body.get("encounter")), given.time)


def _immunization(record: Record, resource: Resource) -> Immunization:
    body = resource.body
    status(body, "completed")
    time = record.time(body, "occurrenceDateTime")
    if time is None:
        raise NotTaken("has no time", body.get("occurrenceString", ""))
    maker = body.get("manufacturer")
    return Immunization(
        uuid=record.uuid_of(resource),
        vaccine=codeable(body.get("vaccineCode")),
        time=time,
        dose_number=_dose(body),
        lot=line(body.get("lotNumber")),
        manufacturer=line(maker.get("display")) if isinstance(maker, dict) else "",
        expires=_expires(body),
        source=resource.source,
    )


def _dose(body: Body) -> int | None:
    for protocol in body.get("protocolApplied") or ():
        number = protocol.get("doseNumberPositiveInt", protocol.get("doseNumberString"))
        if isinstance(number, int | str) and str(number).isdecimal() and len(str(number)) < 3:
            return int(number)
    return None


def _expires(body: Body) -> date | None:
    return day(body["expirationDate"]).date if body.get("expirationDate") else None
