"""A request to patients with whole charts: the same on any machine, for any number of workers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

import numpy as np

from bridge.chart import Condition, Patient, Relationship
from bridge.flows.columns import Floats
from bridge.histories.care.allergies import drawn_allergies
from bridge.histories.care.clients import Clients, contact_members
from bridge.histories.care.functions import functions_of
from bridge.histories.care.package import care_digest, drugs, modules, tests
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.histories.care.reasons import HERE, rate_of
from bridge.histories.care.record import Package, write
from bridge.histories.care.story import NEWBORN, births_of, tell
from bridge.patient_arrays import Dates, Whole
from bridge.synthesis.care_arrays import CareArrays, Persons
from bridge.synthesis.care_charts import Charts
from bridge.synthesis.care_vitals import CareVitals
from bridge.synthesis.clinic_hours import LONGEST_VISIT, ClinicHours
from bridge.synthesis.population import DRAWS, Band, People, Population

AT_ONCE: Final = 16
"""Blocks that are made together: so many that calling numpy costs little beside them."""

BOYS: Final = 0.512
"""Share of boys among births: 105 to 100 girls, as WHO has it."""


class CareMaker:
    """Makes blocks of patients with whole charts."""

    def __init__(
        self,
        population: Population,
        country: str,
        as_of: np.datetime64,
        vitals: Any,
        cohort: str,
        visits: tuple[int, int] | None,
    ) -> None:
        """Make people of a population as they come to a clinic; `cohort` names their uuids."""
        self._population = _attending(population, country)
        self._country = country
        self._as_of = as_of
        self._vitals = vitals
        self._cohort = cohort
        self._visits = visits
        self._hours = ClinicHours(population.facility)
        self._package = Package(
            modules=modules(), drugs=drugs(), tests=tests(), functions=functions_of()
        )

    def make(self, first: int, streams: Iterable[np.random.Generator], block: int) -> CareArrays:
        """Return the patients of whole blocks, numbered on from `first`."""
        draws = np.concatenate([stream.random((block, DRAWS + 1)) for stream in streams])
        keys = derived((draws[:, DRAWS] * 2.0**53).astype(np.uint64), self._cohort)
        drawn = self._population.people(draws[:, :DRAWS])
        birth = self._as_of - drawn.age_days
        clients, persons = self._with_newborns(self._clients(keys, drawn.sex, birth), drawn, first)
        allergies = drawn_allergies(clients)
        newborns = dict(zip(np.flatnonzero(persons.mother >= 0).tolist(), persons.mother[persons.mother >= 0].tolist(), strict=True))
        story = tell(
            clients,
            self._package.modules,
            allergies.by_allergen(len(clients)),
            newborns,
            fewest=1,
        )
        vitals = CareVitals(self._vitals, clients)
        record = write(story, self._package, vitals)
        return CareArrays(self._cohort, persons, record, self._times(record, keys), allergies)

    def _clients(self, keys: Keys, sex: Any, birth: Dates) -> Clients:
        return Clients(
            country=self._country,
            as_of=self._as_of,
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
        delivered = births_of(clients, self._package.modules)
        rows = np.flatnonzero(~np.isnat(delivered[:-1]) & (np.arange(len(clients) - 1) % 2 == 0))
        sex, birth = clients.sex.copy(), clients.birth.copy()
        given, family = drawn.given_name.copy(), drawn.family_name.copy()
        mother = np.full(len(clients), -1)
        child = rows + 1
        mother[child] = rows
        sex[child] = np.where(uniforms(clients.keys[child], "sex at birth") < BOYS, "M", "F")
        birth[child] = delivered[rows]
        family[child] = family[rows]
        named, _ = self._population.names_of(
            sex[child], uniforms(clients.keys[child], "given name"), np.zeros(len(child))
        )
        given[child] = named
        address = drawn.address.copy()
        address[child] = address[rows]
        persons = Persons(
            first=first, given_name=given, family_name=family, address=address, mother=mother
        )
        return replace(clients, sex=sex, birth=birth), persons

    def _times(self, record: Any, keys: Keys) -> tuple[Any, Any, Any]:
        of_visit = derived(keys[record.person], "times", record.day.astype(np.int64))
        start = self._hours.starts(of_visit)
        vitals = start + 5 + (uniforms(of_visit, "vitals") * 16).astype(np.int64)
        stop = np.maximum(vitals + 45, start + LONGEST_VISIT - 30)
        stop = np.where(record.inpatient, stop + 24 * 60, stop)
        return (
            self._hours.times(record.day, start),
            self._hours.times(record.day, vitals),
            self._hours.times(record.day, stop),
        )


def _attending(population: Population, country: str) -> Population:
    """Return the same population as it comes to a clinic within two years."""
    bands = []
    for band in population.pyramid.bands:
        age = np.array([(band.first + band.last + 1) / 2])
        share = {
            sex: float(1 - np.exp(-2 * HERE * rate_of(country, np.array([sex]), age)[0]))
            for sex in ("F", "M")
        }
        bands.append(
            Band.model_validate(
                {
                    "from": band.first,
                    "to": band.last,
                    "female": round(band.female * share["F"]),
                    "male": round(band.male * share["M"]),
                }
            )
        )
    return population.model_copy(
        update={"pyramid": population.pyramid.model_copy(update={"bands": bands})}
    )
