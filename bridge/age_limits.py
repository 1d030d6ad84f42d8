"""What a server takes of a measurement, where that depends on the patient's age and sex. Pure.

OpenMRS 2.7 and later hold a value against the reference ranges whose criteria the patient meets.
Most criteria ask for the patient's age today, some for that at the observation.
"""

from collections.abc import Iterable
from math import inf
from typing import Literal, NamedTuple

Clock = Literal["today", "then"]
"""At which moment an age counts: when the server is asked, or when the value was measured."""

Bounds = tuple[float | None, float | None]
"""The least and the greatest value, both taken; None: no such limit."""

EVER = 10_000
"""More months than anybody lives."""


class Span(NamedTuple):
    """The values that are taken of people of some sexes from one age to another.

    `first` and `last` are completed months, both included; `sexes` are OpenMRS's letters, as `FM`.
    """

    sexes: str
    first: int
    last: int
    low: float | None
    high: float | None
    clock: Clock = "today"

    def holds(self, sex: str, months: int) -> bool:
        """Tell whether it is for a person of this sex and age."""
        return sex in self.sexes and self.first <= months <= self.last


def strictest(bounds: Iterable[Bounds]) -> Bounds:
    """Return the values that are within all of some bounds."""
    listed = list(bounds)
    lows = [low for low, _ in listed if low is not None]
    highs = [high for _, high in listed if high is not None]
    return max(lows, default=None), min(highs, default=None)


def widest(bounds: Iterable[Bounds]) -> Bounds:
    """Return the values that are within any of some bounds."""
    listed = list(bounds)
    low = min((-inf if low is None else low for low, _ in listed), default=-inf)
    high = max((inf if high is None else high for _, high in listed), default=inf)
    return (None if low == -inf else low), (None if high == inf else high)


def bounds_at(spans: Iterable[Span], sex: str, months: dict[Clock, int]) -> Bounds:
    """Return what is taken of a person of these ages, in completed months at each moment."""
    return strictest((span.low, span.high) for span in spans if span.holds(sex, months[span.clock]))


def in_words(span: Span) -> str:
    """Say whom a span is for: `women of 0 to 11 months`, `18 years and over`."""
    who = {"F": "women", "M": "men"}.get(span.sexes.strip("OU"), "")
    if span.last >= EVER:
        age = f"{_age(span.first)} and over"
    elif span.last < 24 or (span.last + 1) % 12 or span.first % 12:
        age = f"{span.first} to {span.last} months"
    else:
        age = f"{span.first // 12} to {span.last // 12} years"
    return f"{who} of {age}" if who else age


def _age(months: int) -> str:
    return f"{months} months" if months % 12 or months < 24 else f"{months // 12} years"
