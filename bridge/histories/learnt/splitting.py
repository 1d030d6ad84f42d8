"""Event tables by people: a part to fit to and a part to judge by; a pick of people."""

from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EventTable

_OF_PEOPLE = ("person", "sex", "birth", "death", "begin", "end")
_OF_BOTH = ("display", "dropped")


class Split(NamedTuple):
    """Two thirds of the people, and the others."""

    train: EventTable
    test: EventTable


def split(table: EventTable, seed: int = 0) -> Split:
    """Split by person: of 1,461 people 974 and 487 (the study's 486 and one without a visit)."""
    order = np.random.default_rng(seed).permutation(len(table))
    most = len(table) * 2 // 3
    return Split(picked(table, np.sort(order[:most])), picked(table, np.sort(order[most:])))


def picked(table: EventTable, rows: NDArray[np.int64]) -> EventTable:
    """Return the people of some rows (no row twice), with their events."""
    new_row = np.full(len(table), -1)
    new_row[rows] = np.arange(len(rows))
    owner = new_row[table.owner]
    of = np.flatnonzero(owner >= 0)
    of = of[np.argsort(owner[of], kind="stable")]
    people = {name: getattr(table, name)[rows] for name in _OF_PEOPLE}
    events = {
        field.name: getattr(table, field.name)[of]
        for field in fields(table)
        if field.name not in (*_OF_PEOPLE, *_OF_BOTH, "owner")
    }
    return replace(table, **people, **events, owner=owner[of])
