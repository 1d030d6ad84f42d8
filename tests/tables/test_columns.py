"""What the cells of a column are: nothing is changed, and nothing is lost, without a word."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.tables.frames import ReadTable, as_read
from bridge.tables.reading import parse_text_table

TEN = range(10)


def read(text: str) -> ReadTable:
    return as_read(parse_text_table(text, Path("table.csv")))


def column(cells: list[str], name: str = "x", separator: str = ";") -> ReadTable:
    """A table of a column beside another that is always there."""
    rows = [f"{name}{separator}other", *(f"{cell}{separator}a" for cell in cells)]
    return read("\n".join(rows) + "\n")


def values(table: ReadTable, name: str = "x") -> list[object]:
    return [None if v is None or v != v else v for v in table.frame[name].tolist()]


def test_numbers_are_numbers_and_empty_cells_gaps() -> None:
    table = column(["1", "2.5", "", "3"])
    assert values(table) == [1, 2.5, None, 3]
    assert not [note for note in table.notes if note.startswith("x")]


@pytest.mark.parametrize("word", ["None", "NA", "null", "nan", "N/A", "-"])
def test_words_for_missing_are_words_among_words(word: str) -> None:
    table = column(["Mask", word, "Nasal cannula", word])
    assert values(table) == ["Mask", word, "Nasal cannula", word]
    assert any(f"'{word}' (2) stays a word" in note for note in table.notes)


@pytest.mark.parametrize("word", ["None", "NA", "null", "nan", "N/A", "-", "?", "#DIV/0!"])
def test_words_for_missing_are_gaps_among_numbers_and_said(word: str) -> None:
    table = column([*(str(90 + k) for k in range(12)), word])
    assert values(table)[-1] is None
    assert any(f"'{word}' (1) read as not known" in note for note in table.notes)


@pytest.mark.parametrize(
    "cells",
    [
        ["0012", "1200", "0345", "0007"],
        ["1E2", "2E1", "1E3", "4E4"],
        ["12", "013", "14", "015", "16", "17", "18", "19", "20", "21"],
        ["1234567890123456", "2234567890123456", "3", "4"],
        ["1A", "2B", "3C", "1B"],
        ["1", "2", "3", "X", "1"],
    ],
)
def test_codes_stay_as_they_are_written(cells: list[str]) -> None:
    assert values(column(cells)) == cells


def test_cells_that_are_no_numbers_are_named_with_line_and_count() -> None:
    cells = [f"{50 + k}.5" for k in range(30)]
    cells[3] = cells[7] = "not taken"
    cells[9] = "<40"
    table = column(cells, "weight_kg")
    (note,) = (n for n in table.notes if n.startswith("weight_kg"))
    assert "3 of 30 cells are no numbers and stay empty" in note
    assert "'not taken' (2 cells; lines 5, 9)" in note and "'<40' (line 11)" in note
    assert values(table, "weight_kg")[3] is None and values(table, "weight_kg")[0] == 50.5


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["36,6", "37,25", "1,234"], [36.6, 37.25, 1.234]),
        (["1,234", "2,345", "950.5"], [1234, 2345, 950.5]),
        (["1.234,5", "12,5"], [1234.5, 12.5]),
        (["1,234.5", "1,234"], [1234.5, 1234]),
        (["0,123", "1,234"], [0.123, 1.234]),
    ],
)
def test_a_comma_is_what_the_column_says_it_is(cells: list[str], expected: list[float]) -> None:
    table = column(cells)
    assert values(table) == expected
    assert any(note.startswith("x: ") for note in table.notes)


def test_a_comma_is_what_the_rest_of_the_table_says_it_is() -> None:
    assert values(read("x;y\n1,234;36,6\n2,345;37,1\n")) == [1.234, 2.345]
    assert values(read("x;y\n1,234;36.6\n2,345;37.1\n")) == [1234, 2345]


@pytest.mark.parametrize("text", ["x;y\n1,234;a\n2,345;b\n", "x;y\n1.234;36,6\n2.345;37,1\n"])
def test_a_comma_or_point_that_could_be_both_is_not_guessed(text: str) -> None:
    table = read(text)
    assert all(isinstance(value, str) for value in values(table))
    assert any("may be" in note and "read as words" in note for note in table.notes)


@pytest.mark.parametrize(
    ("cells", "unit"),
    [
        (["98%", "97%", "95"], "%"),
        (["36.6 °C", "37.1 °C"], "Cel"),
        (["55 kg", "60KGS"], "kg"),
        (["120 mmHg", "110 mmHg"], "mm[Hg]"),
    ],
)
def test_a_unit_in_the_cells_is_kept_and_said(cells: list[str], unit: str) -> None:
    table = column(cells)
    assert table.units == {"x": unit}
    assert all(isinstance(value, int | float) for value in values(table))
    assert any(f"x: in {unit}" in note for note in table.notes)


def test_two_units_in_a_column_are_not_mixed() -> None:
    table = column(["55 kg", "120 lb", "60 kg"])
    assert values(table) == ["55 kg", "120 lb", "60 kg"]
    assert any("kg (2) and [lb_av] (1)" in note for note in table.notes)


@pytest.mark.parametrize("name", ["bp", "BP (mmHg)", "reading"])
def test_pressures_are_two_columns(name: str) -> None:
    table = column(["120/80", "110/70", "", "135 / 85"], name)
    assert values(table, f"{name}_systolic") == [120, 110, None, 135]
    assert values(table, f"{name}_diastolic") == [80, 70, None, 85]


def test_fractions_that_are_no_pressures_stay_words() -> None:
    cells = ["20/40", "20/60", "20/20"]
    assert values(column(cells, "vision"), "vision") == cells


def test_ages_with_units_are_completed_months_under_a_name_of_their_own() -> None:
    table = column(["5y 3m", "10 d", "18 months", "7"], "age")
    assert values(table, "age_months") == [63, 0, 18, 84]
    assert "age" not in table.frame


@pytest.mark.parametrize(("cell", "first"), [("> 89", 90), ("90+", 90), (">=90", 90), (">89", 90)])
def test_an_age_over_the_last_is_that_age_and_over(cell: str, first: int) -> None:
    table = column([cell, "34", "7", "61"], "age_years")
    assert values(table, "age_years") == [first, 34, 7, 61]
    assert table.oldest == {"age_years": 90}


word = st.text(
    st.characters(whitelist_categories=("L", "N", "P", "S"), blacklist_characters='";,\t|\\'),
    min_size=1,
    max_size=8,
)


@settings(max_examples=200)
@given(st.lists(st.one_of(word, st.just("")), min_size=2, max_size=8))
def test_a_column_is_its_numbers_or_its_words_and_no_third_thing(cells: list[str]) -> None:
    """What is lost of any column is said; words come out to the letter."""
    text = "x,y\n" + "".join(f"{cell},row{k}\n" for k, cell in enumerate(cells))
    try:
        table = read(text)
    except Exception as error:
        assert type(error).__name__ == "InputError"
        return
    said = " ".join(table.notes)
    for name in table.frame.columns:
        if name == "y" or len(table.frame) != len(cells):
            continue
        for cell, value in zip(cells, table.frame[name].tolist(), strict=True):
            lost = value is None or (isinstance(value, float) and math.isnan(value))
            if isinstance(value, str):
                assert value == cell
            elif lost:
                assert cell == "" or cell[:30] in said or "others" in said


def test_large_whole_numbers_stay_exact() -> None:
    table = column([str(10**14 + k) for k in TEN])
    assert table.frame.x.dtype == np.int64
    assert values(table) == [10**14 + k for k in TEN]


def test_a_frame_written_and_read_again_is_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], 50),
            "weight_kg": rng.normal(60, 10, 50),
            "count": rng.integers(0, 1000, 50),
            "device": rng.choice(["None", "Mask"], 50),
        }
    )
    again = read(frame.to_csv(index=False)).frame
    pd.testing.assert_frame_equal(again, frame, check_dtype=False, check_exact=True)
