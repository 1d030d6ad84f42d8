"""Whether a classifier tells made histories from real ones, and by what."""

from typing import Any, Final, NamedTuple

import numpy as np

from bridge.histories.events import IMMUNIZATION
from bridge.quality.histories.records import UNKNOWN, YEAR, Floats, Numbers, Records

FEWEST: Final = 50
"""People on each side without whom no classifier is asked."""

MOST_STEPS: Final = 40
"""Kinds in sequence that are counted, the commonest of the real people."""

COMMON: Final = 0.1
"""Words that this share of the real people has also give ages, and intervals if repeated."""


class Told(NamedTuple):
    """The area under the classifier's ROC curve of n real against n made people."""

    auc: float
    n: int
    features: list[tuple[str, float]]
    """What it went by most: its name and its share of the classifier's gain."""


def noise(n: int) -> float:
    """Return an area's standard error where nothing can be told, n against n (Mann-Whitney)."""
    return float(np.sqrt((2 * n + 1) / (12 * n**2))) if n else float("nan")


def told_apart(
    real: Records, other: Records, reference: Records, seed: int, *, by_what: bool
) -> Told:
    """Let LightGBM tell as many real from other people by counts and times; NaN where too few.

    `reference` says which words are common, so that made and floor are seen with the same eyes;
    `by_what` asks also what it went by.
    """
    from bridge.quality.two_sample import area

    n = min(len(real), len(other))
    if n < FEWEST:
        return Told(float("nan"), n, [])
    rng = np.random.default_rng(seed)
    seen = _Eyes(reference)
    tables = [seen.table(one.some(rng.permutation(len(one))[:n])) for one in (real, other)]
    auc = area(tables[0], tables[1], paired=False, seed=seed)
    return Told(auc, n, _by_what(tables, seed) if by_what else [])


def _by_what(tables: list[Any], seed: int) -> list[tuple[str, float]]:
    import lightgbm

    values = np.concatenate([one.to_numpy(np.float64) for one in tables])
    labels = np.repeat([0, 1], [len(one) for one in tables])
    model = lightgbm.LGBMClassifier(
        n_estimators=100,
        learning_rate=0.05,
        num_leaves=15,
        min_child_samples=50,
        importance_type="gain",
        n_jobs=1,
        random_state=seed,
        verbose=-1,
    )
    model.fit(values, labels)
    gain = np.asarray(model.feature_importances_, dtype=np.float64)
    share = gain / max(gain.sum(), 1e-12)
    return [(str(tables[0].columns[k]), float(share[k])) for k in np.argsort(-share)[:12]]


class _Eyes:
    """What the classifier sees of a person: how often, when, how far apart."""

    def __init__(self, reference: Records) -> None:
        self._words = reference.words
        share = np.asarray(reference.lives().mean(axis=0)).ravel()
        self._common = np.flatnonzero(share >= COMMON)
        vaccines = reference.words.of_type(IMMUNIZATION)
        self._timed = np.union1d(self._common, vaccines[share[vaccines] > 0])
        self._steps = _commonest_steps(reference)

    def table(self, records: Records) -> Any:
        """Return one row a person; NaN where there is nothing to measure."""
        import pandas as pd

        counts = records.counts().toarray()
        shown = [f"{kind}: {code}" for kind, code in self._words.listed]
        columns = dict(zip((f"times {name}" for name in shown), counts.T, strict=True))
        columns |= self._times(records)
        for word in self._timed.tolist():
            first, apart = _first_and_apart(records, word)
            columns[f"age at first {shown[word]}"] = first
            columns[f"years between {shown[word]}"] = apart
        return pd.DataFrame(columns)

    def _times(self, records: Records) -> dict[str, Floats]:
        n = len(records)
        before, after = records.successions()
        gap, of = records.age[after] - records.age[before], records.owner[before]
        found = {f"gaps, {name}": values for name, values in _spread(gap, of, n).items()}
        visits, owner = records.age[records.is_visit], records.owner[records.is_visit]
        first, last = _ends(records.age, records.owner, n)
        first_visit, last_visit = _ends(visits, owner, n)
        found |= {
            "contacts": np.bincount(records.owner, minlength=n).astype(np.float64),
            "visits": np.bincount(owner, minlength=n).astype(np.float64),
            "age at first contact": first / YEAR,
            "age at last contact": last / YEAR,
            "days to first visit": first_visit - records.begin,
            "days after last visit": records.end - last_visit,
        }
        for one, other in self._steps:
            step = (records.kind[before] == one) & (records.kind[after] == other)
            name = f"{self._words.shown(one)} then {self._words.shown(other)}, {one} {other}"
            found[name] = np.bincount(of[step], minlength=n).astype(np.float64)
        return found


def _commonest_steps(records: Records) -> list[tuple[int, int]]:
    before, after = records.successions()
    kinds = np.stack([records.kind[before], records.kind[after]], axis=1)
    found, times = np.unique(kinds[(kinds != UNKNOWN).all(axis=1)], axis=0, return_counts=True)
    chosen = found[np.argsort(-times, kind="stable")[:MOST_STEPS]]
    return [(int(one), int(other)) for one, other in chosen]


def _ends(values: Floats, owner: Numbers, n: int) -> tuple[Floats, Floats]:
    """Return the least and the greatest value of each person, NaN of who has none."""
    least, greatest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(least, owner, values)
    np.maximum.at(greatest, owner, values)
    none = np.isinf(least)
    least[none] = greatest[none] = np.nan
    return least, greatest


def _spread(values: Floats, owner: Numbers, n: int) -> dict[str, Floats]:
    """Return mean, SD, least, median and greatest of each person's values."""
    order = np.lexsort((values, owner))
    values, owner = values[order], owner[order]
    many = np.bincount(owner, minlength=n)
    safe = np.maximum(many, 1)
    mean = np.bincount(owner, values, n) / safe
    square = np.bincount(owner, values**2, n) / safe
    start = np.concatenate([[0], np.cumsum(many)[:-1]])
    padded = np.concatenate([values, [0.0]])
    found = {
        "mean": mean,
        "SD": np.sqrt(np.maximum(square - mean**2, 0)),
        "shortest": padded[start],
        "median": padded[start + many // 2],
        "longest": padded[start + np.maximum(many - 1, 0)],
    }
    return {name: np.where(many > 0, one, np.nan) for name, one in found.items()}


def _first_and_apart(records: Records, word: int) -> tuple[Floats, Floats]:
    """Return the age at the first of a word, and the mean years between one and the next."""
    chosen = records.contact[records.word == word]
    age, owner = records.age[chosen], records.owner[chosen]
    first, last = _ends(age, owner, len(records))
    many = np.bincount(owner, minlength=len(records))
    apart = np.full(len(records), np.nan)
    np.divide((last - first) / YEAR, many - 1, out=apart, where=many > 1)
    return first / YEAR, apart
