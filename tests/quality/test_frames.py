"""Tables made comparable."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError
from bridge.flows.inference import find_step, infer_spec
from bridge.quality.frames import comparable, load_frame, snapped
from bridge.quality.groups import bands, sexes
from tests.quality.people import people


def test_what_is_not_a_measurement_is_left_out_and_named() -> None:
    """Identifiers, dates, free text, constants, and what one table lacks."""
    real = people(200, seed=1).assign(
        row=range(200),
        seen=pd.date_range("2020-01-01", periods=200),
        written="2020-01-01T10:00:00",
        note=[f"patient {i}" for i in range(200)],
        ward="A",
        blank=np.nan,
        extra=1.5,
    )
    found = comparable(real, real.drop(columns="extra"))
    assert dict(found.left_out) == {
        "person_id": "identifies rows, by its name",
        "row": "numbers the rows",
        "seen": "is a date",
        "written": "has one value only",
        "note": "identifies rows: nearly all of its values differ",
        "ward": "has one value only",
        "blank": "has no values",
        "extra": "not in the synthetic table",
    }
    assert found.conditions == ["sex", "age_months"]
    assert found.outputs == ["height_cm", "weight_kg", "sbp_mmhg", "dbp_mmhg", "pulse_bpm"]


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(60, 200, 2.0), 2),
        (np.round(np.linspace(3, 120, 500), 1), 0.1),
        (np.arange(100.0, 4000, 50), 50),
        (np.append(np.arange(0, 2000, 2.0), 3.0), 2),  # one slip of the pen
        (np.random.default_rng(0).normal(size=100), None),
    ],
)
def test_the_instruments_grid_is_the_largest_step_that_fits(
    values: np.ndarray, step: float | None
) -> None:
    """So that 2 mmHg is not taken for 1, and a few slips do not hide it."""
    assert find_step(values) == step


def test_synthetic_values_are_rounded_to_the_real_grid() -> None:
    """Conditions stay as they are."""
    real = people(200, seed=1)
    found = comparable(real, real.assign(sbp_mmhg=real.sbp_mmhg + 0.7, age_months=24.5))
    on_grid = snapped(found.synthetic, found.columns)
    assert (on_grid.sbp_mmhg == real.sbp_mmhg).all()
    assert (on_grid.age_months == 24.5).all()


def test_a_grade_is_the_same_word_as_2_and_as_2_0() -> None:
    """A file with a missing value has it as 2.0, one without as 2."""
    real = people(200, seed=1).assign(immediacy=np.arange(200) % 5 + 1)
    other = real.assign(immediacy=real.immediacy.astype(float).where(real.index > 0))
    column = next(c for c in comparable(real, other).columns if c.name == "immediacy")
    assert (column.kind, column.levels) == ("category", ("1", "2", "3", "4", "5"))


def test_text_on_one_side_and_numbers_on_the_other_are_not_compared() -> None:
    """One is likely a slip in a file."""
    real = people(200, seed=1)
    text = real.assign(sbp_mmhg=real.sbp_mmhg.astype(str) + " mmHg")
    assert "is numbers in the real" in comparable(real, text).left_out["sbp_mmhg"]
    assert "is text in the real" in comparable(text, real).left_out["sbp_mmhg"]


def test_tables_that_cannot_be_compared_are_refused_in_one_line() -> None:
    """With what to do."""
    real = people(200, seed=1)
    with pytest.raises(InputError, match="synthetic table has 99 rows; a comparison needs 100"):
        comparable(real, real[:99])
    with pytest.raises(InputError, match=r"no measurement in common .*; give the same columns"):
        comparable(real, real[["sex", "age_months"]].assign(systolic=real.sbp_mmhg))


def test_a_file_or_a_folder_of_generate_is_read(tmp_path: Path) -> None:
    """CSV and Parquet."""
    table = people(5, seed=1)
    table.to_csv(tmp_path / "vitals.csv", index=False)
    table.to_parquet(tmp_path / "table.parquet")
    for place in (tmp_path, tmp_path / "vitals.csv", tmp_path / "table.parquet"):
        assert load_frame(place).frame.sbp_mmhg.tolist() == table.sbp_mmhg.tolist()


def test_a_file_that_is_no_table_is_said_so(tmp_path: Path) -> None:
    """Missing, empty, binary, or a folder without vitals."""
    (tmp_path / "empty.csv").touch()
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00a,b")
    (tmp_path / "text.parquet").write_text("a,b")
    (tmp_path / "folder").mkdir()
    for name in ("missing.csv", "empty.csv", "binary.csv", "text.parquet", "folder"):
        with pytest.raises(InputError, match=name):
            load_frame(tmp_path / name)


def test_evaluate_and_train_agree_on_who_was_measured() -> None:
    """A column that a model is given must not be judged as if the model had made it."""
    real = people(200, seed=1).rename(columns={"sex": "gender"})
    real = real.assign(age=real.age_months // 12, age_days=real.age_months * 30)
    judged = comparable(real, real).conditions
    assert judged == list(infer_spec(real).spec.conditions)
    assert judged == ["gender", "age_months", "age", "age_days"]


@pytest.mark.parametrize(("name", "per_year"), [("age", 1), ("age_years", 1), ("age_days", 365.25)])
def test_people_are_grouped_by_any_age_and_sex_that_is_a_condition(
    name: str, per_year: float
) -> None:
    """An age in years or days, a gender: the bands and sexes are those of age_months and sex."""
    real = people(200, seed=1)
    other = real.rename(columns={"sex": "gender", "age_months": name})
    other[name] = real.age_months / 12 * per_year
    usual, renamed = comparable(real, real), comparable(other, other)
    groups = [[*bands(of.real), *sexes(of.real, of)] for of in (usual, renamed)]
    assert len(groups[0]) == len(groups[1]) == 10
    for one, same in zip(*groups, strict=True):
        assert (one.rows == same.rows).all()
