"""What outputs are conditioned on, as the numbers that the flow's nets read."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.flows.spec import Condition, Output, Spec

Conditions = Mapping[str, NDArray[Any]]
"""By name, n people's: levels of a category (text), a number, or an exact age in months."""

USUAL: Final = ("sex", "gender", "age", "age_years", "age_months", "age_days", "immediacy")
"""Columns that say who was measured, where no spec says which do."""

AGE_BUMPS: Final = 20
NUMBER_BUMPS: Final = 8

DAYS_PER_MONTH: Final = 365.25 / 12


def given_columns(spec: Spec | None) -> tuple[str, ...]:
    """Name the columns that are given, not made: a spec's conditions, without one the usual."""
    return tuple(spec.conditions) if spec else USUAL


def is_given(name: str, conditions: Collection[str]) -> bool:
    """Tell whether a column is one of those that are given: Sex is sex."""
    return name in conditions or name.casefold() in conditions


def features(spec: Spec, conditions: Conditions, count: int) -> Floats:
    """Return the features (F, n) of `count` people; the last is 1, so that there is one."""
    rows: list[Any] = []
    for name, condition in spec.conditions.items():
        rows += _FEATURES[condition.kind](condition, conditions[name])
    return np.stack([*rows, np.ones(count)])


def _of_category(condition: Condition, values: NDArray[Any]) -> list[Any]:
    levels = list(condition.levels)
    if len(levels) == 2 and not condition.unknown:
        return [np.where(values == levels[0], 1.0, -1.0)]
    return [np.where(values == level, 1.0, 0.0) for level in levels]


def _of_number(condition: Condition, values: Floats) -> list[Any]:
    assert condition.low is not None and condition.high is not None
    place = (np.clip(values, condition.low, condition.high) - condition.low) / (
        condition.high - condition.low
    )
    return [2 * place - 1, *_bumps(place, 1.0, NUMBER_BUMPS)]


def _of_age(condition: Condition, months: Floats) -> list[Any]:
    """Bumps lie in log(1 + years): as dense over infancy as over middle age."""
    years = np.minimum(months / 12, condition.oldest)
    warped = np.log1p(years)
    return [
        np.where(years >= condition.oldest, 1.0, 0.0),
        warped - 2.0,
        years / 40 - 1.0,
        *_bumps(warped, float(np.log1p(condition.oldest)), AGE_BUMPS),
    ]


def _bumps(places: Floats, end: float, count: int) -> Floats:
    centres = np.linspace(0.0, end, count)
    bumps: Floats = np.exp(-0.5 * ((places - centres[:, None]) / centres[1]) ** 2)
    return bumps


_FEATURES: Final = {"category": _of_category, "number": _of_number, "age": _of_age}


def own_features(output: Output, conditions: Conditions, count: int) -> Floats:
    """Return the features (F, n) that one output's net has beside all others': its steps."""
    rows = [
        np.where(conditions[name] < step, 1.0, 0.0)
        for name, steps in output.steps.items()
        for step in steps
    ]
    return np.stack(rows) if rows else np.empty((0, count))


def is_measured(output: Output, conditions: Conditions, count: int) -> NDArray[np.bool_]:
    """Tell for which of `count` people (n,) an output is measured at all."""
    measured = np.ones(count, dtype=np.bool_)
    for name, span in output.measured.items():
        values = conditions[name]
        if isinstance(span, list):
            measured &= np.isin(values, span)
            continue
        if span.first is not None:
            measured &= values >= span.first
        if span.below is not None:
            measured &= values < span.below
    return measured
