"""The cells that conditions are counted by: levels of a category, spans of a number or an age.

A person's place in a condition is the number of the cell. Places of a category are its levels in
their order and, where a level may be unknown, one more after them.
"""

from math import prod
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.flows.conditions import DAYS_PER_MONTH, Conditions
from bridge.flows.spec import Condition, Spec

Places = NDArray[np.int64]

FEWEST: Final = 5
"""People that a group has at least: no single person's place is written down."""

FIRST_DAYS: Final = 61
"""Ages known in days have a cell each for so many: newborns crowd in the first of them."""

FIRST_MONTHS: Final = 60
"""Ages known in months have a cell each for so many: children's heap at whole years."""

MOST_CELLS: Final = 128
"""Cells of a number at most."""

NUMBER_BINS: Final = 20
"""Cells of a number where they must not hang on the people."""

BANDS: Final = (
    ((0, 24, 1), (24, np.inf, 12)),
    ((0, 24, 3), (24, 72, 12), (72, np.inf, 24)),
    ((0, 24, 6), (24, 60, 12), (60, np.inf, 60)),
    ((0, 24, 12), (24, 60, 36), (60, 120, 60), (120, np.inf, 120)),
)
"""Cells of ages under noise, ever coarser: from and to which month, and how many each has."""

NOISES: Final = 4.0
"""At half of it 3,000 people of NHANES 2001-2004 at epsilon 3 are told from others with an area of
.033 above the floor against .009; at twice of it no better."""

FINEST: Final = 2.0**-20
"""The narrowest cell of a number, as a share of its range."""


_SLIGHT: Final = 1e-9


class Cells(NamedTuple):
    """The cells of one condition.

    `edges` (K + 1,) of a number or of an age in months; none of a category, which has `levels`
    with "" for unknown. Values of a number lie on multiples of `step`, where there is one. `open`
    is the last cell of an age: all who are older are of the age that it begins with.
    """

    edges: Floats | None
    levels: tuple[str, ...] = ()
    step: float | None = None
    open: bool = False

    @property
    def size(self) -> int:
        """Return how many cells there are."""
        return len(self.levels) if self.edges is None else len(self.edges) - 1

    @property
    def widths(self) -> Floats:
        """Return how much room each cell has (K,): a level's is 1."""
        return np.ones(len(self.levels)) if self.edges is None else np.diff(self.edges)

    def places(self, values: NDArray[Any]) -> Places:
        """Return the place (n,) of each value; what lies outside is in the first or last cell."""
        if self.edges is None:
            names = {level: place for place, level in enumerate(self.levels)}
            return np.array([names[level] for level in values.tolist()], dtype=np.int64)
        found = np.searchsorted(self.edges, values, side="right") - 1
        return np.minimum(np.maximum(found, 0), self.size - 1)

    def drawn(self, places: Places, rng: np.random.Generator) -> NDArray[Any]:
        """Return a value for each place (n,), anywhere in its cell with the same chance."""
        if self.edges is None:
            levels: NDArray[Any] = np.array(self.levels)[places]
            return levels
        low, high = self.edges[places], self.edges[places + 1]
        share = rng.random(len(places))
        if self.open:
            share[places == self.size - 1] = 0.0
        if not self.step:
            within: Floats = low + (high - low) * share
            return within
        first = np.ceil(low / self.step - _SLIGHT)
        last = np.ceil(high / self.step - _SLIGHT) - 1
        # The last cell has its end too; others' ends are the next cell's.
        last = np.where(places < self.size - 1, last, np.floor(high / self.step + _SLIGHT))
        on_grid: Floats = first + np.floor((np.maximum(last - first, 0) + 1) * share)
        return on_grid * self.step


def public_cells(spec: Spec, rows: int, noise: float) -> tuple[Cells, ...]:
    """Return cells that hang on no person: so coarse that noise on each does not hide its people.

    Of ages and numbers the finest with NOISES times as many of the `rows` in a cell, on average,
    as the standard deviation of the noise; the coarsest where none has.
    """
    for coarse in range(len(BANDS)):
        cells = tuple(_banded(of, coarse) for of in spec.conditions.values())
        if rows >= NOISES * noise * prod(of.size for of in cells):
            break
    return cells


def _banded(of: Condition, coarse: int) -> Cells:
    if of.kind == "category":
        return _first_cells(of)
    if of.kind == "number":
        return Cells(np.linspace(*_bounds(of), NUMBER_BINS // 2**coarse + 1))
    end = of.oldest * 12
    edges = [np.arange(low, min(high, end), width) for low, high, width in BANDS[coarse]]
    found = np.concatenate([*edges, [end, end + 12]])
    return Cells(found[found % 12 == 0] if _units(of) == {"year"} else found, open=True)


def first_cells(spec: Spec) -> tuple[Cells, ...]:
    """Return the cells that models of format 3 counted by, which they do not name."""
    return tuple(_first_cells(of) for of in spec.conditions.values())


def fitting_cells(spec: Spec, conditions: Conditions) -> tuple[Cells, ...]:
    """Return cells as fine as ages and numbers are known, numbers where these people are."""
    return tuple(_fitting(of, conditions[name]) for name, of in spec.conditions.items())


def _fitting(of: Condition, values: NDArray[Any]) -> Cells:
    if of.kind == "number":
        return _halved(of, values)
    return _known(of) if of.kind == "age" else _first_cells(of)


def _first_cells(of: Condition) -> Cells:
    if of.kind == "category":
        return Cells(None, (*of.levels, "") if of.unknown else tuple(of.levels))
    if of.kind == "number":
        low, high = _bounds(of)
        return Cells(np.linspace(low, high, NUMBER_BINS + 1))
    months = np.arange(24.0)
    return Cells(np.concatenate([months, np.arange(24.0, of.oldest * 12 + 13, 12.0)]), open=True)


def _years(of: Condition) -> Cells:
    return Cells(np.arange(0.0, of.oldest * 12 + 13, 12.0), open=True)


def _units(of: Condition) -> set[str]:
    assert isinstance(of.columns, dict)
    return set(of.columns.values())


def _known(of: Condition) -> Cells:
    """Return cells of an age by the finest of its units: days, then months, then years."""
    if _units(of) == {"year"}:
        return _years(of)
    edges = np.arange(FIRST_DAYS + 1) / DAYS_PER_MONTH if "day" in _units(of) else np.zeros(1)
    for finer in (np.arange(1.0, FIRST_MONTHS), np.arange(12.0, of.oldest * 12 + 13, 12.0)):
        edges = np.concatenate([edges, finer[finer > edges[-1] + _SLIGHT]])
    return Cells(edges, open=True)


def _halved(of: Condition, values: Floats) -> Cells:
    """Halve the range, then the half with most people, and so on: no edge is a person's value."""
    from bridge.flows.inference import find_step

    step = find_step(values)
    low, high = _bounds(of)
    narrowest = max((high - low) * FINEST, step or 0.0)
    ordered = np.sort(np.clip(values, low, high))
    edges = [low, high]
    counts = [len(ordered)]
    while len(counts) < MOST_CELLS:
        wide = [n if edges[k + 1] - edges[k] > narrowest else 0 for k, n in enumerate(counts)]
        k = int(np.argmax(wide))
        if wide[k] < 2 * FEWEST:
            break
        middle = (edges[k] + edges[k + 1]) / 2
        below = int(np.searchsorted(ordered, middle) - np.searchsorted(ordered, edges[k]))
        edges.insert(k + 1, middle)
        counts[k : k + 1] = [below, counts[k] - below]
    return Cells(np.array(edges), step=step)


def _bounds(of: Condition) -> tuple[float, float]:
    assert of.low is not None and of.high is not None
    return of.low, of.high
