"""How near the values lie: means, distributions, correlations and medians, each with its floor.

A floor is what a second sample of real people reaches, at the same size and under the same
conditions; see bridge.quality.matching.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from bridge.flows.columns import Floats
from bridge.quality.frames import ComparedColumn, Samples
from bridge.quality.groups import sexes_by_band
from bridge.quality.matching import Trial

FEWEST_IN_CELL: Final = 30
"""The fewest values of a sex and age band whose median is compared."""


class ColumnFidelity(NamedTuple):
    """A column in both tables: whole tables first, then the distance of matched samples.

    `distance` is Kolmogorov-Smirnov's for a number, the total variation for a category; `at_size`
    is the same between matched samples, and `floor` between those and other real people. Means
    and SDs are of a number.
    """

    column: ComparedColumn
    counts: tuple[int, int]
    missing: tuple[float, float]
    means: tuple[float, float] | None
    sds: tuple[float, float] | None
    distance: float
    at_size: float
    floor: float


class Correlations(NamedTuple):
    """Spearman's, of whole tables (D, D), and the mean and largest gap of matched samples."""

    names: tuple[str, ...]
    real: Floats
    synthetic: Floats
    mean_gap: float
    mean_floor: float
    largest_gap: float
    largest_floor: float


class MedianCell(NamedTuple):
    """The medians of one measurement in one sex and age band, of `people` real ones."""

    measurement: str
    sex: str
    band: str
    people: int
    real: float
    synthetic: float


class Medians(NamedTuple):
    """All cells, and their mean gap in standard deviations of the cell, of matched samples."""

    cells: tuple[MedianCell, ...]
    mean_gap: float
    mean_floor: float


class Fidelity(NamedTuple):
    """How near the synthetic values lie to the real."""

    measurements: tuple[ColumnFidelity, ...]
    correlations: Correlations
    medians: Medians


def measure_fidelity(samples: Samples, matched: Sequence[Trial]) -> Fidelity:
    """Compare whole tables, and matched samples with their floor."""
    return Fidelity(
        tuple(_measurement(samples, column, matched) for column in samples.columns),
        _correlations(samples, matched),
        _medians(samples, matched),
    )


def _measurement(
    samples: Samples, column: ComparedColumn, matched: Sequence[Trial]
) -> ColumnFidelity:
    real, synthetic = (
        frame[column.name].to_numpy(np.float64) for frame in (samples.real, samples.synthetic)
    )
    number = column.kind == "number"
    pairs = [
        tuple(frame[column.name].to_numpy(np.float64) for frame in trial[:3]) for trial in matched
    ]
    return ColumnFidelity(
        column=column,
        counts=(int(np.isfinite(real).sum()), int(np.isfinite(synthetic).sum())),
        missing=(float(np.isnan(real).mean()), float(np.isnan(synthetic).mean())),
        means=(float(np.nanmean(real)), float(np.nanmean(synthetic))) if number else None,
        sds=(_sd(real), _sd(synthetic)) if number else None,
        distance=distance(real, synthetic, column),
        at_size=_mean([distance(r, s, column) for r, s, _ in pairs]),
        floor=_mean([distance(r, o, column) for r, _, o in pairs]),
    )


def distance(first: Floats, second: Floats, column: ComparedColumn) -> float:
    """Return Kolmogorov-Smirnov's distance, or the total variation of a category.

    Missing values are left out; NaN where one side has none.
    """
    a, b = first[np.isfinite(first)], second[np.isfinite(second)]
    if not a.size or not b.size:
        return float("nan")
    if column.kind == "number":
        return float(ks_2samp(a, b, method="asymp").statistic)
    codes = np.arange(len(column.levels))
    shares = [(part[:, None] == codes).mean(axis=0) for part in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def spearman(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the rank correlations (D, D) of columns, each of the rows where both are known.

    A column of one value goes with nothing: 0, so that a generator which makes only one is seen.
    """
    columns = frame[list(names)]
    known = columns.notna().astype(np.int64)
    enough = known.T @ known >= FEWEST_IN_CELL
    found = columns.corr("spearman", min_periods=FEWEST_IN_CELL).fillna(0.0).where(enough)
    matrix = found.to_numpy(np.float64, copy=True)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _correlations(samples: Samples, matched: Sequence[Trial]) -> Correlations:
    names = tuple(c.name for c in samples.columns if c.ordered)
    gaps = [
        [
            _gaps(spearman(trial.real, names), spearman(frame, names))
            for frame in (trial.synthetic, trial.other)
        ]
        for trial in matched
    ]
    return Correlations(
        names=names,
        real=spearman(samples.real, names),
        synthetic=spearman(samples.synthetic, names),
        mean_gap=_mean([float(np.mean(own)) for own, _ in gaps if own.size]),
        mean_floor=_mean([float(np.mean(floor)) for _, floor in gaps if floor.size]),
        largest_gap=_mean([float(own.max()) for own, _ in gaps if own.size]),
        largest_floor=_mean([float(floor.max()) for _, floor in gaps if floor.size]),
    )


def _gaps(first: Floats, second: Floats) -> Floats:
    """Return how far the correlations lie apart, one a pair of columns."""
    above = np.triu_indices(len(first), 1)
    gaps: Floats = np.abs(first[above] - second[above])
    return gaps[np.isfinite(gaps)]


def _medians(samples: Samples, matched: Sequence[Trial]) -> Medians:
    numbers = [c.name for c in samples.columns if c.kind == "number" and not c.condition]
    cells = []
    for group, other in zip(
        sexes_by_band(samples.real, samples), sexes_by_band(samples.synthetic, samples), strict=True
    ):
        for name in numbers:
            real, synthetic = (
                _known(frame, name, rows)
                for frame, rows in ((samples.real, group.rows), (samples.synthetic, other.rows))
            )
            if min(len(real), len(synthetic)) >= FEWEST_IN_CELL:
                medians = float(np.median(real)), float(np.median(synthetic))
                cells.append(MedianCell(name, group.sex, group.band, len(real), *medians))
    gaps = [_median_gaps(samples, trial, numbers) for trial in matched]
    return Medians(
        tuple(cells),
        _mean([own for own, _ in gaps]),
        _mean([floor for _, floor in gaps]),
    )


def _median_gaps(samples: Samples, trial: Trial, numbers: Sequence[str]) -> tuple[float, float]:
    """Return the mean gap of the medians, synthetic and floor, in SDs of the real cell."""
    gaps = []
    for group in sexes_by_band(trial.real, samples):
        for name in numbers:
            parts = [_known(frame, name, group.rows) for frame in trial[:3]]
            if len(parts[0]) >= FEWEST_IN_CELL and (sd := float(np.std(parts[0]))):
                real, synthetic, other = (float(np.median(part)) for part in parts)
                gaps.append((abs(synthetic - real) / sd, abs(other - real) / sd))
    return _mean([gap for gap, _ in gaps]), _mean([floor for _, floor in gaps])


def _known(frame: pd.DataFrame, name: str, rows: NDArray[np.bool_]) -> Floats:
    values: Floats = frame[name].to_numpy(np.float64)[rows]
    return values[np.isfinite(values)]


def _sd(values: Floats) -> float:
    found = values[np.isfinite(values)]
    return float(np.std(found, ddof=1)) if len(found) > 1 else 0.0


def _mean(values: Sequence[float]) -> float:
    found = [value for value in values if np.isfinite(value)]
    return float(np.mean(found)) if found else float("nan")
