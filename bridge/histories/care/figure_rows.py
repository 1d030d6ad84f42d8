"""Reads the tables of figures that come with the care modules: CSV with a header, by column."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bridge.errors import InputError

FIGURES: Final = Path(__file__).parent / "figures"


def rows_of(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each row of a table with its line; an InputError tells of one that is cut short."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            if None in row or None in row.values():
                raise InputError("has a row with too many or too few columns", place=_at(path, row))
            yield reader.line_num, row


def number(row: Mapping[str, str], column: str, *, place: str) -> float:
    """Return the number in a column; an InputError names the column and what stands there."""
    try:
        return float(row[column])
    except ValueError as error:
        raise InputError(
            f"{column}: a number is expected (found {row[column]!r})", place=place
        ) from error


def share(row: Mapping[str, str], column: str, *, place: str) -> float:
    """Return a number from 0 to 1."""
    value = number(row, column, place=place)
    if not 0 <= value <= 1:
        raise InputError(f"{column}: a share is from 0 to 1 (found {value:g})", place=place)
    return value


def shares(text: str, *, place: str) -> dict[str, float]:
    """Read `512 Rash: 0.45; 111061 Hives: 0.15` as shares by what they are of."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        what, colon, size = part.rpartition(":")
        try:
            found[what.strip()] = float(size)
        except ValueError:
            colon = ""
        if not colon:
            raise InputError(f"what: share is expected (found {part!r})", place=place)
    return found


def _at(path: Path, row: Mapping[str, str]) -> str:
    first = next((cell for cell in row.values() if cell), "")
    return f"{path}: the row of {first}"
