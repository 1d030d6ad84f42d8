"""A Gaussian copula: each column its own shape, all pairs a normal correlation, nothing else.

A category is a normal score cut at its levels' shares, the levels in the order of their codes. Its
score within the cut is not seen, so it is drawn from what the other columns say of it, in turn
with the correlation (Hoff, Extending the rank likelihood for semiparametric copula estimation,
Annals of Applied Statistics 2007): drawn at random, it would go with the others less than it does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from bridge.flows.columns import Floats
from bridge.quality.baselines.scores import Codes, Scores, fit_scores
from bridge.quality.frames import ComparedColumn

ROUNDS: Final = 40
"""Draws of the categories' scores; the correlation is the average over the second half."""

SHRINK: Final = 1e-4
"""Share of independence mixed in, so that columns that follow from each other have a root."""

INNERMOST: Final = 1e-12
"""How near to 0 and 1 a share may come: those have no score."""


@dataclass(frozen=True, slots=True)
class GaussianCopula:
    """The statistician's baseline."""

    name: str = "Gaussian copula"

    def fit(
        self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
    ) -> "Correlated":
        """Learn the columns' shapes and their correlation."""
        rng = np.random.default_rng(seed)
        scores = fit_scores(frame, columns)
        codes = scores.codes(frame)
        tops = [
            np.bincount(code, minlength=count).cumsum() / len(frame)
            for code, count in zip(codes.T, scores.levels, strict=True)
        ]
        correlation = _correlation(scores.numbers(frame, rng), _cells(codes, tops), rng)
        root = np.linalg.cholesky(correlation).astype(np.float64)
        return Correlated(scores=scores, tops=tops, root=root)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correlated:
    """The codec, the shares of the people up to each level, and a root of the correlation."""

    scores: Scores
    tops: list[Floats]
    root: Floats

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows."""
        normal = np.random.default_rng(seed).standard_normal((count, len(self.root))) @ self.root.T
        numbers, hidden = np.split(normal, [len(self.scores.curves)], axis=1)
        codes = np.empty(hidden.shape, dtype=np.int64)
        for k, tops in enumerate(self.tops):
            codes[:, k] = np.searchsorted(tops[:-1], ndtr(hidden[:, k]))
        return self.scores.frame(numbers, codes)


def _cells(codes: Codes, tops: list[Floats]) -> tuple[Floats, Floats]:
    """Return between which scores (n, C) the hidden one of each row's category lies."""
    low, high = np.empty(codes.shape), np.empty(codes.shape)
    for k, shares in enumerate(tops):
        edges = ndtri(np.concatenate([[0.0], shares]))
        low[:, k], high[:, k] = edges[codes[:, k]], edges[codes[:, k] + 1]
    return low, high


def _correlation(numbers: Floats, cells: tuple[Floats, Floats], rng: np.random.Generator) -> Floats:
    """Return the correlation of the numbers' scores and the categories' hidden ones."""
    low, high = cells
    first, hidden = numbers.shape[1], low.shape[1]
    whole = np.concatenate([numbers, _between(low, high, rng)], axis=1)
    kept = [_shrunk(whole)]
    for _ in range(ROUNDS if hidden else 0):
        for k in range(hidden):
            mean, spread = _foretold(whole, first + k, kept[-1])
            within = _between((low[:, k] - mean) / spread, (high[:, k] - mean) / spread, rng)
            whole[:, first + k] = mean + spread * within
        kept.append(_shrunk(whole))
    average: Floats = np.mean(kept[len(kept) // 2 :], axis=0)
    return average


def _between(low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    """Draw normal scores, each between two."""
    bottom, top = ndtr(low), ndtr(high)
    share = bottom + (top - bottom) * rng.random(low.shape)
    drawn: Floats = ndtri(np.clip(share, INNERMOST, 1 - INNERMOST))
    return drawn


def _foretold(whole: Floats, j: int, correlation: Floats) -> tuple[Floats, float]:
    """Return mean (n,) and spread of column j of `whole` (n, D), given the others."""
    others = np.delete(np.arange(whole.shape[1]), j)
    weights = np.linalg.solve(correlation[np.ix_(others, others)], correlation[others, j])
    spread = np.sqrt(max(1 - correlation[others, j] @ weights, SHRINK))
    return whole[:, others] @ weights, float(spread)


def _shrunk(whole: Floats) -> Floats:
    spread = whole.std(axis=0)
    scaled = (whole - whole.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlation = (1 - SHRINK) * (scaled.T @ scaled) / len(whole)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)
