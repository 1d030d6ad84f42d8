"""The patients of a class: every case for every learner, made anew whenever they are asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bridge.chart import Patient
from bridge.errors import InputError
from bridge.scenarios.catalogue import Case, lasting_name, load_cases
from bridge.scenarios.learners import Learner, learners_of
from bridge.scenarios.names import population_of
from bridge.scenarios.scenario import Person
from bridge.scenarios.telling import Telling
from bridge.scenarios.timing import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRequest:
    """Which cases are taught to whom, how far, and on which day."""

    scenarios: tuple[str, ...]
    """Names that come with bridge, or paths of files."""
    learners: tuple[str, ...] = ("",)
    """One for each learner: a name, or nothing."""
    learners_file: str | None = None
    """Where the names stand, to be told by; nothing follows from it."""
    until: str = ""
    """Where the story stops for the learner to decide: `visit-3`, or `decision`."""
    as_of: date
    """The day of the class."""
    now: datetime | None = field(default=None)
    """The moment after which nothing may have been done yet; None: any of that day."""


class ScenarioCohort:
    """The patients of a class: learner by learner, case by case, person by person."""

    resampled = 0

    def __init__(self, request: ClassRequest) -> None:
        """Load the cases; raise InputError where one is no scenario or has no such visit."""
        self.request = request
        self.cases = load_cases(request.scenarios)
        self.learners = learners_of(request.learners)
        self._zone = zone_of(self.cases[0])
        tables = [self._table(case) for case in self.cases]
        self._order: list[tuple[Learner, Case, Timetable, Person]] = [
            (learner, case, table, person)
            for learner in self.learners
            for case, table in zip(self.cases, tables, strict=True)
            for person in Telling(case=case, learner=learner, table=table).people()
        ]
        self.count = len(self._order)
        self.names = tuple(lasting_name(name) for name in request.scenarios)
        self.digests = tuple(case.digest for case in self.cases)

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, from 1."""
        for number in numbers:
            learner, case, table, person = self._order[number - 1]
            telling = Telling(case=case, learner=learner, table=table)
            yield telling.patient(person, number)

    def of_first_learner(self) -> Iterator[Patient]:
        """Yield the patients of the first learner: the others' have the same codes."""
        first = [n for n, one in enumerate(self._order, start=1) if one[0].number == 1]
        yield from self.patients(first)

    def _table(self, case: Case) -> Timetable:
        return timetable(case, self.request, self._zone)


def zone_of(case: Case) -> ZoneInfo:
    """Return the time zone of a case's clinic; raise InputError for an unknown country."""
    return ZoneInfo(population_of(case.scenario.country).facility.time_zone)


def timetable(case: Case, request: ClassRequest, zone: ZoneInfo | None = None) -> Timetable:
    """Return when a case's visits are; raise InputError where it has not the visit to stop at.

    A class is in one place, so that all its cases are told in one `zone`; None: the case's own.
    """
    zone = zone or zone_of(case)
    try:
        stops_at = case.scenario.place_of(request.until) if request.until else None
    except ValueError as error:
        raise InputError(f"{case.name}: {error}") from error
    return Timetable(case.scenario, zone, request.as_of, stops_at, request.now)
