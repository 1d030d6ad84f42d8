"""Children's growth by age and sex, and who was measured: the two pictures everybody knows."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.flows.columns import Floats
from bridge.quality.frames import Samples, age_years
from bridge.quality.groups import sexes

CENTILES: Final = (3.0, 50.0, 97.0)
FEWEST_AT_AGE: Final = 30
"""The fewest children at one age whose outer centiles are drawn."""
GROWN_YEARS: Final = 20

_GROWS = ("height", "length", "weight", "head", "muac", "arm", "waist", "bmi")
_EDGES = np.concatenate([np.arange(0, 2, 0.25), np.arange(2, GROWN_YEARS + 1, 1.0)])
"""Ages at which a new point begins: by 3 months to 2 years, then by year."""
_PYRAMID_STEP = 5
_OLDEST = 85


class GrowthCurve(NamedTuple):
    """A measurement's centiles by age for one sex: ages in years (k,), values (k, 3) or NaN."""

    measurement: str
    sex: str
    years: Floats
    real: Floats
    synthetic: Floats


class AgePyramids(NamedTuple):
    """The share of each sex and five years of age: first years (k,), shares (sexes, k)."""

    sexes: tuple[str, ...]
    years: Floats
    real: Floats
    synthetic: Floats


def growth_curves(samples: Samples) -> tuple[GrowthCurve, ...]:
    """Return the curves of what grows, where the tables have children; none without ages."""
    names = [
        column.name
        for column in samples.columns
        if column.kind == "number" and not column.condition and column.name.startswith(_GROWS)
    ]
    return tuple(curve for name in names for curve in _curves(samples, name))


def _curves(samples: Samples, name: str) -> Iterator[GrowthCurve]:
    if age_years(samples.real) is None:
        return
    for own, other in zip(
        sexes(samples.real, samples), sexes(samples.synthetic, samples), strict=True
    ):
        real = _centiles(samples.real[own.rows], name)
        synthetic = _centiles(samples.synthetic[other.rows], name)
        drawn = np.isfinite(real).all(axis=1) & np.isfinite(synthetic).all(axis=1)
        if drawn.sum() >= 3:
            middles = (_EDGES[:-1] + _EDGES[1:]) / 2
            yield GrowthCurve(name, own.sex, middles[drawn], real[drawn], synthetic[drawn])


def _centiles(frame: pd.DataFrame, name: str) -> Floats:
    years, values = age_years(frame), frame[name].to_numpy(np.float64)
    at = np.digitize(years if years is not None else values, _EDGES) - 1
    out = np.full((len(_EDGES) - 1, len(CENTILES)), np.nan)
    for place in range(len(out)):
        found = values[(at == place) & np.isfinite(values)]
        if len(found) >= FEWEST_AT_AGE:
            out[place] = np.percentile(found, CENTILES)
    return out


def pyramid(samples: Samples) -> AgePyramids | None:
    """Return the two age pyramids, of whole tables; None without ages and sexes."""
    real, synthetic = (_shares(frame, samples) for frame in (samples.real, samples.synthetic))
    if real is None or synthetic is None:
        return None
    levels = tuple(group.sex for group in sexes(samples.real, samples))
    return AgePyramids(
        levels, np.arange(0, _OLDEST + 1, _PYRAMID_STEP, dtype=float), real, synthetic
    )


def _shares(frame: pd.DataFrame, samples: Samples) -> Floats | None:
    years, groups = age_years(frame), sexes(frame, samples)
    if years is None or not groups:
        return None
    edges = np.append(np.arange(0, _OLDEST + 1, _PYRAMID_STEP), 200)
    counts = np.stack([np.histogram(years[group.rows], edges)[0] for group in groups])
    shares: Floats = counts / max(1, counts.sum())
    return shares
