"""When people visit a facility: on its working days, in its hours, by its clock."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.flows.trajectory import visit_days
from bridge.patient_arrays import Dates, Times, Whole, completed_months
from bridge.synthesis.population import DAYS, Facility
from bridge.synthesis.triage import ROUTINE, Mixes, triage_of
from bridge.synthesis.vitals import Visits

WINDOW_DAYS: Final = 730
SMALL_CHILD_DAYS: Final = 365
SMALL_CHILD_YEARS: Final = 5
"""A server flags a reading by the age of today, so what small children had long ago looks ill."""

DAYS_IN_MONTH: Final = 365.25 / 12
ADULT_FROM_MONTHS: Final = 18 * 12
"""Whose mix of visits is the adults': the survey's own division."""

NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for now where nobody asks for it."""

MINUTES_SINCE: Final = 3
"""The part of the wait before the vitals that has passed since them again."""

DRAWS: Final = 5
"""Uniform numbers that one visit takes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stays:
    """The visits of n people, V places each, of which the first `count` (n,) are real.

    Minutes count from the midnight before.
    """

    count: Whole
    day: Whole
    """(n, V) among the facility's days."""
    start: Whole
    vitals: Whole
    stop: Whole
    triage: Whole
    """ROUTINE, or the triage level 1 to 5."""


class Schedule:
    """The days and hours at which a facility is open in the window before a day."""

    def __init__(self, facility: Facility, as_of: date, now: datetime | None = None) -> None:
        self._as_of = np.datetime64(as_of, "D")
        self._minutes = facility.minutes
        self._zone = ZoneInfo(facility.time_zone)
        days = np.arange(self._as_of - WINDOW_DAYS, self._as_of)
        open_on = [DAYS.index(day) for day in facility.days]
        self.days: Dates = days[np.isin(_whole(days + 3) % 7, open_on)]  # day 0 was a Thursday
        self._now = (now or NEVER).astimezone(self._zone)
        self._dates = np.append(self.days, np.datetime64(self._now.date(), "D"))
        """The days, and after them the day of those who are there now."""
        self._east = np.array(
            [[self._offset(day, m) for day in self._dates] for m in self._minutes]
        )

    def born_to_be(self, months: Whole, draws: Floats) -> Dates:
        """Return birthdates of people who are `months` (n,) old on the last day, by draws.

        None is that day itself, since nobody's visit is on the day of birth.
        """
        days = np.maximum((draws * 28).astype(np.int64), months == 0)
        birth: Dates = months_before(self.days[-1], months) - days
        return birth

    def stays(
        self, birth: Dates, wanted: Whole, draws: Floats, mixes: Mixes, *, to_the_end: bool
    ) -> Stays:
        """Spread `wanted` (n,) visits over the days that each person may come on, by draws.

        `draws` (n, DRAWS, V) are uniform in [0, 1). Fewer visits come where there are fewer
        days. `to_the_end`: the last visit is on the last day.
        """
        earliest = np.searchsorted(self.days, self._first_days(birth))
        days = len(self.days) - earliest
        count = np.minimum(wanted, days)
        day = visit_days(draws[:, 0], days, count)
        if to_the_end:
            ending = np.arange(day.shape[1]) >= count[:, None] - 1
            day = np.where(ending, days[:, None] - 1, day)
        day = np.minimum(day + earliest[:, None], len(self.days) - 1)
        opens, closes = self._minutes
        minutes = 30 + (draws[:, 1] * 61).astype(np.int64)
        start = opens + (draws[:, 2] * (closes - opens - minutes)).astype(np.int64)
        adult = completed_months(birth[:, None], self.days[day]) >= ADULT_FROM_MONTHS
        of_age = (mixes.adult, mixes.child)
        triage = np.where(adult, *(triage_of(mix, draws[:, 4]) for mix in of_age))
        return Stays(
            count=count,
            day=day,
            start=start,
            vitals=start + 5 + (draws[:, 3] * 16).astype(np.int64),
            stop=start + minutes,
            triage=triage,
        )

    def ending_now(self, stays: Stays) -> Stays:
        """Let everybody's last visit be of now: begun, and the vitals taken, minutes before."""
        count = np.maximum(stays.count, 1)
        last = np.arange(stays.day.shape[1]) >= count[:, None] - 1
        waited = stays.vitals - stays.start
        vitals = self._now.hour * 60 + self._now.minute - waited // MINUTES_SINCE - 1
        return replace(
            stays,
            count=count,
            day=np.where(last, len(self.days), stays.day),
            start=np.where(last, vitals - waited, stays.start),
            vitals=np.where(last, vitals, stays.vitals),
            stop=np.where(last, vitals + waited, stays.stop),
        )

    def visits(self, stays: Stays, sex: NDArray[np.str_], birth: Dates) -> Visits:
        """Return what the measurements of the visits depend on."""
        months = _whole(self._dates[stays.day] - birth[:, None]) / DAYS_IN_MONTH
        months[stays.count == 0] = 0.0
        real = np.arange(months.shape[1]) < stays.count[:, None]
        triage = np.where(real, stays.triage, ROUTINE)
        return Visits(count=stays.count, sex=sex, months=months, triage=triage)

    def times(self, day: Whole, minute: Whole) -> Times:
        """Return moments (m,): minutes after midnight of some of the facility's days."""
        east = self._east[0, day]
        now = day == len(self.days)  # at any hour
        for k in np.flatnonzero(
            (east != self._east[1, day]) | now
        ):  # the clock is changed that day
            east[k] = self._offset(self._dates[day[k]], int(minute[k]))
        return Times(self._dates[day].astype("M8[s]") + minute.astype("m8[m]"), east)

    def _first_days(self, birth: Dates) -> Dates:
        small = birth > months_before(self._as_of, np.array(SMALL_CHILD_YEARS * 12))
        window = np.where(small, SMALL_CHILD_DAYS, WINDOW_DAYS)
        return np.maximum(birth + 1, self._as_of - window)

    def _offset(self, day: np.datetime64, minute: int) -> int:
        """Return how many seconds the clock is ahead of UTC at that minute."""
        time: datetime = (day.astype("M8[m]") + minute).item()
        offset = time.replace(tzinfo=self._zone).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0


def months_before(day: np.datetime64, months: Whole) -> Dates:
    """Return the same day of the month `months` earlier, or that month's last day."""
    month = day.astype("M8[M]")
    earlier = month - months
    length = (earlier + 1).astype("M8[D]") - earlier.astype("M8[D]")
    since = np.minimum(day - month.astype("M8[D]"), length - 1)
    found: Dates = earlier.astype("M8[D]") + since
    return found


def _whole(steps: NDArray[np.datetime64] | NDArray[np.timedelta64]) -> Whole:
    return steps.astype(np.int64)
