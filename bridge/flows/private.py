"""Fits a model with differential privacy: what its checkpoint says hardly depends on any one row.

Public are the spec, with the bounds of every number, and how many rows there are. Everything else
in the checkpoint comes from looks at the data that the budget counts: groups, knots and weights.
The epochs are fixed, as to stop by a loss is a look too; losses, reasons why rows were left out
and the data's fingerprint are not written.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from bridge.errors import InputError, MissingExtra
from bridge.flows.budget import Budget, PrivacyTarget, plan
from bridge.flows.checkpoint import pack
from bridge.flows.flow import Conditional
from bridge.flows.margins import Groups
from bridge.flows.noisy import noisy_column, noisy_groups
from bridge.flows.spec import Fit, Spec
from bridge.flows.table import Table
from bridge.flows.training import Fitted, libraries, rows_of

Progress = Callable[[str], None]
"""Told after each epoch: the output."""

# Chosen on NHANES, which is public, by the area of the two-sample test in tests.bench.private with
# 10,000 rows at epsilon 3, on half of its pairs (real people have .544); two seeds lie .006 apart.

RATE: Final = 0.05
"""The share of rows in a step."""

EPOCHS: Final = 15
"""Twice as many: .582 against .592. More steps need more noise each."""

HIDDEN: Final = (32,)
"""More weights take more noise: .592; one layer of 16 .603, of 64 .599, two layers of 32 .632."""

LEARNING_RATE: Final = 0.012
"""Twice as fast: .606 against .588; half as fast at 2,000 rows and epsilon 1: .863 against .811."""

DECAY: Final = 0.98

CLIP: Final = 20.0
"""The length to which a row's gradient is cut; twice as long: .624 against .592. At 1 those of
unusual people are cut and the others are not, so that people come out too much alike: .735, and no
better at epsilon 50."""

FEWEST_ROWS: Final = 200


def settings_of(spec: Spec, rows: int) -> Fit:
    """Return the settings of a private fit: the spec's splines, and a descent that bears noise."""
    return spec.fit.model_copy(
        update={
            "hidden": HIDDEN,
            "epochs": EPOCHS,
            "patience": 0,
            "batch": round(RATE * rows),
            "rate": LEARNING_RATE,
            "decay": DECAY,
        }
    )


def check_public(spec: Spec) -> None:
    """Raise InputError unless the spec bounds every number that is made."""
    for name, output in spec.outputs.items():
        if output.kind == "number" and (output.low is None or output.high is None):
            raise InputError(
                f"outputs.{name}: a private fit needs low and high, and from what is known of the "
                "measurement, not from these data"
            )


def budget_of(spec: Spec, rows: int, target: PrivacyTarget) -> Budget:
    """Return what a private fit to `rows` rows spends; raises InputError if it cannot be made."""
    check_public(spec)
    if rows < FEWEST_ROWS:
        raise InputError(f"{rows} rows are too few for a private fit; it takes {FEWEST_ROWS}")
    if target.delta >= 1 / rows:
        raise InputError(
            f"delta must be under 1 / rows, {1 / rows:.1g}: to publish one row in {rows:,} whole "
            "would keep to it"
        )
    fit = settings_of(spec, rows)
    return plan(
        target,
        groups=bool(spec.conditions),
        outputs=len(spec.outputs),
        rate=fit.batch / rows,
        steps=len(spec.outputs) * fit.epochs * (rows // fit.batch),
    )


def train_private(
    table: Table,
    budget: Budget,
    *,
    seed: int,
    secret: bool,
    progress: Progress = lambda output: None,
) -> bytes:
    """Fit a model within a budget and return its checkpoint.

    The same inputs give the same weights. Who knows the seed can take the noise off again: for a
    model that is given away it is drawn, `secret`, and not written.
    """
    spec = table.spec.model_copy(update={"fit": settings_of(table.spec, len(table))})
    mechanisms = budget.mechanisms
    groups = Groups(cells=(), margins=(), boxes=())
    if of_groups := mechanisms.get("groups"):
        rng = _stream(seed, 0)
        groups = noisy_groups(spec, table.placed(rng), len(table), of_groups.noise, rng)
    done: list[Fitted] = []
    for _ in spec.outputs:
        rng = _stream(seed, 1 + len(done))
        done.append(_fit_output(table, done, spec.fit, budget, rng, progress))
    return pack(
        spec,
        [f.column for f in done],
        [f.conditional for f in done],
        groups=groups,
        provenance={
            "rows": len(table),
            "seed": None if secret else seed,
            "privacy": privacy_facts(budget, spec.fit),
            "libraries": libraries("numpy", "torch", "nflows", "opacus"),
        },
    )


def privacy_facts(budget: Budget, fit: Fit) -> dict[str, Any]:
    """Say what a private model keeps to, and how: for its checkpoint and its user."""
    return {
        "epsilon": round(budget.epsilon, 4),
        "delta": budget.target.delta,
        "asked": budget.target._asdict(),
        "neighbours": "one row more or less; of a person with several rows each counts",
        "public": "the spec with its bounds, and the number of rows",
        "accountant": "opacus RDPAccountant",
        "looks": {
            name: {
                "noise": round(one.noise, 4),
                "sampling_rate": round(one.rate, 6),
                "times": one.times,
                "epsilon_alone": round(budget.alone(name), 4),
            }
            for name, one in budget.mechanisms.items()
        },
        "clip": CLIP,
        "epochs": fit.epochs,
        "batch": fit.batch,
    }


def _stream(seed: int, part: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, part])))


def _fit_output(
    table: Table,
    done: list[Fitted],
    settings: Fit,
    budget: Budget,
    rng: np.random.Generator,
    progress: Progress,
) -> Fitted:
    try:
        from bridge.flows.private_coupling import PrivateFitter
    except ImportError as error:
        raise MissingExtra("Fitting with differential privacy", "train") from error
    k, people, mechanisms = len(done), len(table), budget.mechanisms
    name, output = list(table.spec.outputs.items())[k]
    column = noisy_column(
        name, output, table.values[:, k], people, mechanisms["columns"].noise, rng
    )
    rows = rows_of(table, done, column, rng)
    fitter = PrivateFitter(
        rows.shape[1] - 1, people, settings, noise=mechanisms["weights"].noise, clip=CLIP, rng=rng
    )
    for _ in range(settings.epochs):
        fitter.pass_over(rows)
        progress(name)
        # New places within the grid's cells each time, so that no net learns the old ones.
        rows = rows_of(table, done, column, rng)
    return Fitted(column, Conditional(layers=fitter.layers(), bound=settings.bound), people, [])
