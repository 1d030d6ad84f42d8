"""MedicationRequests and MedicationStatements as drug orders. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bridge.chart import FREQUENCY_SYSTEM, Code, CodeableConcept, DrugOrder, Quantity
from bridge.files.fhir.elements import codeable, line, notes, quantity, status, words
from bridge.files.fhir.encounters import Contact
from bridge.files.fhir.problems import reason_of
from bridge.files.fhir.record import Placed, Record, concept_or_reference
from bridge.files.fhir.resources import Body, NotTaken, Resource, reference

_ORDERED = ("order", "original-order", "instance-order", "filler-order", "reflex-order")
_OVER = ("completed", "stopped")
_PERIOD_DAYS = {"h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.4375, "min": 1 / 1440, "a": 365.25}
_TIMES_A_DAY = {
    **{"QD": "1", "AM": "1", "PM": "1", "BED": "1", "OD": "1", "BID": "2", "BD": "2", "TID": "3"},
    **{"QID": "4", "Q1H": "24", "Q2H": "12", "Q3H": "8", "Q4H": "6", "Q6H": "4", "Q8H": "3"},
    **{"QOD": "0.5", "WK": "0.142857"},
}
NO_END = "drug that is over, without a date: stopped when it was ordered next, or after a day"


class _Dosage(NamedTuple):
    """How a drug is taken, as far as a DrugOrder says it in parts."""

    dose: Quantity | None = None
    route: CodeableConcept | None = None
    frequency: CodeableConcept | None = None
    duration: Quantity | None = None
    as_needed: bool = False
    instructions: str = ""


def read_medications(record: Record, contacts: dict[str, Contact]) -> Iterator[Placed]:
    """Read a patient's prescriptions, and give those that are over an end."""
    read: list[tuple[DrugOrder, str, bool]] = []
    for resource in record.of("MedicationRequest", "MedicationStatement"):
        with record.reading(resource):
            order, encounter = _order(record, resource, contacts)
            is_over = resource.body.get("status") in _OVER
            read.append((order, encounter, is_over))
    starts: dict[str, list[datetime]] = {}
    for order, _, _ in read:
        starts.setdefault(_key(order), []).append(order.start)
    for order, encounter, is_over in read:
        if is_over and order.stopped is None and order.duration is None:
            record.assume(NO_END)
            later = [start for start in starts[_key(order)] if start > order.start]
            stopped = min(later, default=order.start + timedelta(days=1))
            order = replace(order, stopped=stopped)
        yield Placed(order, encounter, order.start)


def _key(order: DrugOrder) -> str:
    return order.drug.codes[0].code if order.drug.codes else order.drug.text.lower()


def _order(
    record: Record, resource: Resource, contacts: dict[str, Contact]
) -> tuple[DrugOrder, str]:
    body = resource.body
    status(body, "active", *_OVER)
    if resource.kind == "MedicationRequest":
        status(body, *_ORDERED, key="intent")
    if body.get("doNotPerform") is True:
        raise NotTaken("is an order not to do it")
    encounter = reference(body.get("encounter") or body.get("context"))
    start, stopped = _times(record, body, contacts.get(encounter))
    supply = _dict(body.get("dispenseRequest"))
    dosage = _dosage(body.get("dosageInstruction") or body.get("dosage") or [])
    duration = dosage.duration or _time_span(supply.get("expectedSupplyDuration"))
    order = DrugOrder(
        uuid=record.uuid_of(resource),
        drug=concept_or_reference(record, body, "medicationCodeableConcept", "medicationReference"),
        start=start,
        dose=dosage.dose,
        route=dosage.route,
        frequency=dosage.frequency,
        duration=duration,
        quantity=quantity(supply["quantity"]) if "quantity" in supply else None,
        refills=_refills(supply),
        as_needed=dosage.as_needed,
        reason=reason_of(record, body),
        instructions="; ".join(filter(None, (dosage.instructions, notes(body)))),
        stopped=stopped,
        source=resource.source,
    )
    return order, encounter


def _times(record: Record, body: Body, contact: Contact | None) -> tuple[datetime, datetime | None]:
    """Return when a drug began, and when it ended, if that is said."""
    start = record.time(body, "authoredOn", "effectivePeriod", "effectiveDateTime")
    start = start or (contact.start if contact else None)
    if start is None:
        raise NotTaken("has no time")
    stopped = record.time(_dict(body.get("effectivePeriod")), "end") or _bounds_end(record, body)
    if stopped and stopped < start:
        raise NotTaken("ends before it begins", f"{start.isoformat()}, {stopped.isoformat()}")
    return start, stopped


def _dosage(dosages: list[Body]) -> _Dosage:
    """Read how a drug is taken; where it is not one regular dose in a unit, in words only."""
    if not dosages:
        return _Dosage()
    said = "; ".join(filter(None, map(_in_words, dosages)))
    first = dosages[0]
    route = codeable(first["route"]) if first.get("route") else None
    as_needed = first.get("asNeededBoolean") is True or "asNeededCodeableConcept" in first
    rates = first.get("doseAndRate") or [{}]
    given = rates[0].get("doseQuantity") or first.get("doseQuantity")
    dose = quantity(given) if given else None
    if len(dosages) > 1 or dose is None or not dose.unit or dose.value <= 0:
        return _Dosage(route=route, as_needed=as_needed, instructions=said)
    repeat = _dict(_dict(first.get("timing")).get("repeat"))
    return _Dosage(
        dose=dose,
        route=route,
        frequency=_frequency(first),
        duration=_time_span(repeat.get("boundsDuration")),
        as_needed=as_needed,
        instructions=line(first.get("text")) or line(first.get("patientInstruction")),
    )


def _frequency(dosage: Body) -> CodeableConcept | None:
    """Return how often: times a day where they are told, else the words."""
    timing = _dict(dosage.get("timing"))
    repeat = _dict(timing.get("repeat"))
    times, period = repeat.get("frequency", 1), repeat.get("period")
    days = _PERIOD_DAYS.get(str(repeat.get("periodUnit")))
    if period and days and isinstance(period, int | float) and isinstance(times, int):
        number = f"{times / (period * days):.4f}".rstrip("0").rstrip(".")
        return CodeableConcept(codes=(Code(FREQUENCY_SYSTEM, number),))
    if not timing.get("code"):
        return None
    named = codeable(timing["code"])
    for word in (*(code.code for code in named.codes), named.text):
        if word.upper() in _TIMES_A_DAY:
            times_a_day = Code(FREQUENCY_SYSTEM, _TIMES_A_DAY[word.upper()])
            return CodeableConcept(codes=(times_a_day,), text=named.text)
    return named


def _in_words(dosage: Body) -> str:
    """Write a dosage as people would: its own text, else its parts."""
    own = line(dosage.get("text")) or line(dosage.get("patientInstruction"))
    if own:
        return own
    rates = dosage.get("doseAndRate") or [{}]
    given = _dict(rates[0].get("doseQuantity") or dosage.get("doseQuantity"))
    repeat = _dict(_dict(dosage.get("timing")).get("repeat"))
    parts = []
    if isinstance(given.get("value"), int | float):
        parts.append(f"{given['value']:g} {line(given.get('unit'))}".strip())
    if repeat.get("period"):
        unit = line(repeat.get("periodUnit"))
        parts.append(f"{repeat.get('frequency', 1)} x every {repeat['period']:g} {unit}")
    parts.append(words(dosage.get("route")))
    parts.extend(words(one) for one in dosage.get("additionalInstruction") or ())
    if dosage.get("asNeededBoolean") is True:
        parts.append("as needed")
    return ", ".join(filter(None, parts))


def _time_span(value: object) -> Quantity | None:
    """Read a duration; one without a unit of time is none."""
    if not isinstance(value, dict):
        return None
    span = quantity(value)
    return span if span.value > 0 and span.unit in ("d", "wk", "mo", "a", "h", "min") else None


def _bounds_end(record: Record, body: Body) -> datetime | None:
    for dosage in body.get("dosageInstruction") or ():
        repeat = _dict(_dict(dosage.get("timing")).get("repeat"))
        end = record.time(_dict(repeat.get("boundsPeriod")), "end")
        if end:
            return end
    return None


def _refills(supply: Body) -> int:
    refills = supply.get("numberOfRepeatsAllowed", 0)
    return refills if isinstance(refills, int) and 0 <= refills < 1000 else 0


def _dict(value: object) -> Body:
    return value if isinstance(value, dict) else {}
