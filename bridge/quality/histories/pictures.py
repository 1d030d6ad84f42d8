"""Charts of made histories beside real ones."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from bridge.quality.drawing import FLOOR, INK, REAL, SYNTHETIC, Chart, single
from bridge.quality.histories import times
from bridge.quality.histories.evaluation import HistoryEvaluation
from bridge.quality.histories.frequencies import frequencies
from bridge.quality.histories.records import Floats, Records
from bridge.quality.histories.treatment import Given

MOST_DOTS: Final = 4_000
LOWEST: Final = 1e-3
"""What is rarer is drawn on the axis."""


_PLAIN: Final = FuncFormatter(lambda value, place: f"{value:g}")
"""Powers of ten as numbers: matplotlib's own words for them are mathematics, which is off."""


def pictures(found: HistoryEvaluation) -> dict[str, list[Markup]]:
    """Draw every chart, by where it stands in the report."""
    real, made, other = (frequencies(one) for one in (found.real, found.made, found.other))
    drawn = {
        "often": [
            _shares("prevalence of codes", real.prevalence, made.prevalence, other.prevalence),
            _pairs("pairs in a visit, times a person", real.in_visit, made.in_visit),
            _pairs("pairs in a life", real.in_life, made.in_life),
        ],
        "when": [
            _steps("days to the next visit", [times.gaps(r) for r in _three(found)], log=True),
            _steps(
                "visits and days of history a person",
                [times.contacts_each(r) for r in _three(found)],
                log=False,
            ),
            _by_age(found),
            _onsets(found.onsets),
        ],
        "done": [
            _given(f"{kind} given the diagnosis", pairs)
            for kind, pairs in found.treatments.items()
            if pairs
        ],
    }
    return {
        name: [Markup(svg) for svg in charts]  # noqa: S704  matplotlib escapes what it writes
        for name, charts in drawn.items()
    }


def _three(found: HistoryEvaluation) -> Sequence[Records]:
    return found.real, found.made, found.other


def _shares(what: str, real: Floats, made: Floats, other: Floats) -> str:
    chart = Chart(3.3, 3.1)
    with chart as figure:
        axes = single(figure)
        _even(axes)
        axes.plot(_shown(real), _shown(other), ".", color=FLOOR, markersize=4, alpha=0.6)
        axes.plot(_shown(real), _shown(made), ".", color=SYNTHETIC, markersize=5, alpha=0.8)
        _log(axes, "real", what)
    return chart.svg(f"{what}: made against real, floor grey")


def _pairs(what: str, real: Any, made: Any) -> str:
    both = (real + made).tocoo()
    place = np.random.default_rng(0).permutation(both.nnz)[:MOST_DOTS]
    rows, columns = both.row[place], both.col[place]
    one, other = (np.asarray(t.tocsr()[rows, columns]).ravel() for t in (real, made))
    chart = Chart(3.3, 3.1)
    with chart as figure:
        axes = single(figure)
        _even(axes)
        axes.plot(
            _shown(one),
            _shown(other),
            ".",
            color=SYNTHETIC,
            markersize=2,
            alpha=0.4,
            rasterized=True,
        )
        _log(axes, "real", what)
    return chart.svg(f"{what}: made against real")


def _even(axes: Axes) -> None:
    axes.axline((LOWEST, LOWEST), (1, 1), color=REAL, linewidth=1)


def _shown(shares: Floats) -> Floats:
    return np.maximum(shares, LOWEST)


def _log(axes: Axes, across: str, up: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(_PLAIN)
    axes.yaxis.set_major_formatter(_PLAIN)
    axes.set_xlabel(across)
    axes.set_ylabel(up)


def _steps(what: str, values: Sequence[Floats], *, log: bool) -> str:
    """Draw the share of values up to each, of real, made and the floor's people."""
    chart = Chart(3.6, 2.6)
    with chart as figure:
        axes = single(figure)
        for some, colour in zip(values, (REAL, SYNTHETIC, FLOOR), strict=True):
            if len(some):
                ordered = np.quantile(some, np.linspace(0, 1, 201))
                axes.plot(
                    np.maximum(ordered, 0.1) if log else ordered,
                    np.linspace(0, 1, 201),
                    color=colour,
                    drawstyle="steps-post",
                )
        if log:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(_PLAIN)
        axes.set_xlabel(what)
        axes.set_ylabel("share up to")
    return chart.svg(f"{what}: real, made and floor")


def _by_age(found: HistoryEvaluation) -> str:
    chart = Chart(3.6, 2.6)
    with chart as figure:
        axes = single(figure)
        edges = [f"{low:g}-{high:g}" for low, high in zip(*_edges(), strict=True)]
        at = np.arange(len(edges))
        for shift, records, colour in zip(
            (-0.25, 0, 0.25), _three(found), (REAL, SYNTHETIC, FLOOR), strict=True
        ):
            axes.bar(at + shift, times.visits_a_year(records), 0.24, color=colour)
        axes.set_xticks(at, edges)
        axes.set_xlabel("age, years")
        axes.set_ylabel("visits a year")
    return chart.svg("Visits a year by age: real, made and floor")


def _edges() -> tuple[Sequence[float], Sequence[float]]:
    return times.AGE_BANDS[:-1], times.AGE_BANDS[1:]


def _onsets(onsets: Sequence[times.Onset]) -> str:
    chart = Chart(4.6, 0.26 * max(1, len(onsets)) + 0.9)
    with chart as figure:
        axes = single(figure)
        at = np.arange(len(onsets))[::-1]
        axes.plot([one.distance for one in onsets], at, "o", color=SYNTHETIC, markersize=5)
        axes.set_yticks(at, [f"{one.word[:34]} ({one.people})" for one in onsets])
        axes.set_xlim(0, 1)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel("KS of ages (real people with it)")
    return chart.svg("How far the ages at first diagnosis are apart")


def _given(what: str, pairs: Sequence[Given]) -> str:
    chart = Chart(3.3, 3.1)
    with chart as figure:
        axes = single(figure)
        axes.axline((0, 0), (1, 1), color=REAL, linewidth=1)
        real, made = ([getattr(p, name) for p in pairs] for name in ("real", "other"))
        axes.plot(real, made, ".", color=SYNTHETIC, markersize=5, alpha=0.7)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="real", ylabel=what)
    return chart.svg(f"{what}: made against real")
