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

from bridge.quality.privacy.predicates import (
    Predicate,
    blind,
    fitting,
    multivariate,
    univariate,
)
from bridge.quality.privacy.rates import judge, wilson
from bridge.quality.privacy.results import Attack
from bridge.quality.privacy.tables import Floats, Tables

SIZES: Final = np.linspace(0.1, 1.0, 10)
"""Shares of the control people at which the chance to fit exactly one is looked at."""


def single_out(tables: Tables, attacks: int, rng: np.random.Generator) -> tuple[Attack, ...]:
    """Attack with up to `attacks` predicates on one column, and as many on several.

    A kind for which the synthetic rows yield no predicate is left out.
    """
    ones = univariate(tables)
    chosen = rng.permutation(len(ones))[:attacks]
    kinds = {
        "Singling out, one column": [ones[i] for i in chosen],
        "Singling out, several columns": multivariate(tables, attacks, rng),
    }
    return tuple(
        _attack(name, tables, found, several, rng)
        for several, (name, found) in enumerate(kinds.items())
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
    name: str, tables: Tables, found: Sequence[Predicate], several: int, rng: np.random.Generator
) -> Attack:
    guesses = list(islice(blind(tables, bool(several), rng), len(found)))
    train = _counts(found, tables.train)
    control = as_many(_counts(found, tables.control), len(tables.control), len(tables.train))
    return judge(
        name,
        len(found),
        wilson(int((train == 1).sum()), len(found)),
        wilson(control, len(found)),
        wilson(int((_counts(guesses, tables.train) == 1).sum()), len(found)),
    )


def _counts(predicates: Sequence[Predicate], people: Floats) -> Floats:
    columns = np.ascontiguousarray(people.T)
    return np.array([fitting(predicate, columns) for predicate in predicates], dtype=np.float64)


def _thinned(counts: Floats, share: float) -> float:
    found = counts[counts > 0]
    return float((found * share * (1 - share) ** (found - 1)).sum())


def _chance(people: Floats, weight: float) -> Floats:
    """Return the integral over w from 0 to `weight` of n w (1 - w)^(n - 1), for n people."""
    n = people
    rest = 1 - weight
    chance: Floats = 1 / (n + 1) - rest**n * (1 - n / (n + 1) * rest)
    return chance
