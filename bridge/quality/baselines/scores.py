"""Normal scores and category codes of a table, and back to its grid: what the copula, the GAN
and the VAE learn on, so that no column's shape has to be learnt by any of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bridge.quality.baselines.generator import Column, Floats

Codes = NDArray[np.int64]

MOST_KNOTS: Final = 4_000
"""Past so many different values a distribution is drawn through quantiles, not through each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A number's distribution: rising piecewise linear from `edges` to `shares` below them."""

    column: Column
    edges: Floats
    shares: Floats
    rows: int

    def scores(self, values: Floats, places: Floats) -> Floats:
        """Return normal scores (n,) of values (n,), each at a place in [0, 1) of its grid cell."""
        cells = np.rint(values / self.column.step) + places - 0.5
        shares = np.interp(cells, self.edges, self.shares)
        return ndtri(np.clip(shares, 0.5 / self.rows, 1 - 0.5 / self.rows))

    def values(self, scores: Floats) -> Floats:
        """Return the values (n,) on the column's grid, within its bounds, of scores (n,)."""
        cells = np.interp(ndtr(scores), self.shares, self.edges)
        return self.column.on_grid(cells * self.column.step)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """The codec of a table: curves of its N numbers and levels of its C categories."""

    columns: tuple[Column, ...]
    curves: tuple[Curve, ...]
    levels: tuple[NDArray[np.object_], ...]

    def numbers(self, frame: pd.DataFrame, rng: np.random.Generator) -> Floats:
        """Return normal scores (n, N); each call puts the values elsewhere in their cells."""
        n = len(frame)
        scores = [
            c.scores(frame[c.column.name].to_numpy(np.float64), rng.random(n)) for c in self.curves
        ]
        return np.stack(scores, axis=1) if scores else np.empty((n, 0))

    def codes(self, frame: pd.DataFrame) -> Codes:
        """Return the places (n, C) of each category among its levels."""
        names = [column.name for column in self.columns if column.kind == "category"]
        codes = [
            pd.Index(levels).get_indexer(frame[name].astype(object))
            for name, levels in zip(names, self.levels, strict=True)
        ]
        return np.stack(codes, axis=1).astype(np.int64) if codes else np.empty((len(frame), 0), int)

    def frame(self, numbers: Floats, codes: Codes) -> pd.DataFrame:
        """Return the table of scores (n, N) and codes (n, C)."""
        curves, categories = iter(zip(self.curves, numbers.T, strict=True)), iter(
            zip(self.levels, codes.T, strict=True)
        )
        made = {}
        for column in self.columns:
            if column.kind == "number":
                curve, scores = next(curves)
                made[column.name] = curve.values(scores)
            else:
                levels, code = next(categories)
                made[column.name] = levels[code]
        return pd.DataFrame(made)


def fit_scores(frame: pd.DataFrame, columns: tuple[Column, ...]) -> Scores:
    """Learn each column's own distribution; levels of a category go from the commonest down."""
    return Scores(
        columns=columns,
        curves=tuple(_curve(frame[c.name], c) for c in columns if c.kind == "number"),
        levels=tuple(
            frame[c.name].astype(object).value_counts().index.to_numpy(dtype=object)
            for c in columns
            if c.kind == "category"
        ),
    )


def _curve(values: "pd.Series[float]", column: Column) -> Curve:
    cells = np.sort(np.rint(values.to_numpy(np.float64) / column.step))
    seen, counts = np.unique(cells, return_counts=True)
    if len(seen) > MOST_KNOTS:
        shares = np.linspace(0, 1, MOST_KNOTS)
        seen = np.unique(np.quantile(cells, shares, method="nearest"))
        counts = np.diff(np.searchsorted(cells, seen, side="right"), prepend=0)
        edges = np.concatenate([[seen[0] - 0.5], seen + 0.5])
        return Curve(column=column, edges=edges, shares=_cumulated(counts), rows=len(cells))
    # A cell's left edge repeats the right edge of the one before, or stands after a gap that
    # nobody's value lies in: there the curve is flat, and no value comes out of it.
    edges = np.stack([seen - 0.5, seen + 0.5], axis=1).ravel()
    flat = np.stack([np.zeros_like(counts), counts], axis=1).ravel()
    return Curve(column=column, edges=edges, shares=np.cumsum(flat) / len(cells), rows=len(cells))


def _cumulated(counts: NDArray[np.int64]) -> Floats:
    return np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
