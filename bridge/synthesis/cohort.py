"""A request to its patients: the same on any machine, in any order, for any number of workers.

Patients are made in blocks of fixed size, each from a random stream of its own, so that patient
17 is the same whether 20 or 20,000 are asked for, here or in another process.
"""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from statistics import NormalDist
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bridge.identity import fingerprint, part_uuid, patient_uuid
from bridge.records import (
    MEASUREMENTS,
    Address,
    Encounter,
    Measurement,
    Patient,
    Sex,
    Visit,
    completed_months,
)
from bridge.synthesis.checkpoint import load_model
from bridge.synthesis.course import ADULT_MIX, CHILD_MIX, ROUTINE, illness_of, visit_days
from bridge.synthesis.moves import moves_of
from bridge.synthesis.people import GivenPerson, as_rows
from bridge.synthesis.population import (
    DAYS,
    DRAWS,
    Population,
    load_population,
    population_digest,
    population_names,
)
from bridge.synthesis.vitals import Limits, Visits, Vitals

Floats = NDArray[np.float64]

GENERATOR = 2
"""Rises whenever the same request gives other patients than before."""

BLOCK = 256
"""Patients that share a random stream."""

MOST_VISITS = 100

WINDOW_DAYS = 730
SMALL_CHILD_DAYS = 365
SMALL_CHILD_YEARS = 5
"""A server flags a reading by the age of today, so what small children had long ago looks ill."""

DAYS_IN_MONTH = 365.25 / 12
ADULT_FROM_MONTHS = 18 * 12
"""Whose mix of visits is the adults': the survey's own division."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; `people` replaces the population's own draws, one patient each."""

    seed: int
    as_of: date
    population: str
    visits: tuple[int, int]
    limits: Limits
    people: tuple[GivenPerson, ...] = ()


class Stay(NamedTuple):
    """One visit before anything is measured; minutes count from its start."""

    start: datetime
    minutes_to_vitals: int
    minutes: int
    illness: int


class Draft(NamedTuple):
    """A patient before anything is measured."""

    number: int
    sex: Sex
    birthdate: date
    given_name: str
    family_name: str
    address: Address
    stays: tuple[Stay, ...]


class GeneratedCohort:
    """The patients of a request, made block by block as they are asked for."""

    def __init__(self, request: Request, count: int) -> None:
        self.count = count
        self.request = request
        self.redrawn_numbers: set[int] = set()
        self._population = load_population(request.population)
        models = load_model("population"), load_model("illness")
        moves = moves_of(self._population, models[0])
        self._vitals = Vitals(*models, request.limits, moves)
        self._people = request.people
        self.inputs: dict[str, Any] = {
            "generator": GENERATOR,
            "seed": request.seed,
            "as_of": request.as_of.isoformat(),
            "population": request.population,
            "population_file": population_digest(self._population),
            "visits": list(request.visits),
            "limits": {name: list(limits) for name, limits in sorted(request.limits.items())},
            "models": [model.fingerprint[:12] for model in models],
            "people": fingerprint({"people": list(as_rows(self._people))})[:12]
            if self._people
            else None,
        }
        self._fingerprint = fingerprint(self.inputs | _anywhere(request.population))
        self._workdays = _workdays(request.as_of, self._population)
        self._made: tuple[int, list[Draft], Floats, NDArray[np.bool_]] | None = None

    @property
    def redrawn(self) -> int:
        """How many of the patients yielded so far had an impossible value and were drawn again."""
        return len(self.redrawn_numbers)

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend from 1."""
        for block, wanted in groupby(numbers, key=lambda number: (number - 1) // BLOCK):
            if self._made is None or self._made[0] != block:
                self._made = block, *self._make(block)
            _, drafts, values, redrawn = self._made
            for number in wanted:
                place = (number - 1) % BLOCK
                if redrawn[place]:
                    self.redrawn_numbers.add(number)
                yield self._patient(drafts[place], values[place])

    def _make(self, block: int) -> tuple[list[Draft], Floats, NDArray[np.bool_]]:
        """Draw a whole block, whatever part of it is wanted: the stream is the block's."""
        stream = np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(int(self._fingerprint, 16), spawn_key=(block,)))
        )
        most = self.request.visits[1]
        draws = stream.random((BLOCK, DRAWS + 2 + 5 * most))
        drafts = [
            self._draft(number, row)
            for number, row in enumerate(draws, start=block * BLOCK + 1)
            if not self._people or number <= len(self._people)
        ]
        values, redrawn = self._vitals.measure(
            _visits(drafts, most), lambda shape: _normals(stream, shape)
        )
        return drafts, values, redrawn

    def _draft(self, number: int, draws: Floats) -> Draft:
        of_person, (how_many, birth), of_visits = np.split(draws, [DRAWS, DRAWS + 2])
        person = self._population.person(of_person)
        sex, given_name, family_name = person.sex, person.given_name, person.family_name
        birthdate = self.request.as_of - timedelta(days=person.age_days)
        if self._people:
            given = self._people[number - 1]
            sex, birthdate = given.sex, self._given_birthdate(given, birth)
            names = self._population.name(sex, of_person[2], of_person[3])
            given_name, family_name = given.given_name or names[0], given.family_name or names[1]
        return Draft(
            number,
            sex,
            birthdate,
            given_name,
            family_name,
            person.address,
            self._stays(birthdate, how_many, of_visits.reshape(5, -1)),
        )

    def _given_birthdate(self, given: GivenPerson, draw: float) -> date:
        """Place the birth of a given person so that at the last visit the age is as given."""
        if given.birthdate:
            return given.birthdate
        last = date.fromordinal(int(self._workdays[-1]))
        return _months_before(last, given.age_months or 0) - timedelta(days=int(draw * 28))

    def _stays(self, birthdate: date, how_many: float, draws: Floats) -> tuple[Stay, ...]:
        days = self._workdays[np.searchsorted(self._workdays, self._first_day(birthdate)) :]
        fewest, most = self.request.visits
        chosen = visit_days(draws[0], len(days), fewest + int(how_many * (most - fewest + 1)))
        if self._people and len(chosen):
            chosen[-1] = len(days) - 1  # a given age is the age at the last visit
        return tuple(
            self._stay(int(days[day]), birthdate, of_stay)
            for day, of_stay in zip(chosen, draws[1:].T, strict=False)
        )

    def _first_day(self, birthdate: date) -> int:
        """Return the first day (ordinal) that this person's visits may be on."""
        as_of = self.request.as_of
        small = birthdate > _months_before(as_of, SMALL_CHILD_YEARS * 12)
        window = SMALL_CHILD_DAYS if small else WINDOW_DAYS
        return max(birthdate.toordinal() + 1, as_of.toordinal() - window)

    def _stay(self, day: int, birthdate: date, draws: Floats) -> Stay:
        opens, closes = self._population.facility.minutes
        minutes = 30 + int(draws[0] * 61)
        start = opens + int(draws[1] * (closes - opens - minutes))
        midnight = datetime.fromordinal(day).replace(tzinfo=self._zone)
        adult = completed_months(birthdate, midnight.date()) >= ADULT_FROM_MONTHS
        return Stay(
            start=midnight + timedelta(minutes=start),
            minutes_to_vitals=5 + int(draws[2] * 16),
            minutes=minutes,
            illness=illness_of(ADULT_MIX if adult else CHILD_MIX, draws[3]),
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._population.facility.time_zone)

    def _patient(self, draft: Draft, values: Floats) -> Patient:
        uuid = patient_uuid(self._fingerprint, draft.number)
        return Patient(
            number=draft.number,
            uuid=uuid,
            sex=draft.sex,
            birthdate=draft.birthdate,
            given_name=draft.given_name,
            family_name=draft.family_name,
            address=draft.address,
            visits=tuple(
                _visit(part_uuid(uuid, f"visit/{place}"), stay, row)
                for place, (stay, row) in enumerate(zip(draft.stays, values.tolist(), strict=False))
            ),
        )


def _visit(uuid: str, stay: Stay, values: list[float]) -> Visit:
    encounter = part_uuid(uuid, "vitals")
    return Visit(
        uuid=uuid,
        start=stay.start,
        stop=stay.start + timedelta(minutes=stay.minutes),
        encounters=(
            Encounter(
                uuid=encounter,
                time=stay.start + timedelta(minutes=stay.minutes_to_vitals),
                measurements=tuple(
                    Measurement(uuid=part_uuid(encounter, name), name=name, value=value)
                    for name, value in zip(MEASUREMENTS, values, strict=True)
                    if value == value  # NaN: not measured
                ),
            ),
        ),
    )


def _months_before(day: date, months: int) -> date:
    """Return the same day of the month `months` earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _workdays(as_of: date, population: Population) -> NDArray[np.int64]:
    """List the facility's days (ordinals) in the window before `as_of`."""
    open_on = {DAYS.index(day) for day in population.facility.days}
    days = range(as_of.toordinal() - WINDOW_DAYS, as_of.toordinal())
    return np.array([day for day in days if date.fromordinal(day).weekday() in open_on])


def _visits(drafts: list[Draft], most: int) -> Visits:
    """Lay the drafts' visits out in arrays; places without a visit repeat the last age."""
    months = np.zeros((len(drafts), most))
    illness = np.full((len(drafts), most), ROUTINE)
    for row, draft in enumerate(drafts):
        ages = [(stay.start.date() - draft.birthdate).days / DAYS_IN_MONTH for stay in draft.stays]
        months[row, : len(ages)] = ages
        months[row, len(ages) :] = ages[-1] if ages else 0.0
        illness[row, : len(ages)] = [stay.illness for stay in draft.stays]
    return Visits(
        count=np.array([len(draft.stays) for draft in drafts]),
        sex=np.array([draft.sex for draft in drafts]),
        months=months,
        illness=illness,
    )


def _normals(stream: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw N(0, 1) by inversion: NumPy may change how it draws normals, never its uniforms."""
    uniforms = np.maximum(stream.random(shape).ravel(), 2.0**-53)  # 0 has no inverse
    inverse = NormalDist().inv_cdf
    return np.fromiter(map(inverse, uniforms.tolist()), np.float64, uniforms.size).reshape(shape)


def _anywhere(population: str) -> dict[str, Any]:
    """Leave the path of a user's file out: the same file gives the same patients anywhere."""
    return {} if population in population_names() else {"population": None}
