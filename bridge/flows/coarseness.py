"""How coarse the groups are that people are drawn from, for whoever draws them."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from bridge.flows.boxes import Group
from bridge.flows.cells import Cells
from bridge.flows.conditions import Conditions
from bridge.flows.margins import Groups, places_of
from bridge.flows.spec import Spec

MOST: Final = 0.9


class Spread(NamedTuple):
    """How coarsely one condition is drawn by itself.

    Of a number or an age in months: the width of the span in which half of the people, and MOST
    of them, are drawn evenly, and the widest. Of a category `alike`, the levels that are drawn
    alike, and `share`, the people who have one of them.
    """

    name: str
    kind: str
    half: float = 0.0
    most: float = 0.0
    widest: float = 0.0
    alike: tuple[str, ...] = ()
    share: float = 0.0


class Coarseness(NamedTuple):
    """`people` in `boxes` of `fewest` to `largest`; how each condition is drawn within them.

    `spreads` are empty where the boxes are single cells.
    """

    people: int
    boxes: int
    fewest: int
    largest: int
    spreads: tuple[Spread, ...]


def coarseness(spec: Spec, groups: Groups) -> Coarseness:
    """Say how coarse groups are that have a box at least."""
    counts = [box.people for box in groups.boxes]
    told = zip(spec.conditions.items(), groups.cells, groups.margins, strict=False)
    return Coarseness(
        people=sum(counts),
        boxes=len(counts),
        fewest=min(counts),
        largest=max(counts),
        spreads=tuple(_spread(name, of.kind, cells, pieces) for (name, of), cells, pieces in told),
    )


def strays(spec: Spec, groups: Groups, conditions: Conditions) -> Mapping[str, int]:
    """Count the people whose value nobody is drawn with, by condition: too few are like them."""
    places = places_of(spec, groups.cells, conditions)
    found = {}
    for name, column, pieces in zip(spec.conditions, places.T, groups.margins, strict=False):
        inside = [place for piece in pieces for place in piece.places[0]]
        if count := int((~np.isin(column, inside)).sum()):
            found[name] = count
    return found


def _spread(name: str, kind: str, cells: Cells, pieces: Sequence[Group]) -> Spread:
    people = np.array([piece.people for piece in pieces])
    if cells.edges is None:
        alike = next((piece for piece in pieces if len(piece.places[0]) > 1), None)
        levels = tuple(cells.levels[place] for place in alike.places[0]) if alike else ()
        return Spread(name, kind, alike=levels, share=alike.people / people.sum() if alike else 0.0)
    widths = np.array([cells.widths[list(piece.places[0])].sum() for piece in pieces])
    order = np.argsort(widths, kind="stable")
    along = np.cumsum(people[order]) / people.sum()
    half, most = (float(widths[order][np.searchsorted(along, share)]) for share in (0.5, MOST))
    return Spread(name, kind, half, most, float(widths.max()))
