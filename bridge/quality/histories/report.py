"""An evaluation of histories as one HTML page that needs nothing else, and as plain figures."""

import math
from typing import Any

from bridge import __version__
from bridge.quality.histories.evaluation import HistoryEvaluation
from bridge.quality.histories.measured import Measured
from bridge.quality.histories.pictures import pictures
from bridge.quality.histories.sentences import notes, verdicts
from bridge.quality.labels import plain
from bridge.quality.report import Names, environment

WHOLE = ("centile", "copied", "copied_99")
"""Figures that are numbers of things."""


def shown(one: Measured, value: float) -> str:
    """Write a figure as it is read."""
    return plain(value, 1 if one.kind.key in WHOLE else 3)


def render_histories(found: HistoryEvaluation, names: Names) -> str:
    """Return the report as HTML."""
    page = environment().get_template("histories.html")
    return page.render(
        version=__version__,
        names=names,
        e=found,
        shown=shown,
        verdicts=verdicts(found),
        notes=notes(found),
        charts=pictures(found),
    )


def history_table(found: HistoryEvaluation) -> tuple[list[str], list[list[str]]]:
    """Return the heads and rows of the short table."""
    return ["", "made", "floor", "best", "of"], [
        [
            one.kind.name,
            shown(one, one.value),
            shown(one, one.floor),
            shown(one, one.best),
            f"{one.n:,} {one.kind.counted}",
        ]
        for one in found.measured
    ]


def history_figures(found: HistoryEvaluation, names: Names) -> dict[str, Any]:
    """Return every figure of the report as JSON values; what is not known is null."""
    contents = found.contents
    figures: dict[str, Any] = finite(
        {
            "version": __version__,
            "files": names._asdict(),
            "people": {**found.people, "compared": len(found.made)},
            "seed": found.seed,
            "floor_of_train": found.trained,
            "measures": [measure_figures(one) for one in found.measured],
            "verdicts": [one._asdict() for one in verdicts(found)],
            "notes": notes(found),
            "told_by": [{"feature": name, "share": share} for name, share in found.told.features],
            "onsets": [one._asdict() for one in found.onsets],
            "furthest": [one._asdict() for one in found.furthest],
            "treatments": {
                kind: [one._asdict() for one in pairs] for kind, pairs in found.treatments.items()
            },
            "impossible": {
                name: [one._asdict() for one in getattr(contents, name)]
                for name in contents._fields
            },
            "membership": found.membership and found.membership._asdict(),
        }
    )
    return figures


def measure_figures(one: Measured) -> dict[str, Any]:
    """Return a figure as JSON values."""
    return {
        "key": one.kind.key,
        "name": one.kind.name,
        "value": float(one.value),
        "floor": float(one.floor),
        "best": float(one.best),
        "error": float(one.error),
        "n": one.n,
        "of": one.kind.counted,
        "explained": one.kind.explained,
    }


def finite(value: Any) -> Any:
    """Write NaN, which JSON has not, as null."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
