"""The report's charts, each a small picture of its own so that a phone shows them one by one."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from bridge.flows.columns import Floats
from bridge.quality.drawing import FLOOR, INK, REAL, SYNTHETIC, Chart, single
from bridge.quality.fidelity import Correlations
from bridge.quality.frames import ComparedColumn, Samples
from bridge.quality.growth import CENTILES, AgePyramids, GrowthCurve
from bridge.quality.indicators import Indicator
from bridge.quality.labels import label, percent, plain, signed, with_unit
from bridge.quality.two_sample import Distinction
from bridge.quality.usefulness import Usefulness

MOST_DRAWN: Final = 1_500
"""Points of one sample in a scatter plot: more hide each other."""
MOST_SCATTERED: Final = 6

_BINS = 60
_SEXES = {"F": "girls", "M": "boys"}


def density(samples: Samples, column: ComparedColumn) -> str:
    """Draw a column's two distributions over each other."""
    real, synthetic = _both(samples, column.name)
    chart = Chart()
    with chart as figure:
        axes = single(figure)
        axes.set_xlabel(with_unit(column.name))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        if column.kind == "category":
            _bars(axes, column, real, synthetic)
        else:
            _histograms(axes, real, synthetic, column.step)
    return chart.svg(f"Distribution of {label(column.name)}, real and synthetic")


def _both(samples: Samples, name: str) -> tuple[Floats, Floats]:
    real, synthetic = (
        frame[name].to_numpy(np.float64) for frame in (samples.real, samples.synthetic)
    )
    return real[np.isfinite(real)], synthetic[np.isfinite(synthetic)]


def _histograms(axes: Axes, real: Floats, synthetic: Floats, step: float | None) -> None:
    edges = bin_edges(np.concatenate([real, synthetic]), step).tolist()
    axes.hist(real, edges, density=True, color=REAL, alpha=0.4)
    axes.hist(synthetic, edges, density=True, color=SYNTHETIC, histtype="step", linewidth=1.6)


def bin_edges(values: Floats, step: float | None) -> Floats:
    """Return edges of equal bins over nearly all values, whole steps of the grid wide."""
    low, high = np.percentile(values, [0.1, 99.9])
    width = (high - low) / _BINS or 1.0
    if step:
        width = max(1.0, np.ceil(width / step - 1e-9)) * step
        low = np.floor(low / step) * step - step / 2
    edges: Floats = low + width * np.arange(np.ceil((high - low) / width) + 1)
    return edges


def _bars(axes: Axes, column: ComparedColumn, real: Floats, synthetic: Floats) -> None:
    at = np.arange(len(column.levels))
    for values, colour, side in ((real, REAL, -0.2), (synthetic, SYNTHETIC, 0.2)):
        shares = (values[:, None] == at).mean(axis=0)
        axes.bar(at + side, shares, 0.4, color=colour, alpha=0.75)
    axes.set_xticks(at, column.levels, rotation=45 if len("".join(column.levels)) > 40 else 0)


def quantiles(samples: Samples, column: ComparedColumn) -> str:
    """Draw a number's synthetic quantiles against the real ones."""
    shares = np.concatenate([[0.1, 0.5], np.arange(1, 100), [99.5, 99.9]])
    real, synthetic = (np.percentile(values, shares) for values in _both(samples, column.name))
    ends = min(real[0], synthetic[0]), max(real[-1], synthetic[-1])
    chart = Chart(2.7, 2.6)
    with chart as figure:
        axes = single(figure)
        axes.axline((ends[0], ends[0]), (ends[1], ends[1] + 1e-9), color=REAL, linewidth=1)
        axes.plot(real, synthetic, ".", color=SYNTHETIC, markersize=4)
        axes.set_xlabel(f"real {with_unit(column.name)}")
        axes.set_ylabel("synthetic")
        axes.set_aspect("equal", "datalim")
    return chart.svg(f"Quantiles of {label(column.name)}, synthetic against real")


def scatter_matrix(columns: Sequence[ComparedColumn], samples: Samples, *, seed: int) -> str:
    """Draw the first numbers against each other: real above the diagonal, synthetic below."""
    numbers = columns[:MOST_SCATTERED]
    rng = np.random.default_rng(seed)
    drawn = [_some(frame, rng) for frame in (samples.real, samples.synthetic)]
    size = len(numbers)
    chart = Chart(1.35 * size, 1.3 * size)
    with chart as figure:
        figure.set_layout_engine("none")  # to fit so many axes takes longer than to draw them
        edges = {"left": 0.05, "right": 0.995, "bottom": 0.05, "top": 0.995}
        spaces = {"wspace": 0.06, "hspace": 0.06}
        grid = figure.subplots(size, size, squeeze=False, gridspec_kw=edges | spaces)
        for row, below in enumerate(numbers):
            for place, across in enumerate(numbers):
                axes = grid[row, place]
                _cell(axes, samples, drawn, row, place, (across, below))
                axes.set(xticks=[], yticks=[])
                if row == size - 1:
                    axes.set_xlabel(with_unit(across.name), fontsize=8)
                if place == 0:
                    axes.set_ylabel(with_unit(below.name), fontsize=8)
    return chart.svg("Scatter plots of all pairs: real above the diagonal, synthetic below")


def _some(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))[:MOST_DRAWN]]


def _cell(
    axes: Axes,
    samples: Samples,
    drawn: Sequence[pd.DataFrame],
    row: int,
    place: int,
    columns: tuple[ComparedColumn, ComparedColumn],
) -> None:
    across, below = columns
    if row == place:
        _histograms(axes, *_both(samples, across.name), across.step)
        return
    frame, colour = (drawn[0], REAL) if place > row else (drawn[1], SYNTHETIC)
    axes.plot(
        frame[across.name],
        frame[below.name],
        ".",
        color=colour,
        markersize=1.5,
        alpha=0.4,
        rasterized=True,
    )
    axes.set_xlim(*_range(samples, across.name))
    axes.set_ylim(*_range(samples, below.name))


def _range(samples: Samples, name: str) -> tuple[float, float]:
    values = np.concatenate(_both(samples, name))
    low, high = np.percentile(values, [0.05, 99.95])
    edge = 0.05 * (high - low) or 1.0
    return float(low - edge), float(high + edge)


def correlation_map(found: Correlations) -> str:
    """Draw the rank correlations above the diagonal, synthetic less real below it."""
    size = len(found.names)
    gap = found.synthetic - found.real
    chart = Chart(0.62 * size + 1.4, 0.5 * size + 1.1)
    with chart as figure:
        axes = single(figure)
        axes.grid(visible=False)
        for row in range(size):
            for place in range(size):
                value = found.real[row, place] if place > row else gap[row, place]
                if row != place and np.isfinite(value):
                    _tile(axes, row, place, float(value), upper=place > row)
        names = [label(name) for name in found.names]
        axes.set_xticks(range(size), names, rotation=40, ha="right")
        axes.set_yticks(range(size), names)
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
    return chart.svg("Rank correlations: real above the diagonal, synthetic less real below")


def _tile(axes: Axes, row: int, place: int, value: float, *, upper: bool) -> None:
    """Draw one correlation; a difference of .2 has the full colour."""
    colour = INK if upper else SYNTHETIC if value > 0 else REAL
    strength = 0.3 * abs(value) if upper else min(1.0, abs(value) / 0.2) * 0.85
    square = Rectangle((place - 0.48, row - 0.46), 0.96, 0.92, color=colour, alpha=strength, lw=0)
    axes.add_patch(square)
    text = f"{value:.2f}" if upper else signed(value, 2)
    axes.text(place, row, text, ha="center", va="center", fontsize=8)


def areas(tests: Sequence[Distinction]) -> str:
    """Draw each group's area under the ROC curve beside its floor."""
    at = np.arange(len(tests))[::-1]
    chart = Chart(5.2, 0.33 * len(tests) + 0.9)
    with chart as figure:
        axes = single(figure)
        floor, own = (np.array([getattr(t, name) for t in tests]) for name in ("floor", "auc"))
        axes.hlines(at, floor, own, color=FLOOR, linewidth=1)
        axes.errorbar(
            floor,
            at,
            xerr=[t.noise for t in tests],
            fmt="D",
            color=FLOOR,
            markersize=4,
            elinewidth=4,
            alpha=0.45,
        )
        axes.plot(own, at, "o", color=SYNTHETIC, markersize=6)
        axes.axvline(0.5, color=INK, linewidth=0.8)
        axes.set_yticks(at, [test.group for test in tests])
        axes.set_ylim(-0.6, len(tests) - 0.4)
        axes.set_xlabel("area under the ROC curve (0.5: cannot be told apart)")
    return chart.svg("How well each group is told apart, beside its floor")


def growth(curve: GrowthCurve) -> str:
    """Draw a measurement's centiles by age, of one sex."""
    chart = Chart(3.6, 2.8)
    with chart as figure:
        axes = single(figure)
        axes.fill_between(
            curve.years, curve.real[:, 0], curve.real[:, 2], color=REAL, alpha=0.15, lw=0
        )
        for k in range(len(CENTILES)):
            axes.plot(curve.years, curve.real[:, k], color=REAL, linewidth=2 if k == 1 else 1)
            axes.plot(curve.years, curve.synthetic[:, k], "--", color=SYNTHETIC, linewidth=1.5)
        axes.set_title(_SEXES.get(curve.sex, curve.sex))
        axes.set_xlabel("age (years)")
        axes.set_ylabel(with_unit(curve.measurement))
    return chart.svg(f"{label(curve.measurement)} by age, {_SEXES.get(curve.sex, curve.sex)}")


def age_pyramid(found: AgePyramids) -> str:
    """Draw who was measured: real as bars, synthetic as outlines."""
    chart = Chart()
    height = found.years[1] - found.years[0]
    with chart as figure:
        axes = single(figure)
        for k, side in enumerate((-1, 1)):
            axes.barh(
                found.years, side * found.real[k], height, align="edge", color=REAL, alpha=0.45
            )
            axes.stairs(
                side * found.synthetic[k],
                np.append(found.years, found.years[-1] + height),
                orientation="horizontal",
                color=SYNTHETIC,
                linewidth=1.6,
            )
        widest = 1.1 * max(found.real.max(), found.synthetic.max())
        axes.set_xlim(-widest, widest)
        axes.xaxis.set_major_formatter(lambda value, _: percent(abs(value)))
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_ylabel("age (years)")
        axes.set_xlabel("   |   ".join({"F": "female", "M": "male"}.get(s, s) for s in found.sexes))
    return chart.svg("Age pyramids, real and synthetic")


def prevalences(indicators: Sequence[Indicator]) -> str:
    """Draw one health indicator: the real 95 % intervals and the synthetic values."""
    bands = list(dict.fromkeys(one.real.band for one in indicators))
    sexes = list(dict.fromkeys(one.real.sex for one in indicators))
    chart = Chart(3.6, 2.5)
    with chart as figure:
        axes = single(figure)
        for one in indicators:
            shift = (sexes.index(one.real.sex) - (len(sexes) - 1) / 2) * 0.34
            at = bands.index(one.real.band) + shift
            axes.plot([at, at], [one.low, one.high], color=REAL, linewidth=7, alpha=0.35)
            axes.plot([at - 0.1, at + 0.1], [one.real.share] * 2, color=REAL, linewidth=2)
            face = SYNTHETIC if one.inside else "none"
            axes.plot(
                at, one.synthetic.share, "o", color=SYNTHETIC, markerfacecolor=face, clip_on=False
            )
            axes.annotate(
                one.real.sex,
                (at, 1),
                xycoords=("data", "axes fraction"),
                fontsize=7,
                ha="center",
                va="top",
            )
        axes.set_xticks(range(len(bands)), bands)
        axes.set_xlabel("age (years)" if any(bands) else "")
        highest = 1.15 * max(max(one.high, one.synthetic.share) for one in indicators)
        axes.set_ylim(0, highest)
        axes.yaxis.set_major_formatter(lambda value, _: percent(value, int(highest < 0.05)))
    return chart.svg(f"Prevalence of {indicators[0].real.definition.name} by age and sex")


def taught(found: Sequence[Usefulness]) -> str:
    """Draw what is learnt from synthetic rows beside what is learnt from real ones."""
    at = np.arange(len(found))[::-1]
    chart = Chart(5.2, 0.36 * len(found) + 0.9)
    with chart as figure:
        axes = single(figure)
        for name, colour, side in (("from_real", REAL, 0.18), ("from_synthetic", SYNTHETIC, -0.18)):
            values = [max(0.0, getattr(one, name)) for one in found]
            axes.barh(at + side, values, 0.34, color=colour, alpha=0.8)
            for place, one in zip(at, found, strict=True):
                value = getattr(one, name)
                axes.text(
                    max(0.0, value) + 0.01, place + side, plain(value, 2), va="center", fontsize=7
                )
        axes.set_yticks(at, [f"{label(one.name)} ({one.measure})" for one in found])
        axes.set_xlim(0, 1.08)
        axes.grid(visible=False, axis="y")
    return chart.svg("How well models foretell real values, learnt from synthetic or real rows")
