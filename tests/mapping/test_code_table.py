"""The table of codes: what is wrong with it is said with its place, and what ships is right."""

import csv
from pathlib import Path

import pytest

from bridge.chart import Code
from bridge.codes import CIEL_SYSTEM, LOINC_SYSTEM, SNOMED_SYSTEM
from bridge.errors import InputError
from bridge.mapping.code_table import load_code_table, parse_code_table
from bridge.mapping.terms import key_of
from tests.conftest import SHARED

HEADER = "system,code,display,target,equivalence,note\n"
ASTHMA = Code(SNOMED_SYSTEM, "195967001")

BROUGHT = {
    "5314": "head circumference: CIEL's own number, in other contents",
    "72635673-0613-4259-916e-e0d5d5ef8f66": "KenyaEMR's program of antenatal care",
    "54cc8e18-b32f-58c7-a1cf-d8966021fd02": "a program of bridge's own content",
    "7a72a724-8994-4d33-962e-f65d8ca4ae67": "a program of the Reference Application",
}
"""Targets of the shipped table that are no concepts of the Reference Application."""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("SNOMD,1,,CIEL:1,equivalent,", "unknown system 'SNOMD', did you mean 'SNOMED CT'?"),
        ("LOINC,8480-7,,CIEL:1,equivalent,", "check digit"),
        ("LOINC,8480-6,,CIEL:x,equivalent,", "a target is CIEL:5089 or a uuid"),
        ("LOINC,8480-6,,CIEL:1,equal,", "unknown equivalence 'equal', did you mean 'equivalent'?"),
        ("LOINC,8480-6,,,equivalent,", "a row has a target, or its equivalence is unmatched"),
        ("LOINC,8480-6,,CIEL:1,unmatched,", "a row has a target, or its equivalence is unmatched"),
        ("LOINC,,,CIEL:1,equivalent,", "a row needs a code"),
        ("LOINC,8480-6,CIEL:1,equivalent", "has 4 cells, not 6"),
        ('LOINC,"8480-6,,CIEL:1,equivalent,', "is not CSV"),
    ],
)
def test_a_fault_names_its_line_and_what_to_do(row: str, words: str) -> None:
    """A clinician mends it without asking."""
    with pytest.raises(InputError) as caught:
        parse_code_table(
            f"{HEADER}SNOMED CT,195967001,,CIEL:121375,equivalent,\n{row}\n", place="t"
        )
    assert str(caught.value).startswith("t:3: ")
    assert words in str(caught.value)


def test_the_same_row_twice_is_a_fault() -> None:
    """One of the two is a mistake; another target for the code is none."""
    row = "SNOMED CT,195967001,,CIEL:121375,equivalent,\n"
    other = "SNOMED CT,195967001,,CIEL:4,wider,\n"
    assert len(parse_code_table(HEADER + row + other).of(ASTHMA)) == 2
    with pytest.raises(InputError, match="t:4: 195967001 has this target in line 2 already"):
        parse_code_table(HEADER + row + other + row, place="t")


def test_the_first_line_names_the_columns() -> None:
    """Else the first row would be lost."""
    with pytest.raises(InputError, match="t:1: the first line names the columns system, code"):
        parse_code_table("SNOMED CT,195967001,,CIEL:121375,equivalent,\n", place="t")


def test_a_users_own_rows_go_first(tmp_path: Path) -> None:
    """And what they say is unmatched is looked for no further."""
    own = tmp_path / "codes.csv"
    own.write_text(
        f"\ufeff{HEADER}SNOMED CT,195967001,Asthma,CIEL:1,inexact,mine\n"
        "LOINC,8480-6,,,unmatched,not ours\n",
        encoding="utf-8",
    )
    table = load_code_table(own)
    assert [row.ciel for row in table.of(ASTHMA)] == ["1", "121375"]
    assert table.is_unmatched(Code(LOINC_SYSTEM, "8480-6"))
    assert not load_code_table().is_unmatched(Code(LOINC_SYSTEM, "8480-6"))


def test_a_table_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """No traceback."""
    with pytest.raises(InputError, match="cannot be read"):
        load_code_table(tmp_path / "missing.csv")
    (tmp_path / "latin.csv").write_bytes(HEADER.encode() + b"SNOMED CT,1,\xe9,CIEL:1,wider,\n")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        load_code_table(tmp_path / "latin.csv")


def test_the_shipped_table_gives_every_inexact_row_a_reason() -> None:
    """Whoever reads it sees in what the two differ."""
    for row in load_code_table():
        assert row.note or row.equivalence in ("equivalent", "unmatched"), row


def test_the_shipped_table_never_says_more_than_the_code() -> None:
    """A narrower concept would put into a chart what nobody wrote."""
    assert not [row for row in load_code_table() if row.equivalence == "narrower"]


def test_every_target_of_the_shipped_table_exists() -> None:
    """Each is a concept of the Reference Application's, or one of the few listed here."""
    path = SHARED / "data" / "clinical" / "refapp_concepts.csv"
    if not path.exists():
        pytest.skip(f"needs {path}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {row["concept_uuid"] for row in rows} | {row["ciel"] for row in rows} | set(BROUGHT)
    for row in load_code_table():
        assert not row.target or (row.ciel or row.target) in known, row


def test_the_shipped_table_knows_a_concept_by_each_of_its_codes() -> None:
    """A few that clinics live by."""
    table = load_code_table()
    expected = {
        Code(SNOMED_SYSTEM, "61462000"): "116128",
        Code(SNOMED_SYSTEM, "56717001"): "112141",
        Code(LOINC_SYSTEM, "718-7"): "21",
        Code(LOINC_SYSTEM, "4548-4"): "159644",
    }
    assert {code: table.of(code)[0].ciel for code in expected} == expected
    assert key_of(Code(CIEL_SYSTEM, "21")) == f"|{'21'.ljust(36, 'A')}"
