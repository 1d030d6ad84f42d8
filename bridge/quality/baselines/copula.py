"""A Gaussian copula: each column its own shape, all pairs a normal correlation, nothing else.

A category is a normal score cut at its levels' shares, the commonest level lowest. Its score
within the cut is not seen, so it is drawn from what the other columns say of it, in turn with the
correlation (Hoff, Extending the rank likelihood for semiparametric copula estimation, Annals of
Applied Statistics 2007): drawn at random, it would go with nothing as much as it should.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from bridge.quality.baselines.generator import Column, Floats
from bridge.quality.baselines.scores import Codes, Scores, fit_scores

ROUNDS: Final = 40
"""Draws of the categories' scores; the correlation is the average over the second half."""

SHRINK: Final = 1e-4
"""Share of independence mixed in, so that columns that follow from each other have a root."""


@dataclass(frozen=True, slots=True)
class GaussianCopula:
    """The statistician's baseline."""

    name: str = "Gaussian copula"

    def fit(self, frame: pd.DataFrame, columns: tuple[Column, ...], seed: int) -> "Correlated":
        """Learn the columns' shapes and their correlation."""
        rng = np.random.default_rng(seed)
        scores = fit_scores(frame, columns)
        numbers, codes = scores.numbers(frame, rng), scores.codes(frame)
        cuts = tuple(
            np.bincount(code, minlength=len(levels)).cumsum() / len(frame)
            for code, levels in zip(codes.T, scores.levels, strict=True)
        )
        correlation = _correlation(numbers, _Cells.of(codes, cuts), rng)
        return Correlated(scores=scores, cuts=cuts, root=np.linalg.cholesky(correlation))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correlated:
    """The codec, the shares below the top of each level, and a root of the correlation."""

    scores: Scores
    cuts: tuple[Floats, ...]
    root: Floats

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows."""
        normal = np.random.default_rng(seed).standard_normal((count, len(self.root))) @ self.root.T
        numbers = normal[:, : len(self.scores.curves)]
        shares = ndtr(normal[:, len(self.scores.curves) :])
        codes = np.empty(shares.shape, dtype=np.int64)
        for k, tops in enumerate(self.cuts):
            codes[:, k] = np.searchsorted(tops[:-1], shares[:, k])
        return self.scores.frame(numbers, codes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Between which shares the hidden score of each row's category lies (n, C)."""

    low: Floats
    high: Floats

    @classmethod
    def of(cls, codes: Codes, cuts: tuple[Floats, ...]) -> "_Cells":
        low, high = np.zeros(codes.shape), np.ones(codes.shape)
        for k, tops in enumerate(cuts):
            edges = np.concatenate([[0.0], tops])
            low[:, k], high[:, k] = edges[codes[:, k]], edges[codes[:, k] + 1]
        return cls(low=low, high=high)


def _correlation(numbers: Floats, cells: _Cells, rng: np.random.Generator) -> Floats:
    """Return the correlation of the numbers' scores and the categories' hidden ones."""
    places = cells.low + (cells.high - cells.low) * rng.random(cells.low.shape)
    whole = np.concatenate([numbers, ndtri(places)], axis=1)
    kept = []
    for step in range(ROUNDS):
        correlation = np.atleast_2d(np.corrcoef(whole.T))
        correlation = (1 - SHRINK) * correlation + SHRINK * np.eye(len(correlation))
        kept.append(correlation)
        if not cells.low.shape[1]:
            break
        for k in range(cells.low.shape[1]):
            _redraw(whole, numbers.shape[1] + k, correlation, cells.low[:, k], cells.high[:, k], rng)
    mean: Floats = np.mean(kept[len(kept) // 2 :], axis=0)
    return mean


def _redraw(
    whole: Floats, j: int, correlation: Floats, low: Floats, high: Floats, rng: np.random.Generator
) -> None:
    """Draw column j of `whole` (n, D) anew, given the others and the shares it lies between."""
    others = np.delete(np.arange(whole.shape[1]), j)
    weights = np.linalg.solve(correlation[np.ix_(others, others)], correlation[others, j])
    mean = whole[:, others] @ weights
    spread = np.sqrt(max(1 - correlation[others, j] @ weights, SHRINK))
    bottom, top = ndtr((ndtri(low) - mean) / spread), ndtr((ndtri(high) - mean) / spread)
    share = bottom + (top - bottom) * rng.random(len(whole))
    whole[:, j] = mean + spread * ndtri(np.clip(share, 1e-12, 1 - 1e-12))
