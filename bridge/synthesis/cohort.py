"""A request to its patients: the same on any machine, in any order, for any number of workers.

Patients are made in blocks of fixed size, each from a random stream of its own, so that patient
17 is the same whether 20 or 20,000 are asked for, here or in another process. Whether they come
as arrays (`part`) or one by one (`patients`), they are the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from bridge.age_limits import Span
from bridge.chart import MEASUREMENTS, Patient
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.normals import normals
from bridge.identity import fingerprint, patient_uuids
from bridge.patient_arrays import Dates, PatientArrays, Uuids
from bridge.synthesis.calibration import calibration_of
from bridge.synthesis.people import GivenPerson, as_rows
from bridge.synthesis.population import (
    DRAWS,
    People,
    load_population,
    population_digest,
    population_names,
)
from bridge.synthesis.schedule import DRAWS as VISIT_DRAWS
from bridge.synthesis.schedule import Schedule, Stays
from bridge.synthesis.triage import MIXES
from bridge.synthesis.vitals import Limits, Vitals

GENERATOR: Final = 4
"""Rises whenever the same request gives other patients than before."""

BLOCK: Final = 256
"""Patients that share a random stream."""

PART_VISITS: Final = 12_288
"""About how many visits are made at once: so many that calling numpy costs nothing beside them."""


ChartKind = Literal["vitals", "full"]

USUAL_VISITS: Final = (1, 6)
"""Visits of a patient where nobody asks for a number, and vital signs alone are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; `people` replaces the population's own draws, one patient each.

    `people_file` is where these stand, to be found again by; nothing follows from it.

    `ages` are limits of measurements that depend on the patient's age and sex.

    `illness` names one of triage.MIXES. The first `active` patients are at the facility at the
    moment `now`: their last visit began some minutes before, and goes on.
    """

    seed: int
    as_of: date
    population: str
    visits: tuple[int, int] | None
    """The fewest and the most of a patient; None: as many as their care takes."""
    limits: Limits
    illness: str = "mixed"
    people: tuple[GivenPerson, ...] = ()
    people_file: str | None = None
    active: int = 0
    now: datetime | None = None
    ages: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    chart: ChartKind = "vitals"
    """What is made of a patient: vital signs alone, or a whole chart by the care modules."""
    histories: str | None = None
    """Whole charts by an event model in place of the care modules: `learnt`, or a file's path."""
    stress: int = 0
    """How many of the last patients are rare and ugly on purpose; see `stress`."""


class GeneratedCohort:
    """The patients of a request, made block by block as they are asked for."""

    def __init__(self, request: Request, count: int) -> None:
        self.count = count
        self.request = request
        self.resampled_numbers: set[int] = set()
        self._population = load_population(request.population)
        models = load_model("population"), load_model("illness")
        calibration = calibration_of(self._population, models[0])
        self.vitals = Vitals(*models, request.limits, calibration, request.ages)
        self._people = request.people
        self.inputs: dict[str, Any] = {
            "generator": GENERATOR,
            "seed": request.seed,
            "as_of": request.as_of.isoformat(),
            "population": request.population,
            "population_file": population_digest(self._population),
            "visits": list(request.visits) if request.visits else None,
            "illness": request.illness,
            "limits": {name: list(limits) for name, limits in sorted(request.limits.items())},
            "models": [model.fingerprint[:12] for model in models],
            "people": fingerprint({"people": list(as_rows(self._people))})[:12]
            if self._people
            else None,
            **_ages(request.ages),
        }
        self._anywhere = _anywhere(request.population)
        self.fingerprint = fingerprint(self.inputs | self._anywhere)
        self._schedule = Schedule(self._population.facility, request.as_of, request.now)
        self._made: tuple[tuple[int, bool], PatientArrays] | None = None

    @property
    def fingerprint_here(self) -> str:
        """What the uuids of those who are at the facility now follow from."""
        now = self.request.now
        return fingerprint({"of": self.fingerprint, "now": now and now.isoformat()})

    @property
    def resampled(self) -> int:
        """How many of the patients yielded so far had an impossible value and were resampled."""
        return len(self.resampled_numbers)

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend from 1."""
        for which, wanted in groupby(numbers, key=self._which):
            block, here = which
            if self._made is None or self._made[0] != which:
                self._made = which, self._make(range(block, block + 1), here=here)
            batch = self._made[1]
            for number in wanted:
                place = (number - 1) % BLOCK
                if batch.resampled[place]:
                    self.resampled_numbers.add(number)
                (patient,) = batch.some(slice(place, place + 1)).patients()
                yield _still_here(patient) if here else patient

    def _which(self, number: int) -> tuple[int, bool]:
        """Return the block of a patient, and whether they are at the facility now.

        A block is drawn anew for those: the others stay as they are without them.
        """
        return (number - 1) // BLOCK, number <= self.request.active

    @property
    def parts(self) -> int:
        """Into how many parts the cohort falls, which depends on nothing but the request."""
        return -(-self.count // (BLOCK * self._blocks_at_once))

    def part(self, place: int) -> PatientArrays:
        """Return the patients of one part, from 0 on; those of all parts are the cohort."""
        first = place * self._blocks_at_once
        last = min(first + self._blocks_at_once, -(-self.count // BLOCK))
        return self._make(range(first, last)).some(slice(0, self.count - first * BLOCK))

    @property
    def _blocks_at_once(self) -> int:
        return max(1, PART_VISITS * 2 // (sum(self.request.visits or USUAL_VISITS) * BLOCK))

    def _make(self, blocks: range, *, here: bool = False) -> PatientArrays:
        """Draw whole blocks, whatever part of them is wanted: a stream is its block's.

        `here`: all of them are at the facility now.
        """
        first, (fewest, most) = blocks.start * BLOCK + 1, self.request.visits or USUAL_VISITS
        streams = [self._stream(block) for block in blocks]
        widths = (DRAWS, 1, 1, VISIT_DRAWS * most)
        draws = np.concatenate([stream.random((BLOCK, sum(widths))) for stream in streams])
        if self._people:
            draws = draws[: len(self._people) - first + 1]
        of_person, how_many, of_birth, of_visits = np.split(draws, np.cumsum(widths[:-1]), axis=1)
        people, birth = self._who(first, of_person, of_birth[:, 0])
        wanted = fewest + (how_many[:, 0] * (most - fewest + 1)).astype(np.int64)
        stays = self._schedule.stays(
            birth,
            wanted,
            of_visits.reshape(-1, VISIT_DRAWS, most),
            MIXES[self.request.illness],
            to_the_end=bool(self._people),
        )
        if self._people:
            stays = self._at_given_triage(first, stays)
        if here:
            stays = self._schedule.ending_now(stays)
        values, resampled = self.vitals.measure(
            self._schedule.visits(stays, people.sex, birth), _normals_of(streams)
        )
        uuids = self._uuids(first, stays.count, here=here)
        return self._batch(first, people, birth, stays, (values, resampled), uuids)

    def _at_given_triage(self, first: int, stays: Stays) -> Stays:
        given = self._people[first - 1 : first - 1 + len(stays.count)]
        triage = stays.triage.copy()
        for row, person in enumerate(given):
            if person.triage is not None:
                triage[row] = person.triage
        return replace(stays, triage=triage)

    def _stream(self, block: int) -> np.random.Generator:
        seed = np.random.SeedSequence(int(self.fingerprint, 16), spawn_key=(block,))
        return np.random.Generator(np.random.PCG64(seed))

    def _who(self, first: int, draws: Floats, of_birth: Floats) -> tuple[People, Dates]:
        """Return the people from number `first` on, and when they were born."""
        drawn = self._population.people(draws)
        if not self._people:
            return drawn, np.datetime64(self.request.as_of, "D") - drawn.age_days
        given = self._people[first - 1 : first - 1 + len(draws)]
        sex = np.array([person.sex for person in given])
        given_name, family_name = self._population.names_of(sex, draws[:, 2], draws[:, 3])
        birth = self._schedule.born_to_be(*_months_of(given, of_birth))
        for row, person in enumerate(given):
            given_name[row] = person.given_name or given_name[row]
            family_name[row] = person.family_name or family_name[row]
            birth[row] = person.birthdate or birth[row]
        return drawn._replace(sex=sex, given_name=given_name, family_name=family_name), birth

    def _batch(
        self,
        first: int,
        people: People,
        birth: Dates,
        stays: Stays,
        measured: tuple[Floats, NDArray[np.bool_]],
        uuids: tuple[Uuids, Uuids],
    ) -> PatientArrays:
        values, resampled = measured
        real = np.arange(values.shape[1]) < stays.count[:, None]
        day = stays.day[real]
        return PatientArrays(
            first=first,
            resampled=resampled,
            uuids=uuids[0],
            sex=people.sex,
            birthdate=birth,
            given_name=people.given_name,
            family_name=people.family_name,
            address=people.address,
            count=stays.count,
            start=self._schedule.times(day, stays.start[real]),
            time=self._schedule.times(day, stays.vitals[real]),
            stop=self._schedule.times(day, stays.stop[real]),
            values=values[real],
            part_uuids=uuids[1],
            **self._own(first, len(stays.count)),
        )

    def _own(self, first: int, count: int) -> dict[str, Any]:
        """Return what a user's file says of people beside the rest: their ids and the like."""
        given = self._people[first - 1 : first - 1 + count]
        if not given:
            return {}
        return {
            "own_id": np.array([person.own_id for person in given], dtype=object),
            "is_estimated": np.array([person.is_estimated for person in given]),
        }

    def _uuids(self, first: int, count: NDArray[np.int64], *, here: bool) -> tuple[Uuids, Uuids]:
        """Return the uuids (n, 16) of patients, and those of the parts of their visits."""
        whose = self.fingerprint_here if here else self.fingerprint
        parts = 2 + len(MEASUREMENTS)  # the visit and its encounter
        named = [
            patient_uuids(whose, number, visits * parts)
            for number, visits in enumerate(count.tolist(), start=first)
        ]
        uuids = np.frombuffer(bytearray(b"".join(named)), dtype=np.uint8).reshape(-1, 16)
        uuids[:, 6] = uuids[:, 6] & 0x0F | 0x80  # version 8
        uuids[:, 8] = uuids[:, 8] & 0x3F | 0x80  # the variant of RFC 9562
        of_patient = np.cumsum(1 + count * parts) - (1 + count * parts)
        return uuids[of_patient], np.delete(uuids, of_patient, axis=0).reshape(-1, parts, 16)


def _months_of(given: Sequence[GivenPerson], draws: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return ages in completed months (n,), and draws (n,) for the day of birth within them.

    Of whom only the years are known the month is drawn; what is left of that draw is for the day.
    """
    years = np.array([person.age_years is not None for person in given])
    months = np.array([12 * (p.age_years or 0) + (p.age_months or 0) for p in given])
    of_year = np.floor(draws * 12)
    months = np.where(years, months + of_year.astype(np.int64), months)
    return months, np.where(years, draws * 12 - of_year, draws)


def _still_here(patient: Patient) -> Patient:
    """Let a patient's last visit go on."""
    *before, last = patient.visits
    return replace(patient, visits=(*before, replace(last, stop=None)))


def _normals_of(
    streams: list[np.random.Generator],
) -> Callable[[NDArray[np.bool_], tuple[int, ...]], Floats]:
    """Draw N(0, 1) numbers of a shape for each marked person, from the stream of their block."""

    def drawn(people: NDArray[np.bool_], shape: tuple[int, ...]) -> Floats:
        blocks = np.split(people, range(BLOCK, len(people), BLOCK))
        uniforms = [
            stream.random((np.count_nonzero(block), *shape))
            for stream, block in zip(streams, blocks, strict=True)
        ]
        return normals(np.concatenate(uniforms))

    return drawn


def _ages(ages: Mapping[str, tuple[Span, ...]]) -> dict[str, Any]:
    """Return limits by age as plain JSON; where there are none, nothing tells that they lack."""
    plain = {
        name: [[of.sexes, of.first, of.last, _float(of.low), _float(of.high)] for of in spans]
        for name, spans in sorted(ages.items())
    }
    return {"ages": plain} if plain else {}


def _float(limit: float | None) -> float | None:
    return None if limit is None else float(limit)


def _anywhere(population: str) -> dict[str, Any]:
    """Leave the path of a user's file out: the same file gives the same patients anywhere."""
    return {} if population in population_names() else {"population": None}


def cohort_of(request: Request, count: int) -> GeneratedCohort:
    """Return the cohort of a request, whatever kind of chart it asks for."""
    if request.chart == "vitals":
        return GeneratedCohort(request, count)
    if request.histories:
        from bridge.synthesis.learnt_cohort import LearntCohort

        return LearntCohort(request, count)
    if request.stress:
        from bridge.synthesis.stress_cohort import StressCohort

        return StressCohort(request, count)
    from bridge.synthesis.care_cohort import CareCohort

    return CareCohort(request, count)
