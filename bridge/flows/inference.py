"""What a table's columns seem to be: the spec that `bridge train` starts from."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.errors import InputError
from bridge.flows.columns import Floats, most_cells
from bridge.flows.conditions import USUAL, is_given
from bridge.flows.spec import Spec, Unit
from bridge.flows.table import MONTHS
from bridge.tables.column_names import units_in
from bridge.tables.doubts import far_codes
from bridge.tables.identifiers import who_it_names

ON_GRID: Final = 0.995
"""The share of values that must lie on a grid; the rest are slips and conversions."""

MOST_LEVELS: Final = 50
FEW_LEVELS: Final = 10
FEWEST_OF_A_LEVEL: Final = 5
"""A column whose levels are rarer than this for the most part says who somebody is."""

FEW_NUMBERS: Final = 10
"""A whole number with no more distinct values than this is a code or a grade, no measurement."""

FEWEST_WITHOUT: Final = 20
"""People beyond the first or last age with a value, from which on it is missing by design."""

_FINE: Final = 100
"""Cells from which on a positive column's scores are its logarithm (Output.spread)."""

_STEPS = sorted((n * 10.0**e for n in (1, 2, 5) for e in range(-4, 3)), reverse=True)
_UNITS: Final[Mapping[str, Unit]] = {"months": "month", "days": "day"}


NONE_SAID: Final[Mapping[str, Any]] = MappingProxyType({})


class Inferred(NamedTuple):
    """A spec, and why other columns are not in it."""

    spec: Spec
    left_out: Mapping[str, str]


def infer_spec(
    frame: pd.DataFrame,
    conditions: Sequence[str] = USUAL,
    *,
    units: Mapping[str, str] = NONE_SAID,
    oldest: Mapping[str, float] = NONE_SAID,
) -> Inferred:
    """Say what the columns of a table seem to be; raises InputError if none is a measurement.

    `units` and `oldest` are what its cells said (ReadTable).
    """
    left_out: dict[str, str] = {}
    given: dict[str, Any] = {}
    made: dict[str, Any] = {}
    for name in map(str, frame.columns):
        if reason := not_a_measurement(name, frame[name]) or _too_fine(frame[name]):
            left_out[name] = reason
        elif is_given(name, conditions):
            given[name] = _condition(name, frame[name], oldest.get(name))
        else:
            made[name] = _output(name, frame[name], units.get(name))
    if not made:
        why = "; ".join(f"{name} {reason}" for name, reason in left_out.items())
        raise InputError(
            f"no column of the table is a measurement that a model could make ({why or 'no other'})"
        )
    for name, output in made.items():
        output["measured"] = _measured(frame, name, given)
    spec = {"conditions": given, "outputs": made, "gaps": "learn"}
    return Inferred(Spec.model_validate(spec), left_out)


def not_a_measurement(name: str, values: pd.Series) -> str | None:
    """Say why a column is neither a condition nor an output, if it is not."""
    values = values.dropna()
    if values.empty:
        return "has no values"
    words = values if is_number(values) else as_words(values)
    counts = words.value_counts()
    if len(counts) == 1:
        return "has one value only"
    if reason := who_it_names(name, values):
        return reason
    if is_number(values):
        return None
    rare = int((counts < FEWEST_OF_A_LEVEL).sum())
    if len(counts) > MOST_LEVELS or (len(counts) > FEW_LEVELS and rare > len(counts) / 2):
        return "is free text or identifies rows"
    return None


def _too_fine(values: pd.Series) -> str | None:
    """Say that a column of numbers has a finer grid than its rows can teach."""
    if is_category(values):
        return None
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    numbers = numbers[~np.isin(numbers, far_codes(numbers))]  # they are doubts of their own
    step = find_step(numbers) or _coarse(numbers)
    cells = np.ptp(numbers) / step
    most = most_cells(len(numbers))
    if cells > most:
        return (
            f"spans {cells:,.0f} steps of {step:g}, and {len(numbers):,} values teach {most:,} "
            "(give a coarser step, or bounds, in a spec)"
        )
    return None


def is_number(values: pd.Series) -> bool:
    """Tell whether a column holds numbers."""
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def is_category(values: pd.Series) -> bool:
    """Tell whether a column holds words, or whole numbers that are codes or grades."""
    known = values.dropna()
    return not is_number(values) or (
        known.nunique() <= FEW_NUMBERS and bool((known % 1 == 0).all())
    )


def as_words(values: pd.Series) -> pd.Series:
    """Write values as words; a grade is the same word whether a file has it as 2 or as 2.0."""
    numbers = is_number(values)
    return values.map(lambda v: f"{v:.15g}" if numbers else str(v).strip(), na_action="ignore")


def word_order(word: str) -> tuple[float, str]:
    """Sort words by the number they are, else by themselves."""
    try:
        return float(word), word
    except ValueError:
        return np.inf, word


def find_step(values: Floats) -> float | None:
    """Return the largest step of 1, 2 or 5 times a power of ten that nearly all values lie on."""
    found = values[np.isfinite(values)]
    return next((step for step in _STEPS if share_on_grid(found, step) >= ON_GRID), None)


def share_on_grid(values: Floats, step: float) -> float:
    """Return the share of the values that are multiples of `step`."""
    found = values[np.isfinite(values)]
    if not found.size:
        return 1.0
    off = np.abs(found / step - np.round(found / step))
    return float(np.mean(off < 1e-6 * np.maximum(1, np.abs(found / step))))


def _condition(name: str, values: pd.Series, top: float | None) -> dict[str, Any]:
    if name.casefold().startswith("age") and is_number(values):
        unit = _UNITS.get(name.casefold().removeprefix("age_").rstrip("_"), "year")
        last = float(values.max()) if top is None else top
        oldest = max(1.0, float(np.ceil(last * MONTHS[unit] / 12)))
        return {"kind": "age", "columns": {name: unit}, "oldest": oldest}
    if is_category(values):
        return {"kind": "category", "columns": [name], "levels": _levels(values)}
    low, high = float(values.min()), float(values.max())
    return {"kind": "number", "columns": [name], "low": low, "high": high}


def _levels(values: pd.Series) -> list[str]:
    return sorted(as_words(values).dropna().unique(), key=word_order)


def _output(name: str, values: pd.Series, unit: str | None) -> dict[str, Any]:
    if is_category(values):
        return {"kind": "category", "columns": [name], "levels": _levels(values)}
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    step = find_step(numbers) or _coarse(numbers)
    fine = low >= step and (high - low) / step >= _FINE and low > 0
    return {
        "columns": [name],
        "unit": unit or _unit_in(name),
        "step": step,
        "decimals": _decimals(step),
        "low": low,
        "high": high,
        "spread": "digits" if fine else "ranks",
    }


def _coarse(numbers: Floats) -> float:
    """Return a step for numbers on no grid: a ten-thousandth of their range."""
    return float(f"{np.ptp(numbers) / 10_000:.0e}")


_UNITS_OF_OUTPUTS: Final = frozenset(
    ("cm", "mm", "m", "kg", "g", "mm[Hg]", "/min", "Cel", "[degF]", "[lb_av]", "[in_i]", "%")
)
"""Units that the end of a column's name is taken for; others, as years, may be words."""


def _unit_in(name: str) -> str:
    return next((unit for unit in units_in(name) if unit in _UNITS_OF_OUTPUTS), "")


def _decimals(step: float) -> int:
    return max(0, -int(np.floor(np.log10(step) + 1e-9)))


def _measured(frame: pd.DataFrame, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ages at which a column is measured, where many outside them have no value."""
    for condition, of in given.items():
        if of["kind"] != "age":
            continue
        (column, unit), *_ = of["columns"].items()
        known = frame[name].notna()
        ages = frame[column][known]
        span = {}
        if (frame[column] < ages.min()).sum() >= FEWEST_WITHOUT:
            span["from"] = float(ages.min()) * MONTHS[unit]
        if (frame[column] > ages.max()).sum() >= FEWEST_WITHOUT:
            span["below"] = (float(ages.max()) + 1) * MONTHS[unit]
        if span:
            return {condition: span}
    return {}
