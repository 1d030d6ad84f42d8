"""Reversible column codec: values on an instrument's grid to scores of the flow and back.

Every measurement is read off a grid (a cuff in steps of 2 mmHg, a scale in 0.1 kg) and is
heaped on it (tapes on whole and half centimetres). A value is spread uniformly over its grid
cell and sent through a rising piecewise linear curve to a score with mean 0 and SD 1; the way
back ends with rounding to the grid. A cell that is read more often than its neighbours has a
wider stretch of scores, so that the heaps come out as they went in.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.spec import Output

Floats = NDArray[np.float64]

ROWS_AT_THE_ENDS: Final = 5
"""People who reach the outermost value at least: no single person's extreme is written down."""

FEWEST_CELLS: Final = 10_000
MOST_CELLS: Final = 100_000
"""Cells of a grid: weights in grams have some thousand, a number that identifies has millions."""

WIDEST_STEP: Final = 0.1
"""Largest distance of two knots in normal scores; half the SpO2 readings share two cells."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """An output with its knots (score, value), both rising; between them the codec is linear.

    A category is the place of its level, on a grid of 1.
    """

    name: str
    output: Output
    scores: Floats
    values: Floats

    @property
    def cuts(self) -> tuple[float, ...]:
        """The values from which on later outputs are told apart: between any two levels."""
        if self.output.kind == "category":
            return tuple(float(place) for place in range(1, len(self.output.levels)))
        return self.output.cuts

    def encode(self, values: Floats, places: Floats | float = 0.5) -> Floats:
        """Return the scores (n,) of `values` (n,), each at a place in [0, 1) of its grid cell.

        Values outside the knots get the score of the nearest knot; NaN stays NaN.
        """
        # By cell, as 36.44 °C is written for 36.4444: a place near its edge would be next door.
        cells = np.rint(values / self.output.step)
        return np.interp((cells + places - 0.5) * self.output.step, self.values, self.scores)

    def decode(self, scores: Floats) -> Floats:
        """Return the values (n,) on the grid for scores, never outside the knots' range."""
        step = self.output.step
        first, last = np.ceil(self.values[0] / step), np.floor(self.values[-1] / step)
        cells = np.rint(np.interp(scores, self.scores, self.values) / step)
        return np.round(np.clip(cells, first, last) * step, self.output.decimals)

    def passed_on(self, z: Floats, scores: Floats) -> Floats:
        """Return what later measurements are told of this one (2 + cuts, n).

        That is its base values z (n,), which say how unusual a value is for the person, its
        scores (n,), which say how large it is, and whether it reaches each cut.
        """
        cuts = self.encode(np.array(self.cuts), 0.0)
        return np.concatenate([z[None], scores[None], scores >= cuts[:, None]])


def most_cells(rows: int) -> int:
    """Return how many cells of a grid so many values can teach (a choice), whatever its step."""
    return min(MOST_CELLS, max(FEWEST_CELLS, 20 * rows))


def check_grid(name: str, output: Output, values: Floats) -> None:
    """Raise an InputError where values (n,) spread over more cells than they can teach."""
    known = values[~np.isnan(values)]
    cells = np.ptp(known) / output.step if len(known) else 0
    if cells > most_cells(len(known)):
        raise InputError(
            f"{name}: spans {cells:,.0f} steps of {output.step:g} ({known.min():g} to "
            f"{known.max():g}), and {len(known):,} values teach {most_cells(len(known)):,}; give "
            "it bounds or a coarser step in the spec, or leave it out (bridge train --check "
            "writes a spec)"
        )


def fit_column(name: str, output: Output, values: Floats) -> Column:
    """Place the knots of a column by its people's `values` (n,), NaN left out."""
    check_grid(name, output, values)
    known = np.sort(values[~np.isnan(values)])
    cells = np.rint(known / output.step).astype(np.int64)
    outermost = min(ROWS_AT_THE_ENDS, len(cells)) - 1
    cells = np.clip(cells, cells[outermost], cells[-1 - outermost])
    if output.spread == "ranks":
        knots = by_ranks(int(cells[0]), np.bincount(cells - cells[0]))
    else:
        logs = np.log(cells)
        digits = np.bincount(cells % 10, minlength=10)
        knots = by_digits(int(cells[0]), int(cells[-1]), digits, logs.mean(), logs.std())
    return column_of(name, output, *knots)


def column_of(name: str, output: Output, edges: Floats, scores: Floats) -> Column:
    """Return the column whose cells have these edges, in steps, at these scores."""
    return Column(name=name, output=output, scores=scores, values=edges * output.step)


def by_ranks(first: int, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return edges of cells, in steps, and their normal scores, from counts of the cells."""
    total = counts.sum()
    ends = np.flatnonzero(counts)
    edges = np.concatenate([[ends[0] - 0.5], ends + 0.5]) + first
    shares = np.concatenate([[0.0], np.cumsum(counts[ends]) / total])
    shares = np.clip(shares, 0.5 / total, 1 - 0.5 / total)  # 0 and 1 have no score
    normal = NormalDist()
    scores = [normal.inv_cdf(share) for share in shares]
    within = [
        np.linspace(low, high, int(np.ceil((high - low) / WIDEST_STEP)) + 1)[1:]
        for low, high in pairwise(scores)
    ]
    knots = np.concatenate([scores[:1], *within])
    return np.interp([normal.cdf(score) for score in knots], shares, edges), knots


def by_digits(
    first: int, last: int, digits: NDArray[np.int64], mean: float, spread: float
) -> tuple[Floats, Floats]:
    """Return edges of the cells from first to last, in steps, and their log scores.

    A cell is as wide as its last digit is usual, by counts (10,); `mean` and `spread` are those
    of the logarithms of cells.
    """
    counts = 1 + digits  # a digit not seen is not impossible
    wholes = np.concatenate([[0.0], np.cumsum(counts / counts.sum())])
    edges = np.arange(first, last + 2)
    stretched = np.log(10 * (edges // 10 + wholes[edges % 10]) - 0.5)
    return edges.astype(np.float64) - 0.5, (stretched - mean) / spread
