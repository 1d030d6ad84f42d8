"""Normal scores and ranks: where a person stands among others, and within a range of values.

Phi and its inverse are read off one table, so that each undoes the other and both rise.
"""

from collections.abc import Callable
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats

FURTHEST: Final = 7.0
"""Normal scores beyond it are taken for it: one person in 10^12."""

_STEP: Final = 1 / 256
_SCORES: Final = np.arange(-FURTHEST, FURTHEST + _STEP / 2, _STEP)
_LEAST: Final = 1e-12
"""A range with so small a share of the people has nobody to rank by: its middle is taken."""

ROUNDS: Final = 30
"""Halvings by which an end of a range is found: to 10^-8 of a normal score."""


def shares_below(scores: Floats) -> Floats:
    """Return Phi, the share of people below normal scores, of any shape."""
    # Both halves from the lower tail: 1 - 10^-13 has lost its digits.
    below: Floats = np.where(scores < 0, _tail(scores), 1 - _tail(-scores))
    return below


def scores_at(shares: Floats) -> Floats:
    """Return the normal scores below which these shares of the people are, of any shape."""
    logs = np.log(np.maximum(np.minimum(shares, 1 - shares), 1e-300))
    lower: Floats = np.interp(logs, _LOWER_LOGS, _LOWER)
    scores: Floats = np.where(shares < 0.5, lower, -lower)
    return scores


def between(scores: Floats, low: Floats, high: Floats) -> Floats:
    """Return normal scores that lie from low to high at the ranks of `scores` (n,).

    A person who is at the 30th centile of all is at the 30th of those within, so that a normal
    score gives one from the truncated normal. -inf and inf are no bound.
    """
    low, high = np.clip(low, -FURTHEST, FURTHEST), np.clip(high, -FURTHEST, FURTHEST)
    # In the upper tail all is mirrored, for the digits' sake.
    mirror = np.where(low > 0, -1.0, 1.0)
    near, far = np.where(low > 0, -high, low), np.where(low > 0, -low, high)
    first, last = shares_below(near), shares_below(far)
    ranks = shares_below(scores * mirror)
    found = mirror * scores_at(first + ranks * (last - first))
    inside = np.clip(found, low, np.maximum(low, high))
    placed: Floats = np.where(last - first > _LEAST, inside, (low + high) / 2)
    return placed


def within(
    quantiles: Callable[[Floats], Floats],
    scores: Floats,
    low: Floats | float = -np.inf,
    high: Floats | float = np.inf,
) -> Floats:
    """Return values in [low, high] at the ranks of normal scores (n,).

    `quantiles` gives the values (n,) of n people's normal scores (n,), and never falls: a
    distribution, or a flow's output given all that it is conditioned on. Of whom no value lies in
    the range, the nearer bound is taken.
    """
    low = np.broadcast_to(np.asarray(low, dtype=np.float64), scores.shape)
    high = np.broadcast_to(np.asarray(high, dtype=np.float64), scores.shape)
    first = _threshold(lambda z: np.greater_equal(quantiles(z), low), scores.shape)
    last = _threshold(lambda z: np.greater(quantiles(z), high), scores.shape)
    values: Floats = np.clip(quantiles(between(scores, first, last)), low, high)
    return values


def _threshold(reached: Callable[[Floats], NDArray[np.bool_]], shape: tuple[int, ...]) -> Floats:
    """Return from which normal scores on something that rises is reached (n,)."""
    ends: Floats = np.array([np.full(shape, -FURTHEST), np.full(shape, FURTHEST)])
    for _ in range(ROUNDS):
        middle = ends.mean(axis=0)
        there = reached(middle)
        ends = np.where([~there, there], middle, ends)
    return np.asarray(ends.mean(axis=0))


def _tail(scores: Floats) -> Floats:
    """Return Phi of scores that are 0 at most."""
    shares: Floats = np.exp(np.interp(scores, _LOWER, _LOWER_LOGS))
    return shares


_LOWER: Final = _SCORES[_SCORES <= 0]
_LOWER_LOGS: Final = np.log([NormalDist().cdf(score) for score in _LOWER])
"""Of the logarithm, straight pieces are true to 10^-6 of a share even in the tail."""
