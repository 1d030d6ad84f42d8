"""Event tables are read as people have them, and what is not taken is counted."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.events import BEFORE, EventTable
from bridge.histories.learnt.readers import load_events
from bridge.histories.learnt.splitting import split

PEOPLE = "patient,sex,birth,death\nA,F,1980-01-01,\nB,male,2001-05-06,2020-03-01\n"


def write(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def rows(table: EventTable) -> list[tuple[str, int, str, str, str]]:
    people = [str(table.person[k]) for k in table.owner]
    days = table.time.astype("datetime64[D]").astype(str)
    return list(
        zip(people, table.visit.tolist(), days.tolist(), table.kind, table.code, strict=True)
    )


def test_the_events_of_one_day_are_a_visit(tmp_path: Path) -> None:
    """Where the table names none, and in order of time."""
    events = (
        "patient,time,type,code,value\nA,2020-02-02,drug,para,\nA,2020-02-02 10:00,lab,hb,11.5\n"
        "A,2019-01-01,diagnosis,malaria,\nB,2020-01-05,vaccine,mmr,\n"
    )
    table = load_events(write(tmp_path, events=events, people=PEOPLE))
    assert rows(table) == [
        ("A", 0, "2019-01-01", "visit", "visit"),
        ("A", 0, "2019-01-01", "condition", "malaria"),
        ("A", 1, "2020-02-02", "visit", "visit"),
        ("A", 1, "2020-02-02", "drug", "para"),
        ("A", 1, "2020-02-02", "test", "hb"),
        ("B", 0, "2020-01-05", "visit", "visit"),
        ("B", 0, "2020-01-05", "immunization", "mmr"),
    ]
    assert table.value[table.kind == "test"] == [11.5]
    assert not table.dropped
    assert table.begin.astype(str).tolist() == ["2019-01-01", "2020-01-05"]
    assert table.end.astype(str).tolist() == ["2020-02-02", "2020-02-02"]


def test_a_dialect_is_read_and_what_cannot_be_is_counted(tmp_path: Path) -> None:
    """Semicolons, other names of columns, days first; odd rows are counted by their reason."""
    events = (
        "PatientID;Date;Event Type;Code;Visit;Stop\nA;13/04/2019;Encounter;opd;v1;\n"
        "A;01/04/2019;Medication;iron;v1;05/04/2019\nA;03/05/2019;horoscope;x;;\n"
        "Z;03/05/2019;drug;x;;\nA;13/04/2019;drug;iron;v1;\nA;13/04/1970;drug;old;v1;\n"
        "A;14/04/2019;drug;new;v1;13/04/2019\n"
    )
    people = "PatientID;Gender;DOB;Begin\nA;f;13/02/1980;01/01/2019\n"
    write(tmp_path, events=events, people=people)
    table = load_events(tmp_path / "events.csv")
    assert rows(table) == [
        ("A", 0, "2019-04-13", "visit", "opd"),
        ("A", 0, "2019-04-13", "drug", "iron"),
        ("A", 0, "2019-04-13", "drug", "new"),
    ]
    assert sum(table.dropped.values()) == 5
    assert str(table.stop[1]) == "NaT" or table.stop[1] >= table.time[1]


def test_a_date_that_can_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    """Months for days would be no error anybody sees."""
    events = "patient,time,type,code\nA,03/04/2019,drug,iron\n"
    with pytest.raises(InputError, match="two ways"):
        load_events(write(tmp_path, events=events, people=PEOPLE))


def test_a_table_that_is_none_says_what_it_lacks(tmp_path: Path) -> None:
    """The columns that were found are named."""
    with pytest.raises(InputError, match="no column type"):
        load_events(write(tmp_path, events="patient,time,code\nA,2020-01-01,x\n", people=PEOPLE))
    with pytest.raises(InputError, match=r"people\.csv"):
        load_events(write(tmp_path / "..", events="patient,time,type,code\n") / "events.csv")


def synthea(folder: Path) -> Path:
    """Write Synthea 3 tables with its traps."""
    return write(
        folder,
        patients="Id,BIRTHDATE,DEATHDATE,GENDER\np,1950-01-01,,F\n",
        encounters=(
            "Id,START,STOP,PATIENT,ENCOUNTERCLASS,CODE,DESCRIPTION\n"
            "e1,2015-03-01T09:00:00Z,2015-03-01T10:00:00Z,p,wellness,1,Check\n"
            "e2,2018-03-01T09:00:00Z,2018-03-01T10:00:00Z,p,ambulatory,2,Problem\n"
            "e0,1999-03-01T09:00:00Z,1999-03-01T10:00:00Z,p,ambulatory,2,Problem\n"
        ),
        conditions=(
            "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION\n"
            "1999-03-01,,p,e0,S,10,Hypertension\n2015-03-01,,p,e1,S,11,Stress (finding)\n"
            "2015-03-03,2015-03-01,p,e1,S,12,Gout\n"
        ),
        immunizations="DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n2012-09-01T09:00:00Z,p,e1,140,Flu\n",
        observations=(
            "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
            "2018-03-01T09:00:00Z,p,e1,laboratory,4548-4,HbA1c,6.1,%,numeric\n"
            "2018-03-01T09:00:00Z,p,e2,survey,x,Housing,,,text\n"
        ),
    )


def test_synthea_is_read_with_its_traps(tmp_path: Path) -> None:
    """False dates of vaccines, social findings, history from before, another day's visit."""
    table = load_events(synthea(tmp_path))
    assert rows(table) == [
        ("p", BEFORE, "1999-03-01", "condition", "10"),
        ("p", 0, "2015-03-01", "visit", "wellness:1"),
        ("p", 0, "2015-03-01", "condition", "12"),
        ("p", 0, "2015-03-01", "immunization", "140"),
        ("p", 1, "2018-03-01", "visit", "ambulatory:2"),
        ("p", 1, "2018-03-01", "test", "4548-4"),
    ]
    assert table.dropped["a social finding"] == 1
    assert table.dropped["a visit before the record begins"] == 1
    assert np.isnat(table.stop[2])
    assert table.display["test", "4548-4"] == "HbA1c"


def test_packed_tables_are_read(tmp_path: Path) -> None:
    """As the study's set is."""
    for path in list(synthea(tmp_path).glob("*.csv")):
        (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert len(load_events(tmp_path).owner) == 6


def test_a_split_is_by_person_and_the_same_again(tmp_path: Path) -> None:
    """Nobody is on both sides, and no event is lost."""
    people = "patient,sex,birth\n" + "".join(f"p{k},F,1990-01-01\n" for k in range(30))
    events = "patient,time,type,code\n" + "".join(
        f"p{k % 30},20{10 + k // 30}-01-01,drug,d{k % 7}\n" for k in range(90)
    )
    table = load_events(write(tmp_path, events=events, people=people))
    one, again = split(table, 3), split(table, 3)
    assert one.train.person.tolist() == again.train.person.tolist()
    assert (len(one.train), len(one.test)) == (20, 10)
    assert not set(one.train.person) & set(one.test.person)
    assert sorted(rows(one.train) + rows(one.test)) == sorted(rows(table))
