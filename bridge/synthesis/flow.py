"""The triangular flow in plain numpy: one conditional transform per measurement.

Measurement k has its own coordinate z_k ~ N(0, 1) and its own small net, which reads the
person's features c and what the measurements before it pass on:

    (m, s, w, h, d) = net_k(c, z_1, x_1 .. z_{k-1}, x_{k-1})
    z_k = spline(exp(s) * (x_k - m); w, h, d)

where x_k is the measurement's score. `spline` is the monotone rational-quadratic spline of
Durkan et al. (Neural Spline Flows, NeurIPS 2019) with K bins of widths w, heights h and inner
slopes d on [-B, B], the identity outside. Sampling inverts it, one measurement after the other.
All arrays here are (numbers, n people): that way the work on each number runs along memory.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.synthesis.columns import Floats

MIN_SHARE: Final = 1e-3
"""Smallest share of a bin and smallest slope: nflows' defaults, which the fit uses."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditional:
    """One measurement's transform: the layers (weight, bias) of its net, and the spline's B."""

    layers: tuple[tuple[Floats, Floats], ...]
    bound: float

    def forward(self, scores: Floats, inputs: Floats) -> Floats:
        """Return the base values z (n,) of scores x (n,), given the net's inputs (F, n)."""
        parameters = self._parameters(inputs)
        return spline(np.exp(parameters[1]) * (scores - parameters[0]), parameters[2:], self.bound)

    def inverse(self, z: Floats, inputs: Floats) -> Floats:
        """Return the scores x (n,) of base values z (n,), given the net's inputs (F, n)."""
        parameters = self._parameters(inputs)
        y = spline_inverse(z, parameters[2:], self.bound)
        scores: Floats = parameters[0] + np.exp(-parameters[1]) * y
        return scores

    def _parameters(self, inputs: Floats) -> Floats:
        hidden: Floats = inputs
        for weight, bias in self.layers[:-1]:
            hidden = weight @ hidden + bias[:, None]
            hidden /= 1 + np.exp(-hidden)
        weight, bias = self.layers[-1]
        parameters: Floats = weight @ hidden + bias[:, None]
        return parameters


class _Bins(NamedTuple):
    """The bin that each of n values lies in: its place on both axes and its end slopes (n,)."""

    left: Floats
    width: Floats
    bottom: Floats
    height: Floats
    slope_low: Floats
    slope_high: Floats


def spline(y: Floats, parameters: Floats, bound: float) -> Floats:
    """Return spline(y) of y (n,), from raw parameters (3K - 1, n): widths, heights, slopes."""
    inside = np.clip(y, -bound, bound)
    lefts, tops = _edges(parameters, bound)
    bins = _bins(np.sum(inside >= lefts[1:-1], axis=0), lefts, tops, parameters)
    steep = bins.height / bins.width
    r = (inside - bins.left) / bins.width
    bend = bins.slope_low + bins.slope_high - 2 * steep
    rise = bins.height * (steep * r * r + bins.slope_low * r * (1 - r))
    z = bins.bottom + rise / (steep + bend * r * (1 - r))
    return np.where(np.abs(y) <= bound, z, y)


def spline_inverse(z: Floats, parameters: Floats, bound: float) -> Floats:
    """Return y (n,) with spline(y) = z, from raw parameters (3K - 1, n)."""
    inside = np.clip(z, -bound, bound)
    lefts, tops = _edges(parameters, bound)
    bins = _bins(np.sum(inside >= tops[1:-1], axis=0), lefts, tops, parameters)
    steep = bins.height / bins.width
    rise = inside - bins.bottom
    bend = bins.slope_low + bins.slope_high - 2 * steep
    # The root of a quadratic that lies in [0, 1], in the form that does not cancel.
    a = rise * bend + bins.height * (steep - bins.slope_low)
    b = bins.height * bins.slope_low - rise * bend
    root = np.sqrt(np.maximum(b * b + 4 * a * steep * rise, 0.0))
    y = bins.left + bins.width * 2 * steep * rise / (b + root)
    return np.where(np.abs(z) <= bound, y, z)


def _edges(parameters: Floats, bound: float) -> tuple[Floats, Floats]:
    """Return the bins' edges (K + 1, n) on both axes, from -bound to bound."""
    count = (len(parameters) + 1) // 3
    widths, heights = parameters[:count], parameters[count : 2 * count]
    return _cumulated(widths, bound), _cumulated(heights, bound)


def _cumulated(raw: Floats, bound: float) -> Floats:
    """Return edges whose distances are the softmax of raw (K, n), none below MIN_SHARE."""
    count = len(raw)
    edges = np.empty((count + 1, raw.shape[1]))
    edges[0] = 0.0
    np.cumsum(np.exp(raw - raw.max(axis=0)), axis=0, out=edges[1:])
    edges *= (1 - MIN_SHARE * count) / edges[-1]
    edges += MIN_SHARE * np.arange(count + 1)[:, None]
    edges *= 2 * bound
    edges -= bound
    return edges


def _bins(k: NDArray[np.intp], lefts: Floats, tops: Floats, parameters: Floats) -> _Bins:
    """Take bin k (n,) out of all; the slope at +-bound is 1, as it is outside."""
    people = np.arange(k.size)
    raw = parameters[2 * len(lefts) - 2 :]
    low = MIN_SHARE + np.logaddexp(0.0, raw[np.maximum(k - 1, 0), people])
    high = MIN_SHARE + np.logaddexp(0.0, raw[np.minimum(k, len(raw) - 1), people])
    return _Bins(
        left=lefts[k, people],
        width=lefts[k + 1, people] - lefts[k, people],
        bottom=tops[k, people],
        height=tops[k + 1, people] - tops[k, people],
        slope_low=np.where(k == 0, 1.0, low),
        slope_high=np.where(k == len(raw), 1.0, high),
    )
