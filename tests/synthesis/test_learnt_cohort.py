"""Charts out of an event model: what is always true of them."""

from datetime import date

import pytest

from bridge.chart import Condition, Diagnosis, Patient, Result, TestOrder
from bridge.errors import InputError
from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import Request, cohort_of

LIMITS = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
REQUEST = Request(
    seed=1,
    as_of=date(2026, 11, 21),
    population="us",
    visits=None,
    limits=LIMITS,
    chart="full",
    histories="learnt",
)


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    """Return some patients."""
    return list(cohort_of(REQUEST, 60).patients(range(1, 61)))


def test_they_are_the_same_however_many_are_asked_for(patients: list[Patient]) -> None:
    """A block is made whole."""
    assert list(cohort_of(REQUEST, 9).patients([2, 9])) == [patients[1], patients[8]]


def test_what_was_found_stands_in_the_list_of_problems(patients: list[Patient]) -> None:
    """A diagnosis of a visit is a condition since that day."""
    found = 0
    for patient in patients:
        problems = {(e.what.label, e.onset) for e in patient.entries if isinstance(e, Condition)}
        for visit in patient.visits:
            for encounter in visit.encounters:
                for entry in encounter.entries:
                    if isinstance(entry, Diagnosis):
                        found += 1
                        assert entry.what.label in {label for label, _ in problems}
    assert found > 10


def test_a_result_has_an_order_and_uuids_are_single(patients: list[Patient]) -> None:
    """As the care modules' charts have them."""
    uuids: list[str] = []
    for patient in patients:
        entries = [e for one in patient.encounters() for e in one.entries]
        orders = {e.uuid for e in entries if isinstance(e, TestOrder)}
        assert all(e.order in orders for e in entries if isinstance(e, Result))
        uuids += [patient.uuid, *(e.uuid for e in entries), *(e.uuid for e in patient.entries)]
    assert len(uuids) == len(set(uuids))


def test_a_file_that_is_no_event_model_is_refused() -> None:
    """With its name."""
    from dataclasses import replace

    with pytest.raises(InputError, match="cannot be read"):
        cohort_of(replace(REQUEST, histories="/nowhere/own.npz"), 1)
