"""What the columns of an unknown table seem to be."""

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError
from bridge.flows.inference import find_step, infer_spec
from bridge.flows.spec import Span
from bridge.flows.table import parse_table

PEOPLE = 3_000


def clinic(**changes: object) -> pd.DataFrame:
    """Visits as a clinic might have written them down, from 0 to 79 years."""
    rng = np.random.default_rng(1)
    age = rng.integers(0, 80, PEOPLE)
    columns = {
        "visit_id": [f"v{n:05d}" for n in range(PEOPLE)],
        "row": np.arange(PEOPLE),
        "seen": pd.date_range("2020-01-01", periods=PEOPLE, freq="h").strftime("%Y-%m-%d %H:%M"),
        "note": [f"feels {n}" for n in rng.permutation(PEOPLE)],
        "country": ["KE"] * PEOPLE,
        "spaced": [["yes", " yes"][n % 2] for n in range(PEOPLE)],
        "empty": [None] * PEOPLE,
        "sex": rng.choice(["F", "M"], PEOPLE),
        "age_years": age,
        "height_cm": np.round(rng.normal(160, 20, PEOPLE), 1),
        "sbp_mmhg": np.where(age < 8, np.nan, 2 * rng.integers(45, 90, PEOPLE)),
        "rest_min": 5.0 * rng.integers(0, 13, PEOPLE),
        "grade": rng.integers(1, 6, PEOPLE).astype(float),
        "smokes": rng.choice([True, False], PEOPLE),
        "ward": rng.choice(["A", " B", "C"], PEOPLE),
        "cry_db": np.where(age > 3, np.nan, rng.integers(60, 120, PEOPLE)),
    }
    return pd.DataFrame({**columns, **changes})


def test_conditions_are_told_from_what_is_made() -> None:
    spec, _ = infer_spec(clinic())
    assert {name: of.kind for name, of in spec.conditions.items()} == {
        "sex": "category",
        "age_years": "age",
    }
    assert spec.conditions["age_years"].columns == {"age_years": "year"}
    assert {name: of.kind for name, of in spec.outputs.items()} == {
        "height_cm": "number",
        "sbp_mmhg": "number",
        "rest_min": "number",
        "grade": "category",
        "smokes": "category",
        "ward": "category",
        "cry_db": "number",
    }
    given, _ = infer_spec(clinic(), conditions=["ward", "height_cm"])
    assert {name: of.kind for name, of in given.conditions.items()} == {
        "height_cm": "number",
        "ward": "category",
    }


def test_what_is_no_measurement_is_left_out_with_the_reason() -> None:
    assert infer_spec(clinic()).left_out == {
        "visit_id": "identifies rows, by its name",
        "row": "numbers the rows",
        "seen": "is a date",
        "note": "identifies rows: nearly all of its values differ",
        "country": "has one value only",
        "spaced": "has one value only",
        "empty": "has no values",
    }


def test_an_instrument_s_grid_is_found() -> None:
    """Though a few values off it were written."""
    frame = clinic()
    frame.loc[frame.index[-5:], "sbp_mmhg"] = 121
    outputs = infer_spec(frame).spec.outputs
    found = {
        name: (outputs[name].step, outputs[name].decimals)
        for name in ("height_cm", "sbp_mmhg", "rest_min")
    }
    assert found == {"height_cm": (0.1, 1), "sbp_mmhg": (2, 0), "rest_min": (5, 0)}
    assert (outputs["sbp_mmhg"].low, outputs["sbp_mmhg"].unit) == (90, "mm[Hg]")
    assert (outputs["height_cm"].spread, outputs["sbp_mmhg"].spread) == ("digits", "ranks")


@pytest.mark.parametrize("step", [0.001, 0.05, 0.2, 1, 10, 50])
def test_a_step_is_the_largest_that_fits(step: float) -> None:
    values = step * np.random.default_rng(2).integers(1, 400, 500)
    assert find_step(values) == pytest.approx(step)


def test_values_on_no_grid_are_cut_finely_enough() -> None:
    values = np.random.default_rng(3).normal(0, 1, PEOPLE)
    assert find_step(values) is None
    output = infer_spec(clinic(albumin=values)).spec.outputs["albumin"]
    assert output.step <= (values.max() - values.min()) / 5_000
    assert np.round(output.step, output.decimals) == output.step


def test_what_only_some_ages_have_is_missing_by_design() -> None:
    """And so leaves nobody out."""
    frame = clinic()
    spec, _ = infer_spec(frame)
    measured = {name: of.measured for name, of in spec.outputs.items() if of.measured}
    assert measured == {
        "sbp_mmhg": {"age_years": Span.model_validate({"from": 96})},
        "cry_db": {"age_years": Span(below=48)},
    }
    table = parse_table(frame, spec)
    assert len(table) == PEOPLE
    assert (
        np.isnan(table.values[:, list(spec.outputs).index("sbp_mmhg")]).sum()
        == (frame["age_years"] < 8).sum()
    )


@pytest.mark.parametrize(
    ("name", "unit", "last"),
    [("age_months", "month", 59), ("age_days", "day", 2_000), ("age", "year", 79)],
)
def test_an_age_is_in_the_unit_its_name_says(name: str, unit: str, last: int) -> None:
    """And comes back from a table as it went in, the oldest too."""
    ages = np.random.default_rng(4).integers(0, last + 1, PEOPLE)
    ages[0] = last
    frame = clinic().drop(columns=["age_years", "sbp_mmhg", "cry_db"]).assign(**{name: ages})
    spec, _ = infer_spec(frame)
    assert spec.conditions[name].columns == {name: unit}
    back = parse_table(frame, spec).frame(np.random.default_rng(5))
    assert back[name].tolist() == ages.tolist()


def test_codes_keep_all_their_digits() -> None:
    """1000001 and 1000002 are two wards."""
    codes = np.random.default_rng(6).choice([1_000_001.0, 1_000_002.0], PEOPLE)
    frame = clinic(ward=codes)
    spec, _ = infer_spec(frame)
    assert list(spec.outputs["ward"].levels) == ["1000001", "1000002"]
    assert len(parse_table(frame, spec)) == PEOPLE


def test_levels_are_what_the_table_says_and_all_rows_are_used() -> None:
    frame = clinic()
    spec, _ = infer_spec(frame)
    assert list(spec.outputs["grade"].levels) == ["1", "2", "3", "4", "5"]
    assert list(spec.outputs["ward"].levels) == ["A", "B", "C"]
    assert list(spec.outputs["smokes"].levels) == ["False", "True"]
    assert not any(parse_table(frame, spec).left_out.values())


def test_a_table_without_measurements_is_refused() -> None:
    with pytest.raises(InputError, match="no column of the table is a measurement"):
        infer_spec(clinic()[["visit_id", "sex", "note"]])


@pytest.mark.parametrize("asked", [("sex", "age_years"), ("Sex", "Age_Years")])
def test_a_condition_is_known_however_its_name_is_written(asked: tuple[str, ...]) -> None:
    frame = clinic().rename(columns={"sex": "Sex", "age_years": "Age_Years"})
    spec, _ = infer_spec(frame, asked)
    assert list(spec.conditions) == ["Sex", "Age_Years"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        *[("BP (mmHg)", "mm[Hg]"), ("temp_c", "Cel"), ("Weight (kg)", "kg"), ("spo2_pct", "%")],
        *[("temp_max_c", "Cel"), ("min", ""), ("ward_a", ""), ("hb", "")],
    ],
)
def test_a_name_s_unit_is_its_outputs(name: str, unit: str) -> None:
    values = np.random.default_rng(1).normal(50, 10, PEOPLE).round(1)
    assert infer_spec(clinic(**{name: values})).spec.outputs[name].unit == unit
