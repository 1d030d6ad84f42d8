"""What stands in the chart of a case's patient as a whole: problems, allergies, programs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from bridge.chart import (
    Allergy,
    Appointment,
    CodeableConcept,
    Condition,
    Enrollment,
    NoKnownAllergies,
    PatientEntry,
    ProgramState,
    Relationship,
)
from bridge.scenarios.person_chart import PersonChart
from bridge.scenarios.scenario import Booked, KnownAllergy, Scenario, StoryVisit

Told = tuple[int, StoryVisit, bool]


def entries_of(
    chart: PersonChart, scenario: Scenario, others: dict[str, str]
) -> Iterator[PatientEntry]:
    """Yield the entries of one person; `others` are the uuids of all people by role."""
    yield from _conditions(chart)
    yield from _allergies(chart)
    yield from _enrollments(chart)
    yield from _appointments(chart)
    person, main = chart.person, scenario.patient
    if person.relation and main.role in others:
        yield Relationship(
            **chart.name("relation"), other=others[main.role], kind=INVERSE[person.relation]
        )


Relation = Literal["parent", "child", "sibling"]
INVERSE: dict[Relation, Relation] = {"child": "parent", "parent": "child", "sibling": "sibling"}


def _told(chart: PersonChart) -> list[Told]:
    return list(chart.table.told(chart.person))


def _conditions(chart: PersonChart) -> Iterator[Condition]:
    found: dict[str, Condition] = {}
    first = chart.table.day_of(chart.person.visits[0])
    for known in chart.person.background.conditions:
        since = None if known.since_days is None else first - timedelta(known.since_days)
        key = known.condition.key
        found[key] = Condition(
            **chart.name(f"conditions/{key}"),
            what=known.condition.meaning,
            onset=max(since, chart.birthdate) if since else None,
        )
    for _, visit, is_whole in _told(chart):
        day = chart.table.times(visit, is_whole=is_whole).start.date()
        for one in visit.conditions if is_whole else ():
            named = chart.name(f"conditions/{one.key}")
            found.setdefault(one.key, Condition(**named, what=one.meaning, onset=day))
        for one in visit.resolved if is_whole else ():
            if one.key in found:
                found[one.key] = replace(found[one.key], is_active=False, end=day)
    yield from found.values()


def _allergies(chart: PersonChart) -> Iterator[PatientEntry]:
    background = chart.person.background
    known = [*background.allergies]
    known += [one for _, visit, is_whole in _told(chart) if is_whole for one in visit.allergies]
    for allergy in {one.allergen.code: one for one in known}.values():
        yield _allergy(chart, allergy)
    if background.no_known_allergies and not known:
        yield NoKnownAllergies(**chart.name("no-known-allergies"))


def _allergy(chart: PersonChart, known: KnownAllergy) -> Allergy:
    return Allergy(
        **chart.name(f"allergies/{known.allergen.code}"),
        allergen=known.allergen.meaning,
        kind=known.kind,
        reactions=tuple(one.meaning for one in known.reactions),
        severity=known.severity,
        comment=known.comment,
    )


def _enrollments(chart: PersonChart) -> Iterator[Enrollment]:
    found: dict[str, Enrollment] = {}
    for _, visit, is_whole in _told(chart):
        day = chart.table.times(visit, is_whole=is_whole).start.date()
        for step in visit.programs if is_whole else ():
            named = chart.name(f"programs/{step.program}")
            program = CodeableConcept(text=step.program)
            at = found.get(step.program, Enrollment(**named, program=program, enrolled=day))
            if step.state:
                at = replace(at, states=_moved_on(at.states, step.state, day))
            if step.completed:
                at = replace(at, completed=day, states=_ended(at.states, day))
            found[step.program] = at
    yield from found.values()


def _moved_on(states: tuple[ProgramState, ...], name: str, day: date) -> tuple[ProgramState, ...]:
    """Return the states with a new one, which ends the one before."""
    new = ProgramState(state=CodeableConcept(text=name), start=day)
    return (*_ended(states, day), new)


def _ended(states: tuple[ProgramState, ...], day: date) -> tuple[ProgramState, ...]:
    """Return the states with the one that still holds ended."""
    return tuple(state if state.end else replace(state, end=day) for state in states)


def _appointments(chart: PersonChart) -> Iterator[Appointment]:
    for number, visit, is_whole in _told(chart):
        if visit.appointment and is_whole:
            day = chart.table.day_of(visit) + timedelta(visit.appointment.in_days)
            yield _appointment(chart, number, visit.appointment, day)


def _appointment(chart: PersonChart, number: int, booked: Booked, day: date) -> Appointment:
    start = datetime.combine(day, booked.at, chart.table.zone)
    has_passed = day < chart.table.day
    status: Literal["scheduled", "completed", "missed"] = "scheduled"
    if has_passed:
        status = "completed" if booked.kept else "missed"
    return Appointment(
        **chart.name(f"appointments/{number}"),
        service=CodeableConcept(text=booked.service),
        start=start,
        stop=start + timedelta(minutes=booked.minutes),
        status=status,
        comment=booked.comment,
    )
