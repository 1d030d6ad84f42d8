"""Charts of decades made shorter, or moved to the present. Pure."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from bridge.chart import (
    Appointment,
    Condition,
    DrugOrder,
    Enrollment,
    Entry,
    Patient,
    PatientEntry,
    Visit,
)

Thing = TypeVar("Thing")


def last_day(patient: Patient) -> date | None:
    """Return the day of the last thing that was done, if any; appointments are not done yet."""
    return max(_days(patient), default=None)


def _days(patient: Patient) -> Iterator[date]:
    for visit in patient.visits:
        yield (visit.stop or visit.start).date()
        for encounter in visit.encounters:
            yield encounter.time.date()
    for entry in patient.entries:
        if isinstance(entry, Condition):
            yield from filter(None, (entry.onset, entry.end))
        elif isinstance(entry, Enrollment):
            yield from filter(None, (entry.enrolled, entry.completed))
    if patient.death and patient.death.time:
        yield patient.death.time.date()


def years_before(day: date, years: int) -> date:
    """Return the day so many years before, or the first there is; 29 February becomes the 28th."""
    if years >= day.year:
        return date.min
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def since(patient: Patient, first: date) -> Patient:
    """Keep what is of `first` or later, and what still held then."""
    narrowed = (_visit_since(visit, first) for visit in patient.visits)
    visits = tuple(visit for visit in narrowed if visit)
    entries = tuple(entry for entry in patient.entries if _holds(entry, first))
    return replace(patient, visits=visits, entries=entries)


def _visit_since(visit: Visit, first: date) -> Visit | None:
    """Keep a visit of `first` or later whole; of one before, the drugs that were still taken."""
    if visit.stop is None or visit.stop.date() >= first:
        return visit
    encounters = (
        replace(one, entries=tuple(entry for entry in one.entries if _is_taken(entry, first)))
        for one in visit.encounters
    )
    prescribing = tuple(one for one in encounters if one.entries)
    return replace(visit, encounters=prescribing) if prescribing else None


def _is_taken(entry: Entry, first: date) -> bool:
    return isinstance(entry, DrugOrder) and (entry.end is None or entry.end.date() >= first)


def _holds(entry: PatientEntry, first: date) -> bool:
    if isinstance(entry, Condition):
        until = entry.end or (date.max if entry.is_active else entry.onset or date.max)
        return until >= first
    if isinstance(entry, Enrollment):
        return entry.completed is None or entry.completed >= first
    if isinstance(entry, Appointment):
        return entry.start.date() >= first
    return True


def moved_before(patient: Patient, day: date) -> Patient:
    """Move all dates by whole weeks, so that the last thing done lies in the week before `day`."""
    last = last_day(patient)
    if last is None:
        return patient
    weeks = ((day - timedelta(days=1)) - last).days // 7
    return _moved(patient, timedelta(weeks=weeks))


def can_be_here(patient: Patient) -> bool:
    """Tell whether a patient's last visit is the last thing that was done, and they live."""
    if not patient.visits or patient.death:
        return False
    last = _last_visit(patient)
    return last_day(_left_open(patient, last)) == max(_times(patient, last)).date()


def still_here(patient: Patient, now: datetime) -> Patient:
    """Move all dates so that the last visit is of now, and let it go on."""
    last = _last_visit(patient)
    return _left_open(_moved(patient, now - SINCE - max(_times(patient, last))), last)


SINCE = timedelta(minutes=3)
"""How long before now the last thing was done to a patient who is there."""


def _left_open(patient: Patient, last: Visit) -> Patient:
    visits = (
        replace(visit, stop=None) if visit.uuid == last.uuid else visit for visit in patient.visits
    )
    return replace(patient, visits=tuple(visits))


def _last_visit(patient: Patient) -> Visit:
    return max(patient.visits, key=lambda visit: visit.stop or visit.start)


def _times(patient: Patient, visit: Visit) -> Iterator[datetime]:
    """Yield the times of what was done in a visit."""
    yield visit.start
    for encounter in visit.encounters:
        yield encounter.time
        for entry in encounter.entries:
            times = (getattr(entry, name, None) for name in ("time", "start"))
            yield from (time for time in times if isinstance(time, datetime))


def _moved(thing: Thing, by: timedelta) -> Thing:
    """Move every date and time in a chart; ages stay, since the birth date moves too."""
    moved: Any = thing
    if isinstance(thing, date | datetime):
        moved = thing + by
    elif isinstance(thing, tuple):
        moved = tuple(_moved(one, by) for one in thing)
    elif is_dataclass(thing) and not isinstance(thing, type):
        changes = {f.name: _moved(getattr(thing, f.name), by) for f in fields(thing)}
        moved = replace(thing, **changes)
    return moved  # type: ignore[no-any-return]
