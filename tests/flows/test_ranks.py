"""Normal scores, ranks, and what lies within a range at somebody's rank."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.columns import Floats
from bridge.flows.ranks import between, scores_at, shares_below, within

NORMAL = NormalDist()


@given(score=st.floats(-6, 6))
def test_shares_and_scores_are_the_normal_distribution(score: float) -> None:
    share = float(shares_below(np.array([score]))[0])
    assert share == pytest.approx(NORMAL.cdf(score), rel=2e-5)
    if abs(score) < 5:
        assert float(scores_at(np.array([share]))[0]) == pytest.approx(score, abs=1e-4)


def truncated(rank: float, low: float, high: float) -> float:
    first, last = NORMAL.cdf(low), NORMAL.cdf(high)
    return NORMAL.inv_cdf(first + rank * (last - first))


@given(score=st.floats(-4, 4), low=st.floats(-3, 3), wide=st.floats(0.01, 3), open_=st.booleans())
def test_a_score_between_bounds_keeps_its_rank(
    score: float, low: float, wide: float, open_: bool
) -> None:
    high = np.inf if open_ else low + wide
    found = float(between(np.array([score]), np.array([low]), np.array([high]))[0])
    assert low <= found <= high
    assert found == pytest.approx(truncated(NORMAL.cdf(score), low, high), abs=2e-3)


def test_ranks_are_kept_where_next_to_nobody_is() -> None:
    """Beyond 4.5 SD is one of 300,000: 1 - Phi has few digits left there."""
    scores = np.linspace(-3, 3, 50)
    for low, high in ((4.5, 6.0), (-6.0, -4.5)):
        found = between(scores, np.full(50, low), np.full(50, high))
        assert np.all(np.diff(found) > 0)
        assert low <= found[0] < found[-1] <= high
    rare = between(np.zeros(1), np.array([4.5]), np.array([6.0]))[0]
    assert rare == pytest.approx(-truncated(0.5, -6.0, -4.5), abs=1e-3)


def coarse(scores: Floats) -> Floats:
    return np.round(5.4 + 0.4 * scores, 1)


def test_values_within_a_range_are_those_of_the_people_in_it() -> None:
    scores = np.random.default_rng(0).standard_normal(40_000)
    found = within(coarse, scores, 5.6, 5.9)
    free = coarse(scores)
    real = free[(free >= 5.6) & (free <= 5.9)]
    for value in (5.6, 5.7, 5.8, 5.9):
        assert np.mean(found == value) == pytest.approx(np.mean(real == value), abs=0.015)
    assert np.isin(found, [5.6, 5.7, 5.8, 5.9]).all()


def test_a_range_that_nobody_has_gives_its_nearer_bound() -> None:
    assert within(coarse, np.zeros(2), 20.0, 30.0).tolist() == [20.0, 20.0]
    assert within(coarse, np.zeros(2), 0.0, 1.0).tolist() == [1.0, 1.0]


def test_without_bounds_nothing_moves() -> None:
    scores = np.linspace(-3, 3, 100)
    assert np.array_equal(within(coarse, scores), coarse(scores))
