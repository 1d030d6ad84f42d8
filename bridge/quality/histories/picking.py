"""Some people of an event table, by chance."""

import numpy as np

from bridge.histories.events import EventTable
from bridge.histories.learnt.splitting import picked


def halves(table: EventTable, seed: int) -> tuple[EventTable, EventTable]:
    """Part the people into two halves."""
    order = np.random.default_rng(seed).permutation(len(table))
    middle = len(table) // 2
    return picked(table, np.sort(order[:middle])), picked(table, np.sort(order[middle:]))


def some_people(table: EventTable, most: int, seed: int) -> EventTable:
    """Return at most so many people."""
    if len(table) <= most:
        return table
    return picked(table, np.sort(np.random.default_rng(seed).permutation(len(table))[:most]))
