"""The rows of a table of strangers: bounded, in UTF-8, under columns that stand once."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bridge.bounded_lines import bounded_lines
from bridge.chart import LeftOut
from bridge.errors import InputError
from bridge.opening import opened

Cells = dict[str, str]


class Row(NamedTuple):
    """A row's cells by column, and its source: the table and the line."""

    cells: Cells
    source: str


def table_rows(path: Path, needed: Sequence[str] = ()) -> Iterator[Row | LeftOut]:
    """Yield the rows of a table; raise InputError with file and line when it is no table.

    A row that has not as many cells as there are columns is left out.
    """
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    with opened(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        rows = csv.reader(bounded_lines(text), strict=True)
        try:
            columns = next(rows, [])
            _check(columns, needed)
            for cells in rows:
                source = f"{name}/{rows.line_num}"
                if len(cells) != len(columns):
                    fault = "has not as many fields as the first line"
                    if cells:
                        yield LeftOut(source, fault, f"{path.name}:{rows.line_num}")
                    continue
                yield Row(dict(zip(columns, cells, strict=True)), source)
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text: save it as UTF-8", place=path) from error
        except (ValueError, csv.Error) as error:
            raise InputError(str(error), place=f"{path}:{rows.line_num}") from error


def _check(columns: Sequence[str], needed: Sequence[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise ValueError(f"the column {column} stands twice")
    if missing := [column for column in needed if column not in columns]:
        raise ValueError(f"the column {missing[0]} is missing")
