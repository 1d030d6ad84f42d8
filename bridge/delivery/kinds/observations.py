"""Observations: vital signs, findings, results and notes ride in their encounter.

O3 reads them through FHIR, whatever the encounter.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from math import inf
from typing import Any

from bridge.age_limits import Bounds, Clock, Span, bounds_at, strictest
from bridge.chart import (
    Finding,
    LeftOut,
    Measurement,
    Note,
    Patient,
    Result,
    completed_months,
)
from bridge.delivery.flags import judge
from bridge.delivery.kinds.kind import (
    EntryKind,
    Place,
    expect,
    own_code,
    referred,
    server_time,
)
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Body, Context, Expected, Field, Found, Fragment
from bridge.mapping.resolve import (
    NO_CONCEPT,
    OUTSIDE,
    ObservationStatement,
    Statement,
    observations,
    parts,
    statement_of,
)
from bridge.mapping.room import bounded_text
from bridge.mapping.terms import ServerConcept
from bridge.openmrs.client import PAGE, Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "observations"

CONCEPTS_AT_ONCE = 100
"""How many concepts one question names: some 4,000 characters of an address."""


def render(
    entry: Measurement | Finding | Result | Note, place: Place, context: Context
) -> Fragment:
    """Render what was observed."""
    if isinstance(entry, Measurement):
        return _measurement(entry, place, context)
    if isinstance(entry, Note):
        return _note(entry, place, context)
    return _finding(entry, place, context)


def _measurement(entry: Measurement, place: Place, context: Context) -> Fragment:
    """Render a vital sign in bridge's own words; one that the mapping leaves out says nothing."""
    statement = statement_of(entry, place.time, context.mapping)
    if statement is None:
        return Fragment(kind=NAME)
    spans = context.target.ages.get(entry.name, ())
    of_age = bounds_of_age(spans, place.patient, statement.time, context.target.judged)
    low, high = strictest([context.target.limits.get(entry.name, (None, None)), of_age])
    if not (-inf if low is None else low) <= statement.value <= (inf if high is None else high):
        # what bridge has made has no source, and is counted as what it is all the same
        left = LeftOut(entry.source or entry.uuid, OUTSIDE, f"{entry.name} {statement.value:g}")
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    expected = expect(
        NAME,
        statement.uuid,
        statement.name,
        concept=statement.entry.concept,
        value=statement.value,
        unit=None if entry.name in context.target.unlabelled else statement.entry.unit,
        time=statement.time,
        encounter=place.encounter,
        comment="",
    )
    return Fragment(
        kind=NAME,
        part="obs",
        bodies=(_measured(statement),),
        expected=(expected,),
        source=entry.source,
    )


def _measured(statement: Statement) -> Body:
    return {
        "uuid": statement.uuid,
        "concept": statement.entry.concept,
        "value": statement.value,
    }


def _note(entry: Note, place: Place, context: Context) -> Fragment:
    if not context.target.takes_notes:
        left = LeftOut(entry.source, NO_CONCEPT, "visit note")
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    concept = context.mapping.visit_note.uuid
    said, unsaid = bounded_text(entry.text, f"{entry.source}#text")
    expected = expect(
        NAME,
        entry.uuid,
        "note",
        concept=concept,
        value=said,
        unit=None,
        time=place.time,
        encounter=place.encounter,
        comment="",
    )
    body = {"uuid": entry.uuid, "concept": concept, "value": said}
    return Fragment(
        kind=NAME,
        part="obs",
        bodies=(body,),
        expected=(expected,),
        left_out=unsaid,
        source=entry.source,
    )


def bounds_of_age(
    spans: tuple[Span, ...], patient: Patient, time: datetime, judged: date | None
) -> Bounds:
    """Return what the server takes of a patient's value of that time, loaded on the day `judged`.

    The server's day may be another than ours, and a load may last over midnight: what is taken on
    the day before and after is taken.
    """
    if not spans:
        return (None, None)
    days = [timedelta(-1), timedelta(0), timedelta(1)]
    ages: list[dict[Clock, int]] = [
        {
            "then": completed_months(patient.birthdate, time.date() + day),
            "today": completed_months(patient.birthdate, (judged or time.date()) + day),
        }
        for day in days
    ]
    return strictest(bounds_at(spans, patient.sex, _born(age)) for age in ages)


def _born(ages: dict[Clock, int]) -> dict[Clock, int]:
    """Let nobody be younger than new-born."""
    return {clock: max(0, months) for clock, months in ages.items()}


def _finding(entry: Finding | Result, place: Place, context: Context) -> Fragment:
    """Render a finding or a result, with its members where it is a panel."""

    def in_force(concept: ServerConcept) -> Bounds:
        time = entry.time or place.time
        of_age = bounds_of_age(concept.ages, place.patient, time, context.target.judged)
        return strictest([(concept.low, concept.high), of_age])

    said = observations(entry, context.terms, in_force)
    return Fragment(
        kind=NAME,
        part="obs",
        bodies=tuple(_stated(statement, place) for statement in said.statements),
        expected=tuple(_expected(statement, place) for statement in parts(said.statements)),
        left_out=said.left_out,
        changes=said.changes,
        source=entry.source,
    )


def _stated(statement: ObservationStatement, place: Place) -> Body:
    body: Body = {"uuid": statement.uuid, "concept": statement.concept.uuid}
    if statement.members:
        body["groupMembers"] = [_stated(member, place) for member in statement.members]
    else:
        value = statement.value
        body["value"] = rest_time(value) if isinstance(value, datetime) else _plain(value)
    if statement.time and statement.time != place.time:
        body["obsDatetime"] = rest_time(statement.time)
    if statement.comment:
        body["comment"] = statement.comment
    if statement.order in place.orders:
        body["order"] = statement.order
    return body


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _expected(statement: ObservationStatement, place: Place) -> Expected:
    fields: dict[str, Field] = {
        "concept": statement.concept.uuid,
        "unit": statement.concept.units if statement.concept.datatype == "Numeric" else None,
        "time": statement.time or place.time,
        "encounter": place.encounter,
        "comment": statement.comment,
    }
    if not statement.members:  # of a group FHIR shows the members' values in words
        fields["value"] = statement.value
    return Expected(NAME, statement.uuid, statement.label, fields, statement.source)


@as_openmrs_has_it("a patient's observations")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's observations of the concepts expected, groups and members alike."""
    concepts = list(dict.fromkeys(str(one.fields["concept"]) for one in expected.values()))
    batches = (
        ",".join(concepts[first : first + CONCEPTS_AT_ONCE])
        for first in range(0, len(concepts), CONCEPTS_AT_ONCE)
    )
    query = f"Observation?subject:Patient={patient}&_sort=-date&_count={PAGE}&code="
    return iter(
        [
            _with_comment(client, found(resource), expected)
            for batch in batches
            for resource in client.fhir_search(f"{query}{batch}")
        ]
    )


def _with_comment(client: Client, one: Found, expected: Mapping[str, Expected]) -> Found:
    """Add the comment, which FHIR does not show, where one is expected."""
    meant = expected.get(one.uuid)
    if meant is None or not meant.fields["comment"]:
        return one
    comment = (client.fetch("obs", one.uuid, "comment") or {}).get("comment") or ""
    return one._replace(fields={**one.fields, "comment": comment})


def found(resource: dict[str, Any]) -> Found:
    """Return what a FHIR Observation says."""
    quantity = resource.get("valueQuantity") or {}
    concept = own_code(resource.get("code"))
    fields: dict[str, Field] = {
        "concept": concept,
        "value": _value(resource),
        "unit": quantity.get("unit"),
        "time": server_time(resource.get("effectiveDateTime")),
        "encounter": referred(resource.get("encounter")),
        "comment": "",
    }
    label = str((resource.get("code") or {}).get("text") or concept)
    return Found(resource["id"], label, fields, judge(resource))


def _value(resource: dict[str, Any]) -> Field:
    if quantity := resource.get("valueQuantity"):
        number: float | None = quantity.get("value")
        return number
    if concept := resource.get("valueCodeableConcept"):
        return own_code(concept)
    for name in ("valueString", "valueBoolean"):
        if name in resource:
            value: Field = resource[name]
            return value
    return server_time(resource.get("valueDateTime"))


KIND = EntryKind(
    name=NAME, entries=(Measurement, Finding, Result, Note), render_within=render, read=read
)
