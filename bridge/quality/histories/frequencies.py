"""How often codes are, and how often together: in a life, in a visit, from visit to visit."""

from typing import Any, NamedTuple

import numpy as np

from bridge.quality.histories.records import Floats, Records
from bridge.quality.histories.words import Words


class Frequencies(NamedTuple):
    """Shares of one table's people, contacts and successions; sparse where of pairs (K, K).

    `prevalence` (K,) is whose record has a word; `in_visit` and `in_life` hold the pairs of
    different words in one contact and in one person, each pair once; `visit_to_visit` a word of
    a visit and one of the next.
    """

    prevalence: Floats
    in_visit: Any
    in_life: Any
    visit_to_visit: Any


def frequencies(records: Records) -> Frequencies:
    """Count the words and their pairs."""
    held, lives = records.held(), records.lives()
    before, after = records.successions()
    return Frequencies(
        prevalence=np.asarray(lives.mean(axis=0)).ravel(),
        in_visit=_pairs(held),
        in_life=_pairs(lives),
        visit_to_visit=(held[before].T @ held[after]) / max(1, len(before)),
    )


def _pairs(held: Any) -> Any:
    """Return the share of the rows that hold both of two words, above the diagonal."""
    from scipy import sparse

    return sparse.triu((held.T @ held).tocsr(), k=1, format="csr") / max(1, held.shape[0])


def identity_r2(real: Any, other: Any) -> tuple[float, int]:
    """Return R2 of two sets of shares against the line on which they are equal, and of how many.

    1 - sum (real - other)^2 / sum (real - mean)^2 over what at least one of the tables has; so 1
    is equality (not a line fitted to the points, whose R2 a table that is wrong by a factor
    would also reach) and it may be negative. NaN where all shares are equal or none is there.
    """
    if not hasattr(real, "nnz"):
        seen = (real > 0) | (other > 0)
        first, second = real[seen], other[seen]
        n, residual = len(first), float(((first - second) ** 2).sum())
    else:
        apart = (real - other).tocsr()
        first, n = real.data, int((real + other).nnz)
        residual = float((apart.data**2).sum())
    if not n:
        return float("nan"), 0
    spread = float((first**2).sum() - first.sum() ** 2 / n)
    return (1 - residual / spread if spread > 1e-15 else float("nan")), n


class Prevalence(NamedTuple):
    """How many people have a word: real, made, and other real ones."""

    word: str
    type: str
    real: float
    made: float
    floor: float


def furthest(
    words: Words, real: Frequencies, made: Frequencies, floor: Frequencies, most: int
) -> list[Prevalence]:
    """Return the words whose prevalence is furthest from the real one."""
    apart = np.abs(made.prevalence - real.prevalence)
    return [
        Prevalence(
            words.shown(k),
            words.listed[k][0],
            *(float(one.prevalence[k]) for one in (real, made, floor)),
        )
        for k in np.argsort(-apart, kind="stable")[:most].tolist()
    ]
