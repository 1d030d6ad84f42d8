"""What is done about a diagnosis: the drugs and tests of those who have it."""

from typing import Final, NamedTuple

import numpy as np

from bridge.histories.events import CONDITION
from bridge.quality.histories.records import Floats, Numbers, Records

FEWEST: Final = 20
"""Real people with a diagnosis without whom nothing is said of it."""

COMMON: Final = 0.1
"""A drug or test that fewer real people with a diagnosis have than this is not its own."""


class Given(NamedTuple):
    """The share of the people with a diagnosis who have a drug (or test)."""

    diagnosis: str
    given: str
    people: int
    real: float
    other: float


def given_diagnosis(real: Records, other: Records, kind: str) -> list[Given]:
    """Compare P(word of a type | diagnosis) where the real people have at least FEWEST, COMMON.

    A diagnosis that nobody of the other table has counts as a share of 0.
    """
    diagnoses, words = real.words.of_type(CONDITION), real.words.of_type(kind)
    (mine, n), (theirs, m) = (_together(one, diagnoses, words) for one in (real, other))
    shares, others = mine / np.maximum(n, 1)[:, None], theirs / np.maximum(m, 1)[:, None]
    rows, columns = np.nonzero((n >= FEWEST)[:, None] & (shares >= COMMON))
    return [
        Given(
            real.words.shown(int(diagnoses[i])),
            real.words.shown(int(words[j])),
            int(n[i]),
            float(shares[i, j]),
            float(others[i, j]),
        )
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def _together(records: Records, diagnoses: Numbers, words: Numbers) -> tuple[Floats, Floats]:
    lives = records.lives()
    ill, given = lives[:, diagnoses], lives[:, words]
    return (ill.T @ given).toarray(), np.asarray(ill.sum(axis=0)).ravel()


def mean_error(pairs: list[Given]) -> float:
    """Return the mean of |real - other|, NaN without pairs."""
    return float(np.mean([abs(one.real - one.other) for one in pairs])) if pairs else float("nan")
