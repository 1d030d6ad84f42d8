"""Immunizations. Pure."""

from collections.abc import Iterator
from datetime import date, datetime

from bridge.chart import Immunization, Visit
from bridge.files.fhir.elements import codeable, day, line, status
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import Body, NotTaken, Resource
from bridge.files.fhir.visits import IN_THE_FUTURE


def read_immunizations(
    record: Record, visits: tuple[Visit, ...], now: datetime | None
) -> Iterator[Immunization]:
    """Read the vaccines that were given; each belongs to the visit that its time lies in."""
    for resource in record.of("Immunization"):
        with record.reading(resource):
            yield _immunization(record, resource, visits, now)


def _immunization(
    record: Record, resource: Resource, visits: tuple[Visit, ...], now: datetime | None
) -> Immunization:
    body = resource.body
    status(body, "completed")
    time = record.time(body, "occurrenceDateTime")
    if time is None:
        raise NotTaken("has no time", body.get("occurrenceString", ""))
    if now and time > now:
        raise NotTaken(IN_THE_FUTURE, time.isoformat())
    maker = body.get("manufacturer")
    return Immunization(
        uuid=record.uuid_of(resource),
        vaccine=codeable(body.get("vaccineCode")),
        time=time,
        dose_number=_dose(body),
        lot=line(body.get("lotNumber")),
        manufacturer=line(maker.get("display")) if isinstance(maker, dict) else "",
        expires=_expires(body),
        visit=_visit(visits, time),
        source=resource.source,
    )


def _visit(visits: tuple[Visit, ...], time: datetime) -> str | None:
    for visit in visits:
        if visit.start <= time and (visit.stop is None or time <= visit.stop):
            return visit.uuid
    return None


def _dose(body: Body) -> int | None:
    for protocol in body.get("protocolApplied") or ():
        number = protocol.get("doseNumberPositiveInt", protocol.get("doseNumberString"))
        if isinstance(number, int | str) and str(number).isdecimal() and len(str(number)) < 3:
            return int(number)
    return None


def _expires(body: Body) -> date | None:
    return day(body["expirationDate"]).date if body.get("expirationDate") else None
