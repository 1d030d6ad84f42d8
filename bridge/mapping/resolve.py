"""Charts and a mapping to clinical statements; what is not mapped is a result, not an error."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from bridge.age_limits import Bounds
from bridge.chart import (
    Code,
    CodeableConcept,
    Encounter,
    Finding,
    LeftOut,
    Measurement,
    Quantity,
    Result,
    Value,
)
from bridge.mapping.answers import as_yes_or_no, yes_or_no
from bridge.mapping.model import Entry, Mapping
from bridge.mapping.room import bounded, bounded_text
from bridge.mapping.terms import Role, ServerConcept, Terms, key_of, keys_of
from bridge.mapping.units import convert


class Statement(NamedTuple):
    """One value of one concept at one time: what becomes an observation."""

    uuid: str
    name: str
    entry: Entry
    value: float
    time: datetime


def statement_of(measurement: Measurement, time: datetime, mapping: Mapping) -> Statement | None:
    """Return what a measurement says in the mapping's concepts, None if that leaves it out."""
    entry = mapping.measurements.get(measurement.name)
    if entry is None:
        return None
    value = _to_decimals(measurement.value, entry.decimals)
    return Statement(measurement.uuid, measurement.name, entry, value, time)


def statements(encounter: Encounter, mapping: Mapping) -> tuple[Statement, ...]:
    """Return what `encounter` says in the mapping's concepts, each value to the mapped decimals."""
    made = (statement_of(one, encounter.time, mapping) for one in encounter.measurements)
    return tuple(statement for statement in made if statement)


def _to_decimals(value: float, decimals: int) -> float:
    """Round; without decimals to an int, as a concept for whole numbers asks."""
    return round(value, decimals) if decimals else round(value)


Stated = float | int | str | bool | datetime | date | None
"""A value as the server takes it: of a coded one the answer's concept uuid, of a panel None."""

NO_CONCEPT = "no concept on the server"
NO_UNIT = "unit cannot be converted"
OUTSIDE = "outside what the server takes"
NO_ANSWER = "answer has no concept on the server"
WRONG_TYPE = "value is not of the concept's type"
NO_VALUE = "has no value"

CONVERTED = "converted to the concept's unit"
ROUNDED = "rounded to whole numbers"
UNIT_TAKEN = "had no unit; the concept's was taken"
"""Where a value is coded with the very concept: its unit is part of what that is."""


class ObservationStatement(NamedTuple):
    """One observation in the server's own concepts, or a panel of them."""

    uuid: str
    concept: ServerConcept
    value: Stated
    time: datetime | None
    comment: str
    members: tuple["ObservationStatement", ...]
    label: str
    order: str | None
    source: str = ""


class Change(NamedTuple):
    """A value that goes to the server otherwise than it was read."""

    source: str
    what: str
    """The same words for all of a kind, as in LeftOut: CONVERTED, ROUNDED."""
    detail: str = ""


class Observations(NamedTuple):
    """What a finding or result becomes.

    Several statements where the server has no concept for a panel, but has for its parts.
    """

    statements: tuple[ObservationStatement, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    changes: tuple[Change, ...] = ()


class _Fits(NamedTuple):
    value: Stated
    changes: tuple[str, ...] = ()
    detail: str = ""


class _Misfit(NamedTuple):
    reason: str
    detail: str


InForce = Callable[[ServerConcept], Bounds]
"""Which values the server takes of a concept, of the person and at the time in question."""


def of_anybody(concept: ServerConcept) -> Bounds:
    """Return which values of a concept the server takes of somebody."""
    return concept.low, concept.high


def observations(
    entry: Finding | Result, terms: Terms, in_force: InForce = of_anybody
) -> Observations:
    """Return what `entry` says in the server's concepts, and what of it cannot be said there."""
    if entry.members:
        return _panel(entry, terms, in_force)
    role: Role = "result" if isinstance(entry, Result) else "finding"
    concept = terms.concept(entry.what, role)
    if concept is None:
        return _left_out(entry, NO_CONCEPT, entry.what)
    if entry.value is None:
        return _left_out(entry, NO_VALUE, entry.what)
    is_coded_so = key_of(Code("", concept.uuid)) in keys_of(entry.what)
    fit = _fit(entry.value, concept, terms, in_force(concept), is_coded_so=is_coded_so)
    if isinstance(fit, _Misfit):
        return _left_out(entry, fit.reason, entry.what, fit.detail)
    changes = tuple(Change(entry.source, what, fit.detail) for what in fit.changes)
    statement = _statement(entry, concept, fit.value)
    return Observations((statement,), (*_beyond(entry, concept), *_unsaid(entry)), changes)


def _panel(entry: Finding | Result, terms: Terms, in_force: InForce) -> Observations:
    parts = [observations(member, terms, in_force) for member in entry.members]
    if entry.value is not None:  # a group of OpenMRS's has no value: it is said beside its parts
        parts.insert(0, observations(_without_members(entry), terms, in_force))
    stated = tuple(one for part in parts for one in part.statements)
    left_out = tuple(one for part in parts for one in part.left_out)
    changes = tuple(one for part in parts for one in part.changes)
    role: Role = "result" if isinstance(entry, Result) else "finding"
    concept = terms.concept(entry.what, role)
    if stated and entry.value is None and concept and concept.datatype == "N/A":
        left_out += _unsaid(entry)
        return Observations((_statement(entry, concept, None, stated),), left_out, changes)
    told = [one.source for one in stated] + [one.source for one in left_out]
    if not any(_is_part(source, entry.source) for source in told):
        # Its parts are resources of their own and counted as such; the panel itself is not sent.
        reason = NO_CONCEPT if concept is None or stated else NO_VALUE
        left_out += _left_out(entry, reason, entry.what).left_out
    elif entry.comment and entry.value is None:  # of the whole, which is not there to carry it
        left_out += (LeftOut(f"{entry.source}#comment", NO_CONCEPT, entry.comment),)
    return Observations(stated, left_out, changes)


def _is_part(source: str, whole: str) -> bool:
    return source == whole or source.startswith(f"{whole}#")


def _without_members(entry: Finding | Result) -> Finding | Result:
    if isinstance(entry, Result):
        return replace(entry, members=())
    return replace(entry, members=())


def _statement(
    entry: Finding | Result,
    concept: ServerConcept,
    value: Stated,
    members: tuple[ObservationStatement, ...] = (),
) -> ObservationStatement:
    order = entry.order if isinstance(entry, Result) else None
    label = entry.what.label or concept.display
    return ObservationStatement(
        entry.uuid,
        concept,
        value,
        entry.time,
        bounded(entry.comment, "").text,
        members,
        label,
        order,
        entry.source,
    )


def _beyond(entry: Finding | Result, concept: ServerConcept) -> tuple[LeftOut, ...]:
    """Return what there is no room for of a value in words."""
    if concept.datatype != "Text" or entry.value is None:
        return ()
    return bounded_text(_words(entry.value), f"{entry.source}#value").left_out


def _unsaid(entry: Finding | Result) -> tuple[LeftOut, ...]:
    return bounded(entry.comment, f"{entry.source}#comment").left_out


def _left_out(
    entry: Finding | Result, reason: str, what: CodeableConcept, detail: str = ""
) -> Observations:
    said = f"{what.label}: {detail}" if detail else what.label
    return Observations((), (LeftOut(entry.source, reason, said),))


def _fit(
    value: Value, concept: ServerConcept, terms: Terms, bounds: Bounds, *, is_coded_so: bool
) -> _Fits | _Misfit:
    """Return `value` as the concept's datatype takes it, or why it does not."""
    match concept.datatype, value:
        case "Numeric", Quantity(unit="") if concept.units and is_coded_so:
            return _within_limits(value, concept, value.value, bounds, (UNIT_TAKEN,))
        case "Numeric", Quantity():
            return _numeric(value, concept, bounds)
        case "Coded", CodeableConcept() | bool():
            answer = terms.concept(as_yes_or_no(value), "answer")
            return _Fits(answer.uuid) if answer else _Misfit(NO_ANSWER, _words(value))
        case "Boolean", bool():
            return _Fits(value)
        case "Boolean", CodeableConcept() if (said := yes_or_no(value)) is not None:
            return _Fits(said)
        case "Text", str() | CodeableConcept() if _words(value):
            return _Fits(bounded_text(_words(value), "").text)
        case "Date", date() if not isinstance(value, datetime):
            return _Fits(value)
        case "Datetime", datetime():
            return _Fits(value)
        case _:
            return _Misfit(WRONG_TYPE, f"{_words(value)[:60]} for {concept.datatype}")


def _words(value: Value) -> str:
    if isinstance(value, CodeableConcept):
        return value.label
    if isinstance(value, Quantity):
        return f"{value.value:g} {value.unit}".strip()
    return str(value)


def _numeric(value: Quantity, concept: ServerConcept, bounds: Bounds) -> _Fits | _Misfit:
    converted = convert(value.value, value.unit, concept.uuid, concept.units)
    if converted is None:
        return _Misfit(NO_UNIT, f"{value.unit or 'no unit'}, not {concept.units or 'without'}")
    changes = (CONVERTED,) if converted.is_changed else ()
    return _within_limits(value, concept, converted.value, bounds, changes)


def _within_limits(
    value: Quantity,
    concept: ServerConcept,
    number: float,
    bounds: Bounds,
    changes: tuple[str, ...],
) -> _Fits | _Misfit:
    """Return a number in the concept's unit as the server takes it: whole, within its limits."""
    if not concept.allow_decimal:
        changes = changes if float(number).is_integer() else (*changes, ROUNDED)
        number = round(number)
    low, high = bounds
    if (low is not None and number < low) or (high is not None and number > high):
        return _Misfit(OUTSIDE, f"{number:g} {concept.units or ''}".strip())
    return _Fits(number, changes, f"{_words(value)} to {number:g} {concept.units or ''}".strip())


def parts(statements: tuple[ObservationStatement, ...]) -> Iterator[ObservationStatement]:
    """Yield the statements and all that are within them."""
    for statement in statements:
        yield statement
        yield from parts(statement.members)
