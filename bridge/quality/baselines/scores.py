"""Normal scores of a table's numbers, and back to its grid: what copula, GAN and VAE learn on.

Each number is put at a random place of its grid cell and sent through its own distribution, so
that none of them has to learn a column's shape, its heaps or its bounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bridge.flows.columns import Floats
from bridge.quality.frames import ComparedColumn

Codes = NDArray[np.int64]

MOST_KNOTS: Final = 4_000
"""Past so many different values a distribution goes through quantiles, not through each."""

CELLS_WITHOUT_GRID: Final = 1_000_000
"""Into how many cells the range of a number is cut that lies on no grid."""

DECIMALS: Final = 9
"""A multiple of .1 is written as 165.3, not as 165.30000000000001, which would give it away."""

MARGIN_ROWS: Final = 20_000
MARGIN_KNOTS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginCurve:
    """A number's distribution over `rows` people: the `shares` of them below rising `edges`.

    Edges are counted in cells of `step`. Between them the distribution is a straight line, flat
    over a gap that nobody's value lies in, so that no value comes out of it.
    """

    step: float
    edges: Floats
    shares: Floats
    rows: int
    low: float
    high: float

    def scores(self, values: Floats, places: Floats) -> Floats:
        """Return normal scores (n,) of values (n,), each at a place in [0, 1) of its cell."""
        cells = np.rint(values / self.step) + places - 0.5
        shares = np.interp(cells, self.edges, self.shares)
        scores: Floats = ndtri(np.clip(shares, 0.5 / self.rows, 1 - 0.5 / self.rows))
        return scores

    def values(self, scores: Floats) -> Floats:
        """Return values (n,) on the grid of scores (n,), none outside those that were learnt."""
        cells = np.rint(np.interp(ndtr(scores), self.shares, self.edges))
        values: Floats = np.clip(np.round(cells * self.step, DECIMALS), self.low, self.high)
        return values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """The codec of a table with N numbers and C categories."""

    columns: tuple[ComparedColumn, ...]
    curves: tuple[MarginCurve, ...]

    @property
    def levels(self) -> list[int]:
        """How many levels each category has."""
        return [len(column.levels) for column in self.columns if column.kind == "category"]

    def numbers(self, frame: pd.DataFrame, rng: np.random.Generator) -> Floats:
        """Return normal scores (n, N); each call puts the values elsewhere in their cells."""
        numbers = np.empty((len(frame), len(self.curves)))
        for k, (name, curve) in enumerate(zip(self._names("number"), self.curves, strict=True)):
            numbers[:, k] = curve.scores(frame[name].to_numpy(np.float64), rng.random(len(frame)))
        return numbers

    def codes(self, frame: pd.DataFrame) -> Codes:
        """Return the codes of the categories (n, C)."""
        return frame[self._names("category")].to_numpy(np.int64)

    def frame(self, numbers: Floats, codes: Codes) -> pd.DataFrame:
        """Return the table of scores (n, N) and codes (n, C)."""
        made = {
            name: curve.values(scores)
            for name, curve, scores in zip(
                self._names("number"), self.curves, numbers.T, strict=True
            )
        }
        made |= dict(zip(self._names("category"), codes.T.astype(np.float64), strict=True))
        return pd.DataFrame({column.name: made[column.name] for column in self.columns})

    def _names(self, kind: str) -> list[str]:
        return [column.name for column in self.columns if column.kind == kind]


def fit_scores(frame: pd.DataFrame, columns: tuple[ComparedColumn, ...]) -> Scores:
    """Learn the distribution of each number."""
    return Scores(
        columns=columns,
        curves=tuple(
            _curve(frame[column.name].to_numpy(np.float64), column.step)
            for column in columns
            if column.kind == "number"
        ),
    )


def _curve(values: Floats, step: float | None) -> MarginCurve:
    step = step or float(np.ptp(values)) / CELLS_WITHOUT_GRID or 1.0
    cells = np.sort(np.rint(values / step))
    tops = np.unique(cells)
    bottoms = tops
    if len(tops) > MOST_KNOTS:
        tops = np.unique(np.quantile(cells, np.linspace(0, 1, MOST_KNOTS), method="nearest"))
        bottoms = np.concatenate([tops[:1], tops[:-1] + 1])
    edges = np.stack([bottoms - 0.5, tops + 0.5], axis=1).ravel()
    shares = np.searchsorted(cells, edges) / len(cells)
    return MarginCurve(
        step=step,
        edges=edges,
        shares=shares,
        rows=len(cells),
        low=float(values.min()),
        high=float(values.max()),
    )


def fit_margins(numbers: Floats) -> Floats:
    """Return the quantiles (MARGIN_KNOTS, N) of scores that a net draws, for `settled`."""
    shares = (np.arange(MARGIN_KNOTS) + 0.5) / MARGIN_KNOTS
    margins: Floats = np.quantile(numbers, shares, axis=0)
    return margins


def settled(numbers: Floats, margins: Floats) -> Floats:
    """Move scores (n, N), each column by its ranks, so that they are normal as learnt ones are.

    It costs no real row: a net's columns are moved to where they are known to belong.
    """
    normal = ndtri((np.arange(MARGIN_KNOTS) + 0.5) / MARGIN_KNOTS)
    moved = [np.interp(one, q, normal) for one, q in zip(numbers.T, margins.T, strict=True)]
    return np.stack(moved, axis=1) if moved else numbers


def one_hot(codes: Codes, levels: list[int]) -> Floats:
    """Return the categories (n, C) as zeros and ones (n, all levels)."""
    parts = [np.eye(count)[code] for code, count in zip(codes.T, levels, strict=True)]
    return np.concatenate([np.empty((len(codes), 0)), *parts], axis=1)


def batches(
    scores: Scores, frame: pd.DataFrame, size: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yield rows (size or all, N + all levels) without end, in a new order each time through."""
    hot = one_hot(scores.codes(frame), scores.levels)
    while True:
        whole = np.concatenate([scores.numbers(frame, rng), hot], axis=1)
        order = rng.permutation(len(whole))
        for start in range(0, max(1, len(whole) - size + 1), size):
            yield whole[order[start : start + size]]
