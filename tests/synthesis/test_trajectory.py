"""A patient over time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.trajectory import Persistence, trajectories, visit_days


def test_coordinates_are_as_alike_as_they_should_be_and_normal_at_each_visit() -> None:
    """Over 100,000 people: at once and years apart."""
    people = 100_000
    steady, drifting, daily = Persistence(1, 1), Persistence(0.8, 0.9), Persistence(0, 1)
    years = np.tile([0.0, 0.0001, 2.0], (people, 1))
    normals = np.random.default_rng(1).standard_normal((people, 3, 2, 3))
    base = trajectories(normals, years, (steady, drifting, daily))
    assert np.abs(base.mean(axis=0)).max() < 0.02
    assert np.abs(base.std(axis=0) - 1).max() < 0.02
    alike = [np.corrcoef(base[:, :, k].T) for k in range(3)]
    assert np.allclose(alike[0], 1)
    assert alike[1][0, 1] == pytest.approx(0.8, abs=0.02)
    assert alike[1][0, 2] == pytest.approx(0.8 * 0.9**2, abs=0.02)
    assert abs(alike[2][0, 1]) < 0.02


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 50)), min_size=1, max_size=20),
    st.integers(0, 2**32),
)
def test_visit_days_are_different_and_in_order(asked: list[tuple[int, int]], seed: int) -> None:
    """So that visits never overlap nor touch; each person's are within their own days."""
    days, count = np.array(asked).T
    count = np.minimum(days, count)
    chosen = visit_days(np.random.default_rng(seed).random((len(asked), 50)), days, count)
    for row, available, wanted in zip(chosen, days, count, strict=True):
        some = row[:wanted]
        assert all(np.diff(some) > 0)
        assert all((some >= 0) & (some < available))
        assert set(row[wanted:]) <= {some[-1] if wanted else 0}
