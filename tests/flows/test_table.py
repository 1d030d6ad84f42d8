"""A table of people: what a spec makes of its rows, and which it leaves out."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError
from bridge.flows.spec import Spec, shipped_spec
from bridge.flows.table import (
    Table,
    as_frame,
    load_conditions,
    load_table,
    parse_table,
    table_bytes,
)

NHANES = shipped_spec("population")
NHAMCS = shipped_spec("illness")
OUTPUTS = list(NHANES.outputs)
WEIGHT_ONLY = NHANES.model_copy(update={"outputs": {"weight_kg": NHANES.outputs["weight_kg"]}})


def nhanes(**changes: list[object]) -> pd.DataFrame:
    """Four people: a baby, a child, an adult with and one without an age in months."""
    people = {
        "examined": [1, 1, 1, 1],
        "sex": ["F", "M", "F", "M"],
        "age_years": [0, 2, 30, 80],
        "age_months_exam": [5.0, 24.0, 365.0, np.nan],
        "length_cm": [65.1, 86.0, np.nan, np.nan],
        "height_cm": [np.nan, 85.2, 160.0, 172.0],
        "weight_kg": [7.0, 12.0, 60.0, 80.0],
        "hr_child_bpm": [130, 110, np.nan, np.nan],
        "pulse_bpm": [np.nan, np.nan, 72, 68],
        "arm_circ_cm": [14.0, 16.0, 28.0, 30.0],
        "head_circ_cm": [42.0, 48.0, np.nan, np.nan],
        "sbp1": [np.nan, np.nan, 118, 140],
        "dbp1": [np.nan, np.nan, 70, 66],
    }
    return pd.DataFrame({**people, **changes})


def nhamcs(**changes: list[object]) -> pd.DataFrame:
    visits = {
        "age_years": [0, 40],
        "age_days_if_infant": [9.0, np.nan],
        "sex": ["F", "M"],
        "immediacy": [2.0, 4.0],
        "pulse": [140.0, 88.0],
        "temp_c": [37.5, 36.72],
        "resp": [36.0, 18.0],
        "spo2": [99.0, 97.0],
    }
    return pd.DataFrame({**visits, **changes})


def of(table: Table, output: str) -> list[float]:
    return table.values[:, list(table.spec.outputs).index(output)].tolist()


def used(table: Table) -> list[str]:
    return table.conditions["sex"].tolist()


def test_the_first_of_several_columns_that_holds_a_value_is_taken() -> None:
    """Standing height before length, and the child's heart rate where it was counted."""
    table = parse_table(nhanes(), NHANES)
    assert of(table, "height_cm") == [65.1, 85.2, 160.0, 172.0]
    assert of(table, "pulse_bpm") == [130, 110, 72, 68]


def test_an_age_in_months_is_its_middle_and_one_in_years_anywhere_in_the_year() -> None:
    """Everyone of `oldest` years and over is one age, however old the months say."""
    people = nhanes(age_years=[0, 79, 30, 85], age_months_exam=[5, None, 365, 999])
    table = parse_table(people, WEIGHT_ONLY)
    placed = [table.placed(np.random.default_rng(seed))["age_months"] for seed in range(200)]
    assert table.conditions["age_months"].tolist() == [5.5, 948, 365.5, 960]
    assert {(row[0], row[2], row[3]) for row in np.array(placed).tolist()} == {(5.5, 365.5, 960)}
    years = np.array(placed)[:, 1]
    assert 948 <= years.min() < 949 and 959 < years.max() < 960


def test_an_infants_age_is_known_to_the_day() -> None:
    table = parse_table(nhamcs(), NHAMCS)
    assert table.conditions["age_months"].tolist() == pytest.approx([9.5 * 12 / 365.25, 480])
    assert table.widths["age_months"].tolist() == [0, 12]


def test_rows_that_are_not_asked_for_are_counted() -> None:
    table = parse_table(nhanes(examined=[1, 0, 1, 1]), NHANES)
    assert table.left_out == {"examined is not 1": 1}
    assert used(table) == ["F", "F", "M"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sex": ["F", "X", "F", "M"]}, "sex not known"),
        ({"sex": ["F", None, "F", "M"]}, "sex not known"),
        (
            {"age_years": [0, None, 30, 80], "age_months_exam": [5, None, 9, 9]},
            "age_months not known",
        ),
        ({"age_years": [0, -9, 30, 80], "age_months_exam": [5, -9, 9, 9]}, "age_months not known"),
        ({"weight_kg": [7.0, None, 60.0, 80.0]}, "weight_kg missing"),
        ({"weight_kg": [7.0, "heavy", 60.0, 80.0]}, "weight_kg missing"),
        ({"weight_kg": [7.0, np.inf, 60.0, 80.0]}, "weight_kg missing"),
        ({"weight_kg": [7.0, 0.5, 60.0, 80.0]}, "weight_kg outside its bounds"),
    ],
)
def test_a_row_that_cannot_be_used_is_counted_by_its_reason(
    changes: dict[str, list[object]], reason: str
) -> None:
    table = parse_table(nhanes(**changes), WEIGHT_ONLY)
    assert {why: rows for why, rows in table.left_out.items() if rows} == {reason: 1}
    assert used(table) == ["F", "F", "M"]


def test_a_row_with_two_faults_is_counted_once() -> None:
    table = parse_table(nhamcs(spo2=[18.0, 97.0], pulse=[None, 88.0]), NHAMCS)
    assert len(table) == 1
    assert sum(table.left_out.values()) == 1


def test_what_is_not_measured_at_an_age_is_neither_missing_nor_used() -> None:
    """Nobody is left out for it; the child's head, which was measured for all that, is not told."""
    table = parse_table(
        nhanes(arm_circ_cm=[None, 16.0, 28.0, 30.0], age_months_exam=[1, 24, 365, 999]), NHANES
    )
    assert not any(table.left_out.values())
    missing = np.isnan(table.values)
    assert missing[:, OUTPUTS.index("muac_cm")].tolist() == [True, False, False, False]
    assert missing[:, OUTPUTS.index("head_circ_cm")].tolist() == [False, True, True, True]
    assert missing[:, OUTPUTS.index("sbp_mmhg")].tolist() == [True, True, False, False]


def test_a_visit_without_triage_is_used_as_unknown() -> None:
    table = parse_table(nhamcs(immediacy=[7.0, np.nan]), NHAMCS)
    assert table.conditions["immediacy"].tolist() == ["", ""]
    known = parse_table(nhamcs(), NHAMCS)
    assert known.conditions["immediacy"].tolist() == ["2", "4"]


MADE = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["sex"], "levels": {"F": ["2"], "M": ["1"]}},
            "age": {"kind": "age", "columns": {"age": "year"}, "oldest": 80},
            "income": {"kind": "number", "columns": ["income"], "low": 0, "high": 10},
        },
        "outputs": {
            "smoker": {
                "kind": "category",
                "columns": ["smokes", "smoked"],
                "levels": {"never": ["0", "False"], "daily": ["1", "True"]},
                "measured": {"age": {"from": 216}},
            },
            "pulse_bpm": {"columns": ["pulse"], "step": 2, "measured": {"sex": ["F"]}},
        },
    }
)


def made(**changes: list[object]) -> pd.DataFrame:
    people = {
        "sex": [2, 1, 2, 1],
        "age": [12, 30, 40, 50],
        "income": [1.5, 2.5, 3.0, 4.0],
        "smokes": [None, True, False, None],
        "smoked": [None, 0, 1, 1],
        "pulse": [72, None, 80, 64],
    }
    return pd.DataFrame({**people, **changes})


def test_a_category_is_read_as_the_data_writes_it() -> None:
    """By its first column that says one; as the place of its level."""
    table = parse_table(made(), MADE)
    assert used(table) == ["F", "M", "F", "M"]
    assert of(table, "smoker")[1:] == [1, 0, 1]
    assert np.isnan(of(table, "smoker")[0])
    assert np.isnan(of(table, "pulse_bpm")).tolist() == [False, True, False, True]


def test_a_category_that_is_made_must_be_known_of_those_who_have_it() -> None:
    table = parse_table(made(smokes=[None, "sometimes", "0", "1"], smoked=[None] * 4), MADE)
    assert table.left_out == {"smoker missing": 1}


def test_people_come_back_as_a_table_in_the_specs_words() -> None:
    frame = parse_table(made(), MADE).frame(np.random.default_rng(0))
    assert list(frame.columns) == ["sex", "age", "income", "smoker", "pulse_bpm"]
    assert frame["age"].tolist() == [12, 30, 40, 50]
    assert frame["smoker"].isna().tolist() == [True, False, False, False]
    assert frame["smoker"][1:].tolist() == ["daily", "never", "daily"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_a_table_is_read_from_csv_and_parquet(suffix: str, tmp_path: Path) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="needs the scale extra")
    path = tmp_path / f"made{suffix}"
    content = table_bytes(made(), parquet=suffix == ".parquet")
    path.write_bytes(gzip.compress(content) if suffix == ".csv.gz" else content)
    table = load_table([path], MADE)
    assert np.array_equal(table.values, parse_table(made(), MADE).values, equal_nan=True)
    assert [file["file"] for file in table.source] == [path.name]


def test_several_files_are_one_table(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        made().to_csv(tmp_path / name)
    table = load_table([tmp_path / "a.csv", tmp_path / "b.csv"], MADE)
    assert len(table) == 8
    assert [file["file"] for file in table.source] == ["a.csv", "b.csv"]


def test_a_table_that_a_model_made_is_read_by_the_specs_own_words(tmp_path: Path) -> None:
    """So that a model can be fitted to rows of another, or sampled like them."""
    table = parse_table(made(), MADE)
    written = as_frame(MADE, table.conditions, table.values)
    written.to_csv(tmp_path / "sampled.csv", index=False)
    again = load_table([tmp_path / "sampled.csv"], MADE)
    assert np.array_equal(again.values, table.values, equal_nan=True)
    assert again.spec == MADE
    made().to_csv(tmp_path / "made.csv")
    with pytest.raises(InputError, match=r"made\.csv: its columns are not those of .*sampled"):
        load_table([tmp_path / "sampled.csv", tmp_path / "made.csv"], MADE)


def test_another_table_is_not_taken_for_the_specs(tmp_path: Path) -> None:
    made().rename(columns={"smoked": "smokd"}).to_csv(tmp_path / "made.csv")
    with pytest.raises(
        InputError, match=r"made\.csv: has no column 'smoked', did you mean 'smokd'"
    ):
        load_table([tmp_path / "made.csv"], MADE)


def test_people_to_make_rows_for_come_in_their_order(tmp_path: Path) -> None:
    """With nothing but their conditions, an age in years anywhere in it; nobody is left out."""
    made()[["sex", "age", "income"]].to_csv(tmp_path / "people.csv")
    rng = np.random.default_rng(1)
    conditions, count, _ = load_conditions(tmp_path / "people.csv", MADE, rng)
    assert count == 4
    assert conditions["sex"].tolist() == ["F", "M", "F", "M"]
    since = conditions["age"] - [144, 360, 480, 600]
    assert (since >= 0).all() and (since < 12).all() and len(set(since)) > 1
    assert conditions["income"].tolist() == [1.5, 2.5, 3, 4]


@pytest.mark.parametrize("name", ["sex", "age"])
def test_somebody_without_a_condition_is_named_by_the_line(name: str, tmp_path: Path) -> None:
    made(**{name: [2, 1, 1, "?"]}).to_csv(tmp_path / "people.csv")
    with pytest.raises(InputError, match=rf"people\.csv:5: {name} is not known of everyone"):
        load_conditions(tmp_path / "people.csv", MADE, np.random.default_rng(1))
