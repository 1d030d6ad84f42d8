"""Singling out: does what is unique among synthetic rows fit exactly one real person?

Giomi, Boenisch, Wehmeyer and Tasnádi, A Unified Framework for Quantifying Privacy Risk in
Synthetic Data, PoPETs 2023. A predicate can fit one person by luck, the likelier the closer its
weight w is to one over the number of people, so control people are counted as if they were as
many as the training people.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np

from bridge.flows.columns import Floats
from bridge.quality.privacy.predicates import (
    Predicate,
    blind,
    fits,
    fitting,
    multivariate,
    univariate,
)
from bridge.quality.privacy.rates import judge, wilson
from bridge.quality.privacy.results import Attack, Estimate, Z
from bridge.quality.privacy.tables import Tables

SIZES: Final = np.linspace(0.1, 1.0, 10)
"""Shares of the control people at which the chance to fit exactly one is looked at."""

GROUPS: Final = 20
"""Parts of the control people, each of which is left out once."""


def single_out(tables: Tables, attacks: int, rng: np.random.Generator) -> tuple[Attack, ...]:
    """Attack with up to `attacks` predicates on one column, and as many on several.

    A kind for which the synthetic rows yield no predicate is left out.
    """
    ones = univariate(tables)
    chosen = [ones[i] for i in rng.permutation(len(ones))[:attacks]]
    kinds = (
        ("Singling out by one column", chosen, False),
        ("Singling out by several columns", multivariate(tables, attacks, rng), True),
    )
    return tuple(
        _attack(name, tables, found, list(islice(blind(tables, several, rng), len(found))))
        for name, found, several in kinds
        if found
    )


def as_many(counts: Floats, people: int, wanted: int) -> float:
    """Return how many predicates would fit exactly one of `wanted` people.

    `counts` (p,) is how many of `people` each fits. For fewer people the expectation is exact:
    each is kept with chance f = wanted / people, so a predicate that fits c people then fits one
    with chance c f (1 - f)^(c - 1). For more people the curve over f is continued by the paper's
    model: weights spread evenly up to w, for which see `_chance`.
    """
    share = wanted / people
    if share <= 1:
        return _thinned(counts, share)
    seen = np.array([_thinned(counts, size) for size in SIZES])
    weights = np.geomspace(0.1 / people, 1.0, 200)
    curves = np.array([_chance(people * SIZES, weight) for weight in weights])
    scales = curves @ seen / (curves**2).sum(axis=1)
    best = int(np.argmin(((scales[:, None] * curves - seen) ** 2).sum(axis=1)))
    growth = float(_chance(np.array([wanted]), weights[best])[0] / curves[best, -1])
    return float(min(seen[-1] * growth, len(counts)))


def _attack(
    name: str, tables: Tables, found: Sequence[Predicate], guesses: Sequence[Predicate]
) -> Attack:
    return judge(
        name,
        "asks for whoever fits what only one synthetic row has; right if one person does",
        len(found),
        train=wilson(_singled_out(found, tables.train), len(found)),
        control=_control_rate(found, tables.control, len(tables.train)),
        blind=wilson(_singled_out(guesses, tables.train), len(found)),
    )


def _control_rate(found: Sequence[Predicate], people: Floats, wanted: int) -> Estimate:
    """Return the rate at which predicates would fit exactly one of `wanted` control people.

    To continue the curve multiplies the luck of which people happen to be in the control, which
    all predicates share; by how much, leaving out a group of people at a time tells (jackknife).
    """
    columns = np.ascontiguousarray(people.T)
    group = np.arange(len(people)) % GROUPS
    sizes = np.bincount(group)
    counts = np.array(
        [np.bincount(group[fits(p, columns)], minlength=GROUPS) for p in found], dtype=np.float64
    )
    every = counts.sum(axis=1)
    rate = wilson(as_many(every, len(people), wanted), len(found))
    if wanted <= len(people):
        return rate
    without = [
        as_many(every - counts[:, k], len(people) - int(sizes[k]), wanted) / len(found)
        for k in range(GROUPS)
    ]
    luck = Z * float(np.var(without) * (GROUPS - 1)) ** 0.5
    low, high = (np.hypot(rate.value - end, luck) for end in rate[1:])
    return Estimate(
        rate.value, max(rate.value - float(low), 0.0), min(rate.value + float(high), 1.0)
    )


def _singled_out(predicates: Sequence[Predicate], people: Floats) -> int:
    columns = np.ascontiguousarray(people.T)
    return sum(fitting(predicate, columns) == 1 for predicate in predicates)


def _thinned(counts: Floats, share: float) -> float:
    found = counts[counts > 0]
    return float((found * share * (1 - share) ** (found - 1)).sum())


def _chance(people: Floats, weight: float) -> Floats:
    """Return the integral over w from 0 to `weight` of n w (1 - w)^(n - 1), for n people."""
    n = people
    rest = 1 - weight
    chance: Floats = 1 / (n + 1) - rest**n * (1 - n / (n + 1) * rest)
    return chance
