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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats

MIN_SHARE: Final = 1e-3
"""Smallest share of a bin and smallest slope: nflows' defaults, which the fit uses."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditional:
    """One measurement's transform: the layers (weight, bias) of its net, and the spline's B."""

    layers: tuple[tuple[Floats, Floats], ...]
    bound: float

    def forward(self, scores: Floats, inputs: Floats, room: Floats | None = None) -> Floats:
        """Return the base values z (n,) of scores x (n,), given the net's inputs (F, n)."""
        parameters = self._parameters(inputs, room)
        return spline(np.exp(parameters[1]) * (scores - parameters[0]), parameters[2:], self.bound)

    def inverse(self, z: Floats, inputs: Floats, room: Floats | None = None) -> Floats:
        """Return the scores x (n,) of base values z (n,), given the net's inputs (F, n)."""
        parameters = self._parameters(inputs, room)
        y = spline_inverse(z, parameters[2:], self.bound)
        scores: Floats = parameters[0] + np.exp(-parameters[1]) * y
        return scores

    def _parameters(self, inputs: Floats, room: Floats | None) -> Floats:
        count = inputs.shape[1]
        room = room_for([self], count) if room is None else room
        hidden = inputs
        for i, (weight, bias) in enumerate(self.layers[:-1]):
            place = slice(0, bias.size * count)
            below = room[2, place].reshape(-1, count)
            hidden = np.matmul(weight, hidden, out=room[i % 2, place].reshape(-1, count))
            hidden += bias[:, None]
            np.negative(hidden, out=below)
            np.exp(below, out=below)
            below += 1
            hidden /= below
        weight, bias = self.layers[-1]
        parameters: Floats = weight @ hidden
        parameters += bias[:, None]
        return parameters


def room_for(conditionals: Iterable[Conditional], count: int) -> Floats:
    """Return room for the hidden layers of `count` people, to be used again for each net.

    Arrays of their size come fresh from the operating system every time, page by page, which
    takes as long as what is computed in them.
    """
    widest = max((len(b) for c in conditionals for _, b in c.layers[:-1]), default=0)
    return np.empty((3, widest * count))


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
    """Return the bins' edges (K + 1, n) on both axes, from -bound to bound.

    Their distances are the softmax of the raw widths and heights (K, n), none below MIN_SHARE.
    """
    count = (len(parameters) + 1) // 3
    raw = parameters[: 2 * count].reshape(2, count, -1)
    edges = np.empty((2, count + 1, raw.shape[2]))
    edges[:, 0] = 0.0
    sums = edges[:, 1:]
    np.subtract(raw, raw.max(axis=1, keepdims=True), out=sums)
    np.exp(sums, out=sums)
    for k in range(1, count):  # cumsum along this axis takes three times as long
        sums[:, k] += sums[:, k - 1]
    edges *= 2 * bound * (1 - MIN_SHARE * count) / edges[:, -1:]
    edges += 2 * bound * MIN_SHARE * np.arange(count + 1)[:, None] - bound
    return edges[0], edges[1]


def _bins(k: NDArray[np.intp], lefts: Floats, tops: Floats, parameters: Floats) -> _Bins:
    """Take bin k (n,) out of all; the slope at +-bound is 1, as it is outside."""
    raw = parameters[2 * len(lefts) - 2 :]
    low, high = np.maximum(k - 1, 0), np.minimum(k, len(raw) - 1)
    left, bottom = _taken(lefts, k), _taken(tops, k)
    return _Bins(
        left=left,
        width=_taken(lefts, k + 1) - left,
        bottom=bottom,
        height=_taken(tops, k + 1) - bottom,
        slope_low=np.where(k == 0, 1.0, _slopes(_taken(raw, low))),
        slope_high=np.where(k == len(raw), 1.0, _slopes(_taken(raw, high))),
    )


def _taken(rows: Floats, k: NDArray[np.intp]) -> Floats:
    """Return row k (n,) of each column of rows (K, n)."""
    taken: Floats = rows.ravel().take(k * rows.shape[1] + np.arange(rows.shape[1]))
    return taken


def _slopes(raw: Floats) -> Floats:
    slopes: Floats = MIN_SHARE + np.logaddexp(0.0, raw)
    return slopes
