"""Uniform numbers to normal ones."""

from statistics import NormalDist

import numpy as np
import pytest

from bridge.flows.normals import AT_ONCE, normals


def test_they_are_the_inverse_of_the_normal_distribution() -> None:
    """In the centre, in both tails, and as far out as a stream of numbers reaches."""
    inverse = NormalDist().inv_cdf
    shares = [*np.linspace(0.001, 0.999, 999), 2.0**-53, 1e-12, 1e-7, 1 - 1e-7, 1 - 2.0**-53]
    found = normals(np.array(shares))
    assert found == pytest.approx([inverse(share) for share in shares], rel=1e-14, abs=1e-15)


def test_no_uniform_number_is_without_a_normal_one() -> None:
    """0 is drawn once in 2**53 times."""
    assert normals(np.zeros(1)) == normals(np.full(1, 2.0**-53))


def test_a_number_does_not_depend_on_those_beside_it() -> None:
    """Nor does the shape change."""
    shares = np.random.default_rng(1).random((3, AT_ONCE))
    found = normals(shares)
    assert found.shape == shares.shape
    assert found[2, 5] == normals(shares[2, 5:6])[0]
