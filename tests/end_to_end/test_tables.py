"""Tables as people really have them: what `train --check` makes of each, or says of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.flows.spec import load_spec
from tests.end_to_end.conftest import Cli

SHARED = Path(__file__).parents[3] / "shared" / "data" / "cases"

Change = Callable[[pd.DataFrame], str | bytes]


def clinic(count: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], count),
            "age_years": rng.integers(0, 90, count),
            "weight_kg": np.round(rng.normal(60, 10, count), 1),
            "sbp_mmhg": rng.normal(120, 15, count).round().astype(int),
        }
    )


def csv(frame: pd.DataFrame, **how: str) -> str:
    return str(frame.to_csv(index=False, **how))  # type: ignore[arg-type]


def _pairs(frame: pd.DataFrame) -> str:
    bp = frame.sbp_mmhg.astype(str) + "/" + (frame.sbp_mmhg - 45).astype(str)
    return csv(frame.assign(bp=bp).drop(columns="sbp_mmhg"))


def _ages(frame: pd.DataFrame) -> str:
    ages = [f"{age}y {k % 12}m" for k, age in enumerate(frame.age_years)]
    return csv(frame.assign(age_years=ages))


def _replaced(column: str, every: int, value: object) -> Change:
    def change(frame: pd.DataFrame) -> str:
        cells = frame[column].astype(object)
        cells[::every] = value
        return csv(frame.assign(**{column: cells}))

    return change


CASES: dict[str, tuple[Change, str]] = {
    "a separator at each line's end": (
        lambda frame: csv(frame).replace("\n", ",\n"),
        "weight_kg  number",
    ),
    "semicolons and decimal commas": (
        lambda frame: csv(frame, sep=";", decimal=","),
        "separated by semicolons",
    ),
    "a title": (lambda frame: "Register 2024,,,\n" + csv(frame), "left out: Register 2024"),
    "a total": (lambda frame: csv(frame) + "Total,,,300\n", "is a total: Total 300"),
    "Windows' letters": (
        lambda frame: csv(frame.rename(columns={"sex": "geschlächt"})).encode("cp1252"),
        "not UTF-8, read as Windows-1252",
    ),
    "words for missing among words": (
        lambda frame: csv(frame.assign(device=["None", "Mask"] * 150)),
        "'None' (150) stays a word",
    ),
    "a code for missing": (_replaced("sbp_mmhg", 30, 999), "10 values of 999 far from the rest"),
    "words among numbers": (
        _replaced("weight_kg", 60, "refused"),
        "5 of 300 cells are no numbers and stay empty: 'refused' (5 cells; lines 2, 62, 122, ...)",
    ),
    "gaps": (_replaced("weight_kg", 2, None), "50%"),
    "an age over the last": (_replaced("age_years", 30, "> 89"), "'> 89' (10) read as 90 and over"),
    "ages in words": (_ages, "read as age_months, in completed months"),
    "pressures in one": (_pairs, "is read as bp_systolic and bp_diastolic"),
    "codes with noughts": (
        lambda frame: csv(frame.assign(ward=[f"{k % 9:04d}" for k in range(300)])),
        "0000, 0001, 0002",
    ),
    "an identifier": (
        lambda frame: csv(frame.assign(**{"National ID": range(4_000_000, 4_000_300)})),
        "not used: National ID identifies rows, by its name",
    ),
    "a number that identifies": (
        lambda frame: csv(frame.assign(x=np.random.default_rng(1).integers(10**12, 10**13, 300))),
        "not used: x identifies rows",
    ),
    "dates of birth": (
        lambda frame: csv(frame.assign(DOB=["3/4/1990"] * 299 + ["4/4/1990"])),
        "not used: DOB is a date of birth: give ages",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_table_is_read_as_it_plainly_is_and_it_is_said(
    case: str, cli: Cli, tmp_path: Path
) -> None:
    change, said = CASES[case]
    content = change(clinic())
    path = tmp_path / "clinic.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    done = cli("train", "--check", "--data", path, "--out", tmp_path / "m.npz")
    assert done.code == 0, done.err
    assert said in " ".join(done.out.split()) or said in done.out
    load_spec(tmp_path / "m.spec.yaml")


REFUSED: dict[str, tuple[Change, str]] = {
    "a column twice": (
        lambda frame: csv(frame).replace("weight_kg", "sex", 1),
        "clinic.csv:1: the column sex stands twice",
    ),
    "no names": (
        lambda frame: csv(frame).partition("\n")[2],
        "the first line must hold the names of the columns",
    ),
    "few rows": (lambda frame: csv(frame[:10]), "a fit needs 100 rows with each output"),
    "a code that stretches the grid": (
        _replaced("weight_kg", 30, 9999),
        "weight_kg: spans ",
    ),
    "nothing measured": (
        lambda frame: csv(frame[["sex", "age_years"]].assign(phone="0712345678")),
        "no column of the table is a measurement that a model could make (phone",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_or_learnt_is_refused_with_its_place(
    case: str, cli: Cli, tmp_path: Path
) -> None:
    change, said = REFUSED[case]
    content = change(clinic())
    assert isinstance(content, str)
    (tmp_path / "clinic.csv").write_text(content)
    done = cli("train", "--data", tmp_path / "clinic.csv", "--out", tmp_path / "m.npz")
    assert done.code == 2
    assert said in done.err and done.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.csv"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("01-shifted-columns/trailing-comma.csv", "pulse_bpm  number"),
        ("08-none-and-na/o2-device.csv", "'None' (290) stays a word"),
        ("09-codes-for-missing/sbp-999-height-9999.csv", "7 values of 999 far from the rest"),
        ("10-mixed-units/temp-c-and-f.csv", "236 and 64 values lie apart as °C and °F do"),
        ("11-identifiers-learnt/PatientID.csv", "not used: PatientID identifies rows"),
        ("11-identifiers-learnt/id-number-13-digits.csv", "not used: id_number identifies rows"),
        ("12-title-and-total-rows/title-row.csv", "left out: Outpatient register 2024"),
        ("13-codes-changed/facility-0012.csv", "facility_code"),
        ("14-other-files/latin-1.csv", "read as Windows-1252"),
        ("14-other-files/semicolon.csv", "separated by semicolons"),
        ("15-numbers-as-text/age-over-89.csv", "'> 89' (14) read as 90 and over"),
        ("15-numbers-as-text/not-taken.csv", "4 of 300 cells are no numbers"),
        ("16-missing-values/one-of-two.csv", "stands beside b_cm in 0 of 300 rows"),
        ("17-few-rows/ten.csv", "a fit needs 100 rows"),
    ],
)
def test_the_cases_that_users_met(case: str, said: str, cli: Cli, tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the cases lie in ../shared, which is not here")
    data = tmp_path / "case.csv"
    shutil.copy(SHARED / case, data)
    done = cli("train", "--check", "--data", data, "--out", tmp_path / "m.npz")
    assert said in done.out + done.err


def test_a_spec_that_is_given_hides_nothing_that_was_made_of_the_table(
    cli: Cli, tmp_path: Path
) -> None:
    """What stays empty is said at each reading, and each row's gap is counted."""
    data, spec = tmp_path / "clinic.csv", tmp_path / "s.yaml"
    data.write_text(str(_replaced("weight_kg", 60, "refused")(clinic())))
    spec.write_text(
        "outputs: {weight_kg: {columns: [weight_kg], step: 0.1, decimals: 1, high: 70}}\n"
        "gaps: learn\n"
    )
    done = cli("train", "--check", "--data", data, "--spec", spec, "--out", tmp_path / "m.npz")
    assert done.code == 0, done.err
    assert "5 of 300 cells are no numbers" in done.out
    over = int((clinic().weight_kg[[k % 60 != 0 for k in range(300)]] > 70).sum())
    assert f"{295 - over} rows to fit to" in done.out
