"""What is odd about a table: codes among values, two units in a column, impossible pairs.

A doubt changes nothing. It is shown before a model is fitted, and stands in the spec.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.tables.column_names import words_of
from bridge.tables.measures import Floats, columns_of, possible
from bridge.tables.mixed_units import FEWEST, POUNDS, second_heap, two_units


class Doubt(NamedTuple):
    """A column, what is odd about it, and what can be done."""

    column: str
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.column}: {self.what}" + (f"; {self.advice}" if self.advice else "")


_CODES: Final = frozenset(
    sign * int(digit * length) for digit in "789" for length in range(1, 6) for sign in (1, -1)
) | {-1.0, 9998.0, 9997.0, 998.0, 997.0, 98.0, 97.0, 0.0}
"""How files write "not known", "refused" or "not asked"."""


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
    elif can_be := possible(name):
        unit, span = can_be
        median = float(np.median(core))
        if not span.low <= median <= span.high:
            yield Doubt(
                name,
                f"its median is {median:g}: impossible {f'in {unit}' if unit else 'by its name'}",
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


def _pounds(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find weights and heights of which a part is in pounds or inches, though the two overlap.

    Beside what is usual for somebody's age, sex and height there is then a second heap, 2.2 times
    as heavy, with fewer people between the two.
    """
    for means, factor, units in (("weight", POUNDS, "lb and kg"), ("height", 2.54, "cm and in")):
        for name in columns_of(frame, means):
            known = frame[frame[name] > 0]
            if len(known) < FEWEST or two_units(known[name].to_numpy(np.float64)):
                continue
            if many := second_heap(known, name, factor):
                yield Doubt(
                    name,
                    f"some {many:,} values lie {factor:.1f} times as far up or down as others of "
                    f"their age: is it partly in {units.replace(' and ', ', partly in ')}?",
                    "convert one of them",
                )


def _years(name: str, values: Floats) -> Doubt | None:
    if "age" not in words_of(name) or not len(values):
        return None
    years = (values >= 1900) & (values <= 2100)
    if "days" in words_of(name) or not years.any():
        return None
    return Doubt(name, f"{int(years.sum()):,} values look like years (1900 to 2100)", "give ages")


_ORDERED: Final = (("diastolic", "systolic"), ("min", "max"), ("lower", "upper"))


def _impossible_orders(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find pairs of columns whose lower stands over the upper: diastolic over systolic."""
    for lower, upper in ordered_pairs([str(name) for name in frame.select_dtypes("number")]):
        over = int((frame[lower] > frame[upper]).sum())
        if over:
            yield Doubt(lower, f"stands over {upper} in {over:,} rows", "are they exchanged?")


def _never_together(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Find columns that next to no row has both: how they go together cannot be learnt."""
    known = frame.notna().to_numpy(np.float32)
    together = known.T @ known
    counts = together.diagonal()
    names = list(map(str, frame.columns))
    apart = (together < FEWEST) & (np.minimum.outer(counts, counts) >= FEWEST)
    for one, other in np.argwhere(np.triu(apart, 1))[:MOST_PAIRS].tolist():
        both = int(together[one, other])
        yield Doubt(
            names[one],
            f"stands beside {names[other]} in {both:,} of {len(frame):,} rows (alone in "
            f"{int(counts[one]) - both:,}, {names[other]} in {int(counts[other]) - both:,})",
            "how they go together cannot be learnt; leave one out, or learn them apart",
        )


MOST_PAIRS: Final = 20
"""Pairs that are named: of a wide table with many gaps there may be thousands."""


def ordered_pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of names of which the first can never be more than the second."""
    words = {word for pair in _ORDERED for word in pair}
    for one, other in combinations([name for name in names if words & {*_plain(name)}], 2):
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
