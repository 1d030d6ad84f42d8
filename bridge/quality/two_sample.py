"""Can a classifier tell synthetic people from real ones, and any better than other real people?"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from bridge.flows.columns import Floats
from bridge.flows.inference import share_on_grid
from bridge.quality.frames import AGES, SEXES, Samples, snapped
from bridge.quality.groups import Group, bands, sexes
from bridge.quality.matching import Trial

FEWEST_PAIRS: Final = 200
"""With fewer the trees (leaves of 50, five folds) can hardly split."""


class Distinction(NamedTuple):
    """How well a group is told apart: areas under the ROC curve, .5 is not at all.

    `excess` is auc - floor, the mean over seeds; errors are the standard errors of those means,
    `noise` that of one such area where nothing can be told. `pairs` is the fewest of them.
    """

    group: str
    pairs: int
    auc: float
    auc_error: float
    floor: float
    floor_error: float
    excess: float
    excess_error: float
    noise: float


class TwoSample(NamedTuple):
    """The test on the instrument's grid: all, each band of age, each sex, what was too small.

    `unsnapped` is the test of all with the values as they stand in the files, where some
    synthetic ones lie off the grid.
    """

    overall: Distinction | None
    groups: tuple[Distinction, ...]
    too_small: tuple[tuple[str, int], ...]
    unsnapped: Distinction | None


def distinguish(samples: Samples, matched: Sequence[Trial], *, seed: int) -> TwoSample:
    """Run the two-sample test of all and of each group, averaged over the matched samples."""
    on_grid = _on_grid(samples, matched)
    tests = {name: _averaged(samples, some, name, seed) for name, some in _groups(samples, on_grid)}
    overall, _ = tests.pop("all")
    return TwoSample(
        overall=overall,
        groups=tuple(test for test, _ in tests.values() if test),
        too_small=tuple((name, n) for name, (test, n) in tests.items() if test is None and n),
        unsnapped=None if all_on_grid(samples) else _averaged(samples, matched, "all", seed)[0],
    )


def overall(samples: Samples, matched: Sequence[Trial], *, seed: int) -> Distinction | None:
    """Run the test of all rows alone, on the instrument's grid; None where they are too few."""
    return _averaged(samples, _on_grid(samples, matched), "all", seed)[0]


def _on_grid(samples: Samples, matched: Sequence[Trial]) -> list[Trial]:
    return [
        trial._replace(
            synthetic=snapped(trial.synthetic, samples.columns),
            other=snapped(trial.other, samples.columns),
        )
        for trial in matched
    ]


def all_on_grid(samples: Samples) -> bool:
    """Tell whether the synthetic values lie on the grid of the real ones."""
    return all(
        share_on_grid(samples.synthetic[column.name].to_numpy(np.float64), column.step) > 0.99
        for column in samples.columns
        if column.step and not column.condition
    )


def _groups(samples: Samples, matched: Sequence[Trial]) -> Iterator[tuple[str, list[Trial]]]:
    """Yield all pairs, then those of each band of age and each sex."""
    yield "all", list(matched)
    named = [_groups_of(samples, trial) for trial in matched]
    for several in zip(*named, strict=True):
        yield (
            several[0].name,
            [_some(trial, group) for trial, group in zip(matched, several, strict=True)],
        )


def _groups_of(samples: Samples, trial: Trial) -> list[Group]:
    known = set(samples.conditions)
    by_age = bands(trial.real) if known & AGES.keys() else []
    return by_age + (sexes(trial.real, samples) if known & {*SEXES} else [])


def _some(trial: Trial, group: Group) -> Trial:
    return trial._replace(
        real=trial.real[group.rows],
        synthetic=trial.synthetic[group.rows],
        other=trial.other[group.rows],
    )


def _averaged(
    samples: Samples, matched: Sequence[Trial], name: str, seed: int
) -> tuple[Distinction | None, int]:
    """Average the test over the matched samples; returns the pairs too, of which it may lack."""
    usable = [_measured(trial, samples.outputs) for trial in matched]
    pairs = min(len(trial.real) for trial in usable)
    return _distinction(usable, name, pairs, seed), pairs


def distinction(
    trials: Sequence[Trial], columns: list[str], name: str, seed: int
) -> Distinction | None:
    """Run the test on some columns of all rows; None where they are too few."""
    usable = [
        trial._replace(
            real=trial.real[columns], synthetic=trial.synthetic[columns], other=trial.other[columns]
        )
        for trial in trials
    ]
    return _distinction(usable, name, min(len(trial.real) for trial in usable), seed)


def _distinction(usable: Sequence[Trial], name: str, pairs: int, seed: int) -> Distinction | None:
    if pairs < FEWEST_PAIRS:
        return None
    own, floor = np.array(
        [
            [
                area(trial.real, frame, paired=trial.paired, seed=seed + k)
                for frame in (trial.synthetic, trial.other)
            ]
            for k, trial in enumerate(usable)
        ]
    ).T
    figures = [_mean_and_error(each) for each in (own, floor, own - floor)]
    noise = float(np.sqrt((2 * pairs + 1) / (12 * pairs**2)))
    return Distinction(name, pairs, *figures[0], *figures[1], *figures[2], noise)


def _measured(trial: Trial, outputs: Sequence[str]) -> Trial:
    """Leave out the pairs of which nothing is measured."""
    some = trial.real[outputs].notna().any(axis=1).to_numpy()
    return _some(trial, Group("", "", some)) if trial.paired else trial


def _mean_and_error(values: Floats) -> tuple[float, float]:
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return float(values.mean()), float(error)


def area(first: pd.DataFrame, second: pd.DataFrame, *, paired: bool, seed: int) -> float:
    """Return the area under the ROC curve of a classifier that tells two tables apart.

    Five folds; row i of both tables stays in one fold if they are pairs. LightGBM with the
    settings that the project judges all generators by.
    """
    values = np.concatenate([first.to_numpy(np.float64), second.to_numpy(np.float64)])
    second_table = np.repeat([0, 1], [len(first), len(second)])
    rng = np.random.default_rng(seed)
    fold = rng.permutation(len(first))
    folds = np.concatenate([fold, fold if paired else rng.permutation(len(second))])
    chance = np.empty(len(values))
    for train, test in GroupKFold(5).split(values, second_table, folds):
        model = lightgbm.LGBMClassifier(
            n_estimators=200,
            learning_rate=0.03,
            num_leaves=15,
            min_child_samples=50,
            n_jobs=1,
            random_state=seed,
            verbose=-1,
        )
        model.fit(values[train], second_table[train])
        chance[test] = np.asarray(model.predict_proba(values[test]))[:, 1]
    return float(roc_auc_score(second_table, chance))
