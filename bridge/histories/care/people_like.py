"""A few people of every age, weight and kind, to ask of a module: is this thought of?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from bridge.histories.care.model import When

Sex = Literal["F", "M"]
COUNTRIES: Final = ("kenya", "uganda", "nigeria", "nepal", "india", "haiti", "us")

_WEIGHTS: Final[tuple[tuple[float, tuple[float, ...]], ...]] = (
    (0.1, (2.2, 3.2, 4.3)),
    (1, (3.0, 4.2, 5.5)),
    (2.5, (3.6, 5.5, 7.2)),
    (4.5, (4.4, 6.7, 8.8)),
    (6.5, (5.0, 7.6, 9.9)),
    (10, (5.8, 8.8, 11.3)),
    (14, (6.4, 9.8, 12.8)),
    (20, (7.2, 11.0, 14.5)),
    (30, (8.2, 12.8, 17.0)),
    (45, (9.6, 15.2, 21.0)),
    (58, (11.0, 17.5, 26.0)),
    (66, (12.0, 18.5, 29.0)),
    (100, (15.5, 25.0, 42.0)),
    (130, (19.0, 32.0, 60.0)),
    (150, (23.0, 40.0, 75.0)),
    (200, (34.0, 55.0, 100.0)),
    (300, (36.0, 58.0, 115.0)),
    (500, (38.0, 65.0, 120.0)),
    (640, (38.0, 66.0, 120.0)),
    (900, (35.0, 60.0, 110.0)),
)
"""Age in months, and weights in kg from very light over usual to very heavy: a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may come."""

    months: float
    kg: float
    sex: Sex
    country: str
    pregnant_weeks: float | None = None

    def __str__(self) -> str:
        age = f"{self.months:g} months" if self.months < 60 else f"{self.months / 12:g} years"
        pregnant = f", {self.pregnant_weeks:g} weeks pregnant" if self.pregnant_weeks else ""
        return f"{self.sex}, {age}, {self.kg:g} kg, {self.country}{pregnant}"


def people(countries: tuple[str, ...] = COUNTRIES) -> Iterator[Person]:
    """Yield people of all ages and both sexes; some women of 16 to 42 are pregnant."""
    for country in countries:
        for months, weights in _WEIGHTS:
            for kg in weights:
                yield Person(months=months, kg=kg, sex="F", country=country)
                yield Person(months=months, kg=kg, sex="M", country=country)
                if 180 < months < 510 and kg > 40:
                    for weeks in (8.0, 24.0, 38.0):
                        yield Person(
                            months=months, kg=kg, sex="F", country=country, pregnant_weeks=weeks
                        )


def may_hold(when: When, person: Person) -> bool:
    """Tell whether `when` can be true of this person.

    What a visit brings (measurements, results, steps) and what else somebody has or is allergic
    to may be anything, so it is taken as true.
    """
    checks = (
        (when.months, person.months),
        (when.years, person.months / 12),
        (when.kg, person.kg),
    )
    return (
        all(span is None or span[0] <= value < span[1] for span, value in checks)
        and when.sex in (None, person.sex)
        and (not when.countries or person.country in when.countries)
        and _pregnancy_holds(when, person)
    )


def is_only_of_person(when: When) -> bool:
    """Tell whether `when` asks for nothing but age, weight, sex, country and pregnancy."""
    return not (
        when.allergic
        or when.not_allergic
        or when.has
        or when.has_not
        or when.measured
        or when.results
        or when.answers
        or when.step
    )


def _pregnancy_holds(when: When, person: Person) -> bool:
    weeks = person.pregnant_weeks
    if when.pregnant is not None and when.pregnant != (weeks is not None):
        return False
    if when.weeks is not None:
        return weeks is not None and when.weeks[0] <= weeks < when.weeks[1]
    return True
