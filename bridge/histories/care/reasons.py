"""Why people come to a clinic, and how often: reasons.csv and attendance.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from bridge.errors import InputError
from bridge.histories.care.figure_rows import FIGURES, number, rows_of, share

_REASONS: Final = FIGURES / "reasons.csv"
_ATTENDANCE: Final = FIGURES / "attendance.csv"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReasonShare:
    """Of all first visits of an age band: how many are for this reason."""

    country: str
    years: tuple[float, float]
    """Age from (included) to (not included)."""
    reason: str
    share: float
    """Of both sexes together; the shares of a country's age band add to 1."""
    sex: str
    """F or M where only they come for it; else empty."""
    female_to_male: float
    """How many women come for each man, among equally many of both."""
    months: Mapping[int, float]
    """By how much a month (1 to 12) has more of it; months that are not named: 1."""
    source: str
    """A key of reason_sources.csv."""
    verified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """How often people of an age and sex come in a year, for whatever reason."""

    country: str
    years: tuple[float, float]
    sex: str
    visits_a_year: float
    source: str
    verified: str


@cache
def reasons(country: str) -> tuple[ReasonShare, ...]:
    """Return the reasons of a population; an InputError if none are known."""
    return _of(country, tuple(one for one in _reasons() if one.country == country))


@cache
def attendance(country: str) -> tuple[Attendance, ...]:
    """Return how often people of a population come; an InputError if it is not known."""
    found = tuple(one for one in _attendance() if one.country == country)
    if not found:
        raise InputError(f"how often people come in {country!r} is not known", place=_ATTENDANCE)
    return found


@cache
def all_reasons() -> frozenset[str]:
    """Return the keys of all reasons."""
    return frozenset(one.reason for one in _reasons())


def _of(country: str, found: tuple[ReasonShare, ...]) -> tuple[ReasonShare, ...]:
    if not found:
        raise InputError(f"no reasons for a visit in {country!r} are known", place=_REASONS)
    return found


@cache
def _reasons() -> tuple[ReasonShare, ...]:
    return tuple(_reason(row, f"{_REASONS}:{line}") for line, row in rows_of(_REASONS))


def _reason(row: Mapping[str, str], place: str) -> ReasonShare:
    return ReasonShare(
        country=row["country"],
        years=_years(row, place),
        reason=row["reason"],
        share=share(row, "share", place=place),
        sex=row["sex"],
        female_to_male=number(row, "female_to_male", place=place) if row["female_to_male"] else 1.0,
        months=_months(row["months"]),
        source=row["source"],
        verified=row["verified"],
    )


def _months(text: str) -> dict[int, float]:
    """Read `5:1.6 6:1.6`."""
    pairs = (word.split(":") for word in text.split())
    return {int(month): float(factor) for month, factor in pairs}


@cache
def _attendance() -> tuple[Attendance, ...]:
    return tuple(
        Attendance(
            country=row["country"],
            years=_years(row, f"{_ATTENDANCE}:{line}"),
            sex=row["sex"],
            visits_a_year=number(row, "visits_a_year", place=f"{_ATTENDANCE}:{line}"),
            source=row["source"],
            verified=row["verified"],
        )
        for line, row in rows_of(_ATTENDANCE)
    )


def _years(row: Mapping[str, str], place: str) -> tuple[float, float]:
    return number(row, "from_year", place=place), number(row, "to_year", place=place)
