"""Groups of a table's people by their conditions, as fine as the number of people allows.

First each condition by itself: the histogram whose pieces make the people likeliest, at a price
for each piece. Then the boxes, ranges of places of all conditions: the whole is cut where two
conditions hang together most, or one does not lie as its histogram says, and each part again,
until nothing is left that chance could not do, or too few people. Within a box conditions are
independent, each as its histogram says.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.cells import FEWEST, Cells, Places
from bridge.flows.columns import Floats

PIECE: Final = 2.0
CUT: Final = 2.0
CROSS: Final = 3.0
"""What a piece, a cut and two crossing cuts cost, in nats: what chance gains once in 20 times. At
half of it there are twice as many groups, and people drawn are told from real ones as well."""

STRAY: Final = 1.0
"""What it costs, in nats a person, to draw nobody like some (so likely is a second sample without
them): fewer than FEWEST who lie far from all others are counted with those, rather than others
drawn at all places in between."""

MOST_CUTS: Final = 40
"""Cuts of one condition that are tried together with another's: so many see what hangs together,
and the parts are cut at any place."""

_NO_ROOM: Final = 1e-300

Mask = NDArray[np.bool_]


class Group(NamedTuple):
    """How many people have one of some places in each condition."""

    places: tuple[tuple[int, ...], ...]
    people: int


def histogram(cells: Cells, counts: Places) -> list[Group]:
    """Return the pieces of one condition with how many of `counts` (K,) are in each."""
    pieces = _levels(counts) if cells.edges is None else _spans(counts, cells.widths)
    return [Group((tuple(piece),), int(counts[piece].sum())) for piece in pieces]


def _levels(counts: Places) -> list[list[int]]:
    """Return the levels that enough people have, and those that few have as one piece."""
    alone = np.flatnonzero(counts >= FEWEST)
    few = np.flatnonzero((counts > 0) & (counts < FEWEST))
    pieces = [[place] for place in alone.tolist()]
    return [*pieces, few.tolist()] if counts[few].sum() >= FEWEST else pieces


def _spans(counts: Places, widths: Floats) -> list[list[int]]:
    """Return the likeliest spans of neighbouring cells, with fewer than FEWEST strays in all."""
    price = STRAY
    while True:
        spans = _likeliest(counts, widths, price)
        if counts.sum() - sum(int(counts[span].sum()) for span in spans) < FEWEST:
            return spans
        price *= 2


def _likeliest(counts: Places, widths: Floats, price: float) -> list[list[int]]:
    """Return the likeliest spans (Scargle et al. 2013) where a stray costs a price, in nats."""
    people = np.concatenate([[0], np.cumsum(counts)])
    room = np.concatenate([[0.0], np.cumsum(widths)])
    best, came = np.zeros(len(people)), np.zeros(len(people), dtype=np.int64)
    for end in range(1, len(people)):
        inside = people[end] - people[:end]
        nats = _nats(inside, room[end] - room[:end], price) - PIECE + best[:end]
        came[end] = np.argmax(nats)
        best[end] = nats[came[end]]
    spans, end = [], len(counts)
    while end:
        if people[end] - people[came[end]] >= FEWEST:
            spans.append(list(range(came[end], end)))
        end = came[end]
    return spans[::-1]


def densities(cells: Cells, pieces: Sequence[Group]) -> Floats:
    """Return the chance (K,) of each cell, the same all over a piece."""
    chance = np.zeros(cells.size)
    for piece in pieces:
        places = list(piece.places[0])
        chance[places] = piece.people * cells.widths[places] / cells.widths[places].sum()
    return _normal(chance)


def boxes(cells: Sequence[Cells], places: Places, chances: Sequence[Floats]) -> list[Group]:
    """Return boxes in which all people are, from their places (n, D)."""
    cuts = [_cuts(of) for of in cells]
    whole = _Box([chance > 0 for chance in chances], places, 0)
    found, waiting = [], [whole]
    while waiting:
        box = waiting.pop()
        parts = _parted(box, cuts, chances)
        waiting += parts[::-1]
        if not parts:
            inside = tuple(tuple(np.flatnonzero(mask).tolist()) for mask in box.masks)
            found.append(Group(inside, len(box.people) + box.strays))
    return found


class _Box(NamedTuple):
    """The cells of each condition, the places (n, D) of people, and how many count with them."""

    masks: list[Mask]
    people: Places
    strays: int


class _Parting(NamedTuple):
    """Cuts of one condition or two that cross: the cells on one side of each."""

    gain: float
    sides: tuple[tuple[int, Mask], ...]


def _cuts(cells: Cells) -> Mask:
    """Return the cells (C, K) on one side of each cut: the first ones, or one level."""
    below = np.tri(cells.size - 1, cells.size, dtype=np.bool_)
    if cells.edges is not None or cells.size < 3:
        return below
    return np.unique(np.concatenate([below, np.eye(cells.size, dtype=np.bool_)]), axis=0)


def _parted(box: _Box, cuts: Sequence[Mask], chances: Sequence[Floats]) -> list[_Box]:
    """Return the parts of a box, none where it is to stay whole."""
    if len(box.people) < 2 * FEWEST:
        return []
    best = max(_partings(box, cuts, chances), key=lambda one: one.gain, default=None)
    if best is None or best.gain <= 0:
        return []
    parts = [box]
    for i, side in best.sides:
        parts = [half for part in parts for half in _halves(part, i, side)]
    kept = [part for part in parts if len(part.people) >= FEWEST]
    most = max(range(len(kept)), key=lambda k: len(kept[k].people))
    strays = box.strays + len(box.people) - sum(len(part.people) for part in kept)
    return [part._replace(strays=strays if k == most else 0) for k, part in enumerate(kept)]


def _halves(box: _Box, i: int, side: Mask) -> Iterator[_Box]:
    for cells in (side, ~side):
        masks = [mask & cells if j == i else mask for j, mask in enumerate(box.masks)]
        yield _Box(masks, box.people[cells[box.people[:, i]]], 0)


def _partings(box: _Box, cuts: Sequence[Mask], chances: Sequence[Floats]) -> Iterator[_Parting]:
    """Yield the best cut of each condition, and the best crossing of each two."""
    expected = [_normal(np.where(mask, p, 0)) for mask, p in zip(box.masks, chances, strict=True)]
    counts = [np.bincount(box.people[:, i], minlength=len(p)) for i, p in enumerate(chances)]
    first = [cut @ many for cut, many in zip(cuts, counts, strict=True)]
    chance = [cut @ p for cut, p in zip(cuts, expected, strict=True)]
    n = len(box.people)
    some = [i for i, cut in enumerate(cuts) if len(cut)]
    for i in some:
        seen = np.stack([first[i], n - first[i]])
        gains = _gain(seen, n * np.stack([chance[i], 1 - chance[i]])) - CUT
        yield _best(gains[:, None], [(i, cuts[i])])
    tried = [_tried(cut, many) for cut, many in zip(cuts, first, strict=True)]
    for i in some:
        for j in some[: some.index(i)]:
            yield _crossing(box, (i, j), cuts, tried, chance)


def _tried(cuts: Mask, first: Places) -> Places:
    """Return which cuts are crossed with others': of many, some with ever more people on a side."""
    if len(cuts) <= MOST_CUTS:
        return np.arange(len(cuts))
    order = np.argsort(first, kind="stable")
    evenly = np.linspace(first.min(), first.max(), MOST_CUTS)
    return order[np.unique(np.searchsorted(first[order], evenly))]


def _crossing(
    box: _Box,
    of: tuple[int, int],
    all_cuts: Sequence[Mask],
    tried: list[Places],
    chances: list[Floats],
) -> _Parting:
    i, j = of
    cuts = {k: all_cuts[k][tried[k]] for k in of}
    chance = {k: chances[k][tried[k]] for k in of}
    n = len(box.people)
    shape = cuts[i].shape[1], cuts[j].shape[1]
    together = np.ravel_multi_index((box.people[:, i], box.people[:, j]), shape)
    both = np.bincount(together, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    one = np.rint(cuts[i].astype(np.float64) @ both @ cuts[j].T)
    a, b = (cuts[i] @ both.sum(axis=1))[:, None], (cuts[j] @ both.sum(axis=0))[None]
    seen = np.stack([one, a - one, b - one, n - a - b + one])
    p, q = chance[i][:, None], chance[j][None]
    wanted = n * np.stack([p * q, p * (1 - q), (1 - p) * q, (1 - p) * (1 - q)])
    return _best(_gain(seen, wanted) - CROSS, [(i, cuts[i]), (j, cuts[j])])


def _gain(seen: NDArray[Any], expected: Floats) -> Floats:
    """Return how much likelier people are as `seen` (parts, ...) than as expected, in nats."""
    gain: Floats = _nats(seen, expected).sum(axis=0)
    return gain


def _nats(people: NDArray[Any], room: Floats, price: float = STRAY) -> Floats:
    """Return how likely people are who lie evenly in as much room, less the price of strays."""
    ratio = np.where(people > 0, people, 1) / np.maximum(room, _NO_ROOM)
    found: Floats = people * np.log(ratio) - price * np.where(people < FEWEST, people, 0)
    return found


def _best(gains: Floats, of: Sequence[tuple[int, Mask]]) -> _Parting:
    place = np.unravel_index(int(np.argmax(gains)), gains.shape)
    return _Parting(
        float(gains[place]), tuple((i, cut[k]) for (i, cut), k in zip(of, place, strict=False))
    )


def _normal(chance: Floats) -> Floats:
    scaled: Floats = chance / chance.sum()
    return scaled
