"""Which vaccines a country gives to whom and when: the figures of vaccines.csv.

Vitamin A, which immunisation cards carry too, is a drug of the modules and not in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from bridge.errors import InputError
from bridge.histories.care.figure_rows import FIGURES, number, rows_of, share

_PATH: Final = FIGURES / "vaccines.csv"
ANY: Final = ""
"""The country of what is given everywhere: tetanus in pregnancy and for wounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vaccine:
    """One dose of a national schedule; ages and intervals are in days."""

    country: str
    """A population's name, or ANY."""
    key: str
    """bcg, opv, penta ..."""
    dose: int
    """As the schedule counts: 0 is oral polio's dose at birth."""
    sex: str
    """F where only girls get it (HPV); else empty."""
    number_o3: int | None
    """The number that a server's form takes (oral polio: 1 to 4, boosters 11, 12); None: send
    the dose's own number, which is never 0 then."""
    age: int | None
    """When it is due; None: by event (pregnancy, wound) and interval."""
    min_age: int
    min_interval: int
    """Since the dose before of the same vaccine."""
    max_age: int
    concept: str
    """CIEL's number, or the uuid of bridge's own concept."""
    name: str
    cvx: str
    coverage: float
    """Share of children who have had this dose. It falls along a series because the same children
    stop: draw a child's completeness once."""
    coverage_verified: str
    source: str
    """A key of vaccine_sources.csv."""
    verified: str


@cache
def schedule(country: str) -> tuple[Vaccine, ...]:
    """Return the doses of a population's schedule by age; an InputError if it has none."""
    doses = tuple(one for one in _doses() if one.country == country)
    if not doses:
        known = sorted({one.country for one in _doses()} - {ANY})
        raise InputError(f"no vaccines of {country!r} are known; known are {', '.join(known)}")
    return doses


@cache
def by_key(country: str) -> Mapping[str, tuple[Vaccine, ...]]:
    """Return the doses of each vaccine of a country, and those given everywhere, by key.

    A country's own doses stand before the general ones of the same key (India's Td at 10 years).
    """
    found: dict[str, tuple[Vaccine, ...]] = {}
    for one in (*schedule(country), *(one for one in _doses() if one.country == ANY)):
        found[one.key] = (*found.get(one.key, ()), one)
    return found


@cache
def tetanus() -> tuple[Vaccine, ...]:
    """Return the doses of tetanus toxoid for pregnancy and wounds, in order."""
    return tuple(one for one in _doses() if one.country == ANY and one.key == "td")


@cache
def _doses() -> tuple[Vaccine, ...]:
    return tuple(_dose(row, f"{_PATH}:{line}") for line, row in rows_of(_PATH))


def _dose(row: Mapping[str, str], place: str) -> Vaccine:
    return Vaccine(
        country=row["country"],
        key=row["vaccine"],
        dose=int(number(row, "dose", place=place)),
        sex=row["sex"],
        number_o3=int(number(row, "number_o3", place=place)) if row["number_o3"] else None,
        age=int(number(row, "age_days", place=place)) if row["age_days"] else None,
        min_age=int(number(row, "min_age_days", place=place)),
        min_interval=int(number(row, "min_interval_days", place=place)),
        max_age=int(number(row, "max_age_days", place=place)),
        concept=row["concept"],
        name=row["name"],
        cvx=row["cvx"],
        coverage=share(row, "coverage", place=place),
        coverage_verified=row["coverage_verified"],
        source=row["source"],
        verified=row["verified"],
    )
