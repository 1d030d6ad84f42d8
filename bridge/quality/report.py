"""An evaluation as one HTML page that needs nothing else, and as plain figures for scripts."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from jinja2 import Environment
from markupsafe import Markup

from bridge import __version__
from bridge.pages import templates_of
from bridge.quality import plots
from bridge.quality.evaluation import Evaluation
from bridge.quality.fidelity import MedianCell
from bridge.quality.indicators import GOAL, Indicator, Match
from bridge.quality.labels import label, percent, plain, short, signed, with_unit
from bridge.quality.people import People
from bridge.quality.privacy_audit import PrivacyAudit
from bridge.quality.verdicts import shortcomings, verdicts


class Names(NamedTuple):
    """What the report calls the tables: where they came from."""

    real: str
    synthetic: str
    train: str | None = None


def render(evaluation: Evaluation, names: Names, audit: PrivacyAudit | None = None) -> str:
    """Return the report as HTML; without the attacks it says that privacy was not measured."""
    page = environment().get_template("report.html")
    return page.render(
        version=__version__,
        names=names,
        e=evaluation,
        goal=GOAL,
        verdicts=verdicts(evaluation),
        shortcomings=shortcomings(evaluation),
        charts=_charts(evaluation),
        indicators=_by_definition(evaluation),
        medians=_by_measurement(evaluation),
        sources=sorted({one.real.definition.source for one in evaluation.match.indicators}),
        privacy=Markup(audit.html) if audit else None,  # noqa: S704  a template made it
    )


def environment() -> Environment:
    """Return the templates of the room and the words they share."""
    filters = (label, with_unit, plain, short, signed, percent)
    return templates_of("bridge.quality", {words.__name__: words for words in filters})


def _charts(evaluation: Evaluation) -> dict[str, list[Markup]]:
    """Draw every chart that the tables have the columns for."""
    samples, test = evaluation.samples, evaluation.two_sample
    tests = [one for one in (test.overall, *test.groups) if one]
    drawn: dict[str, Iterator[str]] = {
        "densities": (plots.density(samples, column) for column in samples.columns),
        "quantiles": (
            plots.quantiles(samples, column)
            for column in samples.columns
            if column.kind == "number" and not column.condition
        ),
        "scatter": (
            plots.scatter_matrix(numbers, samples, seed=evaluation.matching.seed)
            for numbers in [[c for c in samples.columns if c.kind == "number"]]
            if len(numbers) > 1
        ),
        "correlations": (
            plots.correlation_map(found)
            for found in [evaluation.fidelity.correlations]
            if len(found.names) > 1
        ),
        "areas": (plots.areas(some) for some in [tests] if some),
        "pyramid": (plots.age_pyramid(found) for found in [evaluation.pyramid] if found),
        "growth": (plots.growth(curve) for curve in evaluation.growth),
        "usefulness": (plots.taught(some) for some in [evaluation.usefulness] if some),
    }
    return {
        name: [Markup(svg) for svg in charts]  # noqa: S704  matplotlib escapes what it writes
        for name, charts in drawn.items()
    }


class IndicatorChart(NamedTuple):
    """One health indicator: its name, source and chart, and how many values lie inside."""

    name: str
    inside: int
    all: int
    chart: Markup


def _by_definition(evaluation: Evaluation) -> list[IndicatorChart]:
    by_name: dict[str, list[Indicator]] = {}
    for one in evaluation.match.indicators:
        by_name.setdefault(one.real.definition.name, []).append(one)
    found = []
    for name, some in by_name.items():
        chart = Markup(plots.prevalences(some))  # noqa: S704  matplotlib escapes what it writes
        found.append(IndicatorChart(name, sum(one.inside for one in some), len(some), chart))
    return found


def _by_measurement(evaluation: Evaluation) -> dict[str, list[MedianCell]]:
    cells = evaluation.fidelity.medians.cells
    names = dict.fromkeys(cell.measurement for cell in cells)
    return {name: [cell for cell in cells if cell.measurement == name] for name in names}


def figures(
    evaluation: Evaluation, names: Names, audit: PrivacyAudit | None = None
) -> dict[str, Any]:
    """Return every figure of the report as JSON values; what is not known is null."""
    fidelity = evaluation.fidelity
    found = {
        "version": __version__,
        "files": names._asdict(),
        "rows": {
            "real": len(evaluation.samples.real),
            "synthetic": len(evaluation.samples.synthetic),
        },
        "left_out": dict(evaluation.samples.left_out),
        "matching": evaluation.matching._asdict(),
        "people": _people(evaluation.people),
        "verdicts": [verdict._asdict() for verdict in verdicts(evaluation)],
        "shortcomings": shortcomings(evaluation),
        "sets": [one._asdict() for one in evaluation.sets],
        "two_sample": {
            "overall": _json(evaluation.two_sample.overall),
            "groups": [_json(group) for group in evaluation.two_sample.groups],
            "unsnapped": _json(evaluation.two_sample.unsnapped),
        },
        "measurements": [
            {**_json(one), "column": one.column.name} for one in fidelity.measurements
        ],
        "correlations": {
            **_json(fidelity.correlations),
            "real": fidelity.correlations.real.tolist(),
            "synthetic": fidelity.correlations.synthetic.tolist(),
        },
        "medians": {
            **_json(fidelity.medians),
            "cells": [_json(cell) for cell in fidelity.medians.cells],
        },
        "match": _match(evaluation.match),
        "usefulness": [_json(one) for one in evaluation.usefulness],
        "privacy": audit and _plain(audit.privacy),
    }
    known: dict[str, Any] = _finite(found)
    return known


def _plain(value: Any) -> Any:
    """Return named tuples, whatever is inside them, as mappings."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def _json(value: Any) -> Any:
    return None if value is None else value._asdict()


def _people(people: People | None) -> dict[str, Any] | None:
    return people and {
        "conditions": [{**_json(one), "column": one.column.name} for one in people.columns],
        "together": _json(people.together),
        "partners": [_json(one) for one in people.partners],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "share": match.share,
        "at_size": match.at_size,
        "floor": match.floor,
        "goal": GOAL,
        "indicators": [_indicator(one) for one in match.indicators],
    }


def _indicator(one: Indicator) -> dict[str, Any]:
    return {
        "name": one.real.definition.name,
        "sex": one.real.sex,
        "band": one.real.band,
        "real": one.real.share,
        "low": one.low,
        "high": one.high,
        "synthetic": one.synthetic.share,
        "inside": one.inside,
    }


def _finite(value: Any) -> Any:
    """Write NaN, which JSON has not, as null."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
