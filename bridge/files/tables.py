"""Patients as tables: one row a patient, a visit, a vitals encounter, a value. CSV or Parquet."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import DECIMALS, MEASUREMENTS
from bridge.errors import MissingExtra
from bridge.files.formats import Append, Form, Pieces, text_files
from bridge.formula_guard import guarded, is_formula
from bridge.patient_arrays import OWN_ID, PatientArrays, Times, uuid_text

_DECIMALS = np.array([DECIMALS[name] for name in MEASUREMENTS])


class Numbers(NamedTuple):
    """Numbers (k,), NaN where there is none, and how many decimals each is written with."""

    values: NDArray[np.float64]
    decimals: NDArray[np.int64]


class Coded(NamedTuple):
    """Words (k,) of which many are the same: which of `words` each is, -1 for none."""

    which: NDArray[np.int64]
    words: Sequence[str]


Cells = NDArray[Any] | Times | Numbers | Coded
"""A column: uuids as text in bytes, words (str or None), dates, flags, times or numbers."""


class Table(NamedTuple):
    """A table: its columns with their types (Arrow's names), and a batch's cells in them."""

    name: str
    columns: dict[str, str]
    cells: Callable[[Any], Sequence[Cells]]
    """Of PatientArrays, or of the CareArrays of whole charts."""


Tables = Callable[[], Sequence[Table]]
"""Tells which tables there are, in any process."""


def _patient_cells(batch: PatientArrays) -> list[Cells]:
    names = (batch.given_name, batch.family_name)
    sex = batch.sex.astype(object)
    return [uuid_text(batch.uuids), sex, batch.birthdate, *names, *batch.address.T]


def _visit_cells(batch: PatientArrays) -> list[Cells]:
    owner = uuid_text(batch.uuids)[batch.owner]
    return [uuid_text(batch.part_uuids[:, 0]), owner, batch.start, batch.stop]


def _observation_cells(batch: PatientArrays) -> list[Cells]:
    visit, place = np.nonzero(~np.isnan(batch.values))
    return [
        uuid_text(batch.part_uuids[visit, 2 + place]),
        uuid_text(batch.uuids)[batch.owner[visit]],
        *uuid_text(batch.part_uuids[:, :2]).T[:, visit],
        batch.time.some(visit),
        np.array(MEASUREMENTS, dtype=object)[place],
        Numbers(_rounded(batch)[visit, place], _DECIMALS[place]),
    ]


def _vitals_cells(batch: PatientArrays) -> list[Cells]:
    owner = batch.owner
    whole = np.zeros(len(owner), dtype=np.int64)
    return [
        uuid_text(batch.uuids)[owner],
        *uuid_text(batch.part_uuids[:, :2]).T,
        batch.time,
        batch.sex[owner].astype(object),
        Numbers(batch.age_months.astype(np.float64), whole),
        *(Numbers(v, whole + d) for v, d in zip(_rounded(batch).T, _DECIMALS, strict=True)),
    ]


def _rounded(batch: PatientArrays) -> NDArray[np.float64]:
    columns = zip(batch.values.T, _DECIMALS.tolist(), strict=True)
    return np.stack([np.round(values, decimals) for values, decimals in columns], axis=1)


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
        _patient_cells,
    ),
    Table(
        "visits",
        {"visit_id": _TEXT, "patient_id": _TEXT, "start": _TIME, "stop": _TIME},
        _visit_cells,
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
        _observation_cells,
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
        _vitals_cells,
    ),
)


OWN_COLUMNS = (OWN_ID, "birthdate_estimated")
"""What tables have beside the usual columns where people are given who have it."""


def tables_with(own: Sequence[str]) -> tuple[Table, ...]:
    """Return the tables with columns of a user's people file: an id also beside the vitals."""
    return tuple(
        _with_own(table, [column for column in own if column in _OWN_OF.get(table.name, ())])
        for table in TABLES
    )


_OWN_OF = {"patients": OWN_COLUMNS, "vitals": (OWN_ID,)}


def _with_own(table: Table, own: Sequence[str]) -> Table:
    if not own:
        return table

    def cells(batch: PatientArrays) -> list[Cells]:
        return [*table.cells(batch), *(_own_cells(batch, table.name, column) for column in own)]

    return Table(table.name, {**table.columns, **dict.fromkeys(own, _TEXT)}, cells)


def _own_cells(batch: PatientArrays, table: str, column: str) -> Cells:
    of_patients = np.full(len(batch), "", dtype=object)
    if column == OWN_ID and batch.own_id is not None:
        of_patients = batch.own_id
    elif column != OWN_ID and batch.is_estimated is not None:
        of_patients = np.where(batch.is_estimated, "true", "false").astype(object)
    return of_patients if table == "patients" else of_patients[batch.owner]


def _csv_pieces(batch: Any, tables_of: Tables) -> Pieces:
    """Return the lines that a batch adds to each table."""
    return tuple(
        _csv_lines(zip(*map(_csv_text, table.cells(batch)), strict=True)) for table in tables_of()
    )


def _csv_files(folder: Path, tables_of: Tables) -> AbstractContextManager[Append]:
    tables = tables_of()
    paths = [folder / f"{table.name}.csv" for table in tables]
    return text_files(paths, [_csv_lines([tuple(table.columns)]) for table in tables])


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _csv_text(cells: Cells) -> list[str]:
    """Return the cells of a column as they are written."""
    if isinstance(cells, Numbers):
        rows = zip(cells.values.tolist(), cells.decimals.tolist(), strict=True)
        return ["" if v != v else repr(v) if decimals else str(int(v)) for v, decimals in rows]
    if isinstance(cells, Coded):
        words = [*map(guarded, cells.words), ""]  # the last one is where there is none
        return [words[place] for place in cells.which.tolist()]
    if isinstance(cells, Times):
        zones, which = np.unique(cells.east, return_inverse=True)
        east = np.array([_zone_text(zone) for zone in zones.tolist()], dtype=object)
        text = np.datetime_as_string(cells.local, unit="s").astype(object) + east[which]
        return list(np.where(np.isnat(cells.local), "", text))
    match cells.dtype.kind:
        case "b":
            return np.where(cells, "true", "false").tolist()  # type: ignore[no-any-return]
        case "M":
            return np.where(np.isnat(cells), "", cells.astype(str)).tolist()  # type: ignore[no-any-return]
        case "S":
            return list(cells.astype(str).tolist())
    said: list[str] = cells.tolist()
    return list(map(guarded, said)) if any(map(is_formula, set(said))) else said


def _zone_text(east: int) -> str:
    return datetime(2000, 1, 1, tzinfo=timezone(timedelta(seconds=east))).isoformat()[19:]


def _parquet_pieces(batch: Any, tables_of: Tables) -> Pieces:
    """Return what a batch adds to each table, as Arrow's record batches."""
    import pyarrow as arrow

    tables = tables_of()
    return tuple(
        arrow.RecordBatch.from_arrays(
            [
                _arrow_array(cells, field.type)
                for cells, field in zip(table.cells(batch), schema, strict=True)
            ],
            schema=schema,
        )
        for table, schema in zip(tables, map(_schema, tables), strict=True)
    )


def _arrow_array(cells: Cells, kind: Any) -> Any:
    import pyarrow as arrow

    if isinstance(cells, Numbers):
        none = np.isnan(cells.values)
        numbers = np.where(none, 0, cells.values).astype(kind.to_pandas_dtype())
        return arrow.array(numbers, kind, mask=none)
    if isinstance(cells, Coded):
        words = arrow.array([word or None for word in cells.words], kind)
        return words.take(arrow.array(cells.which, mask=cells.which < 0))
    if isinstance(cells, Times):
        return arrow.array(cells.utc, kind)
    return _arrow_text(cells, kind) if cells.dtype.kind == "S" else arrow.array(cells, kind)


def _arrow_text(cells: NDArray[np.bytes_], kind: Any) -> Any:
    """Return uuids, all of one length, without copying each; an empty one is none."""
    import pyarrow as arrow

    there = cells != b""
    text = np.ascontiguousarray(cells if there.all() else cells[there])
    ends = np.concatenate([[0], np.cumsum(there * text.itemsize)]).astype(np.int32)
    is_there = np.packbits(there, bitorder="little")
    buffers = [arrow.py_buffer(one) for one in (is_there, ends, text)]
    return arrow.Array.from_buffers(kind, cells.size, buffers)


def _schema(table: Table) -> Any:
    import pyarrow as arrow

    time = arrow.timestamp("s", tz="UTC")
    return arrow.schema(
        [
            (name, time if kind == _TIME else arrow.type_for_alias(kind))
            for name, kind in table.columns.items()
        ]
    )


@contextmanager
def _parquet_files(folder: Path, tables_of: Tables) -> Iterator[Append]:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra("writing Parquet", "scale") from error
    with ExitStack() as stack:
        files = [
            stack.enter_context(
                parquet.ParquetWriter(folder / f"{table.name}.parquet", _schema(table))
            )
            for table in tables_of()
        ]

        def append(pieces: Pieces) -> None:
            for file, piece in zip(files, pieces, strict=True):
                file.write_batch(piece)

        yield append


def csv_form(tables_of: Tables) -> Form:
    """Return how the patients of some tables are written as CSV."""
    return Form(partial(_csv_pieces, tables_of=tables_of), partial(_csv_files, tables_of=tables_of))


def parquet_form(tables_of: Tables) -> Form:
    """Return the same for Parquet, each batch a row group; it needs the [scale] extra."""
    return Form(
        partial(_parquet_pieces, tables_of=tables_of), partial(_parquet_files, tables_of=tables_of)
    )


CSV, PARQUET = (form(partial(tables_with, ())) for form in (csv_form, parquet_form))
"""Vital signs alone."""
