"""Who a column names is never learnt, however the column is spelled."""

import numpy as np
import pandas as pd
import pytest

from bridge.tables.identifiers import who_it_names

RNG = np.random.default_rng(1)
ROWS = 300


def measured() -> pd.Series:
    """Values that say nothing of who it is, so that only the name can."""
    return pd.Series(RNG.integers(0, 9, ROWS))


@pytest.mark.parametrize(
    "name",
    [
        *("PatientID", "patient_id", "Patient Id", "patientunitstayid", "hadm_id", "subject_id"),
        *("MRN No", "MRN", "National ID", "NationalIdNumber", "id_number", "File No.", "SEQN"),
        *("OPD Number", "reg_no", "Insurance No", "encounterUuid", "Hospital_Number", "ID"),
        *("Phone", "Mobile No", "telephone", "Email", "e-mail", "Address", "home address"),
        *("Name", "Full Name", "given_name", "family name", "surname", "PatientName"),
        *("DOB", "date_of_birth", "BirthDate", "Birth Date", "Year of birth", "yob"),
    ],
)
def test_a_name_that_says_who_in_any_spelling(name: str) -> None:
    assert who_it_names(name, measured())


@pytest.mark.parametrize(
    "name",
    [
        *("weight_kg", "age_years", "patient_age", "immediacy", "covid", "acid", "thyroid"),
        *("cell_count", "visit_number", "household_size", "birth_weight_g", "hb", "ward_no"),
        *("facility_name", "village", "sex", "bed number", "rapid_test", "lipids", "identity"),
    ],
)
def test_a_name_of_something_measured(name: str) -> None:
    assert who_it_names(name, measured()) is None


CONTENTS = {
    "thirteen digits": RNG.integers(10**12, 10**13, ROWS),
    "five digits, all other": RNG.choice(np.arange(10_000, 100_000), ROWS, replace=False),
    "counting": np.arange(ROWS),
    "counting, shuffled": RNG.permutation(ROWS),
    "rising": np.cumsum(RNG.integers(1, 50, ROWS)),
    "telephones": [f"+254 7{RNG.integers(10**7, 10**8)}" for _ in range(ROWS)],
    "telephones with a nought": [f"07{RNG.integers(10**7, 10**8)}" for _ in range(ROWS)],
    "e-mail": [f"a{k}@example.org" for k in range(ROWS)],
    "uuids": [f"{k:08x}-1111-2222-3333-444444444444" for k in range(ROWS)],
    "free text": [f"feels {k}" for k in range(ROWS)],
    "dates": [f"{1 + k % 28}/3/2024" for k in range(ROWS)],
    "iso dates": [f"2024-03-{1 + k % 28:02d} 10:00" for k in range(ROWS)],
    "dates in words": [f"{1 + k % 28}-Mar-2024" for k in range(ROWS)],
    "times of day": [f"{k % 24:02d}:15" for k in range(ROWS)],
}


@pytest.mark.parametrize("what", CONTENTS)
def test_content_that_says_who_or_when(what: str) -> None:
    assert who_it_names("x", pd.Series(CONTENTS[what]))


MEASUREMENTS = {
    "weights": np.round(RNG.normal(60, 12, ROWS), 1),
    "fine weights": RNG.normal(60, 12, ROWS),
    "birth weights in grams": np.round(RNG.normal(3100, 500, ROWS), -1),
    "platelets": np.round(RNG.normal(250_000, 60_000, ROWS), -3),
    "pulses": RNG.integers(50, 140, ROWS),
    "CD4 counts": RNG.integers(10, 1500, ROWS),
    "survey cycles": RNG.choice(["2005-2006", "2007-2008"], ROWS),
    "complaints": RNG.choice(["cough", "fever", "pain"], ROWS),
    "ages": RNG.integers(0, 90, ROWS),
}


@pytest.mark.parametrize("what", MEASUREMENTS)
def test_content_that_is_measured(what: str) -> None:
    assert who_it_names("x", pd.Series(MEASUREMENTS[what])) is None
