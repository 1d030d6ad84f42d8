"""How many people there are under which conditions, and people drawn alike."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions
from bridge.flows.spec import Condition, Spec

FEWEST: Final = 5
"""People that a group has at least: no single person's place is written down."""

NUMBER_BINS: Final = 20

MOST_GROUPS: Final = 100_000

Group = tuple[int, ...]
"""For each condition in turn the place of its level or bin; -1 is an unknown level."""


def count_groups(spec: Spec, conditions: Conditions, count: int) -> Counter[Group]:
    """Count people by their conditions."""
    places = [_places(of, conditions[name]) for name, of in spec.conditions.items()]
    return Counter(zip(*(p.tolist() for p in places), strict=True)) if places else Counter()


def written_groups(groups: Counter[Group]) -> list[list[int]]:
    """Return the groups that are large enough, each as its places and its count."""
    return [[*group, many] for group, many in sorted(groups.items()) if many >= FEWEST]


def all_groups(spec: Spec) -> list[Group]:
    """Return the groups that there can be, whether or not there are people in them."""
    places = [
        range(-1 if of.unknown else 0, len(of.levels))
        if of.kind == "category"
        else range(len(_edges(of)) - 1)
        for of in spec.conditions.values()
    ]
    if (many := prod(map(len, places))) > MOST_GROUPS:
        raise InputError(
            f"conditions: {many:,} groups are too many to count with noise ({MOST_GROUPS:,} are "
            "not); take fewer conditions, or fewer levels"
        )
    return list(product(*places))


def draw_conditions(
    spec: Spec, groups: Sequence[Sequence[int]], count: int, rng: np.random.Generator
) -> Conditions:
    """Draw the conditions of `count` people from written groups; evenly within a bin."""
    table = np.array(groups, dtype=np.int64).reshape(len(groups), len(spec.conditions) + 1)
    shares = table[:, -1] / table[:, -1].sum() if len(table) else np.array([])
    chosen = table[rng.choice(len(table), count, p=shares)] if len(table) else table
    drawn: dict[str, NDArray[Any]] = {}
    for place, (name, of) in zip(chosen.T, spec.conditions.items(), strict=False):
        if of.kind == "category":
            drawn[name] = np.array([*of.levels, ""])[place]
        else:
            edges = _edges(of)
            drawn[name] = edges[place] + (edges[place + 1] - edges[place]) * rng.random(count)
    return drawn


def _places(of: Condition, values: NDArray[Any]) -> NDArray[np.int64]:
    if of.kind == "category":
        names = {level: place for place, level in enumerate(of.levels)}
        return np.array([names.get(level, -1) for level in values.tolist()], dtype=np.int64)
    edges = _edges(of)
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


def _edges(of: Condition) -> Floats:
    """Return the edges of a number's bins; of an age months up to two years, then years."""
    if of.kind == "number":
        assert of.low is not None and of.high is not None
        return np.linspace(of.low, of.high, NUMBER_BINS + 1)
    return np.concatenate([np.arange(24.0), np.arange(24.0, of.oldest * 12 + 13, 12.0)])
