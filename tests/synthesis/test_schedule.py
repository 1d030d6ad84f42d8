"""When people visit a facility."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.synthesis.population import DAYS, Facility
from bridge.synthesis.schedule import Schedule, months_before


def facility(**changes: object) -> Facility:
    """Return a clinic of New York that is open day and night."""
    usual = {
        "time_zone": "America/New_York",
        "opens": time(0, 0),
        "closes": time(23, 59),
        "days": list(DAYS),
        "source": "made up",
    }
    return Facility(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", [date(2026, 3, 8), date(2026, 11, 1)])
def test_the_clock_is_the_facility_s_on_days_when_it_is_changed(changed: date) -> None:
    """At every minute of the day before, the day and the day after."""
    schedule = Schedule(facility(), date(2026, 11, 21))
    zone = ZoneInfo("America/New_York")
    for day in (changed - timedelta(days=1), changed, changed + timedelta(days=1)):
        row = schedule.days.tolist().index(day)
        minutes = np.arange(24 * 60)
        found = schedule.times(np.full(len(minutes), row), minutes).datetimes()
        midnight = datetime.combine(day, time(), zone)
        expected = [midnight + timedelta(minutes=minute) for minute in minutes.tolist()]
        assert [moment.isoformat() for moment in found] == [m.isoformat() for m in expected]


def test_the_days_are_the_facility_s() -> None:
    """Of the two years before, without the day itself."""
    days = Schedule(facility(days=["sat", "tue"]), date(2026, 11, 21)).days.tolist()
    assert {day.weekday() for day in days} == {1, 5}
    assert (min(days), max(days)) == (date(2024, 11, 23), date(2026, 11, 17))


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(0, 1500))
def test_months_before_a_day_are_whole_ones(day: date, months: int) -> None:
    """To the same day of the month, or to that month's last."""
    (found,) = months_before(np.datetime64(day, "D"), np.array([months])).tolist()
    assert (day.year - found.year) * 12 + day.month - found.month == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1 <= found.day < day.day
