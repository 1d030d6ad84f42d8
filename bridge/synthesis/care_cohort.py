"""A request to patients with whole charts: the same on any machine, for any number of workers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import numpy as np

from bridge.chart import Condition, Measurement, Patient
from bridge.flows.columns import Floats
from bridge.histories.care.charted_allergies import drawn_allergies
from bridge.histories.care.clients import Clients
from bridge.histories.care.episodes import HERE, rate_of
from bridge.histories.care.functions import functions_of
from bridge.histories.care.package import care_digest, drugs, modules, standing_orders, tests
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.histories.care.record import Package, Record, write
from bridge.histories.care.story import births_of, tell
from bridge.identity import fingerprint
from bridge.patient_arrays import Dates, Times
from bridge.synthesis.care_arrays import CareArrays, Persons
from bridge.synthesis.care_charts import Charts
from bridge.synthesis.care_vitals import CareVitals
from bridge.synthesis.clinic_hours import LONGEST_VISIT, ClinicHours
from bridge.synthesis.cohort import BLOCK, GeneratedCohort, Request
from bridge.synthesis.population import DRAWS, Band, People, Population, population_names

AT_ONCE: Final = 16
"""Blocks that are made together: so many that calling numpy costs little beside them."""

BOYS: Final = 0.512
"""Share of boys among births: 105 to 100 girls, as WHO has it."""

BETWEEN: Final = 5
"""Minutes at least from the end of a visit to the next one's beginning."""

WAITED: Final = 20
"""Minutes that those who are there now have been there; the vital signs were taken half-way."""


class CareCohort(GeneratedCohort):
    """The patients of a request for whole charts, made block by block as they are asked for."""

    def __init__(self, request: Request, count: int) -> None:
        super().__init__(request, count)
        self.inputs |= {"chart": "full", "care": care_digest()}
        if request.stress:  # who is for testers depends on how many there are: so do the uuids
            self.inputs |= {"stress": request.stress, "count": count}
        self.fingerprint = fingerprint(self.inputs | self._anywhere)
        self._maker = CareMaker(self, self._population)
        self._charts: tuple[tuple[int, bool], Charts] | None = None

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend from 1."""
        for which, wanted in groupby(numbers, key=self._which):
            block, here = which
            if self._charts is None or self._charts[0] != which:
                arrays = self._care(range(block, block + 1), here=here)
                self._charts = which, Charts(arrays)
            charts = self._charts[1]
            for number in wanted:
                place = (number - 1) % BLOCK
                if charts.arrays.resampled[place]:
                    self.resampled_numbers.add(number)
                patient = charts.patient(place)
                yield (
                    still_here(patient, self.request.now) if here and self.request.now else patient
                )

    @property
    def _blocks_at_once(self) -> int:
        return AT_ONCE

    def part(self, place: int) -> Any:
        """Return the patients of one part, from 0 on; those of all parts are the cohort."""
        first = place * AT_ONCE
        return self._care(range(first, min(first + AT_ONCE, -(-self.count // BLOCK))))

    def _care(self, blocks: range, *, here: bool = False) -> CareArrays:
        streams = [self._stream(block) for block in blocks]
        draws = np.concatenate([stream.random((BLOCK, DRAWS + 1)) for stream in streams])
        first = blocks.start * BLOCK + 1
        return self._maker.make(first, draws[: self.count - first + 1], here=here)


class CareMaker:
    """Makes patients with whole charts, as columns."""

    def __init__(self, cohort: CareCohort, population: Population) -> None:
        """Make people of a population as they come to a clinic."""
        request = cohort.request
        self._request = request
        self._country = figures_of(request.population)
        self._population = attending(population, self._country)
        self._vitals = cohort.vitals
        self._fingerprints = cohort.fingerprint, cohort.fingerprint_here
        self._hours = ClinicHours(population.facility)
        self._package = Package(
            modules=modules(),
            drugs=drugs(),
            tests=tests(),
            functions=functions_of(),
            standing_orders=standing_orders(),
        )

    def make(self, first: int, draws: Floats, *, here: bool = False) -> CareArrays:
        """Return patients numbered on from `first`, by draws (n, DRAWS + 1) in [0, 1).

        `here`: they all come today, which is the last day then.
        """
        as_of = np.datetime64(self._request.as_of, "D") + here
        keys = derived((draws[:, DRAWS] * 2.0**53).astype(np.uint64), self._fingerprints[0])
        drawn = self._population.people(draws[:, :DRAWS])
        before = self._clients(keys, drawn.sex, as_of - here - drawn.age_days, as_of)
        clients, persons = self._with_newborns(before, drawn, first)
        allergies = drawn_allergies(clients)
        story = tell(
            clients,
            self._package.modules,
            allergies.by_allergen(len(clients)),
            np.flatnonzero(persons.mother >= 0),
            visits=self._request.visits,
            illness=self._request.illness,
            today=here,
        )
        vitals = CareVitals(self._vitals, clients)
        record = write(story, self._package, vitals)
        times = self._times(record, keys)
        return CareArrays(
            self._fingerprints[here], persons, record, times, allergies, vitals.resampled
        )

    def _clients(self, keys: Keys, sex: Any, birth: Dates, as_of: np.datetime64) -> Clients:
        return Clients(
            country=self._country,
            as_of=as_of,
            keys=keys,
            sex=sex,
            birth=birth,
            next_open=self._hours.next_open,
            open_until=self._hours.open_until,
        )

    def _with_newborns(
        self, clients: Clients, drawn: People, first: int
    ) -> tuple[Clients, Persons]:
        """Let the patient after a mother be her newborn, where she gave birth at the clinic."""
        allergic = drawn_allergies(clients).by_allergen(len(clients))
        delivered = births_of(clients, self._package.modules, allergic)
        rows = np.flatnonzero(~np.isnat(delivered[:-1]) & (np.arange(len(clients) - 1) % 2 == 0))
        child = rows + 1
        mother = np.full(len(clients), -1)
        mother[child] = rows
        sex, birth = clients.sex.copy(), clients.birth.copy()
        sex[child] = np.where(uniforms(clients.keys[child], "sex at birth") < BOYS, "M", "F")
        birth[child] = delivered[rows]
        given, family, address = (
            column.copy() for column in (drawn.given_name, drawn.family_name, drawn.address)
        )
        family[child], address[child] = family[rows], address[rows]
        given[child], _ = self._population.names_of(
            sex[child], uniforms(clients.keys[child], "given name"), np.zeros(len(child))
        )
        persons = Persons(
            first=first, given_name=given, family_name=family, address=address, mother=mother
        )
        return replace(clients, sex=sex, birth=birth), persons

    def _times(self, record: Record, keys: Keys) -> tuple[Times, Times, Times]:
        """Return when visits begin, when their vital signs are taken, and when they end."""
        of_visit = derived(keys[record.person], "times", record.day.astype(np.int64))
        start = self._hours.starts(of_visit)
        vitals = start + 5 + (uniforms(of_visit, "vitals") * 16).astype(np.int64)
        stop = np.maximum(vitals + 45, start + LONGEST_VISIT - 30)
        stop = np.where(record.inpatient, stop + 24 * 60, stop)
        # Whoever comes again has gone home before.
        again = np.full(len(start), 10**9)
        again[:-1] = np.diff(record.day).astype(np.int64) * 24 * 60 + start[1:] - BETWEEN
        again[:-1][np.diff(record.person) != 0] = 10**9
        stop = np.maximum(np.minimum(stop, again), vitals + 45)
        first, second, third = (
            self._hours.times(record.day, minute) for minute in (start, vitals, stop)
        )
        return first, second, third


STAND_IN: Final = "kenya"
"""Whose figures of care a user's own population has (a choice): the most complete ones."""


def figures_of(population: str) -> str:
    """Return whose figures of care a population has, by its name or its file's path."""
    return population if population in population_names() else STAND_IN


def attending(population: Population, country: str) -> Population:
    """Return the same population as it comes to a clinic within two years."""
    bands = []
    for band in population.pyramid.bands:
        age = np.array([(band.first + band.last + 1) / 2])
        comes = [
            float(1 - np.exp(-2 * HERE * rate_of(country, np.array([sex]), age)[0])) for sex in "FM"
        ]
        bands.append(
            Band.model_validate(
                {
                    "from": band.first,
                    "to": band.last,
                    "female": round(band.female * comes[0]),
                    "male": round(band.male * comes[1]),
                }
            )
        )
    return population.model_copy(
        update={"pyramid": population.pyramid.model_copy(update={"bands": bands})}
    )


def still_here(patient: Patient, now: datetime) -> Patient:
    """Let a patient who came today still wait: with vital signs, and not yet seen."""
    *before, last = patient.visits
    start = now - timedelta(minutes=WAITED)
    taken = [e for e in last.encounters if e.kind == "vitals"]
    zone = last.start.tzinfo
    waiting = replace(
        last,
        start=start.astimezone(zone),
        stop=None,
        encounters=tuple(
            replace(
                one,
                time=(now - timedelta(minutes=WAITED // 2)).astimezone(zone),
                entries=tuple(e for e in one.entries if isinstance(e, Measurement)),
            )
            for one in taken
        ),
    )
    today: date = last.start.date()
    entries = tuple(
        e for e in patient.entries if not (isinstance(e, Condition) and e.onset == today)
    )
    return replace(patient, visits=(*before, waiting), entries=entries)
