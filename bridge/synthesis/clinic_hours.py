"""On which days and at which minutes visits are, by the facility's clock."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.randomness import Keys, uniforms
from bridge.patient_arrays import Dates, Times, Whole
from bridge.synthesis.population import DAYS, Facility

# How many minutes after the vital signs each encounter of a visit is (choices).
MINUTES_AFTER: Final = {"vitals": 0, "note": 12, "order": 16, "laboratory": 40, "immunization": 20}
LONGEST_VISIT: Final = 90


class ClinicHours:
    """The working days and hours of a facility."""

    def __init__(self, facility: Facility) -> None:
        self._minutes = facility.minutes
        self._zone = ZoneInfo(facility.time_zone)
        self._open = np.isin(np.arange(7), [DAYS.index(day) for day in facility.days])
        self._east: dict[int, tuple[int, int]] = {}

    def next_open(self, day: Dates) -> Dates:
        """Return days on which it is open: the same or the next ones."""
        return self._moved(day, 1)

    def open_until(self, day: Dates, last: np.datetime64) -> Dates:
        """Return the same, but the last open day for what would come after `last`."""
        moved = self.next_open(day)
        late = moved > last
        moved[late] = self._moved(np.minimum(day[late], last), -1)
        return moved

    def _moved(self, day: Dates, step: int) -> Dates:
        moved = day.copy()
        for _ in range(7):
            shut = ~self._open[(moved.astype(np.int64) + 3) % 7]  # day 0 was a Thursday
            shut |= _is_holiday(moved)
            shut &= ~np.isnat(moved)
            if not shut.any():
                break
            moved[shut] += step
        return moved

    def starts(self, keys: Keys) -> Whole:
        """Return the minute after midnight at which each visit (m,) begins."""
        opens, closes = self._minutes
        span = max(closes - opens - LONGEST_VISIT, 1)
        return opens + (uniforms(keys, "start") * span).astype(np.int64)

    def times(self, day: Dates, minute: Whole) -> Times:
        """Return moments (m,): minutes after the midnight of days."""
        days, place = np.unique(day.astype(np.int64), return_inverse=True)
        ends = np.array([self._offsets(one) for one in days.tolist()], dtype=np.int64)
        east = ends.reshape(-1, 2)[place, 0]
        for row in np.flatnonzero(ends.reshape(-1, 2)[place, 1] != east).tolist():
            east[row] = self._offset(int(days[place[row]]), int(minute[row]))
        return Times(day.astype("M8[s]") + minute.astype("m8[m]"), east)

    def _offsets(self, day: int) -> tuple[int, int]:
        if day not in self._east:
            self._east[day] = self._offset(day, 0), self._offset(day, 24 * 60 - 1)
        return self._east[day]

    def _offset(self, day: int, minute: int) -> int:
        """Return how many seconds the clock is ahead of UTC at that minute."""
        time: datetime = (np.datetime64(day, "D").astype("M8[m]") + minute).item()
        offset = time.replace(tzinfo=self._zone).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0


HOLIDAYS: Final = ((1, 1), (12, 25), (12, 26))
"""Month and day on which every clinic is closed (a choice; a country's own are not known here)."""


def _is_holiday(day: Dates) -> NDArray[np.bool_]:
    month = day.astype("M8[M]")
    number = month.astype(np.int64) % 12 + 1
    of_month = (day - month.astype("M8[D]")).astype(np.int64) + 1
    found = np.zeros(len(day), dtype=bool)
    for in_month, on_day in HOLIDAYS:
        found |= (number == in_month) & (of_month == on_day)
    return found
