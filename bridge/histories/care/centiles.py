"""Values between a 5th, a 50th and a 95th centile, strictly within bounds."""

import numpy as np

from bridge.flows.columns import Floats
from bridge.flows.normals import normals

REACH = 1.6448536269514722
"""The normal score of the 95th centile."""


def drawn(
    z: Floats,
    centiles: tuple[float, float, float],
    at_least: float | None = None,
    at_most: float | None = None,
) -> Floats:
    """Return values at normal scores z (m,): two half normals that meet in the median.

    Within bounds each keeps its rank among those that the bounds leave.
    """
    low, typical, high = centiles
    if at_least is not None or at_most is not None:
        least = -6.0 if at_least is None else _score(at_least, centiles)
        most = 6.0 if at_most is None else _score(at_most, centiles)
        z = between(z, least, most)
    below, above = (typical - low) / REACH, (high - typical) / REACH
    values: Floats = typical + z * np.where(z < 0, below, above)
    return (
        np.clip(values, at_least, at_most)
        if at_least is not None or at_most is not None
        else values
    )


def between(z: Floats, least: float, most: float) -> Floats:
    """Return scores of the same rank within a part of the normal distribution."""
    low, high = _share(np.array([least, most]))
    share = low + (high - low) * _share(z)
    return normals(np.clip(share, 1e-12, 1 - 1e-12))


def _score(value: float, centiles: tuple[float, float, float]) -> float:
    low, typical, high = centiles
    spread = (typical - low if value < typical else high - typical) / REACH
    if spread == 0:
        return 0.0 if value == typical else float(np.sign(value - typical)) * 6.0
    return float(np.clip((value - typical) / spread, -6.0, 6.0))


def _share(z: Floats) -> Floats:
    """Return the normal distribution function, to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    x = np.abs(z) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    poly = sum(c * t ** (k + 1) for k, c in enumerate(terms))
    upper = 0.5 * poly * np.exp(-x * x)
    share: Floats = np.where(z < 0, upper, 1 - upper)
    return share
