"""The tables of what stands in a whole chart beside its visits."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Final

import numpy as np

from bridge.chart import CodeableConcept
from bridge.files.chart_columns import NONE_KNOWN
from bridge.files.coded_cells import concepts
from bridge.files.tables import Cells, Coded
from bridge.patient_arrays import Times, Whole, uuid_text
from bridge.synthesis.care_arrays import CareArrays
from bridge.synthesis.care_codes import coded
from bridge.synthesis.care_columns import appointment_times, deaths, factorized


def _owner(batch: CareArrays, person: Whole) -> Cells:
    return uuid_text(batch.uuids.patients)[person]


def _condition_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.problems
    which, codes = factorized(rows.code)
    named = concepts(which, list(map(coded, codes)))
    uuids = uuid_text(batch.uuids.of("problems"))
    return [uuids, _owner(batch, rows.person), *named, rows.onset, rows.end]


def _enrollment_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.enrollments
    return [
        uuid_text(batch.uuids.of("enrollments")),
        _owner(batch, rows.person),
        Coded(*factorized(rows.program)),
        rows.enrolled,
        rows.completed,
    ]


def _state_cells(batch: CareArrays) -> list[Cells]:
    """Each state ends where the next begins, and the last one with the enrolment."""
    rows = batch.enrollments
    told: Sequence[tuple[tuple[str, np.datetime64], ...]] = rows.states.tolist()
    of = np.repeat(np.arange(len(told)), np.array([len(one) for one in told], dtype=np.int64))
    states = np.array([state for state, _ in chain.from_iterable(told)], dtype=object)
    start = np.array([day for _, day in chain.from_iterable(told)], dtype="M8[D]")
    is_last = np.append(np.diff(of) != 0, True)[: len(of)]
    end = np.where(is_last, rows.completed[of], np.append(start[1:], start[:1])[: len(of)])
    return [
        uuid_text(batch.uuids.of("enrollments"))[of],
        _owner(batch, rows.person[of]),
        Coded(*factorized(states)),
        start,
        end,
    ]


def _appointment_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.booked
    return [
        uuid_text(batch.uuids.of("appointments")),
        _owner(batch, rows.person),
        Coded(*factorized(rows.service)),
        *appointment_times(batch),
        Coded(*factorized(rows.status)),
    ]


def _allergy_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.allergies
    which, allergens = factorized(rows.allergen, key=id)
    named = [
        coded(f"{one.concept} {one.name}") if one else CodeableConcept(text="") for one in allergens
    ]
    of_reaction, reactions = factorized(rows.reaction)
    shown = [coded(one) if one else CodeableConcept(text="") for one in reactions]
    return [
        uuid_text(batch.uuids.of("allergies")),
        _owner(batch, rows.person),
        *concepts(which, named),
        Coded(which, [one.category if one else NONE_KNOWN for one in allergens]),
        *concepts(of_reaction, shown),
        Coded(*factorized(rows.severity)),
    ]


def _relationship_cells(batch: CareArrays) -> list[Cells]:
    """Both sides of each: of a child the mother, of a mother her children in their order."""
    mother = batch.persons.mother
    child = np.flatnonzero(mother >= 0)
    person = np.concatenate([child, mother[child]])
    other = np.concatenate([mother[child], child])
    is_child = np.repeat([0, 1], len(child))
    order = np.lexsort((other, is_child, person))
    return [
        uuid_text(batch.uuids.of("relationships")),
        _owner(batch, person[order]),
        _owner(batch, other[order]),
        Coded(is_child[order], ["parent", "child"]),
    ]


def _death_cells(batch: CareArrays) -> list[Cells]:
    died = deaths(batch)
    east = [int((one.time.utcoffset() or timedelta()).total_seconds()) for one in died]
    local = [one.time.replace(tzinfo=None) for one in died]
    causes = [coded(one.cause) if one.cause else CodeableConcept(text="") for one in died]
    return [
        _owner(batch, np.array([one.row for one in died], dtype=np.int64)),
        Times(np.array(local, dtype="M8[s]"), np.array(east, dtype=np.int64)),
        *concepts(np.arange(len(died)), causes),
    ]


CELLS: Final[dict[str, Callable[[CareArrays], list[Cells]]]] = {
    "conditions": _condition_cells,
    "enrollments": _enrollment_cells,
    "program_states": _state_cells,
    "appointments": _appointment_cells,
    "allergies": _allergy_cells,
    "relationships": _relationship_cells,
    "deaths": _death_cells,
}
