"""Who is in the class: so many, or the names in a file."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

from bridge.bounded_lines import bounded_lines
from bridge.errors import InputError
from bridge.names import LONGEST_NAME, spelt, stranger

MOST_LEARNERS = 500

NAME_COLUMNS = ("name", "learner", "student", "participant", "full name")
PARTS = (("given_name", "family_name"), ("first name", "last name"), ("first_name", "last_name"))


class Learner(NamedTuple):
    """One of the class, numbered from 1; without a name where nobody gave one."""

    number: int
    name: str = ""

    @property
    def mark(self) -> str:
        """What the learner's patients are marked with, `L03`."""
        return f"L{self.number:02}"

    @property
    def title(self) -> str:
        """The learner in words."""
        return f"{self.name} ({self.mark})" if self.name else f"learner {self.mark}"


def learners_of(names: tuple[str, ...]) -> tuple[Learner, ...]:
    """Number a class."""
    return tuple(Learner(number, name) for number, name in enumerate(names, start=1))


def load_learners(path: Path) -> tuple[str, ...]:
    """Read the names of a class; raise InputError with the line.

    A file has one name a line, or a header with the column `name` (or given_name and family_name).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", place=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error
    return parse_learners(text, place=str(path))


def parse_learners(text: str, *, place: str) -> tuple[str, ...]:
    """Check the names of a class; `place` is the name that errors give to the text."""
    rows = csv.reader(bounded_lines(io.StringIO(text, newline="")), strict=True)
    try:
        listed = [(rows.line_num, [spelt(cell) for cell in row]) for row in rows]
    except (ValueError, csv.Error) as error:
        raise InputError(f"is not CSV: {error}", place=f"{place}:{rows.line_num}") from error
    listed = [(line, cells) for line, cells in listed if any(cells)]
    columns = _name_columns(listed[0][1]) if listed else []
    if columns:
        listed = listed[1:]
    elif any(len(cells) > 1 for _, cells in listed):
        raise InputError(
            "has several columns and none is called name, or given_name and family_name",
            place=f"{place}:1",
        )
    names = [_name(cells, columns or [0], f"{place}:{line}") for line, cells in listed]
    if not 1 <= len(names) <= MOST_LEARNERS:
        raise InputError(f"has {len(names)} names; 1 to {MOST_LEARNERS} are a class", place=place)
    return tuple(names)


def _name_columns(header: list[str]) -> list[int]:
    """Return the columns that a name stands in; none where the first row is no header."""
    words = [cell.casefold() for cell in header]
    for wanted in (*((name,) for name in NAME_COLUMNS), *PARTS):
        if all(name in words for name in wanted):
            return [words.index(name) for name in wanted]
    return []


def _name(cells: list[str], columns: list[int], place: str) -> str:
    name = " ".join(cells[column] for column in columns if column < len(cells)).strip()
    if not name:
        raise InputError("has no name", place=place)
    if strange := stranger(name):
        raise InputError(f"a name has a character that cannot be printed, {strange}", place=place)
    if len(name) > LONGEST_NAME:
        raise InputError(f"a name has more than {LONGEST_NAME} characters", place=place)
    return name
