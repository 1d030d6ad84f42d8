"""Whole charts to tables, and back: the same chart, uuid for uuid."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chart import Patient
from bridge.files.care_tables import care_tables
from bridge.files.chart_columns import CHART_TABLES
from bridge.files.cohort import FilesCohort
from bridge.files.tables import csv_form, parquet_form
from bridge.synthesis.cohort import GeneratedCohort
from bridge.synthesis.parallel import parts
from tests.lib.care_cohorts import care_cohort
from tests.lib.charts import balance, without_sources

COUNT = 120


def cohort() -> GeneratedCohort:
    """Return the same patients each time: of this seed one is a mother of another."""
    return care_cohort(COUNT, seed=15)


@pytest.fixture(scope="module")
def made() -> list[Patient]:
    """Return the patients one by one, as a load makes them."""
    return list(cohort().patients(range(1, COUNT + 1)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same patients as tables."""
    path: Path = tmp_path_factory.mktemp("tables")
    form = csv_form(care_tables)
    with form.opened(path) as append:
        for part in parts(cohort(), form.encode, 1):
            append(part.content)
    return path


def rows(path: Path, name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table."""
    with (path / f"{name}.csv").open(newline="") as file:
        yield from csv.DictReader(file)


def test_a_whole_chart_comes_back_from_its_tables_as_it_was(
    made: list[Patient], folder: Path
) -> None:
    """Every kind of entry, in its encounter, in its order, uuid for uuid."""
    read = FilesCohort(folder)
    balance(read)
    assert not read.reading.left_out
    back = list(map(without_sources, read.patients(range(1, COUNT + 1))))
    for one, other in zip(back, made, strict=True):
        assert one == other
    kinds = {
        type(e).__name__ for p in made for v in p.visits for c in v.encounters for e in c.entries
    }
    kinds |= {type(entry).__name__ for patient in made for entry in patient.entries}
    assert len(kinds) == 13


def test_every_table_has_rows_but_that_of_deaths(folder: Path) -> None:
    """So that the round trip is one of everything."""
    empty = {name for name in CHART_TABLES if not any(rows(folder, name))}
    assert empty <= {"deaths"}


def test_the_same_tables_as_parquet(folder: Path, tmp_path: Path) -> None:
    """The same rows under the same columns; what is empty there is null here."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the scale extra")
    form = parquet_form(care_tables)
    with form.opened(tmp_path) as append:
        for part in parts(cohort(), form.encode, 1):
            append(part.content)
    for table in care_tables():
        there = parquet.read_table(tmp_path / f"{table.name}.parquet").to_pylist()
        texts = list(rows(folder, table.name))
        assert len(there) == len(texts)
        for row, text in zip(there, texts, strict=True):
            for column, value in row.items():
                assert (value is None) == (text[column] == ""), (table.name, column)
                if isinstance(value, str):
                    assert value == text[column].removeprefix("'")


def test_a_row_that_cannot_be_taken_is_left_out_with_its_line(folder: Path, tmp_path: Path) -> None:
    """The rest of the chart stays."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoil(tmp_path / "drug_orders.csv", r"(?<=T\d\d:\d\d:\d\d)\+03:00", "")
    spoil(tmp_path / "program_states.csv", r"\d{4}-\d\d-\d\d", "soon")
    spoil(tmp_path / "conditions.csv", r'CIEL:\d+,("[^"]*"|[^,]+)', ",")
    read = FilesCohort(tmp_path)
    balance(read)
    assert read.reading.left_out == {
        ("drug_orders", "is not as bridge writes it"): 1,
        ("program_states (part)", "is not as bridge writes it"): 1,
        ("conditions", "has no code"): 1,
    }
    assert read.count == COUNT


def spoil(path: Path, pattern: str, by: str) -> None:
    """Spoil the first thing of a table that looks like this."""
    path.write_text(re.sub(pattern, by, path.read_text(), count=1))


def test_tables_may_lack_save_those_of_vital_signs(folder: Path, tmp_path: Path) -> None:
    """A folder of before there were whole charts is read as it was."""
    for name in ("patients", "visits", "observations", "notes"):
        (tmp_path / f"{name}.csv").write_bytes((folder / f"{name}.csv").read_bytes())
    read = FilesCohort(tmp_path)
    balance(read)
    kinds = {c.kind for p in read.patients(range(1, 20)) for v in p.visits for c in v.encounters}
    assert kinds == {"vitals", "note"}
