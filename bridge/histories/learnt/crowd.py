"""Whom histories are of, when nobody says: sex, age, length of record and death, in coarse groups.

No birth date of a real person is kept: a group is of at least five people, and dates within it are
drawn evenly.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.records import Given

Ints = NDArray[np.int64]

LEAST: Final = 5
AGES: Final = tuple(range(0, 120, 10))
"""Years of age at the record's end, from which on a group is."""
LENGTHS: Final = (0, 0.25, 1, 2.5, 5, 9.9, 20, 60)
"""Years of a record, from which on a group is; ten years are a group of their own."""
_YEAR: Final = 365.25
_FAR: Final = np.array([20, 100, 2, 1])
"""How far groups of another sex, death, age or length are from one another; `choice`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowd:
    """Groups of people and how many: rows of (male, dead, age group, length group).

    `longest`: days of the longest record; `last`: the last day of the records (since 1970).
    """

    groups: Ints
    counts: NDArray[np.float64]
    longest: int
    last: int


def groups_of(given: Given) -> Ints:
    """Return (n, 4) the group of each person."""
    age = (given.end - given.birth) / _YEAR
    length = (given.end - given.begin) / _YEAR
    parts = (
        given.male,
        given.dead,
        np.searchsorted(AGES, age, side="right") - 1,
        np.searchsorted(LENGTHS, length, side="right") - 1,
    )
    return np.stack([np.asarray(part, dtype=np.int64) for part in parts], axis=1)


def crowd_of(given: Given) -> Crowd:
    """Return the groups with at least five people; the others are counted with the nearest."""
    groups, counts = np.unique(groups_of(given), axis=0, return_counts=True)
    keep = counts >= LEAST if (counts >= LEAST).any() else counts > 0
    kept, total = groups[keep], counts[keep].astype(np.float64)
    for group, many in zip(groups[~keep], counts[~keep], strict=True):
        total[(np.abs(kept - group) * _FAR).sum(1).argmin()] += many
    return Crowd(
        groups=kept,
        counts=total,
        longest=int((given.end - given.begin).max()),
        last=int(given.end.max()),
    )


def drawn(crowd: Crowd, count: int, rng: np.random.Generator) -> Given:
    """Draw people: records end on the crowd's last day, those of the dead in the years before."""
    which = rng.choice(len(crowd.counts), count, p=crowd.counts / crowd.counts.sum())
    male, dead, age, length = crowd.groups[which].T
    ages = np.array([*AGES, 130], dtype=np.float64) * _YEAR
    spans = np.minimum(np.array([*LENGTHS, 130]) * _YEAR, crowd.longest)
    years = _within(ages, age, rng)
    long = np.minimum(_within(spans, length, rng), years)
    end = crowd.last - np.where(dead == 1, rng.integers(0, max(crowd.longest, 1), count), 0)
    return Given(
        male=male == 1,
        dead=dead == 1,
        birth=end - years,
        begin=end - long,
        end=end,
    )


def _within(edges: NDArray[np.float64], group: Ints, rng: np.random.Generator) -> Ints:
    low, high = edges[group], np.maximum(edges[group + 1], edges[group])
    return np.round(low + (high - low) * rng.random(len(group))).astype(np.int64)
