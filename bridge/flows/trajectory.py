"""A patient over time: when they come, and what stays and what changes from visit to visit.

Every measurement has a coordinate in the flow's base space. A coordinate holds a trait of the
person, which drifts slowly, and the chance of the day; at each single visit it is exactly N(0, 1),
so that at any one age the patients are the flow's people.
"""

from typing import NamedTuple

import numpy as np

from bridge.flows.columns import Floats
from bridge.patient_arrays import Whole


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
