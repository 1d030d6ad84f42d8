"""Tables of other programs: Parquet, Excel, Stata, SAS, SPSS, by libraries that know them."""

import io
import tempfile
import warnings
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from bridge.errors import InputError, MissingExtra
from bridge.tables.decoding import Content

MOST_CELLS: Final = 2**28
"""Two gigabytes of numbers: a Parquet file of a few kilobytes can say that it holds more."""

EXCEL: Final = "an Excel workbook"
PARQUET: Final = "a Parquet table"
STATA: Final = "a Stata file"
SAS_TRANSPORT: Final = "a SAS transport file"
SAS: Final = "a SAS file"
SPSS: Final = "an SPSS file"

_MAGIC: Final = (
    (b"PK\x03\x04", EXCEL),
    (b"PAR1", PARQUET),
    (b"<stata_dta>", STATA),
    (b"HEADER RECORD*******LIB", SAS_TRANSPORT),
    (b"\x00" * 12 + b"\xc2\xea\x81\x60", SAS),
    (b"$FL2", SPSS),
    (b"$FL3", SPSS),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
)


class Sheet(NamedTuple):
    """The cells of a sheet as text, and what is said of the workbook."""

    rows: list[list[str]]
    notes: tuple[str, ...]


def foreign_kind(data: bytes) -> str:
    """Say what a file is that is no text, by its first bytes; "" where it may be text."""
    if len(data) > 2 and 102 <= data[0] <= 115 and data[1] in (1, 2) and data[2] == 1:
        return STATA  # as it was before version 117
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")


def sheet_rows(content: Content, kind: str, path: Path) -> Sheet | None:
    """Return the cells of a workbook's one sheet; None for other kinds of file."""
    if kind != EXCEL:
        return None
    sheets = _by_library(_workbook, content, kind, path)
    filled = {name: rows for name, rows in sheets.items() if rows}
    if len(filled) != 1:
        names = ", ".join(filled) or "none"
        raise InputError(
            f"has {len(filled)} sheets with cells ({names}): save the one with the table as CSV",
            place=path,
        )
    ((name, rows),) = filled.items()
    return Sheet(rows, (f"sheet {name}",) if len(sheets) > 1 else ())


def typed_frame(content: Content, kind: str, path: Path) -> Any:
    """Return the pandas frame of a file whose columns have types; raise InputError."""
    read = _READERS.get(kind)
    if read is None:
        raise InputError(f"is {kind}: save it as CSV", place=path)
    return _by_library(read, content, kind, path)


def _by_library(read: Callable[[Content], Any], content: Content, kind: str, path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and labels that no one asked for
            return read(content)
    except ImportError as error:
        extra = "scale" if kind == PARQUET else "tables"
        raise MissingExtra(f"reading {kind}", extra) from error
    except (MemoryError, InputError):
        raise
    except _TooLarge as error:
        raise InputError(f"is too large a table: {error}", place=path) from error
    except Exception as error:  # five libraries, each with errors of its own
        raise InputError(f"begins as {kind} and is no whole one: {error}", place=path) from error


class _TooLarge(Exception):
    pass


def _parquet(content: Content) -> Any:
    from pyarrow import parquet

    about = parquet.read_metadata(io.BytesIO(content.data))
    if about.num_rows * about.num_columns > MOST_CELLS:
        raise _TooLarge(f"{about.num_rows:,} rows of {about.num_columns:,} columns")
    import pandas as pd

    return pd.read_parquet(io.BytesIO(content.data))


def _stata(content: Content) -> Any:
    import pandas as pd

    return _plain(pd.read_stata(io.BytesIO(content.data)))


def _sas(form: Literal["xport", "sas7bdat"]) -> Callable[[Content], Any]:
    def read(content: Content) -> Any:
        import pandas as pd

        file = io.BytesIO(content.data)
        return _plain(pd.read_sas(file, format=form, encoding="utf-8"))

    return read


def _spss(content: Content) -> Any:
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:  # the library reads files only
        place = Path(folder) / "table.sav"
        place.write_bytes(content.data)
        return _plain(pd.read_spss(place))


def _plain(frame: Any) -> Any:
    """Return a frame without pandas' categories: their labels as words, empty ones as None."""
    for name in frame.columns:
        if frame[name].dtype.name == "category":
            words = frame[name].astype(object)
            frame[name] = words.where(words.notna() & (words != ""), None)
        elif frame[name].dtype == object:
            words = frame[name]
            frame[name] = words.where(words.notna() & (words != ""), None)
    return frame


_READERS: Final[Mapping[str, Callable[[Content], Any]]] = {
    PARQUET: _parquet,
    STATA: _stata,
    SAS_TRANSPORT: _sas("xport"),
    SAS: _sas("sas7bdat"),
    SPSS: _spss,
}


def _workbook(content: Content) -> dict[str, list[list[str]]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content.data), read_only=True, data_only=True)
    sheets = {}
    for sheet in book.worksheets:
        rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        sheets[sheet.title] = [row for row in rows if any(row)] and rows
    return sheets


def _cell(value: Any) -> str:
    """Write a cell's value as a CSV of it would."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
