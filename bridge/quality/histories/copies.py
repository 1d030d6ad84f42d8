"""Whether made histories repeat those learnt, and give away who was learnt."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.quality.histories.records import Floats, Numbers, Records

LONGEST: Final = 1_000
"""Words of a run beyond which it is not followed."""

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


def longest_runs(records: Records, learnt: Records, seed: int = 0) -> Numbers:
    """Return for each person the longest run of words that some learnt person has as well, (n,).

    A record's words are read visit by visit, each visit's in one order. Runs are found by their
    hash of 64 bits, one length after the other: a run of n + 1 can only begin where one of n did.
    """
    codes = np.random.default_rng(seed).integers(1, 2**63, len(records.words), dtype=np.uint64)
    mine, theirs = _Runs(records, codes), _Runs(learnt, codes)
    longest = np.zeros(len(records), dtype=np.int64)
    for length in range(1, LONGEST):
        mine.keep(np.isin(mine.hashes, theirs.hashes))
        if not len(mine.hashes):
            break
        longest[mine.owners()] = length
        mine.lengthen(length)
        theirs.lengthen(length)
    return longest


class _Runs:
    """All runs of one length in some records: where each begins, and its hash."""

    def __init__(self, records: Records, codes: NDArray[np.uint64]) -> None:
        self._owner = records.owner[records.contact]
        self._codes = codes[records.word]
        self._start = np.arange(len(self._codes))
        self.hashes = self._codes.copy()

    def owners(self) -> Numbers:
        """Return whose each run is."""
        return self._owner[self._start]

    def keep(self, some: NDArray[np.bool_]) -> None:
        """Forget the other runs."""
        self._start, self.hashes = self._start[some], self.hashes[some]

    def lengthen(self, length: int) -> None:
        """Take one word more to each run, where the person has one."""
        last = self._start + length
        inside = last < len(self._codes)
        inside[inside] = self._owner[last[inside]] == self._owner[self._start[inside]]
        self.keep(inside)
        self.hashes = self.hashes * _MULTIPLIER + self._codes[last[inside]]


def distances(records: Records, others: Records) -> Floats:
    """Return how far each person's counts of words are from the nearest of `others`, (n,).

    One minus Ruzicka's likeness, sum of the lesser counts by sum of the greater: 0 is the same
    codes as often, 1 none in common.
    """
    from scipy.spatial.distance import cdist

    mine, theirs = (one.counts().toarray() for one in (records, others))
    nearest = np.full(len(records), 1.0)
    for rows in np.array_split(np.arange(len(records)), max(1, len(records) // 200)):
        apart = cdist(mine[rows], theirs, "cityblock")
        total = mine[rows].sum(axis=1)[:, None] + theirs.sum(axis=1)[None, :]
        # the greater of two counts is half of their sum and difference
        nearest[rows] = np.min(2 * apart / np.maximum(total + apart, 1), axis=1)
    return nearest


class Membership(NamedTuple):
    """An attacker guesses who was learnt by how near a made person comes."""

    auc: float
    """.5: the nearness tells nothing."""
    closer: float
    """Share of made people nearer to a learnt person than to any of as many others."""
    learnt: int
    others: int


def membership(made: Records, learnt: Records, held_out: Records, seed: int) -> Membership:
    """Measure how well nearness to the made tells learnt people from others."""
    from sklearn.metrics import roc_auc_score

    inside, outside = distances(learnt, made), distances(held_out, made)
    labels = np.repeat([1, 0], [len(inside), len(outside)])
    auc = float(roc_auc_score(labels, -np.concatenate([inside, outside])))
    size = min(len(learnt), len(held_out))
    rng = np.random.default_rng(seed)
    near, far = (
        distances(made, one.some(rng.permutation(len(one))[:size])) for one in (learnt, held_out)
    )
    closer = float(np.mean(np.where(near == far, 0.5, near < far)))
    return Membership(auc, closer, len(inside), len(outside))
