"""What a column measures, by its name, and what its values can be in the unit that it names."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.tables.column_names import units_in, words_of

Floats = NDArray[np.float64]


class Range(NamedTuple):
    """Where the median of a column of a unit can lie: a choice, wider than any clinic's."""

    low: float
    high: float


_POSSIBLE: Final[Mapping[tuple[str, str], Range]] = {
    ("temperature", "Cel"): Range(30, 43),
    ("temperature", "[degF]"): Range(86, 110),
    ("height", "cm"): Range(35, 215),
    ("height", "m"): Range(0.35, 2.15),
    ("height", "[in_i]"): Range(14, 85),
    ("weight", "kg"): Range(1, 200),
    ("weight", "g"): Range(400, 200_000),
    ("weight", "[lb_av]"): Range(2, 440),
    ("age", "a"): Range(0, 110),
    ("age", "mo"): Range(0, 1320),
    ("pulse", ""): Range(30, 220),
    ("breaths", ""): Range(5, 90),
    ("spo2", ""): Range(50, 100),
    ("systolic", ""): Range(50, 220),
    ("diastolic", ""): Range(25, 140),
    ("muac", "cm"): Range(7, 60),
    ("muac", "mm"): Range(70, 600),
}
_MEANS: Final[Mapping[str, frozenset[str]]] = {
    "temperature": frozenset(["temp", "temperature"]),
    "height": frozenset(["height", "length", "stature", "ht"]),
    "weight": frozenset(["weight", "wt"]),
    "age": frozenset(["age"]),
    "pulse": frozenset(["pulse", "hr", "heartrate"]),
    "breaths": frozenset(["respiration", "respiratory", "rr", "resp", "breaths"]),
    "spo2": frozenset(["spo2", "sao2", "saturation", "sats"]),
    "systolic": frozenset(["sbp", "systolic", "sys"]),
    "diastolic": frozenset(["dbp", "diastolic", "dia"]),
    "muac": frozenset(["muac", "arm"]),
}


def columns_of(frame: pd.DataFrame, means: str) -> list[str]:
    """Return the columns of numbers whose name means a measure: weight, height, age ..."""
    return [
        name
        for name in map(str, frame.select_dtypes("number").columns)
        if {*words_of(name)} & _MEANS[means]
    ]


def possible(name: str) -> tuple[str, Range] | None:
    """Return the unit that a name says and where the median can lie; None where it says none."""
    words = words_of(name)
    joined = {*words, "".join(words[:3]), "".join(words[:2])}
    means = next((of for of, known in _MEANS.items() if joined & known), None)
    units = {unit for of, unit in _POSSIBLE if of == means}
    unit = next((unit for unit in units_in(name) if unit in units), "")
    span = _POSSIBLE.get((means or "", unit))
    return (unit, span) if span else None
