"""Whether control people are of the training people's kind, without which no figure holds."""

from collections.abc import Callable
from typing import Final

import lightgbm
import numpy as np

from bridge.flows.columns import Floats
from bridge.quality.privacy.rates import area
from bridge.quality.privacy.results import Similarity
from bridge.quality.privacy.tables import Tables, sample, space

PEOPLE: Final = 10_000
"""People of each kind that are compared."""


def classifier(
    first: Floats, second: Floats, rng: np.random.Generator
) -> Callable[[Floats], Floats]:
    """Fit a classifier to two sets of points; it gives the chance that a point is of the first."""
    fitted = lightgbm.LGBMClassifier(
        n_estimators=100,
        class_weight="balanced",
        n_jobs=1,
        random_state=int(rng.integers(2**31)),
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    rows = np.concatenate([first, second])
    fitted.fit(rows, np.arange(len(rows)) < len(first))
    return lambda points: np.asarray(fitted.predict_proba(points), dtype=np.float64)[:, 1]


def measure_similarity(tables: Tables, rng: np.random.Generator) -> Similarity:
    """Tell training from control people by a classifier that saw the other half of both."""
    where = space(tables, np.arange(len(tables.names)))
    train, control = (
        rng.permutation(where.points(sample(people, PEOPLE, rng)))
        for people in (tables.train, tables.control)
    )
    score = classifier(train[::2], control[::2], rng)
    auc = area(score(train[1::2]), score(control[1::2]))
    figures = f"a classifier reaches an AUC of {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"
    if auc.low > 0.5:
        return Similarity(
            auc,
            f"Control: the people never seen differ from the training people ({figures} between "
            "them; .500 is alike). All figures mix that difference with what is given away: draw "
            "the control from the same source at random.",
        )
    return Similarity(
        auc, f"Control: the people never seen are like the training people ({figures})."
    )
