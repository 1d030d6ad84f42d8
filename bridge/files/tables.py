"""Patients as tables: one row a patient, a visit, a vitals encounter, a value. CSV or Parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bridge.errors import MissingExtra
from bridge.records import DECIMALS, MEASUREMENTS, Patient, completed_months

Row = tuple[Any, ...]
Write = Callable[[Iterable[Row]], object]

ROW_GROUP = 50_000
"""Rows that a Parquet file holds together: what is kept in memory while it is written."""


class Table(NamedTuple):
    """A table: its columns with their types (Arrow's names), and a patient's rows in it."""

    name: str
    columns: dict[str, str]
    rows: Callable[[Patient], Iterator[Row]]


def _patient_rows(patient: Patient) -> Iterator[Row]:
    place = patient.address
    address = (place.city_village, place.state_province, place.country) if place else (None,) * 3
    names = (patient.given_name, patient.family_name)
    yield (patient.uuid, patient.sex, patient.birthdate, *names, *address)


def _visit_rows(patient: Patient) -> Iterator[Row]:
    for visit in patient.visits:
        yield visit.uuid, patient.uuid, visit.start, visit.stop


def _observation_rows(patient: Patient) -> Iterator[Row]:
    for visit in patient.visits:
        for encounter in visit.encounters:
            owners = (patient.uuid, visit.uuid, encounter.uuid)
            for measurement in encounter.measurements:
                value = _written(measurement.name, measurement.value)
                yield (measurement.uuid, *owners, encounter.time, measurement.name, value)


def _vitals_rows(patient: Patient) -> Iterator[Row]:
    for visit in patient.visits:
        for encounter in visit.encounters:
            values = {m.name: _written(m.name, m.value) for m in encounter.measurements}
            yield (
                patient.uuid,
                visit.uuid,
                encounter.uuid,
                encounter.time,
                patient.sex,
                completed_months(patient.birthdate, encounter.time.date()),
                *(values.get(name) for name in MEASUREMENTS),
            )


def _written(name: str, value: float) -> float:
    return round(value, DECIMALS[name]) if DECIMALS[name] else round(value)


_TEXT, _TIME, _WHOLE, _NUMBER = "string", "time", "int32", "float64"

TABLES = (
    Table(
        "patients",
        {
            "patient_id": _TEXT,
            "sex": _TEXT,
            "birthdate": "date32",
            "given_name": _TEXT,
            "family_name": _TEXT,
            "city_village": _TEXT,
            "state_province": _TEXT,
            "country": _TEXT,
        },
        _patient_rows,
    ),
    Table(
        "visits",
        {"visit_id": _TEXT, "patient_id": _TEXT, "start": _TIME, "stop": _TIME},
        _visit_rows,
    ),
    Table(
        "observations",
        {
            "observation_id": _TEXT,
            "patient_id": _TEXT,
            "visit_id": _TEXT,
            "encounter_id": _TEXT,
            "time": _TIME,
            "measurement": _TEXT,
            "value": _NUMBER,
        },
        _observation_rows,
    ),
    Table(
        "vitals",
        {
            "patient_id": _TEXT,
            "visit_id": _TEXT,
            "encounter_id": _TEXT,
            "time": _TIME,
            "sex": _TEXT,
            "age_months": _WHOLE,
            **{name: _NUMBER if DECIMALS[name] else _WHOLE for name in MEASUREMENTS},
        },
        _vitals_rows,
    ),
)


def write_tables(folder: Path, patients: Iterable[Patient], *, parquet: bool) -> None:
    """Write the tables of `patients` into `folder`, as they come; needs [scale] for Parquet."""
    opener = _parquet if parquet else _csv
    with ExitStack() as files:
        writers = [(table, files.enter_context(opener(folder, table))) for table in TABLES]
        for patient in patients:
            for table, write in writers:
                write(table.rows(patient))


def _csv(folder: Path, table: Table) -> AbstractContextManager[Write]:
    @contextmanager
    def opened() -> Iterator[Write]:
        path = folder / f"{table.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(table.columns)
            yield lambda rows: lines.writerows([_text(cell) for cell in row] for row in rows)

    return opened()


def _text(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date | datetime) else cell


def _parquet(folder: Path, table: Table) -> AbstractContextManager[Write]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra("writing Parquet", "scale") from error
    schema = arrow.schema(
        [
            (name, arrow.timestamp("s", tz="UTC") if kind == _TIME else arrow.type_for_alias(kind))
            for name, kind in table.columns.items()
        ]
    )

    @contextmanager
    def opened() -> Iterator[Write]:
        waiting: list[Row] = []

        def flush() -> None:
            columns = list(zip(*waiting, strict=True)) or [()] * len(schema)
            arrays = [
                arrow.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)
            ]
            file.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            waiting.clear()

        def write(rows: Iterable[Row]) -> None:
            waiting.extend(rows)
            if len(waiting) >= ROW_GROUP:
                flush()

        with parquet.ParquetWriter(folder / f"{table.name}.parquet", schema) as file:
            yield write
            flush()

    return opened()
