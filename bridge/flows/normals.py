"""Uniform numbers to normal ones, by inversion: numpy may change how it draws normals itself.

Algorithm AS 241 (PPND16) of M. J. Wichura, "The percentage points of the normal distribution",
Applied Statistics 37 (1988), 477-484: rational functions, exact to about 1 part in 10^16.
"""

from typing import Final

import numpy as np

from bridge.flows.columns import Floats

_Coefficients = tuple[tuple[float, ...], tuple[float, ...]]

AT_ONCE: Final = 8192
"""Numbers that are worked on together: what fits in the processor's cache."""

_CENTRE: Final = 0.425
_NEAR: Final = 5.0

# Numerator and denominator of each range, the highest power first.
_CENTRAL: Final[_Coefficients] = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852854561,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE: Final[_Coefficients] = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR: Final[_Coefficients] = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)


def normals(uniforms: Floats) -> Floats:
    """Return N(0, 1) numbers of the shape of `uniforms`, which lie in [0, 1)."""
    shares = uniforms.ravel()
    found = np.empty_like(shares)
    for start in range(0, shares.size, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        # 0 has no inverse; 2**-53 is the smallest other number that a stream gives.
        found[some] = _inverse(np.maximum(shares[some], 2.0**-53))
    return found.reshape(uniforms.shape)


def _inverse(shares: Floats) -> Floats:
    off = shares - 0.5
    found = off * _ratio(_CENTRAL, _CENTRE**2 - off * off)
    tails = np.flatnonzero(np.abs(off) > _CENTRE)
    share, side = shares[tails], off[tails]
    depth = np.sqrt(-np.log(np.minimum(share, 1 - share)))
    sizes = np.where(depth <= _NEAR, _ratio(_MIDDLE, depth - 1.6), _ratio(_FAR, depth - _NEAR))
    found[tails] = np.copysign(sizes, side)
    return found


def _ratio(coefficients: _Coefficients, r: Floats) -> Floats:
    above, below = (_polynomial(powers, r) for powers in coefficients)
    above /= below
    return above


def _polynomial(powers: tuple[float, ...], r: Floats) -> Floats:
    total = np.full_like(r, powers[0])
    for power in powers[1:]:
        total *= r
        total += power
    return total
