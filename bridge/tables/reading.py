"""A table as it is written: its columns and cells as text, and what was made of the file.

Nothing is read as a number here, and nothing is dropped without a note. What cannot be told is
refused, with its line.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from bridge.bounded_lines import bounded_lines
from bridge.errors import InputError
from bridge.tables.ages import parse_age
from bridge.tables.decoding import decode, read_content
from bridge.tables.foreign import foreign_kind
from bridge.tables.numbers import parse_number

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_SAMPLE: Final = 500
"""Rows by which the separator is told."""

_MOST_TITLES: Final = 30
_MOST_NAMED: Final = 3
"""Lines that a message names of many."""

_TOTAL: Final = re.compile(
    r"(?:grand |sub)?[-\s]?total(?:s|e|\s+g[ée]n[ée]ra[l])?|sum|mean|average|avg\.?|median|count"
    r"|min(?:imum)?|max(?:imum)?|std\.?|sd|n\s*=.*|summe|gesamt(?:summe)?|jumla|toplam",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """The columns of a table, each cell as it is written, stripped; "" is an empty cell.

    `lines` gives the line of the file that each row stands in, `notes` what was made of the
    file: another encoding or separator, and what the `left_out` records were that are no rows.
    """

    columns: dict[str, list[str]]
    lines: list[int]
    left_out: int
    separator: str
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.lines)


class _Record(NamedTuple):
    line: int
    cells: list[str]

    @property
    def filled(self) -> int:
        return sum(map(bool, self.cells))


def read_text_table(path: Path) -> TextTable:
    """Read a table of text, also packed; raise InputError with the line where it is none."""
    content = read_content(path)
    if kind := foreign_kind(content.data):
        raise InputError(f"is {kind}: save it as CSV", place=path)
    text, notes = decode(content.data, path)
    return parse_text_table(text, path, (*content.notes, *notes))


def parse_text_table(text: str, path: Path, notes: Sequence[str] = ()) -> TextTable:
    """Find separator, names and rows in the text of a table; `path` is the name in errors."""
    text, separator, forced = _separator(text, path)
    said = list(notes)
    if separator != ",":
        said.append(f"separated by {SEPARATORS.get(separator, repr(separator))}")
    return _table(_records(text, separator, path, forced), separator, path, said)


def rows_as_table(rows: Sequence[Sequence[str]], path: Path, notes: Sequence[str]) -> TextTable:
    """Find names and rows in the cells of a sheet."""
    stripped = _Stripped()
    records = [_Record(k, [stripped[cell] for cell in row]) for k, row in enumerate(rows, 1)]
    return _table([record for record in records if record.filled], "", path, list(notes))


def _separator(text: str, path: Path) -> tuple[str, str, int]:
    """Return the text without an Excel `sep=` line, its separator, and lines taken away."""
    if told := re.match(r"\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n)", text, re.IGNORECASE):
        return text[told.end() :], told[1], 1
    if re.match(r"\s*(?:[{<]|\[\s*[\[{])", text):
        raise InputError("is JSON or XML, no table: save it as CSV", place=path)
    ranked = sorted(
        ((*_fit(text, separator), -place, separator) for place, separator in enumerate(SEPARATORS)),
        reverse=True,
    )
    share, width, _, separator = ranked[0]
    return text, separator if width > 1 and share > 0.5 else ",", 0


def _fit(text: str, separator: str) -> tuple[float, int]:
    """Return how large a share of rows has the usual number of cells, and that number."""
    widths: Counter[int] = Counter()
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if any(cells):
                widths[len(cells)] += 1
            if widths.total() == _SAMPLE:
                break
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, many = max(widths.items(), key=lambda of: (of[1], of[0]))
    return (many / widths.total() if width > 1 else 0.0), width


def _records(text: str, separator: str, path: Path, skipped: int) -> list[_Record]:
    """Return the lines that are not empty as cells; equal cells are one string in memory."""
    lines = bounded_lines(io.StringIO(text, newline=""))
    rows = csv.reader(lines, delimiter=separator, strict=True)
    stripped = _Stripped()
    records = []
    begins = 1 + skipped
    try:
        for row in rows:
            cells = [stripped[cell] for cell in row]
            if any(cells):
                records.append(_Record(begins, cells))
            begins = rows.line_num + 1 + skipped
    except (csv.Error, ValueError) as error:
        raise InputError(_csv_fault(error), place=f"{path}:{begins}") from error
    return records


def _csv_fault(error: Exception) -> str:
    if "unexpected end of data" in str(error):
        return "a quotation mark that opens here is never closed"
    if "expected after" in str(error):
        return "has a quotation mark within a cell: write it twice"
    return f"is not CSV: {error}"


class _Stripped(dict[str, str]):
    """Each cell without the spaces around it, equal ones as one string in memory."""

    def __missing__(self, cell: str) -> str:
        plain = cell.strip(" \t\r\n\v\f\u00a0\u2007\u202f\ufeff")
        if guarded := re.fullmatch(r'="([^"]*)"', plain):  # how Excel is kept from changing it
            plain = guarded[1]
        self[cell] = plain
        return plain


def _table(records: list[_Record], separator: str, path: Path, notes: list[str]) -> TextTable:
    if not records:
        raise InputError("is empty: the names of its columns are expected", place=path)
    header, rows = _header(records, notes)
    names = _names(header, rows, path, notes)
    if not rows:
        raise InputError("has no rows", place=path)
    rows = _without_footnotes(rows, len(names), notes)
    rows = _of_width(rows, len(names), path)
    rows = _without(rows, lambda row: row.cells == header.cells[: len(names)], _REPEATED, notes)
    rows = _without_totals(rows, notes)
    _check_names(names, rows, path, header.line)
    rows = _without_units(rows, notes)
    if not rows:
        raise InputError("has no rows", place=path)
    cells = zip(*(row.cells for row in rows), strict=True)
    columns = {name: list(column) for name, column in zip(names, cells, strict=True)}
    return TextTable(
        columns=columns,
        lines=[row.line for row in rows],
        left_out=len(records) - 1 - len(rows),
        separator=separator,
        notes=tuple(notes),
    )


_REPEATED: Final = "repeats the names of the columns"


def _header(records: list[_Record], notes: list[str]) -> tuple[_Record, list[_Record]]:
    """Return the record with the columns' names and those after it; titles go before it."""
    usual = Counter(record.filled for record in records[:_SAMPLE]).most_common(1)[0][0]
    most = min(_MOST_TITLES, len(records) - 1) if usual > 1 else 0
    place = 0
    while place < most and records[place].filled == 1:
        place += 1
    if place:
        titles = "; ".join(_filled(record)[0] for record in records[:place])
        what = "a title" if place == 1 else f"{place} lines of titles"
        notes.append(f"{what} before the names of the columns left out: {titles[:80]}")
    return records[place], records[place + 1 :]


def _filled(record: _Record) -> list[str]:
    return [cell for cell in record.cells if cell]


def _names(header: _Record, rows: list[_Record], path: Path, notes: list[str]) -> list[str]:
    """Name the columns: empty ones at the end go, one within that has cells gets a name."""
    names = [" ".join(name.split()) for name in header.cells]
    while names and not names[-1]:
        names.pop()
    beyond = [row for row in rows if any(row.cells[len(names) :])]
    if len(beyond) > len(rows) / 2:
        raise InputError(
            f"the rows have more cells than the {len(names)} names of the first line: "
            "give each column a name, or the rows' names a column",
            place=f"{path}:{beyond[0].line}",
        )
    for place, name in enumerate(names):
        if not name:
            names[place] = _free(f"column_{place + 1}", names)
            notes.append(f"column {place + 1} has no name: it is called {names[place]}")
    for name, many in Counter(names).items():
        if many > 1:
            raise InputError(
                f"the column {name} stands {'twice' if many == 2 else f'{many} times'}: give each "
                "a name of its own",
                place=f"{path}:{header.line}",
            )
    return names


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _of_width(rows: list[_Record], width: int, path: Path) -> list[_Record]:
    """Return the rows with `width` cells each."""
    fitting: list[_Record] = []
    for row in rows:
        cells = row.cells
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            raise _ragged(rows, width, path)
        fitting.append(_Record(row.line, cells))
    return fitting


def _without_footnotes(rows: list[_Record], width: int, notes: list[str]) -> list[_Record]:
    """Take off last lines of one cell, the first, that are plainly no rows."""
    end = len(rows)
    while end > 1 and width > 1 and _is_footnote(rows[end - 1], rows[: end - 1]):
        end -= 1
    if end < len(rows):
        notes.append(_left_out(rows[end:], "is a footnote"))
    return rows[:end]


_FOOTNOTE: Final = re.compile(
    r"\*|(?:sources?|notes?|remarks?|legend|printed|generated|exported|prepared|page)\b",
    re.IGNORECASE,
)


def _is_footnote(row: _Record, others: Sequence[_Record]) -> bool:
    """Tell whether a line begins as footnotes do, or is a sentence where others have more cells."""
    if row.filled != 1 or not row.cells[0] or parse_number(row.cells[0]):
        return False
    if any(other.cells[0] == row.cells[0] for other in others):
        return False
    if _FOOTNOTE.match(row.cells[0]):
        return True
    return " " in row.cells[0] and all(other.filled > 1 for other in others)


def _ragged(rows: Sequence[_Record], width: int, path: Path) -> InputError:
    bad = [row for row in rows if len(row.cells) < width or any(row.cells[width:])]
    lines = _lines(bad)
    return InputError(
        f"{lines} {'has' if len(bad) == 1 else 'have'} not the {width} cells that the first line "
        f"names (line {bad[0].line} has {len(bad[0].cells)}): is a separator within a cell? Put "
        "such a cell in quotation marks",
        place=f"{path}:{bad[0].line}",
    )


def _lines(rows: Sequence[_Record]) -> str:
    """Name lines: line 5; lines 5, 7 and 9; 12 lines (5, 7, 9 ...)."""
    first = ", ".join(str(row.line) for row in rows[:_MOST_NAMED])
    if len(rows) == 1:
        return f"line {first}"
    return f"{len(rows)} lines ({first}{', ...' if len(rows) > _MOST_NAMED else ''})"


def _left_out(rows: Sequence[_Record], why: str) -> str:
    first = " ".join(_filled(rows[0])[:3])[:40]
    return f"{_lines(rows)} left out, {why}: {first}"


def _without(
    rows: list[_Record], unwanted: Callable[[_Record], bool], why: str, notes: list[str]
) -> list[_Record]:
    out = [row for row in rows if unwanted(row)]
    if out:
        notes.append(_left_out(out, why))
    return [row for row in rows if not unwanted(row)] if out else rows


def _without_totals(rows: list[_Record], notes: list[str]) -> list[_Record]:
    """Take off the sums and means at the end: their word stands in no other row's place."""
    end = len(rows)
    while end > 1 and _is_total(rows[end - 1], rows[: min(end - 1, _SAMPLE)]):
        end -= 1
    if end < len(rows):
        notes.append(_left_out(rows[end:], "is a total"))
    return rows[:end]


def _is_total(row: _Record, others: Sequence[_Record]) -> bool:
    place = next(k for k, cell in enumerate(row.cells) if cell)
    word = row.cells[place].rstrip(":")
    if not _TOTAL.fullmatch(word):
        return False
    return all(other.cells[place].rstrip(":").casefold() != word.casefold() for other in others)


def _check_names(names: Sequence[str], rows: Sequence[_Record], path: Path, line: int) -> None:
    """Refuse a first line that holds no names."""
    place = f"{path}:{line}"
    for number, name in enumerate(names, 1):
        if parse_number(name):
            raise InputError(
                f"the name of column {number} is the number {name}: the first line must hold the "
                "names of the columns",
                place=place,
            )
    if len(rows) > 1 and all(
        any(name == row.cells[k] for row in rows) for k, name in enumerate(names)
    ):
        raise InputError(
            f"the first line ({', '.join(names[:4])}) looks like a row: the names of the columns "
            "are expected",
            place=place,
        )


def _without_units(rows: list[_Record], notes: list[str]) -> list[_Record]:
    """Take off a line under the names that says units: words where all others are numbers."""
    if len(rows) < 3:
        return rows
    first, others = rows[0], rows[1:_SAMPLE]
    words = 0
    for place, cell in enumerate(first.cells):
        below = [row.cells[place] for row in others if row.cells[place]]
        numbers = sum(parse_number(one) is not None for one in set(below))
        if cell and parse_number(cell):
            return rows
        if below and numbers == len(set(below)) and cell and _is_unit(cell):
            words += 1
        elif cell and cell in below:
            return rows
    if words < 2:
        return rows
    notes.append(_left_out([first], "is no row of the table (units?)"))
    return rows[1:]


def _is_unit(cell: str) -> bool:
    """Tell whether a word can follow a number as its unit: kg, (years), °C."""
    unit = cell.strip("()[]")
    number = parse_number(f"1.5 {unit}")
    return parse_age(f"1 {unit}") is not None or bool(number and number.unit)
