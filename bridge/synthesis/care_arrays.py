"""Whole charts as columns: what files are written from, and what a Patient is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.chart import DECIMALS, MEASUREMENTS, Patient
from bridge.flows.columns import Floats
from bridge.histories.care.charted_allergies import Allergies
from bridge.histories.care.problems import (
    Booked,
    Enrollments,
    Problems,
    booked,
    enrollments,
    problems,
)
from bridge.histories.care.record import Record
from bridge.identity import patient_uuids
from bridge.patient_arrays import Times, Uuids, Whole, Words

ENCOUNTERS: Final = ("vitals", "note", "order", "laboratory", "immunization")
"""The encounters that a visit may have, in the order of their uuids."""

OF_VISIT: Final = 1 + len(ENCOUNTERS) + len(MEASUREMENTS) + 1
"""Uuids that a visit takes: its own, its encounters', its measurements', its note's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Persons:
    """Who n patients are, numbered on from `first`."""

    first: int
    given_name: Words
    family_name: Words
    address: Words
    """(n, 3) town, province and country."""
    mother: Whole
    """(n,) the row of the mother who stands in the same cohort, or -1."""


class CareArrays:
    """Patients with whole charts, as columns; `record` holds what is written down of them."""

    def __init__(
        self,
        cohort: str,
        persons: Persons,
        record: Record,
        times: tuple[Times, Times, Times],
        allergies: Allergies,
        resampled: NDArray[np.bool_],
    ) -> None:
        """Name all that `record` holds; `cohort` is the fingerprint that uuids follow from.

        `times` are when visits (v,) begin, when their vital signs are taken, and when they end;
        `resampled` (n,) tells who was drawn again for an impossible value.
        """
        self.persons = persons
        self.record = record
        self.start, self.vitals, self.stop = times
        self.allergies = allergies
        self.resampled = resampled
        self.problems: Problems = problems(record)
        self.enrollments: Enrollments = enrollments(record)
        self.booked: Booked = booked(record)
        self._cohort = cohort

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.persons.given_name)

    def patients(self) -> Iterator[Patient]:
        """Yield the patients, each made when it is asked for."""
        from bridge.synthesis.care_charts import Charts

        return Charts(self).patients()

    @cached_property
    def values(self) -> Floats:
        """(v, M) vital signs in the order of MEASUREMENTS, rounded as a chart has them."""
        columns = [np.round(self.record.values[name], DECIMALS[name]) for name in MEASUREMENTS]
        return np.stack(columns, axis=1)

    @cached_property
    def persons_of(self) -> dict[str, Whole]:
        """By kind, of which patient each row is; they ascend."""
        record = self.record
        of_event = record.story.events.person
        return {
            "diagnoses": of_event[record.diagnoses.event],
            "results": of_event[record.results.event],
            "test_orders": of_event[record.results.event],
            "prescriptions": of_event[record.prescriptions.event],
            "vaccinations": of_event[record.vaccinations.event],
            "problems": self.problems.person,
            "enrollments": self.enrollments.person,
            "appointments": self.booked.person,
            "allergies": self.allergies.person,
            "relationships": np.sort(self._related),
        }

    @property
    def _related(self) -> Whole:
        children = np.flatnonzero(self.persons.mother >= 0)
        return np.concatenate([children, self.persons.mother[children]])

    @cached_property
    def uuids(self) -> "Named":
        """The uuids of everything."""
        return Named(self._cohort, self)


class Named:
    """Uuids (k, 16) by kind; they follow from the cohort, the patient and their own place."""

    def __init__(self, cohort: str, arrays: CareArrays) -> None:
        """Name the things of some patients."""
        count = len(arrays)
        visits = np.bincount(arrays.record.person, minlength=count)
        by_kind = {
            kind: np.bincount(person, minlength=count) for kind, person in arrays.persons_of.items()
        }
        parts = 1 + visits * OF_VISIT + sum(by_kind.values())
        first = arrays.persons.first
        named = [
            patient_uuids(cohort, number, n - 1) for number, n in enumerate(parts.tolist(), first)
        ]
        self._all: Uuids = np.frombuffer(bytearray(b"".join(named)), dtype=np.uint8).reshape(-1, 16)
        self._all[:, 6] = self._all[:, 6] & 0x0F | 0x80  # version 8
        self._all[:, 8] = self._all[:, 8] & 0x3F | 0x80  # the variant of RFC 9562
        self._begin = np.cumsum(parts) - parts
        self._visit = self._begin[arrays.record.person] + 1
        self._visit += rank(arrays.record.person, visits) * OF_VISIT
        self._rows: dict[str, Whole] = {}
        after = self._begin + 1 + visits * OF_VISIT
        for kind, person in arrays.persons_of.items():
            self._rows[kind] = after[person] + rank(person, by_kind[kind])
            after = after + by_kind[kind]

    @property
    def patients(self) -> Uuids:
        """(n, 16)."""
        found: Uuids = self._all[self._begin]
        return found

    @property
    def visits(self) -> Uuids:
        """(v, 16)."""
        found: Uuids = self._all[self._visit]
        return found

    def encounters(self, kind: str) -> Uuids:
        """(v, 16) what the visits' encounters of a kind are called, whether there is one or not."""
        found: Uuids = self._all[self._visit + 1 + ENCOUNTERS.index(kind)]
        return found

    @property
    def measurements(self) -> Uuids:
        """(v, M, 16)."""
        first = self._visit + 1 + len(ENCOUNTERS)
        found: Uuids = self._all[first[:, None] + np.arange(len(MEASUREMENTS))]
        return found

    @property
    def notes(self) -> Uuids:
        """(v, 16)."""
        found: Uuids = self._all[self._visit + OF_VISIT - 1]
        return found

    def of(self, kind: str) -> Uuids:
        """(k, 16) of another kind, in the order of its rows."""
        found: Uuids = self._all[self._rows[kind]]
        return found


def rank(person: Whole, count: Whole) -> Whole:
    """Return the place (k,) of each row among its person's; rows are ordered by person."""
    return np.arange(len(person)) - (np.cumsum(count) - count)[person]
