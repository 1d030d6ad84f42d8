"""When things happen: gaps between visits, ages at diagnoses, visits a year and a person."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from bridge.histories.events import CONDITION
from bridge.quality.histories.records import UNKNOWN, YEAR, Floats, Numbers, Records

Shares = Mapping[tuple[int, int], float]

AGE_BANDS: Final = (0.0, 1.0, 5.0, 18.0, 40.0, 65.0, 130.0)
"""Years at which the bands of age begin. A choice: infants, small children, minors, adults."""

CONDITIONS: Final = 10
LASTING: Final = 0.5
"""A condition lasts when more than that share of its entries have no end."""


def steps_apart(one: Floats, other: Floats) -> float:
    """Return Kolmogorov-Smirnov's distance: the most that two distributions' shares differ."""
    if not len(one) or not len(other):
        return float("nan")
    values = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(x), values, side="right") / len(x) for x in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def gaps(records: Records) -> Floats:
    """Return the days between each visit and the person's next."""
    before, after = records.successions()
    return records.age[after] - records.age[before]


def contacts_each(records: Records) -> Floats:
    """Return how many contacts each person has: visits, and days of history before the record."""
    return np.bincount(records.owner, minlength=len(records)).astype(np.float64)


def kinds_in_sequence(records: Records) -> Shares:
    """Return the shares of (kind of visit, kind of the next) among all visits with a next."""
    before, after = records.successions()
    kinds = np.stack([records.kind[before], records.kind[after]], axis=1)
    kinds = kinds[(kinds != UNKNOWN).all(axis=1)]
    found, times = np.unique(kinds, axis=0, return_counts=True)
    return {(int(a), int(b)): n / len(kinds) for (a, b), n in zip(found, times, strict=True)}


def total_variation(
    one: Mapping[tuple[int, int], float], other: Mapping[tuple[int, int], float]
) -> float:
    """Return half the sum of all differences of shares: 0 is equal, 1 has nothing in common."""
    return 0.5 * sum(abs(one.get(k, 0.0) - other.get(k, 0.0)) for k in {**one, **other})


def visits_a_year(records: Records) -> Floats:
    """Return visits per person-year of record in each band of age, NaN where nobody was."""
    edges = np.array(AGE_BANDS) * YEAR
    inside = np.minimum(records.end[:, None], edges[1:]) - np.maximum(
        records.begin[:, None], edges[:-1]
    )
    years = np.clip(inside, 0, None).sum(axis=0) / YEAR
    visits = np.histogram(records.age[records.is_visit], edges)[0]
    found: Floats = np.full(len(years), np.nan)
    np.divide(visits, years, out=found, where=years > 1)
    return found


class Onset(NamedTuple):
    """Ages at which a condition is first in the record: how far from the real ones, in KS."""

    word: str
    people: int
    """Real people who have it."""
    made_people: int
    distance: float


def onset_ages(records: Records) -> tuple[Numbers, Floats]:
    """Return words and ages in years of each person's first entry of each condition."""
    conditions = records.words.of_type(CONDITION)
    chosen = np.isin(records.word, conditions)
    owner, age = records.owner[records.contact[chosen]], records.age[records.contact[chosen]]
    word = records.word[chosen]
    order = np.lexsort((age, word, owner))
    pairs = np.stack([owner, word], axis=1)[order]
    first = np.ones(len(pairs), dtype=np.bool_)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return word[order][first], age[order][first] / YEAR


def lasting_conditions(real: Records, lasts: Numbers) -> Numbers:
    """Return the ten conditions that most real people have, of those that last (`lasts`)."""
    word, _ = onset_ages(real)
    people = np.bincount(word[np.isin(word, lasts)], minlength=len(real.words))
    return np.argsort(-people, kind="stable")[: min(CONDITIONS, int((people > 0).sum()))]


def onsets(real: Records, other: Records, chosen: Numbers) -> list[Onset]:
    """Compare the ages at first diagnosis; who has none of a condition is as far as can be, 1."""
    (word, age), (other_word, other_age) = onset_ages(real), onset_ages(other)
    found = []
    for k in chosen.tolist():
        mine, theirs = age[word == k], other_age[other_word == k]
        distance = steps_apart(mine, theirs) if len(theirs) else 1.0
        found.append(Onset(real.words.shown(k), len(mine), len(theirs), distance))
    return found
