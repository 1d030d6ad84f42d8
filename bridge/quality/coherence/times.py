"""Rules of times: from birth to death, entries within visits, beginnings before ends."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from bridge.chart import (
    Appointment,
    Condition,
    DrugOrder,
    Enrollment,
    Finding,
    Immunization,
    Patient,
    PatientEntry,
    Result,
    TestOrder,
    Visit,
)
from bridge.chart import Entry as ChartEntry
from bridge.quality.coherence.judging import Breach, where
from bridge.quality.coherence.model import Times
from bridge.quality.coherence.timeline import Place, Timeline

At = date | datetime


class Dated(NamedTuple):
    """Something with the time it is of."""

    what: str
    time: At
    place: Place


def times(rule: Times, line: Timeline, as_of: datetime | None = None) -> Iterator[Breach]:
    """Yield what is at an impossible time."""
    for what, place in _CHECKS[rule.check](rule, line.patient, as_of):
        yield Breach(rule.name, what, where(place))


Found = Iterator[tuple[str, Place]]


def _before_birth(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    slack = timedelta(hours=rule.slack_hours)
    for one in _dated(patient):
        if _day(one.time) < patient.birthdate - slack:
            yield f"{one.what} on {_day(one.time)}, before birth on {patient.birthdate}", one.place


def _after_death(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    if not patient.death or not patient.death.time:
        return
    death = patient.death.time
    limit = death + timedelta(hours=rule.slack_hours)
    for one in _dated(patient):
        late = one.time > limit if isinstance(one.time, datetime) else one.time > limit.date()
        if late:
            yield f"{one.what} on {_day(one.time)}, after death on {death.date()}", one.place


def _in_the_future(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    if as_of is None:
        return
    limit = as_of + timedelta(hours=rule.slack_hours)
    for one in _dated(patient):
        if isinstance(one.place.what, Appointment):
            continue
        late = one.time > limit if isinstance(one.time, datetime) else one.time > limit.date()
        if late:
            yield f"{one.what} on {_day(one.time)}, after {as_of.date()}", one.place


def _outside_visit(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    slack = timedelta(hours=rule.slack_hours)
    for visit in patient.visits:
        for encounter in visit.encounters:
            early = encounter.time < visit.start - slack
            if early or (visit.stop and encounter.time > visit.stop + slack):
                what = f"an encounter at {encounter.time:%Y-%m-%d %H:%M}, outside its visit"
                yield what, Place(visit, encounter)


def _result_before_order(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    slack = timedelta(hours=rule.slack_hours)
    orders = {
        entry.uuid: entry.time
        for visit in patient.visits
        for encounter in visit.encounters
        for entry in encounter.entries
        if isinstance(entry, TestOrder)
    }
    for visit in patient.visits:
        for encounter in visit.encounters:
            for entry in encounter.entries:
                if isinstance(entry, Result) and entry.order in orders:
                    time, ordered = entry.time or encounter.time, orders[entry.order]
                    if time < ordered - slack:
                        what = f"a result of {time:%Y-%m-%d %H:%M} of a test that was ordered at"
                        yield f"{what} {ordered:%Y-%m-%d %H:%M}", Place(visit, entry)


def _order_ends_first(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    for visit, entry in _entries(patient):
        if isinstance(entry, DrugOrder) and entry.stopped and entry.stopped < entry.start:
            what = f"{entry.drug.label} stopped on {entry.stopped.date()}, before its start on"
            yield f"{what} {entry.start.date()}", Place(visit, entry)


def _condition_ends_first(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    for entry in patient.entries:
        if isinstance(entry, Condition) and entry.end and entry.onset and entry.end < entry.onset:
            what = f"{entry.what.label} ended on {entry.end}, before it began on {entry.onset}"
            yield what, Place(None, entry)


def _enrollment_ends_first(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    for entry in patient.entries:
        if not isinstance(entry, Enrollment):
            continue
        name = entry.program.label
        if entry.completed and entry.completed < entry.enrolled:
            what = f"{name} completed on {entry.completed}, before enrolment on {entry.enrolled}"
            yield what, Place(None, entry)
        for state in entry.states:
            late = entry.completed and state.start > entry.completed
            if state.start < entry.enrolled or late or (state.end and state.end < state.start):
                what = f"{name}: {state.state.label} from {state.start} to {state.end or 'now'},"
                yield f"{what} outside the enrolment from {entry.enrolled}", Place(None, entry)


def _visit_ends_first(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    for visit in patient.visits:
        if visit.stop and visit.stop < visit.start:
            what = f"a visit that stops at {visit.stop:%Y-%m-%d %H:%M}, before its start at"
            yield f"{what} {visit.start:%Y-%m-%d %H:%M}", Place(visit)


def _visits_overlap(rule: Times, patient: Patient, as_of: datetime | None) -> Found:
    slack = timedelta(hours=rule.slack_hours)
    visits = sorted(patient.visits, key=lambda one: one.start)
    for before, after in pairwise(visits):
        if before.stop and after.start < before.stop - slack:
            what = f"a visit begins at {after.start:%Y-%m-%d %H:%M} while one goes on until"
            yield f"{what} {before.stop:%Y-%m-%d %H:%M}", Place(after)


_CHECKS: dict[str, Callable[[Times, Patient, datetime | None], Found]] = {
    "before_birth": _before_birth,
    "after_death": _after_death,
    "in_the_future": _in_the_future,
    "outside_visit": _outside_visit,
    "result_before_order": _result_before_order,
    "order_ends_first": _order_ends_first,
    "condition_ends_first": _condition_ends_first,
    "enrollment_ends_first": _enrollment_ends_first,
    "visit_ends_first": _visit_ends_first,
    "visits_overlap": _visits_overlap,
}


def _day(time: At) -> date:
    return time.date() if isinstance(time, datetime) else time


def _entries(patient: Patient) -> Iterator[tuple[Visit, ChartEntry]]:
    for visit in patient.visits:
        for encounter in visit.encounters:
            for entry in encounter.entries:
                yield visit, entry


def _dated(patient: Patient) -> Iterator[Dated]:
    """Yield all that has a time; an entry has its encounter's unless it says another."""
    for whole in patient.entries:
        yield from _dated_whole(whole)
    for visit in patient.visits:
        yield Dated("a visit", visit.start, Place(visit))
        for encounter in visit.encounters:
            if encounter.time != visit.start:
                yield Dated("an encounter", encounter.time, Place(visit, encounter))
            for entry in encounter.entries:
                yield from _dated_entry(visit, entry)


def _dated_whole(entry: PatientEntry) -> Iterator[Dated]:
    place = Place(None, entry)
    if isinstance(entry, Condition):
        if entry.onset:
            yield Dated(entry.what.label, entry.onset, place)
    elif isinstance(entry, Enrollment):
        yield Dated(f"enrolment in {entry.program.label}", entry.enrolled, place)
    elif isinstance(entry, Appointment) and entry.status in ("checked in", "completed"):
        yield Dated("an appointment that was kept", entry.start, place)


def _dated_entry(visit: Visit, entry: ChartEntry) -> Iterator[Dated]:
    place = Place(visit, entry)
    match entry:
        case Finding() | Result():
            for one in (entry, *entry.members):
                if one.time:
                    yield Dated(one.what.label, one.time, place)
        case DrugOrder():
            yield Dated(entry.drug.label, entry.start, place)
        case TestOrder():
            yield Dated(f"order of {entry.what.label}", entry.time, place)
        case Immunization():
            yield Dated(entry.vaccine.label, entry.time, place)
        case _:
            return
