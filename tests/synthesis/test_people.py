"""People that the user gives in a file."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InputError
from bridge.synthesis.people import GivenPeople, GivenPerson, load_people, parse_people
from bridge.tables.reading import parse_text_table

AS_OF = date(2026, 11, 21)
PATH = Path("people.csv")


def read(text: str) -> GivenPeople:
    """Read the text of a file."""
    return parse_people(parse_text_table(text, PATH), place="people.csv", as_of=AS_OF)


def parse(text: str) -> tuple[GivenPerson, ...]:
    """Return the people of a file's text."""
    return read(text).people


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
        ("sex,age_months\nF,24\n,24\n", "people.csv:3: sex: F or M is expected, not ''"),
        ("Gender,age_months\nX,24\n", "people.csv:2: Gender: F or M is expected, not 'X'"),
        ("sex,age_months\nF,two\n", "people.csv:2: age_months: a number from 0 to 1440"),
        ("sex,age_months\nF,-1\n", "people.csv:2: age_months: a number"),
        ("sex,age_months\nF,99999\n", "people.csv:2: age_months: a number"),
        ('sex,age_months\nF,"1,234"\n', "people.csv:2: age_months: a number"),
        ("sex,age\nF,> 89\n", "people.csv:2: age: a number from 0 to 120"),
        ("sex,age_years\nF,121\n", "people.csv:2: age_years: a number from 0 to 120"),
        ("sex,birthdate\nF,1990-05-32\n", "people.csv:2: birthdate: a date like"),
        ("sex,birthdate\nF,1990-13\n", "people.csv:2: birthdate: a date like"),
        ("sex,birthdate\nF,01/05/1990\n", "people.csv:2: birthdate: a date like"),
        ("sex,birthdate\nF,90\n", "people.csv:2: birthdate: a date like"),
        ("sex,birthdate\nF,2026-11-21\n", "people.csv:2: birthdate: 2026-11-21 is not before"),
        ("sex,birthdate\nF,2027\n", "people.csv:2: birthdate: 2027 is not before"),
        ("sex,birthdate\nF,1890-01-01\n", "people.csv:2: birthdate: .*120 years"),
        ("sex,birthdate,age_months\nF,,\n", "people.csv:2: give one of birthdate, age_months"),
        ("sex,DOB\nM,\nF,1990\n", "people.csv:2: give DOB"),
        ("sex,age_months\nF,24\nF\n", "people.csv:3: .*has not the 2 cells"),
        ("sex,age_months\nF,24,1\nF,24\nF,24\n", "people.csv:2: .*has not the 2 cells"),
        ("sexxx,age_months\nF,24\n", "people.csv:1: needs a column sex.*; sexxx .*mean 'sex'"),
        ("sex,brthdate\nF,1990\n", "needs a column sex, and birthdate, .*mean 'birthdate'"),
        ("age_months\n24\n", "people.csv:1: needs a column sex"),
        ("sex\nF\n", "people.csv:1: needs a column sex, and birthdate, age_months or age_years"),
        ("sex,age_months\n", "people.csv: has no rows"),
        ("", "people.csv: is empty"),
        ("sex,birthdate,sex\nM,1990-05-01,F\n", "people.csv:1: the column sex stands twice"),
        ("Sex,birthdate,SEX\nM,1990-05-01,F\n", "columns Sex and SEX are both sex: leave one"),
        ("sex,dob,born\nM,1990-05-01,1990\n", "columns dob and born are both birthdate: leave"),
        ("sex,age_months,given_name\nF,1," + "A" * 51 + "\n", "given_name: OpenMRS takes 50"),
        ("sex,age_months,given_name\nF,1,A\x07\n", "given_name: has a character.*U\\+0007"),
        ("sex,age_months,given_name\nF,1,A\u200bb\n", "U\\+200B ZERO WIDTH SPACE"),
        ("sex,age_months,triage\nF,1,6\n", "triage: 1 .immediate. to 5"),
        ("sex,age_months,triage\nF,1,2.5\n", "triage: 1 .immediate. to 5"),
    ],
)
def test_a_fault_names_file_line_and_column(text: str, complaint: str) -> None:
    """And what was expected."""
    with pytest.raises(InputError, match=complaint):
        parse(text)


@pytest.mark.parametrize(
    "written",
    ["M", "m", "Male", "MALE", "male ", "M.", "man", "Boy", "homme", "Masculin", "Hombre"],
)
def test_any_spelling_of_a_sex_is_read(written: str) -> None:
    """Under sex, gender, or a name of other languages."""
    assert parse(f"Gender,age_months\n{written},24\n")[0].sex == "M"


@pytest.mark.parametrize("written", ["F", "female", "Female", "FEMALE", "woman", "Féminin", "girl"])
def test_and_of_the_other(written: str) -> None:
    """As well."""
    assert parse(f"sexe,age_months\n{written},24\n")[0].sex == "F"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age_months\n24.0", GivenPerson("F", None, 24)),
        ("age_months\n24.9", GivenPerson("F", None, 24)),
        ('age_months\n"24,0"', GivenPerson("F", None, 24)),
        ("age_years\n5", GivenPerson("F", age_years=5)),
        ("Age\n5.0", GivenPerson("F", age_years=5)),
        ("age_years\n0.5", GivenPerson("F", None, 6)),
        ("age\n5y 3m", GivenPerson("F", None, 63)),
        ("age\n18 months", GivenPerson("F", None, 18)),
        ("age_years\n0", GivenPerson("F", age_years=0)),
        ("birthdate\n1990-05", GivenPerson("F", date(1990, 5, 1), is_estimated=True)),
        ("birthdate\n1990", GivenPerson("F", date(1990, 1, 1), is_estimated=True)),
        ("year_of_birth\n1990.0", GivenPerson("F", date(1990, 1, 1), is_estimated=True)),
        ("DOB\n1990/5/1", GivenPerson("F", date(1990, 5, 1))),
        ("birthDate\n1990-05-01T00:00:00", GivenPerson("F", date(1990, 5, 1))),
        ("date of birth\n1990-05-01 00:00:00.000", GivenPerson("F", date(1990, 5, 1))),
    ],
)
def test_an_age_or_a_birthdate_is_read_as_far_as_it_is_known(
    text: str, expected: GivenPerson
) -> None:
    """Under the names that people give to the column."""
    name, cell = text.split("\n")
    assert parse(f"sex,{name}\nF,{cell}\n") == (expected,)


def test_what_is_taken_for_what_is_said() -> None:
    """And what is ignored; nothing is taken for itself with a word."""
    made = read(
        "Patient ID;gender;birthdate;First Name;village;imediacy;\n"
        "0012;F;1990;Suharto;Gede;3;\nA-7;M;1991-02;;Gede;;\n"
    )
    assert made.people == (
        GivenPerson(
            *("F", date(1990, 1, 1), None, None, "Suharto", "."), is_estimated=True, own_id="0012"
        ),
        GivenPerson("M", date(1991, 2, 1), is_estimated=True, own_id="A-7"),
    )
    assert set(made.notes) == {
        "separated by semicolons",
        "column Patient ID read as id",
        "column gender read as sex",
        "column First Name read as given_name",
        "ignored: village, imediacy (did you mean 'immediacy'?)",
        "a birthdate known to the year: its first day, estimated (1 row)",
        "a birthdate known to the year and month: its first day, estimated (1 row)",
        "only one name: the other is a dot, as OpenMRS takes it (1 row)",
        "no name: one is drawn (1 row)",
    }
    assert read("sex,age_months,id\nF,24,1\n").notes == ()


def test_a_column_of_the_very_name_goes_before_others() -> None:
    """A table may have sex and gender, and an id of its own beside the patient's."""
    made = read("id,patient_id,sex,gender,age_months\n1,x,F,M,24\n")
    assert made.people == (GivenPerson("F", None, 24, own_id="1"),)
    assert made.notes == ("ignored: patient_id, gender",)


@pytest.mark.parametrize(
    ("row", "names"),
    [("Suharto,", ("Suharto", ".")), (",Thant", (".", "Thant")), ("A\u00a0B,C", ("A B", "C"))],
)
def test_half_a_name_stays_half(row: str, names: tuple[str, str]) -> None:
    """OpenMRS takes a dot; the other half is never made up."""
    (person,) = parse(f"sex,age_months,given_name,family_name\nF,24,{row}\n")
    assert (person.given_name, person.family_name) == names


def test_joiners_between_letters_are_kept() -> None:
    """Spelling in Persian."""
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    (person,) = parse(f"sex,age_months,given_name,family_name\nM,24,{name},X\n")
    assert person.given_name == name


def test_ids_that_stand_twice_are_said() -> None:
    """The vitals of two could not be told apart."""
    notes = read("id,sex,age_months\n7,F,24\n7,M,24\n,M,3\n,M,3\n").notes
    assert notes == ("1 ids stand in several rows, each of which is a patient: 7",)


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
    assert load_people(path, as_of=AS_OF).people == (GivenPerson("F", None, 24),)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """Missing or no text."""
    (tmp_path / "zero.csv").write_bytes(b"sex,age_months\nF\0,24\n")
    for name in ("missing.csv", "zero.csv"):
        with pytest.raises(InputError, match=name):
            load_people(tmp_path / name, as_of=AS_OF)


def test_a_table_of_western_europe_is_read(tmp_path: Path) -> None:
    """As Excel saves it there, and said."""
    path = tmp_path / "latin.csv"
    path.write_bytes(
        "sex;age_years;given_name;family_name\nF;5;Zo\xe9;Fran\xe7ois\n".encode("latin-1")
    )
    made = load_people(path, as_of=AS_OF)
    assert made.people[0].given_name == "Zo\xe9"
    assert any("Windows-1252" in note for note in made.notes)


def test_a_birthdate_goes_before_an_age_beside_it(tmp_path: Path) -> None:
    """Clinics' tables have both; what is not read is said."""
    path = tmp_path / "people.csv"
    path.write_text("sex,dob,age\nF,1990-05-01,36\nM,,7\n")
    found = load_people(path, as_of=date(2026, 11, 1))
    assert [person.birthdate for person in found.people] == [date(1990, 5, 1), None]
    assert found.people[1].age_years == 7
    assert "age beside dob: not read (1 row)" in found.notes
