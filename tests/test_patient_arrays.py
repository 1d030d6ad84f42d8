"""Patients as arrays."""

from datetime import date
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge import chart
from bridge.patient_arrays import completed_months, uuid_text
from tests.lib.patients import make_batch, make_patient

PATIENTS = [make_patient(number, visits=number % 4) for number in range(1, 8)]


def test_what_is_laid_out_in_arrays_comes_back() -> None:
    """Those without visits too, all of them or some that follow each other."""
    batch = make_batch(PATIENTS)
    assert list(batch.patients()) == PATIENTS
    assert list(batch.some(slice(2, 5)).patients()) == PATIENTS[2:5]
    assert list(batch.some(slice(5, 100)).patients()) == PATIENTS[5:]
    assert list(batch.some(slice(0, 0)).patients()) == []


DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(DATES, DATES)
def test_months_are_completed_as_one_by_one(born: date, day: date) -> None:
    """At the ends of months too."""
    (found,) = completed_months(np.array([born], "M8[D]"), np.array([day], "M8[D]")).tolist()
    assert found == chart.completed_months(born, day)


def test_the_text_of_uuids_is_the_usual_one() -> None:
    """Of any number of them, none included."""
    raw = np.random.default_rng(1).integers(0, 256, (3, 5, 16), dtype=np.uint8)
    expected = [[str(UUID(bytes=one.tobytes())) for one in row] for row in raw]
    assert uuid_text(raw).astype(str).tolist() == expected
    assert uuid_text(raw[:0]).shape == (0, 5)
