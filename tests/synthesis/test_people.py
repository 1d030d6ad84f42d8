"""People that the user gives in a file."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.synthesis.people import GivenPerson, load_people, parse_people

AS_OF = date(2026, 11, 21)


def parse(text: str) -> tuple[GivenPerson, ...]:
    """Parse the text of a file."""
    return parse_people(text.splitlines(keepends=True), place="people.csv", as_of=AS_OF)


def test_people_come_in_the_order_of_the_file() -> None:
    """With an age in months or a birthdate, names or none, in any order of columns."""
    assert parse("age_months,sex\n24,F\n600,male\n") == (
        GivenPerson("F", None, 24),
        GivenPerson("M", None, 600),
    )
    assert parse('sex,birthdate,family_name,given_name\nf,1990-05-01,"Otieno, Jr",Amina\n') == (
        GivenPerson("F", date(1990, 5, 1), given_name="Amina", family_name="Otieno, Jr"),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sex,age_months\nW,24\n", "people.csv:2: sex: F or M is expected, not 'W'"),
        ("sex,age_months\nF,two\n", "people.csv:2: age_months: a whole number"),
        ("sex,age_months\nF,-1\n", "people.csv:2: age_months: a whole number"),
        ("sex,age_months\nF,99999\n", "people.csv:2: age_months: a whole number"),
        ("sex,birthdate\nF,1990-05-32\n", "people.csv:2: birthdate: a date like"),
        ("sex,birthdate\nF,2026-11-21\n", "people.csv:2: birthdate: 2026-11-21 is not before"),
        ("sex,birthdate\nF,1890-01-01\n", "people.csv:2: birthdate: .*120 years"),
        ("sex,birthdate,age_months\nF,,\n", "people.csv:2: give birthdate or age_months"),
        ("sex,birthdate,age_months\nF,1990-01-01,3\n", "people.csv:2: give birthdate or"),
        ("sex,age_months\nF,24\nF\n", "people.csv:3: has not as many fields"),
        ("sex,age_months\nF,24,1\n", "people.csv:2: has not as many fields"),
        ("sexe,age_months\nF,24\n", "people.csv:1: unknown column 'sexe', did you mean 'sex'"),
        ("age_months\n24\n", "people.csv:1: needs a column sex"),
        ("sex\nF\n", "people.csv:1: needs a column sex, and birthdate or age_months"),
        ("sex,age_months\n", "people.csv: has no rows"),
        ("", "people.csv:1: needs a column sex"),
        ("sex,age_months,given_name\nF,1," + "A" * 51 + "\n", "given_name: OpenMRS takes 50"),
        ("sex,age_months,given_name\nF,1,A\x07\n", "given_name: has a character"),
    ],
)
def test_a_fault_names_file_line_and_column(text: str, complaint: str) -> None:
    """And what was expected."""
    with pytest.raises(InputError, match=complaint):
        parse(text)


@given(st.text() | st.text(st.sampled_from('sexF,age_months24birthdate\n"1990-0\r\x00;')))
def test_any_text_whatever_is_people_or_a_fault(text: str) -> None:
    """Never a traceback."""
    try:
        parse(text)
    except InputError as error:
        assert "people.csv" in str(error)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    """Spreadsheets write one."""
    path = tmp_path / "people.csv"
    path.write_text("sex,age_months\nF,24\n", encoding="utf-8-sig")
    assert load_people(path, as_of=AS_OF) == (GivenPerson("F", None, 24),)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """Missing or no text."""
    (tmp_path / "latin.csv").write_bytes(b"sex\xe9,age_months\n")
    for name in ("missing.csv", "latin.csv"):
        with pytest.raises(InputError, match=name):
            load_people(tmp_path / name, as_of=AS_OF)
