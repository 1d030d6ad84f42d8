"""Usefulness: a model that learns from synthetic people, judged on real ones (TSTR).

Held against one that learns from as many other real people (TRTR), the matched samples' floor.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import r2_score, roc_auc_score

from bridge.quality.frames import ComparedColumn, Samples
from bridge.quality.matching import Trial

FEWEST_ROWS: Final = 200
LEAST_TO_LEARN: Final = 0.05
"""Of what real people teach less than this about, no ratio is formed: it would be noise."""


class Usefulness(NamedTuple):
    """How well one measurement is foretold from all others, learnt from either sample.

    R2 of a number; of a category of two levels, the area under the ROC curve. `ratio` is of what
    lies above knowing nothing (R2 0, area .5), None where real people teach next to nothing.
    """

    name: str
    measure: str
    from_synthetic: float
    from_real: float
    ratio: float | None


def measure_usefulness(
    samples: Samples, matched: Sequence[Trial], *, seed: int
) -> tuple[Usefulness, ...]:
    """Foretell each measurement of real people from their others, averaged over the samples."""
    columns = [c for c in samples.columns if not c.condition]
    foretold = [c for c in columns if c.kind == "number" or len(c.levels) == 2]
    found = (_usefulness(column, matched, seed) for column in foretold)
    return tuple(one for one in found if one)


def _usefulness(column: ComparedColumn, matched: Sequence[Trial], seed: int) -> Usefulness | None:
    figures = []
    for k, trial in enumerate(matched):
        test, synthetic, other = (_known(frame, column.name) for frame in trial[:3])
        if min(len(test), len(synthetic), len(other)) < FEWEST_ROWS:
            return None
        scores = [_score(column, learnt, test, seed + k) for learnt in (synthetic, other)]
        figures.append(scores)
    from_synthetic, from_real = (float(value) for value in np.mean(figures, axis=0))
    nothing = 0.0 if column.kind == "number" else 0.5
    teaches = from_real - nothing
    return Usefulness(
        column.name,
        "R2" if column.kind == "number" else "AUC",
        from_synthetic,
        from_real,
        (from_synthetic - nothing) / teaches if teaches > LEAST_TO_LEARN else None,
    )


def _known(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame[name].notna()]


def _score(column: ComparedColumn, learnt: pd.DataFrame, test: pd.DataFrame, seed: int) -> float:
    """Learn from one table, judge on another."""
    kind = lightgbm.LGBMRegressor if column.kind == "number" else lightgbm.LGBMClassifier
    model = kind(
        n_estimators=200,
        learning_rate=0.05,
        num_leaves=15,
        min_child_samples=20,
        n_jobs=1,
        random_state=seed,
        verbose=-1,
    )
    target = learnt[column.name].to_numpy(np.float64)
    if column.kind == "category" and len(np.unique(target)) < 2:
        return 0.5
    model.fit(_others(learnt, column.name), target)
    truth, known = test[column.name].to_numpy(np.float64), _others(test, column.name)
    if column.kind == "number":
        return float(r2_score(truth, np.asarray(model.predict(known))))
    return float(roc_auc_score(truth, np.asarray(model.predict_proba(known))[:, 1]))


def _others(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame.drop(columns=name).to_numpy(np.float64)
