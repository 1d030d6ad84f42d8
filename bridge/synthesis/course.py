"""A patient over time: when they come, and what stays and what moves from visit to visit.

Every measurement has a coordinate in the flow's base space. A coordinate holds a trait of the
person, which drifts slowly, and the chance of the day; at each single visit it is exactly N(0, 1),
so that at any one age the patients are the flow's people.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Persistence(NamedTuple):
    """How alike one coordinate is in two visits of a person: `at_once` * `per_year` ** years."""

    at_once: float
    per_year: float


def trajectories(normals: Floats, years: Floats, persistence: tuple[Persistence, ...]) -> Floats:
    """Return base values (n, V, D) of n people at V visits each.

    `normals` (n, V, 2, D) are independent N(0, 1); `years` (n, V) are the visits' times in
    years, ascending. A stationary first-order autoregression in continuous time carries the
    trait, and each day adds its own part (a nugget), so that
    corr(z(s), z(t)) = at_once * per_year ** |s - t| for s != t.
    """
    at_once = np.array([p.at_once for p in persistence])
    per_year = np.log([p.per_year for p in persistence])
    traits = np.empty_like(normals[:, :, 0])
    traits[:, 0] = normals[:, 0, 0]
    for visit in range(1, years.shape[1]):
        kept = np.exp(per_year * (years[:, visit] - years[:, visit - 1])[:, None])
        fresh = np.sqrt(1 - kept**2) * normals[:, visit, 0]
        traits[:, visit] = kept * traits[:, visit - 1] + fresh
    base: Floats = np.sqrt(at_once) * traits + np.sqrt(1 - at_once) * normals[:, :, 1]
    return base


def visit_days(draws: Floats, days: Whole, count: Whole) -> Whole:
    """Return on which of their `days` (n,) people come, from uniform draws (n, V).

    A person comes on `count` (n,) <= `days` different days, from 0 on and ascending; places
    (n, V) past the count repeat the last, and are 0 where there is none.
    """
    places = np.arange(draws.shape[1])
    steps = (draws * (days - count + 1)[:, None]).astype(np.int64)
    steps[places >= count[:, None]] = days.max(initial=0)  # behind those that are wanted
    steps.sort(axis=1)
    last = np.maximum(count - 1, 0)[:, None]
    chosen = np.take_along_axis(steps + places, np.minimum(places, last), axis=1)
    chosen[count == 0] = 0
    return chosen


ROUTINE: Final = 0
"""Illness of a visit that is not for an illness; 1 (immediate) to 5 (non-urgent) is triage."""


class Mix(NamedTuple):
    """Of the visits of an age: the share for an illness, and how urgent those are (1 to 5)."""

    ill: float
    urgency: tuple[float, float, float, float, float]


class Mixes(NamedTuple):
    """What children, under 18 years, and adults come for."""

    child: Mix
    adult: Mix


# Outpatients' share for an illness: "new problem" as main reason of a visit, US office-based
# physicians 2014 (NCHS Data Brief 292), 41 % under 18 and 25 % at 18-64, taken for 65 and over as
# well, where it is not given. Urgency: what the emergency survey (NHAMCS 2012-2014) has of triage
# levels, 11,636 children and 38,877 adults at 3 to 5; an outpatient at 1 or 2 is sent on to a
# hospital.
MIXES: Final[Mapping[str, Mixes]] = {
    "mixed": Mixes(
        Mix(0.41, (0.0, 0.0, 0.361, 0.525, 0.114)), Mix(0.25, (0.0, 0.0, 0.574, 0.359, 0.067))
    ),
    "none": Mixes(Mix(0.0, (0.0, 0.0, 0.0, 0.0, 1.0)), Mix(0.0, (0.0, 0.0, 0.0, 0.0, 1.0))),
    "emergency": Mixes(
        Mix(1.0, (0.009, 0.061, 0.336, 0.488, 0.106)), Mix(1.0, (0.010, 0.112, 0.504, 0.316, 0.059))
    ),
}


def illness_of(mix: Mix, draws: Floats) -> Whole:
    """Return how ill visits are, ROUTINE or triage 1 to 5, from uniform draws."""
    edges = (1 - mix.ill) + mix.ill * np.cumsum([0.0, *mix.urgency[:-1]])
    return np.searchsorted(edges, draws, side="right")
