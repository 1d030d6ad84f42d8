"""Whom a model was fitted to, as groups of people, and people drawn alike.

What is written of a table's people: for each condition a histogram, and boxes (boxes.py) in which
all of them are. Each count is a multiple of FEWEST and none is less: neither a count nor a
difference of counts is that of fewer people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.boxes import Group, boxes, densities, histogram
from bridge.flows.cells import FEWEST, Cells, Places, first_cells, fitting_cells
from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions
from bridge.flows.spec import Spec

ROUNDS: Final = 50
"""How often each condition's chances are fitted to its histogram, over all boxes."""

_NOTHING: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Groups of people by D conditions.

    `margins` has the pieces of each condition's histogram; none where boxes are single cells.
    """

    cells: tuple[Cells, ...]
    margins: tuple[tuple[Group, ...], ...]
    boxes: tuple[Group, ...]

    def chances(self) -> list[Floats]:
        """Return each condition's chance of each cell (K,)."""
        if not self.margins:
            return [cells.widths / cells.widths.sum() for cells in self.cells]
        return [densities(of, pieces) for of, pieces in zip(self.cells, self.margins, strict=True)]


def group_people(spec: Spec, conditions: Conditions) -> Groups:
    """Group people so that each condition, and each two together, can be drawn as they are."""
    cells = fitting_cells(spec, conditions)
    places = places_of(spec, cells, conditions)
    margins = []
    for of, column in zip(cells, places.T, strict=True):
        pieces = histogram(of, np.bincount(column, minlength=of.size))
        if not pieces:
            return Groups(cells=cells, margins=(), boxes=())
        column[:] = _settled(of, column, pieces)
        counts = np.bincount(column, minlength=of.size)
        margins.append([one._replace(people=int(counts[[*one.places[0]]].sum())) for one in pieces])
    chances = [densities(of, pieces) for of, pieces in zip(cells, margins, strict=True)]
    return Groups(
        cells=cells,
        margins=tuple(_rounded(pieces) for pieces in margins),
        boxes=_rounded(boxes(cells, places, chances)) if cells else (),
    )


def places_of(spec: Spec, cells: Sequence[Cells], conditions: Conditions) -> Places:
    """Return the places (n, D) of people in each condition."""
    columns = [of.places(conditions[name]) for of, name in zip(cells, spec.conditions, strict=True)]
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0), dtype=np.int64)


def _settled(cells: Cells, places: Places, pieces: Sequence[Group]) -> Places:
    """Count strays, who are in no piece, with the nearest one; of a category with the commonest."""
    inside = np.sort([place for piece in pieces for place in piece.places[0]])
    if cells.edges is None:
        common = max(pieces, key=lambda piece: piece.people).places[0][0]
        return np.where(np.isin(places, inside), places, common)
    after = np.clip(np.searchsorted(inside, places), 1, len(inside) - 1)
    before = inside[after - 1]
    nearer = places - before <= inside[after % len(inside)] - places
    return np.where(nearer, before, inside[after % len(inside)])


def _rounded(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Round counts to multiples of FEWEST so that their sums are right; none under it becomes 0."""
    ends = np.rint(np.cumsum([0, *(group.people for group in groups)]) / FEWEST).astype(np.int64)
    steps = [int(last - first) * FEWEST for first, last in pairwise(ends)]
    return tuple(group._replace(people=n) for group, n in zip(groups, steps, strict=True))


def draw_conditions(
    spec: Spec, groups: Groups, count: int, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Draw the conditions of `count` people, from each box as many as its share.

    To throw dice for each person would add as much chance as a table of that size has already.
    """
    if not spec.conditions:
        return {}
    people = np.array([box.people for box in groups.boxes])
    shares = people / people.sum()
    ends = np.floor(np.cumsum(shares) * count + rng.random()).astype(np.int64)
    ends[-1] = count
    many = np.diff(np.concatenate([[0], np.minimum(ends, count)]))
    order = rng.permutation(count)
    drawn: dict[str, NDArray[Any]] = {}
    for i, (name, cells, chance) in enumerate(
        zip(spec.conditions, groups.cells, groups.chances(), strict=True)
    ):
        inside = np.zeros((len(groups.boxes), cells.size), dtype=np.bool_)
        for row, box in zip(inside, groups.boxes, strict=True):
            row[list(box.places[i])] = True
        within = _fitted(inside, chance, shares) if groups.margins else _within(inside, chance)
        places = _dealt(within, many, rng)
        drawn[name] = cells.drawn(places, rng)[order]
    return drawn


def _fitted(inside: NDArray[np.bool_], chance: Floats, shares: Floats) -> Floats:
    """Return the chances (B, K) of the cells in each box that come to `chance` (K,) over all.

    Iterative proportional fitting: in each box the chances are those of some (K,), cut to it.
    """
    weights = chance.copy()
    for _ in range(ROUNDS):
        met = shares @ _within(inside, weights)
        weights = weights * np.divide(chance, met, out=np.ones_like(chance), where=met > 0)
        weights /= weights.sum()
    return _within(inside, weights)


def _within(inside: NDArray[np.bool_], weights: Floats) -> Floats:
    found = np.where(inside, np.maximum(weights, _NOTHING), 0.0)
    scaled: Floats = found / found.sum(axis=1, keepdims=True)
    return scaled


def _dealt(chances: Floats, many: Places, rng: np.random.Generator) -> Places:
    """Return a place for each of the `many` (B,) people of each box, evenly along its chances."""
    box = np.repeat(np.arange(len(many)), many)
    first = np.repeat(np.cumsum(many) - many, many)
    along = np.empty(len(box))
    order = np.lexsort((rng.random(len(box)), box))
    along[order] = (np.arange(len(box)) - first + rng.random(len(box))) / many[box]
    ends = np.cumsum(chances, axis=1)
    ends /= ends[:, -1:]
    # Box after box on one line: a search in all of them at once.
    line = (ends + np.arange(len(many))[:, None]).ravel()
    places = np.searchsorted(line, along + box, side="right") - box * chances.shape[1]
    found: Places = np.minimum(places, chances.shape[1] - 1)
    return found


def header_of(groups: Groups) -> dict[str, Any]:
    """Return groups as JSON values: places as runs of a first and a last one."""
    return {
        "cells": [
            {"edges": None if of.edges is None else of.edges.tolist(), "step": of.step}
            for of in groups.cells
        ],
        "margins": [[_written(piece) for piece in pieces] for pieces in groups.margins],
        "boxes": [_written(box) for box in groups.boxes],
    }


def groups_from(header: Any, spec: Spec) -> Groups:
    """Return the groups of a checkpoint's header; raises ValueError or LookupError."""
    cells = first_cells(spec)
    if isinstance(header, list):
        return Groups(cells=cells, margins=(), boxes=tuple(_single(cells, one) for one in header))
    cells = tuple(
        of
        if of.edges is None
        else of._replace(edges=np.array(told["edges"], dtype=np.float64), step=told["step"])
        for of, told in zip(cells, header["cells"], strict=True)
    )
    margins = tuple(
        tuple(_read(one, [of]) for one in pieces)
        for of, pieces in zip(cells, header["margins"] or [[]] * len(cells), strict=True)
    )
    read = tuple(_read(box, cells) for box in header["boxes"])
    return Groups(cells=cells, margins=margins if header["margins"] else (), boxes=read)


def _single(cells: Sequence[Cells], written: Sequence[int]) -> Group:
    """Read a group of format 3: a place for each condition, -1 for unknown, and a count."""
    *places, count = written
    return Group(tuple((p % of.size,) for p, of in zip(places, cells, strict=True)), count)


def _written(group: Group) -> list[Any]:
    return [[_runs(places) for places in group.places], group.people]


def _runs(places: Sequence[int]) -> list[list[int]]:
    breaks = [k for k, (a, b) in enumerate(pairwise(places)) if b - a > 1]
    firsts, lasts = [0, *(k + 1 for k in breaks)], [*breaks, len(places) - 1]
    return [[places[first], places[last]] for first, last in zip(firsts, lasts, strict=True)]


def _read(written: Any, cells: Sequence[Cells]) -> Group:
    of_conditions, count = written
    places = tuple(
        tuple(place for first, last in runs for place in range(first, last + 1))
        for runs in of_conditions
    )
    for some, of in zip(places, cells, strict=True):
        if not some or not 0 <= some[0] <= some[-1] < of.size:
            raise ValueError("a group of people lies outside its conditions")
    return Group(places, int(count))
