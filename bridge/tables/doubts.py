"""What is odd about a table: codes among values, two units in a column, impossible pairs.

A doubt changes nothing. It is shown before a model is fitted, and stands in the spec.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.tables.names import words_of

Floats = NDArray[np.float64]


class Doubt(NamedTuple):
    """A column, what is odd about it, and what can be done."""

    column: str
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.column}: {self.what}" + (f"; {self.advice}" if self.advice else "")


FEWEST: Final = 20
"""Values below which a column is not judged."""

_CODES: Final = frozenset(
    sign * int(digit * length) for digit in "789" for length in range(1, 6) for sign in (1, -1)
) | {-1.0, 9998.0, 9997.0, 998.0, 997.0, 98.0, 97.0, 0.0}
"""How files write "not known", "refused" or "not asked"."""


class _Range(NamedTuple):
    """Where the median of a column of a unit can lie: a choice, wider than any clinic's."""

    low: float
    high: float


_POSSIBLE: Final[Mapping[tuple[str, str], _Range]] = {
    ("temperature", "c"): _Range(30, 43),
    ("temperature", "f"): _Range(86, 110),
    ("height", "cm"): _Range(35, 215),
    ("height", "m"): _Range(0.35, 2.15),
    ("height", "in"): _Range(14, 85),
    ("weight", "kg"): _Range(1, 200),
    ("weight", "g"): _Range(400, 200_000),
    ("weight", "lb"): _Range(2, 440),
    ("age", "years"): _Range(0, 110),
    ("age", "months"): _Range(0, 1320),
    ("pulse", ""): _Range(30, 220),
    ("breaths", ""): _Range(5, 90),
    ("spo2", ""): _Range(50, 100),
    ("systolic", ""): _Range(50, 220),
    ("diastolic", ""): _Range(25, 140),
    ("muac", "cm"): _Range(7, 60),
    ("muac", "mm"): _Range(70, 600),
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
_UNITS: Final[Mapping[str, str]] = {
    **{"c": "c", "celsius": "c", "f": "f", "fahrenheit": "f"},
    **{"cm": "cm", "cms": "cm", "m": "m", "mm": "mm", "in": "in", "inch": "in", "inches": "in"},
    **{"kg": "kg", "kgs": "kg", "g": "g", "lb": "lb", "lbs": "lb", "pounds": "lb"},
    **{"years": "years", "year": "years", "yrs": "years", "months": "months", "month": "months"},
}
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


def find_doubts(frame: pd.DataFrame) -> list[Doubt]:
    """Return what is odd about the columns of a table, and about pairs of them."""
    doubts: list[Doubt] = []
    for name in map(str, frame.columns):
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            continue
        values = column.to_numpy(np.float64, na_value=np.nan)
        values = values[np.isfinite(values)]
        if len(values) >= FEWEST:
            doubts += _of_column(name, values)
    return [*doubts, *_pounds(frame), *_impossible_orders(frame), *_never_together(frame)]


def _of_column(name: str, values: Floats) -> Iterator[Doubt]:
    codes = far_codes(values)
    core = values[~np.isin(values, codes)]
    for code in codes:
        yield _code(name, values, core, code)
    if years := _years(name, core):
        yield years
        return
    units = two_units(core)
    if units:
        few, many = units.counts
        yield Doubt(
            name,
            f"{few:,} and {many:,} values lie apart as {units.first} and {units.second} do "
            f"(medians {units.medians[0]:g} and {units.medians[1]:g})",
            "convert one of them",
        )
    elif possible := _possible(name):
        unit, span = possible
        median = float(np.median(core))
        if not span.low <= median <= span.high:
            yield Doubt(
                name,
                f"half of its values lie over {median:g}, which {unit or 'such a column'} cannot",
                "correct the unit in its name, or the values",
            )


def _code(name: str, values: Floats, core: Floats, code: float) -> Doubt:
    many = int((values == code).sum())
    low, high = float(core.min()), float(core.max())
    bound = f"high: {high:g}" if code > high else f"low: {low:g}"
    cells = "value" if many == 1 else "values"
    return Doubt(
        name,
        f"{many:,} {cells} of {code:g} far from the rest ({low:g} to {high:g})",
        f"if it stands for what is not known, set {bound} in the spec",
    )


def far_codes(values: Floats) -> list[float]:
    """Return the values that stand far from all others and repeat, or are a file's usual codes.

    Far is farther than the others' own range from end to end, or than twice their middle 98 %,
    without a value between.
    """
    found: list[float] = []
    distinct, counts = np.unique(values, return_counts=True)
    while len(distinct) > 3:
        low, high = np.quantile(np.repeat(distinct, counts), [0.01, 0.99])
        wide = max(high - low, 1e-9)
        below, above = distinct[1] - distinct[0], distinct[-1] - distinct[-2]
        place = 0 if below > above else -1
        inner = distinct[1:] if place == 0 else distinct[:-1]
        gap = max(below, above)
        own = np.quantile(np.repeat(inner, counts[1:] if place == 0 else counts[:-1]), [0.01, 0.99])
        code = float(distinct[place])
        usual = code in _CODES or int(counts[place]) > 1
        far = gap > 0.75 * max(own[1] - own[0], 1e-9) if code in _CODES else gap > wide
        if len(found) >= 8 or not (usual and far):
            break
        found.append(code)
        keep = slice(1, None) if place == 0 else slice(None, -1)
        distinct, counts = distinct[keep], counts[keep]
    return found


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


def _pounds(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find weights and heights of which a part is in pounds or inches, though the two overlap.

    Beside what is usual for somebody's age, sex and height there is then a second heap, 2.2 times
    as heavy, with fewer people between the two.
    """
    for means, factor, units in (("weight", POUNDS, "lb and kg"), ("height", 2.54, "cm and in")):
        for name in _meaning(frame, means):
            known = frame[frame[name] > 0]
            if len(known) < FEWEST or two_units(known[name].to_numpy(np.float64)):
                continue
            shift = float(np.log(factor))
            if many := _second_heap(_unexplained(known, name, shift), shift):
                yield Doubt(
                    name,
                    f"some {many:,} values lie {factor:.1f} times as far up or down as others of "
                    f"their age: is it partly in {units.replace(' and ', ', partly in ')}?",
                    "convert one of them",
                )


def _meaning(frame: pd.DataFrame, means: str) -> list[str]:
    """Return the columns of numbers whose name means a measure."""
    return [
        name
        for name in map(str, frame.select_dtypes("number").columns)
        if {*words_of(name)} & _MEANS[means]
    ]


def _unexplained(known: pd.DataFrame, name: str, shift: float) -> Floats:
    """Return the logarithms of a column without what age, sex and height say of the main heap."""
    logs: Floats = np.log(known[name].to_numpy(np.float64))
    parts = [np.ones((len(known), 1))]
    for age in _meaning(known, "age")[:1]:
        ranks = known[age].rank(method="first", pct=True).fillna(0.0).to_numpy()
        bins = np.floor(ranks * min(20, max(1, len(known) // 15)))
        parts.append((bins[:, None] == np.unique(bins)[1:]).astype(np.float64))
    for sex in [n for n in map(str, known.columns) if {*words_of(n)} & {"sex", "gender"}][:1]:
        codes = known[sex].astype("category").cat.codes.to_numpy()
        parts.append((codes[:, None] == np.unique(codes)[1:4]).astype(np.float64))
    for height in [n for n in _meaning(known, "height") if n != name][:1]:
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


def _second_heap(logs: Floats, shift: float) -> int:
    """Return how many values lie in a heap `shift` from the main one, 0 where there is none."""
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


def _years(name: str, values: Floats) -> Doubt | None:
    if "age" not in words_of(name) or not len(values):
        return None
    years = (values >= 1900) & (values <= 2100)
    if "days" in words_of(name) or not years.any():
        return None
    return Doubt(name, f"{int(years.sum()):,} values look like years (1900 to 2100)", "give ages")


def _possible(name: str) -> tuple[str, _Range] | None:
    words = words_of(name)
    joined = {*words, "".join(words[:3]), "".join(words[:2])}
    means = next((of for of, known in _MEANS.items() if joined & known), None)
    if means is None:
        return None
    unit = next((_UNITS[word] for word in reversed(words) if word in _UNITS), "")
    span = _POSSIBLE.get((means, unit)) or (_POSSIBLE.get((means, "")) if not unit else None)
    said = next((word for word in reversed(words) if word in _UNITS), "")
    return (said, span) if span else None


_ORDERED: Final = (("diastolic", "systolic"), ("min", "max"), ("lower", "upper"))


def _impossible_orders(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find pairs of columns whose lower stands over the upper: diastolic over systolic."""
    numeric = [str(name) for name in frame.select_dtypes("number").columns]
    for lower, upper in combinations_of(numeric):
        over = int((frame[lower] > frame[upper]).sum())
        if over:
            yield Doubt(lower, f"stands over {upper} in {over:,} rows", "are they exchanged?")


def _never_together(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find columns that next to no row has both: how they go together cannot be learnt."""
    known = frame.notna()
    counts = known.sum()
    for one, other in combinations(map(str, frame.columns), 2):
        least = min(counts[one], counts[other])
        if least >= FEWEST and (both := int((known[one] & known[other]).sum())) < FEWEST:
            yield Doubt(
                one,
                f"stands beside {other} in {both:,} of {len(frame):,} rows (alone in "
                f"{int(counts[one]) - both:,}, {other} in {int(counts[other]) - both:,})",
                "how they go together cannot be learnt; leave one out, or learn them apart",
            )


def combinations_of(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of names of which the first can never be more than the second."""
    for one, other in combinations(names, 2):
        for low, high in _ORDERED:
            if _same_but(one, other, low, high):
                yield one, other
            elif _same_but(other, one, low, high):
                yield other, one


def _same_but(lower: str, upper: str, low: str, high: str) -> bool:
    """Tell whether two names are the same but for one meaning low and one high."""
    left, right = _plain(lower), _plain(upper)
    return low in left and high in right and {*left} - {low} == {*right} - {high}


def _plain(name: str) -> list[str]:
    same = {
        **dict.fromkeys(("sbp", "sys", "systolic"), "systolic"),
        **dict.fromkeys(("dbp", "dia", "dias", "diastolic"), "diastolic"),
        **dict.fromkeys(("minimum", "lowest"), "min"),
        **dict.fromkeys(("maximum", "highest"), "max"),
    }
    return [same.get(word, word) for word in words_of(name) if word not in ("bp", "pressure")]
