"""A table of any kind as a pandas frame: numbers as numbers, words as they are written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import InputError
from bridge.tables.columns import Column, parse_columns
from bridge.tables.decoding import Content, decode, read_content
from bridge.tables.foreign import foreign_kind, sheet_rows, typed_frame
from bridge.tables.reading import TextTable, parse_text_table, rows_as_table

_EXACT: Final = 2**53
"""Whole numbers up to here are exact as floating point."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadTable:
    """A table as it was read.

    `frame` has numbers (int64, or float64 with NaN where not known) and words (object, None where
    empty). `notes` say what was made of the file and its cells, `units` which unit the cells of a
    column name, `oldest` from which age on a column's people are of one age (`> 89`).
    `lines` are those of the file that the rows stand in, where it has lines.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    oldest: Mapping[str, float] = field(default_factory=dict)
    lines: Sequence[int] = ()

    def line(self, row: int) -> int:
        """Return the line of a row; of a file without lines its number among the rows."""
        return self.lines[row] if self.lines else row + 1


def read_table(path: Path) -> ReadTable:
    """Read a table: CSV in any dialect, packed or not, Parquet, Excel, Stata, SAS or SPSS.

    Raises InputError with the place where it is none, or cannot be told how to be read.
    """
    content = read_content(path)
    try:
        return _read(content, path)
    except MemoryError as error:
        raise InputError("does not fit into memory", place=path) from error


def joined(tables: Sequence[ReadTable], paths: Sequence[Path]) -> ReadTable:
    """Return tables of the same columns, read from these files, as one."""
    oldest: dict[str, float] = {}
    for path, table in zip(paths, tables, strict=True):
        if set(table.frame.columns) != set(tables[0].frame.columns):
            raise InputError(f"its columns are not those of {paths[0]}", place=path)
        oldest |= {name: min(age, oldest.get(name, age)) for name, age in table.oldest.items()}
    return ReadTable(
        frame=pd.concat([table.frame for table in tables], ignore_index=True),
        notes=tuple(note for table in tables for note in table.notes),
        units={name: unit for table in tables for name, unit in table.units.items()},
        oldest=oldest,
    )


def _read(content: Content, path: Path) -> ReadTable:
    kind = foreign_kind(content.data)
    if not kind:
        text, notes = decode(content.data, path)
        return as_read(parse_text_table(text, path, (*content.notes, *notes)))
    if sheet := sheet_rows(content, kind, path):
        return as_read(rows_as_table(sheet.rows, path, sheet.notes))
    frame = typed_frame(content, kind, path)
    _check_names(frame, path)
    return ReadTable(frame=frame, notes=content.notes)


def as_read(table: TextTable) -> ReadTable:
    """Return a table of text with its numbers as numbers."""
    columns, notes = parse_columns(table)
    return ReadTable(
        frame=pd.DataFrame({column.name: _values(column) for column in columns}),
        notes=(*table.notes, *notes),
        units={column.name: column.unit for column in columns if column.unit},
        oldest={c.name: c.oldest for c in columns if c.oldest is not None},
        lines=table.lines,
    )


def _values(column: Column) -> pd.Series:
    if column.numbers is None:
        return pd.Series([word or None for word in column.words], dtype=object)
    numbers = np.array(column.numbers, dtype=np.float64)
    whole = np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all()
    if whole and np.abs(numbers).max() < _EXACT:
        return pd.Series(numbers.astype(np.int64))
    return pd.Series(numbers)


def _check_names(frame: pd.DataFrame, path: Path) -> None:
    for name, many in Counter(map(str, frame.columns)).items():
        if many > 1:
            raise InputError(f"the column {name} stands {many} times", place=path)
    if frame.empty:
        raise InputError("has no rows", place=path)
