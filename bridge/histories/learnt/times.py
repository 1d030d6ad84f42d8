"""Columns of dates and times as people write them, read one way or refused."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError

Times = NDArray[np.datetime64]

_ISO: Final = re.compile(
    r"(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?"
)
_PARTS: Final = re.compile(
    r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?"
)


class Parsed(NamedTuple):
    """The times of a column in seconds, NaT where there is none, and rows that hold no time."""

    times: Times
    unread: NDArray[np.bool_]


def parse_times(cells: Sequence[str], *, place: str, like: Sequence[str] = ()) -> Parsed:
    """Read a column of dates or times; `like` are cells of other columns written the same way.

    2012-03-04, 20120304, 2012-03-04T10:20:30Z, 4.3.2012 and, where the table itself shows which of
    the two comes first, 13/4/2012. Times with an offset become UTC, as their zone is not known.
    Raises InputError where day and month cannot be told apart.
    """
    distinct = sorted(set(cells))
    month_first = _month_first([*distinct, *like], place)
    known = {cell: _time(cell, month_first) for cell in distinct}
    nat = np.datetime64("NaT", "s")
    of = {cell: nat if time is None else np.datetime64(time, "s") for cell, time in known.items()}
    times = np.array([of[cell] for cell in cells], dtype="datetime64[s]")
    written = np.array([bool(cell) for cell in cells], dtype=bool)
    return Parsed(times, written & np.isnat(times))


def days(times: Times | np.datetime64) -> Times:
    """Return the days of times."""
    return np.asarray(times).astype("datetime64[D]")


def _time(cell: str, month_first: bool) -> datetime | None:
    try:
        if found := _ISO.fullmatch(cell):
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
            return datetime(year, month, day, hour, minute, second) - _offset(found[7])
        if found := _PARTS.fullmatch(cell):
            day, month, year = int(found[1]), int(found[3]), int(found[4])
            if month_first and found[2] != ".":
                day, month = month, day
            hour, minute, second = (int(part or 0) for part in found.groups()[4:])
            return datetime(year, month, day, hour, minute, second)
    except (ValueError, OverflowError):
        return None
    return None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def _month_first(cells: Sequence[str], place: str) -> bool:
    """Tell whether 1/2/2012 is the second of January; a number over 12 shows it."""
    parts = [found for cell in cells if (found := _PARTS.fullmatch(cell)) and found[2] != "."]
    first = any(int(found[1]) > 12 for found in parts)
    second = any(int(found[3]) > 12 for found in parts)
    if parts and first == second:
        raise InputError(
            f"{parts[0][0]} can be read in two ways: write dates as 2012-12-31", place=place
        )
    return second
