"""A comparison of generators as one HTML page that needs nothing else, and as plain figures."""

from typing import Any, Final

import numpy as np
from markupsafe import Markup

from bridge import __version__
from bridge.quality.comparison import LITTLE, PUBLISHED, REAL, Comparison, GeneratorResult
from bridge.quality.drawing import FLOOR, INK, SYNTHETIC, Chart, single
from bridge.quality.drawing import REAL as REAL_COLOUR
from bridge.quality.labels import label, percent, plain, with_unit
from bridge.quality.report import environment

MOST_DOTS: Final = 700
"""Rows of a scatter plot: more hide each other."""


def render_comparison(found: Comparison, source: str) -> str:
    """Return the report as HTML; `source` says where the rows came from."""
    page = environment().get_template("comparison.html")
    return page.render(
        version=__version__,
        c=found,
        source=source,
        floor=found.results[0],
        published=PUBLISHED,
        repeats=len(found.results[0].areas),
        notes=notes(found),
        areas=Markup(areas(found)),  # noqa: S704  matplotlib escapes what it writes
        pictures=[(name, Markup(svg)) for name, svg in pictures(found)],  # noqa: S704
    )


def table(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and rows of the short table."""
    heads = [
        "",
        "AUC",
        "from to",
        "given conditions",
        "KS",
        "correlations",
        "medians",
        "closer",
        "copies",
        "s",
    ]
    return heads, [
        [
            one.name,
            plain(one.area),
            f"{plain(min(one.areas))} {plain(max(one.areas))}",
            plain(one.matched),
            plain(one.distances[0]),
            plain(one.gaps[0]),
            plain(one.medians),
            percent(one.closest.value, 1),
            f"{one.copies.copied:,}",
            "" if one.seconds is None else plain(one.seconds, 1),
        ]
        for one in found.results
    ]


def notes(found: Comparison) -> list[str]:
    """Say what a reader has to know before believing the figures."""
    parts = found.split
    complete = len(parts.train) + len(parts.test) + len(parts.second)
    said = [f"{name} was not compared: {reason}." for name, reason in found.failed.items()]
    if parts.incomplete:
        lacking = ", ".join(f"{label(name)} {n:,}" for name, n in parts.incomplete.items())
        said.append(
            f"Only rows complete in all columns are used, for all generators alike: {complete:,} "
            f"of {parts.rows:,} (without a value: {lacking})."
        )
    if complete < LITTLE:
        said.append(
            f"{complete:,} rows are little: {len(parts.test):,} are judged, and generators whose "
            f"areas differ by less than {2 * noise(found):.2f} may be alike."
        )
    return said


def noise(found: Comparison) -> float:
    """Return the standard error of an area where nothing can be told (Mann-Whitney's)."""
    n = len(found.split.test)
    return float(np.sqrt((2 * n + 1) / (12 * n**2)))


def areas(found: Comparison) -> str:
    """Draw each generator's areas under the ROC curve, the floor as a line."""
    at = np.arange(len(found.results))[::-1]
    chart = Chart(5.2, 0.33 * len(found.results) + 0.9)
    with chart as figure:
        axes = single(figure)
        floor = found.results[0].area
        error = noise(found)
        axes.axvspan(floor - error, floor + error, color=FLOOR, alpha=0.3, lw=0)
        for place, one in zip(at, found.results, strict=True):
            colour = REAL_COLOUR if one.name == REAL else SYNTHETIC
            axes.plot(one.areas, [place] * len(one.areas), ".", color=colour, alpha=0.5)
            axes.plot(one.area, place, "o", color=colour, markersize=6)
            axes.annotate(
                plain(one.area), (one.area, place), (6, 4), textcoords="offset points", fontsize=7
            )
        axes.axvline(0.5, color=INK, linewidth=0.8)
        axes.set_yticks(at, [one.name for one in found.results])
        axes.set_xlim(0.45, 1.02)
        axes.set_xlabel("area under the ROC curve (0.5: cannot be told apart)")
    return chart.svg("How well each generator's rows are told from real ones")


def pictures(found: Comparison) -> list[tuple[str, str]]:
    """Draw the first two measurements against each other, of the judged people and of each."""
    numbers = [c for c in found.split.columns if c.kind == "number" and not c.condition][:2]
    if len(numbers) < 2:
        return []
    across, up = (column.name for column in numbers)
    ends = [tuple(np.percentile(found.split.test[n], [0.2, 99.8])) for n in (across, up)]
    drawn = []
    for name, frame in {"the judged people": found.split.test, **found.drawn}.items():
        chart = Chart(2.7, 2.4)
        with chart as figure:
            axes = single(figure)
            colour = SYNTHETIC if name in found.drawn and name != REAL else REAL_COLOUR
            some = frame.iloc[:MOST_DOTS]
            axes.plot(some[across], some[up], ".", color=colour, markersize=2.5, alpha=0.6)
            axes.set(xlim=ends[0], ylim=ends[1])
            axes.set(xlabel=with_unit(across), ylabel=with_unit(up))
        drawn.append((name, chart.svg(f"{label(up)} against {label(across)}: {name}")))
    return drawn


def comparison_figures(found: Comparison, source: str) -> dict[str, Any]:
    """Return every figure of the report as JSON values; what is not known is null."""
    parts = found.split
    return {
        "version": __version__,
        "file": source,
        "seed": found.seed,
        "rows": {
            "file": parts.rows,
            "train": len(parts.train),
            "test": len(parts.test),
            "second": len(parts.second),
        },
        "columns": [column.name for column in parts.columns],
        "left_out": dict(parts.left_out),
        "notes": notes(found),
        "real": found.real and found.real._asdict(),
        "generators": [_figures(one) for one in found.results],
        "published": [one._asdict() for one in PUBLISHED],
    }


def _figures(one: GeneratorResult) -> dict[str, Any]:
    figures: dict[str, Any] = {
        **one._asdict(),
        "area": one.area,
        "body": one.body and one.body._asdict(),
        "closest": one.closest._asdict(),
        "copies": {
            "copied": one.copies.copied,
            "rows": one.copies.rows,
            "alike": one.copies.alike,
            "people": one.copies.people,
        },
    }
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in figures.items()
    }
