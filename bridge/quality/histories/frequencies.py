"""How often codes are, and how often together: in a life, in a visit, from visit to visit."""

from typing import Any, NamedTuple

import numpy as np

from bridge.quality.histories.records import Floats, Records
from bridge.quality.histories.words import Words


class Frequencies(NamedTuple):
    """How often words are, by person; sparse where of pairs (K, K).

    `prevalence` (K,) is the share of the people whose record has a word, `in_life` that of those
    who have both of two. `in_visit` and `visit_to_visit` are times a person: contacts that hold
    both of two words; visits with one word that a visit with another follows. So too few visits
    count as too few pairs.
    """

    prevalence: Floats
    in_visit: Any
    in_life: Any
    visit_to_visit: Any


def frequencies(records: Records) -> Frequencies:
    """Count the words and their pairs."""
    from scipy import sparse

    held, lives, people = records.held(), records.lives(), max(1, len(records))
    before, after = records.successions()
    return Frequencies(
        prevalence=np.asarray(lives.mean(axis=0)).ravel(),
        in_visit=sparse.triu((held.T @ held).tocsr(), k=1, format="csr") / people,
        in_life=sparse.triu((lives.T @ lives).tocsr(), k=1, format="csr") / people,
        visit_to_visit=(held[before].T @ held[after]) / people,
    )


def identity_r2(real: Any, other: Any) -> tuple[float, int]:
    """Return R2 of two sets of rates against the line on which they are equal, and of how many.

    1 - sum (real - other)^2 / sum (real - mean)^2 over what at least one of the tables has; so 1
    is equality (not a line fitted to the points, whose R2 a table that is wrong by a factor
    would also reach) and it may be negative. NaN where all rates are equal or none is there.
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
