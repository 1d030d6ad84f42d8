"""A comparison of generators of histories as one HTML page, and as plain figures."""

from typing import Any, Final

import numpy as np
from markupsafe import Markup

from bridge import __version__
from bridge.quality.drawing import FLOOR, INK, SYNTHETIC, Chart, single
from bridge.quality.histories.comparison import LITTLE, HistoryComparison, HistoryResult
from bridge.quality.histories.measured import KINDS, Measured
from bridge.quality.histories.report import finite, measure_figures, shown
from bridge.quality.labels import percent, plain
from bridge.quality.report import environment

COLUMNS: Final = {
    "prevalence": "prevalence",
    "in_visit": "in a visit",
    "in_life": "in a life",
    "visit_to_visit": "visit to visit",
    "gaps": "gaps",
    "onset": "onset",
    "a_year": "a year",
    "each": "a patient",
    "drug": "drug|dx",
    "test": "test|dx",
    "told": "AUC",
    "copied": "copied",
    "membership": "member",
}
"""The figures of the short table, and their heads."""

FLOOR_NAME: Final = "floor: other real people"


def render_history_comparison(found: HistoryComparison, source: str) -> str:
    """Return the report as HTML; `source` says where the people came from."""
    page = environment().get_template("histories_comparison.html")
    return page.render(
        version=__version__,
        c=found,
        source=source,
        kinds=KINDS,
        floor=_by_key(found),
        shown=shown,
        ranged=ranged,
        fits=len(found.results[0].fits),
        notes=comparison_notes(found),
        areas=Markup(_areas(found)),  # noqa: S704  matplotlib escapes what it writes
    )


def history_comparison_table(found: HistoryComparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and rows of the short table: means over the fits."""
    floor = _by_key(found)
    heads = ["", *COLUMNS.values(), "impossible", "broken", "s to learn", "made a s"]
    rows = [[FLOOR_NAME, *(shown(floor[key], floor[key].floor) for key in COLUMNS), "", "", "", ""]]
    for one in found.results:
        rows.append(
            [
                one.name,
                *(shown(floor[key], one.mean(key)) for key in COLUMNS),
                percent(one.impossible(), 1),
                broken(one),
                plain(float(np.mean([fit.learning for fit in one.fits])), 0),
                f"{made_a_second(one):,.0f}",
            ]
        )
    return heads, rows


def broken(one: HistoryResult) -> str:
    """Write the share of tokens that the grammar forbids, of a generator that can draw such."""
    shares = [fit.broken for fit in one.fits if fit.broken is not None]
    return percent(float(np.mean(shares)), 1) if shares else ""


def made_a_second(one: HistoryResult) -> float:
    """Return how many people it makes in a second of one processor."""
    return float(np.mean([fit.made / max(fit.making, 1e-9) for fit in one.fits]))


def ranged(one: HistoryResult, kind: Measured) -> str:
    """Write the mean of a figure, and from where to where it goes over the fits."""
    values = one.values(kind.kind.key)
    said = shown(kind, float(np.mean(values)))
    if len(values) == 1:
        return said
    return f"{said} ({shown(kind, min(values))} to {shown(kind, max(values))})"


def comparison_notes(found: HistoryComparison) -> list[str]:
    """Say what a reader has to know before believing the figures."""
    said = [f"{name} was not compared: {reason}." for name, reason in found.failed.items()]
    if len(found.results[0].fits) == 1:
        said.append(
            "Each learnt once: how far a generator differs from fit to fit is not shown "
            "(--fits 3 shows it, in three times the time)."
        )
    error = _by_key(found)["told"].error
    if found.train + found.test < LITTLE and np.isfinite(error):
        said.append(f"{found.train + found.test:,} people are little.")
    if np.isfinite(error):
        said.append(f"Areas that differ by less than {2 * error:.2f} may be alike.")
    return said


def history_comparison_figures(found: HistoryComparison, source: str) -> dict[str, Any]:
    """Return every figure of the report as JSON values; what is not known is null."""
    figures: dict[str, Any] = finite(
        {
            "version": __version__,
            "file": source,
            "seed": found.seed,
            "people": {"train": found.train, "test": found.test},
            "left_out": dict(found.dropped),
            "notes": comparison_notes(found),
            "floor": {one.kind.key: float(one.floor) for one in found.floor},
            "generators": [_figures(one) for one in found.results],
            "failed": dict(found.failed),
        }
    )
    return figures


def _figures(one: HistoryResult) -> dict[str, Any]:
    return {
        "name": one.name,
        "explained": one.explained,
        "impossible": one.impossible(),
        "made_a_second": made_a_second(one),
        "fits": [
            {
                "seconds": fit.learning,
                "broken": fit.broken,
                "measures": [measure_figures(m) for m in fit.evaluation.measured],
                "impossible": [i._asdict() for i in fit.evaluation.contents.made],
                "told_by": [list(pair) for pair in fit.evaluation.told.features],
            }
            for fit in one.fits
        ],
    }


def _by_key(found: HistoryComparison) -> dict[str, Measured]:
    return {one.kind.key: one for one in found.floor}


def _areas(found: HistoryComparison) -> str:
    """Draw each generator's areas under the ROC curve, the floor as a bar."""
    told = _by_key(found)["told"]
    at = np.arange(len(found.results))[::-1]
    chart = Chart(5.4, 0.33 * len(found.results) + 0.9)
    with chart as figure:
        axes = single(figure)
        low, high = told.floor - told.error, told.floor + told.error
        axes.axvspan(low, high, color=FLOOR, alpha=0.3, lw=0)
        for place, one in zip(at, found.results, strict=True):
            values = one.values("told")
            axes.plot(values, [place] * len(values), ".", color=SYNTHETIC, alpha=0.5)
            mean = float(np.mean(values))
            axes.plot(mean, place, "o", color=SYNTHETIC, markersize=6)
            axes.annotate(
                plain(mean), (mean, place), (6, 4), textcoords="offset points", fontsize=7
            )
        axes.axvline(0.5, color=INK, linewidth=0.8)
        axes.set_yticks(at, [one.name for one in found.results])
        axes.set_xlim(0.45, 1.04)
        axes.set_xlabel("area under the ROC curve (0.5: cannot be told apart)")
    return chart.svg("How well each generator's histories are told from real ones")
