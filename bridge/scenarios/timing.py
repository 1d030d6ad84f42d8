"""When a case's visits are: days relative to the class's day, times of the clinic's own clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from bridge.scenarios.scenario import Person, Scenario, StoryVisit

VITALS, TESTS, LABORATORY = 10, 20, 50
"""Minutes after a visit began: vital signs, tests ordered, their results."""

NOTE, NOTE_AFTER_RESULTS = 30, 65
THEN = 5
"""Minutes from the note to the orders, and from these to the vaccines."""

LAST = 10
"""Minutes from the last thing done to the end of the visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTimes:
    """The moments of one visit, all aware; `stop` is None while it goes on."""

    start: datetime
    stop: datetime | None
    note_minutes: int

    def after(self, minutes: int) -> datetime:
        """Return the moment so many minutes after the start."""
        return self.start + timedelta(minutes=minutes)

    @property
    def note(self) -> datetime:
        """When the note is written, with its diagnoses."""
        return self.after(self.note_minutes)

    @property
    def orders(self) -> datetime:
        """When drugs are ordered."""
        return self.after(self.note_minutes + THEN)

    @property
    def vaccines(self) -> datetime:
        """When vaccines are given."""
        return self.after(self.note_minutes + 2 * THEN)


@dataclass(frozen=True)
class Timetable:
    """The days and hours of one case for a class.

    Where the class stops at a visit, that one is on the day of the class, and goes on. What would
    lie after the moment `now` was so many whole hours earlier.
    """

    scenario: Scenario
    zone: ZoneInfo
    day: date
    stops_at: int | None = None
    """The number of the visit at which the class decides; None: the whole story is told."""
    now: datetime | None = None

    @property
    def moved_days(self) -> int:
        """How many days later everything is than the file says."""
        return -self.scenario.patient.visits[self.stops_at - 1].day if self.stops_at else 0

    def day_of(self, visit: StoryVisit) -> date:
        """Return the day of a visit."""
        return self.day + timedelta(visit.day + self.moved_days)

    def told(self, person: Person) -> Iterator[tuple[int, StoryVisit, bool]]:
        """Yield the visits that are told, numbered from 1, and whether with their decisions."""
        last = self.scenario.patient.visits[self.stops_at - 1] if self.stops_at else None
        for number, visit in enumerate(person.visits, start=1):
            if last is None or visit.day < last.day or _is_before(visit, last, person, self):
                yield number, visit, True
            elif visit.day == last.day and visit.at <= last.at:
                yield number, visit, False

    def times(self, visit: StoryVisit, *, is_whole: bool) -> VisitTimes:
        """Return when the parts of a visit are; one without its decisions goes on."""
        note = NOTE_AFTER_RESULTS if visit.results else NOTE
        start = self._start(visit)
        if visit.day + self.moved_days == 0:
            start -= timedelta(hours=self.hours_earlier)
        stop = start + timedelta(minutes=_length(visit, note, is_whole)) if is_whole else None
        return VisitTimes(start=start, stop=stop, note_minutes=note)

    @cached_property
    def hours_earlier(self) -> int:
        """How many hours the visits of the day are before their time, so that none is to come."""
        if self.now is None:
            return 0
        latest = [
            self._start(visit) + timedelta(minutes=_length(visit, NOTE_AFTER_RESULTS, is_whole))
            for person in self.scenario.people
            for _, visit, is_whole in self.told(person)
            if visit.day + self.moved_days == 0
        ]
        late = max(latest) - self.now if latest else timedelta()
        return max(0, math.ceil(late / timedelta(hours=1)))

    def _start(self, visit: StoryVisit) -> datetime:
        return datetime.combine(self.day_of(visit), visit.at, self.zone)


def _is_before(visit: StoryVisit, last: StoryVisit, person: Person, table: Timetable) -> bool:
    """Tell whether an own visit of the patient's on the very day was before the one decided."""
    return person is table.scenario.patient and (visit.day, visit.at) < (last.day, last.at)


def _length(visit: StoryVisit, note: int, is_whole: bool) -> int:
    """Return for how many minutes a visit lasts, or has lasted where its decision is to come."""
    if not is_whole:
        return note + LAST
    done = note + 2 * THEN
    done = max([done, *(note + THEN + again.after_minutes for again in visit.again)]) + LAST
    return max(done, round((visit.hours or 0) * 60))
