"""What is planned and done besides: procedures, programs, appointments, orders of tests. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from bridge.chart import (
    Appointment,
    Code,
    CodeableConcept,
    Enrollment,
    Finding,
    TestOrder,
)
from bridge.codes import CIEL_SYSTEM
from bridge.files.fhir.elements import codeable, codes_of, day, line, notes, status
from bridge.files.fhir.encounters import Contact
from bridge.files.fhir.own import own_states
from bridge.files.fhir.record import Placed, Record
from bridge.files.fhir.resources import Body, NotTaken, Resource, reference

PROCEDURE = CodeableConcept(
    codes=(Code(CIEL_SYSTEM, "1651", "Procedure performed"),), text="Procedure performed"
)
"""The question whose answer a procedure is: OpenMRS keeps what was done as an observation."""

_ORDERED = ("order", "original-order", "instance-order", "filler-order", "reflex-order")
_LABORATORY = {"108252007", "laboratory", "Laboratory", "Laboratory procedure", "LAB"}
Status = Literal["scheduled", "checked in", "completed", "missed", "cancelled"]
_APPOINTMENT: dict[str, Status] = {
    "proposed": "scheduled",
    "pending": "scheduled",
    "booked": "scheduled",
    "arrived": "checked in",
    "checked-in": "checked in",
    "fulfilled": "completed",
    "noshow": "missed",
    "cancelled": "cancelled",
}


def read_procedures(record: Record) -> Iterator[Placed]:
    """Read what was done, as findings: the answers to "Procedure performed"."""
    for resource in record.of("Procedure"):
        with record.reading(resource):
            body = resource.body
            status(body, "completed")
            time = record.time(body, "performedDateTime", "performedPeriod")
            finding = Finding(
                uuid=record.uuid_of(resource),
                what=PROCEDURE,
                value=codeable(body.get("code")),
                time=time,
                comment=notes(body),
                source=resource.source,
            )
            yield Placed(finding, reference(body.get("encounter")), time)


def read_test_orders(record: Record, contacts: dict[str, Contact]) -> Iterator[Placed]:
    """Read the laboratory orders among ServiceRequests."""
    for resource in record.of("ServiceRequest"):
        with record.reading(resource):
            body = resource.body
            said = status(body, "active", "completed")
            status(body, *_ORDERED, key="intent")
            if body.get("doNotPerform") is True:
                raise NotTaken("is an order not to do it")
            category = body.get("category") or []
            if category and _LABORATORY.isdisjoint(codes_of(category)):
                raise NotTaken("is no order of a laboratory test", sorted(codes_of(category)))
            encounter = reference(body.get("encounter"))
            time = record.time(body, "authoredOn", "occurrenceDateTime", "occurrencePeriod")
            if time is None and encounter in contacts:
                time = contacts[encounter].start
            if time is None:
                raise NotTaken("has no time")
            order = TestOrder(
                uuid=record.uuid_of(resource),
                what=codeable(body.get("code")),
                time=time,
                is_completed=said == "completed",
                source=resource.source,
            )
            yield Placed(order, encounter, time)


def read_programs(record: Record) -> Iterator[Enrollment]:
    """Read CarePlans as enrolments; whether there is such a program the mapping says."""
    for resource in record.of("CarePlan"):
        with record.reading(resource):
            yield _enrollment(record, resource)


def _enrollment(record: Record, resource: Resource) -> Enrollment:
    body = resource.body
    said = status(body, "active", "completed", "revoked")
    period = body.get("period")
    if not isinstance(period, dict) or not period.get("start"):
        raise NotTaken("has no time")
    enrolled = day(period["start"]).date
    completed = day(period["end"]).date if period.get("end") else None
    if said != "active" and completed is None:
        raise NotTaken("is over, and does not say when")
    if completed and completed < enrolled:
        raise NotTaken("ends before it begins", f"{enrolled}, {completed}")
    return Enrollment(
        uuid=record.uuid_of(resource),
        program=_program(body),
        enrolled=enrolled,
        completed=completed,
        states=tuple(own_states(body)),
        source=resource.source,
    )


def _program(body: Body) -> CodeableConcept:
    """Return what a plan is: its category, save the one that only says that it is a plan."""
    for category in body.get("category") or ():
        concept = codeable(category)
        codes = tuple(code for code in concept.codes if code.code != "assess-plan")
        if codes or (concept.text and not concept.codes):
            return CodeableConcept(codes=codes, text=concept.text)
    return codeable({"text": line(body.get("title"))})


def read_appointments(record: Record) -> Iterator[Appointment]:
    """Read appointments, past and to come."""
    for resource in record.of("Appointment"):
        with record.reading(resource):
            yield _appointment(record, resource)


def _appointment(record: Record, resource: Resource) -> Appointment:
    body = resource.body
    said = _APPOINTMENT[status(body, *_APPOINTMENT)]
    start, stop = record.time(body, "start"), record.time(body, "end")
    if start is None:
        raise NotTaken("has no time")
    minutes = body.get("minutesDuration")
    if stop is None and isinstance(minutes, int) and 0 < minutes < 100_000:
        stop = start + timedelta(minutes=minutes)
    if stop is None:
        raise NotTaken("does not say how long it is")
    if stop < start:
        raise NotTaken("ends before it begins", f"{start.isoformat()}, {stop.isoformat()}")
    services = [*(body.get("serviceType") or ()), *(body.get("specialty") or ())]
    services += [body["appointmentType"]] if body.get("appointmentType") else []
    return Appointment(
        uuid=record.uuid_of(resource),
        service=codeable(services[0] if services else {"text": line(body.get("description"))}),
        start=start,
        stop=stop,
        status=said,
        comment=line(body.get("comment")),
        source=resource.source,
    )
