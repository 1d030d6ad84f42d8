"""Two units in one column: centimetres and inches, Celsius and Fahrenheit, kilograms and pounds."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.tables.column_names import words_of
from bridge.tables.measures import Floats, columns_of

FEWEST: Final = 20
"""Values below which a column is not judged."""

_TWO_UNITS: Final[Sequence[tuple[str, str, float, float]]] = (
    # From one unit to the other: value * factor + offset.
    ("°C", "°F", 1.8, 32.0),
    ("inches", "cm", 2.54, 0.0),
    ("kg", "lb", 2.20462, 0.0),
    ("m", "cm", 100.0, 0.0),
    ("cm", "mm", 10.0, 0.0),
    ("kg", "g", 1000.0, 0.0),
    ("mmol/L", "mg/dL (glucose)", 18.016, 0.0),
    ("mmol/L", "mg/dL (cholesterol)", 38.67, 0.0),
    ("mg/dL", "µmol/L (creatinine)", 88.4, 0.0),
    ("g/dL", "g/L", 10.0, 0.0),
    ("years", "months", 12.0, 0.0),
)


class TwoUnits(NamedTuple):
    """Two clusters of a column, the lower first."""

    first: str
    second: str
    counts: tuple[int, int]
    medians: tuple[float, float]


SMALLEST_CLUSTER: Final = 0.02
_NEAR: Final = 0.15
_FEWEST_DISTINCT: Final = 10
"""Grades and codes have no units."""


def two_units(values: Floats) -> TwoUnits | None:
    """Tell whether values fall into two clusters whose medians are one measure in two units."""
    values = np.sort(values[values > 0])
    if len(values) < FEWEST or len(np.unique(values)) < _FEWEST_DISTINCT:
        return None
    logs = np.log(values)
    place = _valley(logs)
    if place is None:
        return None
    lower, upper = values[:place], values[place:]
    medians = float(np.median(lower)), float(np.median(upper))
    for first, second, factor, offset in _TWO_UNITS:
        expected = medians[0] * factor + offset
        if abs(np.log(medians[1] / expected)) < (0.04 if offset else _NEAR):
            if not _alike(lower * factor + offset, upper):
                continue
            return TwoUnits(first, second, (len(lower), len(upper)), medians)
    return None


def _alike(first: Floats, second: Floats) -> bool:
    """Tell whether two clusters, brought to one unit, have a like spread."""
    one, two = (np.subtract(*np.quantile(np.log(of), [0.9, 0.1])) for of in (first, second))
    return bool(abs(one - two) < 0.6 * max(one, two, 0.02))


def _valley(logs: Floats) -> int | None:
    """Return where sorted values part into two clusters: next to nobody lies between."""
    least = max(5, int(np.ceil(SMALLEST_CLUSTER * len(logs))))
    if len(logs) < 2 * least:
        return None
    gaps = np.diff(logs)[least - 1 : len(logs) - least]
    if not gaps.size:
        return None
    place = int(np.argmax(gaps))
    parts = logs[: place + least], logs[place + least :]
    within = max(float(np.quantile(part, 0.95) - np.quantile(part, 0.05)) for part in parts)
    if gaps[place] > max(0.08, 0.35 * within):
        return place + least
    return None


POUNDS: Final = 2.20462


def _unexplained(known: pd.DataFrame, name: str, shift: float) -> Floats:
    """Return the logarithms of a column without what age, sex and height say of the main heap."""
    logs: Floats = np.log(known[name].to_numpy(np.float64))
    parts = [np.ones((len(known), 1))]
    for age in columns_of(known, "age")[:1]:
        ranks = known[age].rank(method="first", pct=True).fillna(0.0).to_numpy()
        bins = np.floor(ranks * min(20, max(1, len(known) // 15)))
        parts.append((bins[:, None] == np.unique(bins)[1:]).astype(np.float64))
    for sex in [n for n in map(str, known.columns) if {*words_of(n)} & {"sex", "gender"}][:1]:
        codes = known[sex].astype("category").cat.codes.to_numpy()
        parts.append((codes[:, None] == np.unique(codes)[1:4]).astype(np.float64))
    for height in [n for n in columns_of(known, "height") if n != name][:1]:
        heights = known[height].where(known[height] > 0)
        heights = np.log(heights.fillna(heights.median())).to_numpy(np.float64)
        if np.isfinite(heights).all():
            parts.append(heights[:, None])
    design = np.concatenate(parts, axis=1)
    left = logs - np.median(logs)
    main = np.ones(len(logs), dtype=np.bool_)
    for _ in range(3):
        left = logs - design @ np.linalg.lstsq(design[main], logs[main], rcond=None)[0]
        main = np.abs(left - _mode(left, shift / 2)) < shift / 2
    return left


def second_heap(known: pd.DataFrame, name: str, factor: float) -> int:
    """Return how many values of a column lie in a heap `factor` times from the main one.

    It is looked for beside what is usual for somebody's age, sex and height, in a table where the
    column is known; 0 where fewer do not lie between the two heaps than in it.
    """
    shift = float(np.log(factor))
    logs = _unexplained(known, name, shift)
    width = shift / 4
    centre = _mode(logs, width)
    for sign in (1, -1):
        second = _mode(logs[np.abs(logs - centre - sign * shift) < width], width / 2)
        heap = int((np.abs(logs - second) < width / 2).sum())
        between = int((np.abs(logs - (centre + second) / 2) < width / 2).sum())
        if heap >= max(5, SMALLEST_CLUSTER * len(logs)) and heap > 1.2 * between:
            return int((np.sign(logs - (centre + second) / 2) == sign).sum())
    return 0


def _mode(logs: Floats, width: float) -> float:
    """Return the centre of the span of a width that holds most values; NaN of none."""
    if not len(logs):
        return float("nan")
    logs = np.sort(logs)
    many = np.searchsorted(logs, logs + width, "right") - np.arange(len(logs))
    first = int(np.argmax(many))
    return float(np.median(logs[first : first + many[first]]))
