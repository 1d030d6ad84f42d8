"""Counts with noise: the knots of columns and the groups of people, from within public bounds.

One row more or less changes one cell of each histogram by one. Noise is whole numbers: counts
then have no low digits that could tell the noise from the count (Mironov, CCS 2012).
"""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.boxes import Group
from bridge.flows.cells import Cells, public_cells
from bridge.flows.columns import Column, Floats, by_digits, by_ranks, column_of
from bridge.flows.conditions import Conditions
from bridge.flows.margins import Groups, places_of
from bridge.flows.spec import Output, Spec

Whole = NDArray[np.int64]

MOST_GROUPS: Final = 100_000

LOG_CELLS: Final = 32
"""Cells by which the mean and the spread of a column's logarithms are found."""


def noisy_column(
    name: str, output: Output, values: Floats, rows: int, noise: float, rng: np.random.Generator
) -> Column:
    """Place the knots of a column from noisy counts of its `values` (n,), NaN left out.

    `noise` is per sensitivity; `rows`, of all people, are public, as are the output's bounds.
    """
    first, last = _bounds(output)
    cells = np.rint(values[~np.isnan(values)] / output.step).astype(np.int64)
    cells = np.clip(cells, first, last)
    if output.spread == "ranks":
        counts = np.bincount(cells - first, minlength=last - first + 1)
        return column_of(name, output, *by_ranks(first, _noisy(counts, rows, noise, rng)))
    first = max(first, 1)
    edges = np.linspace(np.log(first), np.log(last), LOG_CELLS + 1)
    by_log, _ = np.histogram(np.log(np.maximum(cells, first)), edges)
    noise *= 2**0.5  # a row is counted in two histograms
    digits = _noisy(np.bincount(cells % 10, minlength=10), rows, noise, rng)
    weights = _noisy(by_log, rows, noise, rng) / 1.0
    centres = (edges[1:] + edges[:-1]) / 2
    mean = np.average(centres, weights=weights)
    spread = np.average((centres - mean) ** 2, weights=weights) ** 0.5
    spread = max(spread, edges[1] - edges[0])
    return column_of(name, output, *by_digits(first, last, digits, float(mean), float(spread)))


def noisy_groups(
    spec: Spec, conditions: Conditions, rows: int, noise: float, rng: np.random.Generator
) -> Groups:
    """Count people by their conditions, also those groups that nobody is in, with noise."""
    cells = public_cells(spec, rows, noise)
    groups = all_groups(cells)
    shape = [of.size for of in cells]
    places = np.ravel_multi_index(tuple(places_of(spec, cells, conditions).T), shape)
    counts = _noisy(np.bincount(places, minlength=len(groups)), rows, noise, rng)
    some = zip(groups, counts.tolist(), strict=True)
    return Groups(cells=cells, margins=(), boxes=tuple(Group(g, n) for g, n in some if n))


def all_groups(cells: Sequence[Cells]) -> list[tuple[tuple[int, ...], ...]]:
    """Return the groups that there can be, whether or not there are people in them."""
    if (many := prod(of.size for of in cells)) > MOST_GROUPS:
        raise InputError(
            f"conditions: {many:,} groups are too many to count with noise ({MOST_GROUPS:,} are "
            "not); take fewer conditions, or fewer levels"
        )
    return [tuple((p,) for p in places) for places in product(*(range(of.size) for of in cells))]


def _bounds(output: Output) -> tuple[int, int]:
    if output.kind == "category":
        return 0, len(output.levels) - 1
    assert output.low is not None and output.high is not None
    return round(output.low / output.step), round(output.high / output.step)


def _noisy(counts: Whole, rows: int, noise: float, rng: np.random.Generator) -> Whole:
    """Return the likeliest counts: none negative, in all no more than there are rows.

    To cut off at zero alone would people the empty tails: what is over is taken from all alike.
    """
    seen = counts + np.rint(rng.normal(0.0, noise, counts.shape))
    total = np.clip(seen.sum(), 1, rows)
    falling = np.sort(seen)[::-1]
    excess = (np.cumsum(falling) - total) / np.arange(1, len(seen) + 1)
    over = excess[np.flatnonzero(falling > excess)[-1]]
    whole = np.rint(np.maximum(seen - over, 0.0)).astype(np.int64)
    return whole if whole.any() else np.ones_like(whole)
