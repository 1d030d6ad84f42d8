"""Fits a model to a table: one conditional transform per output, one after the other."""

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError, MissingExtra
from bridge.flows.checkpoint import pack
from bridge.flows.columns import Column, Floats, check_grid, fit_column
from bridge.flows.conditions import Conditions, features, is_measured, own_features
from bridge.flows.flow import Conditional
from bridge.flows.margins import count_groups, written_groups
from bridge.flows.spec import Fit
from bridge.flows.table import Table

Progress = Callable[[str, "Loss"], None]
"""Told after each epoch: the output and its loss."""

SELECT_SHARE = 0.1
"""People set aside to stop the fit in time, where no others are given."""


FEWEST_ROWS = 100
"""Rows that a fit needs (a choice): with fewer, a tenth to stop it by says nothing."""

FEWEST_STEPS = 60
"""Steps of an epoch: few people are gone through several times in each."""


FEW_DECAY = 0.99
"""How much of the averaged weights a step keeps at most, for few people."""


class Loss(NamedTuple):
    """Nats per value after an epoch, in training and on the people it is stopped by."""

    train: float
    select: float


class Fitted(NamedTuple):
    """One fitted output: codec, transform, people used and losses, one per epoch."""

    column: Column
    conditional: Conditional
    rows: int
    losses: list[Loss]


def best(losses: Sequence[Loss]) -> Loss:
    """Return the losses of the epoch whose weights were kept."""
    return min(losses, key=lambda loss: loss.select)


def check_table(table: Table) -> None:
    """Raise an InputError where an output has too few people, or too fine a grid, to be learnt."""
    have = {
        name: int((~np.isnan(values)).sum())
        for name, values in zip(table.spec.outputs, table.values.T, strict=True)
    }
    few = {name: count for name, count in have.items() if count < FEWEST_ROWS}
    if few:
        said = ", ".join(f"{name} in {count}" for name, count in few.items())
        raise InputError(
            f"a fit needs {FEWEST_ROWS} rows with each output, and there is {said} of "
            f"{len(table)}; leave such a column out in the spec, or take more rows"
        )
    for (name, output), values in zip(table.spec.outputs.items(), table.values.T, strict=True):
        check_grid(name, output, values)


def train(
    table: Table,
    select: Table | None,
    *,
    seed: int,
    progress: Progress = lambda output, loss: None,
) -> bytes:
    """Fit a model to a table and return its checkpoint; `select` stops each output in time.

    Without `select` a share of the table's own people is set aside. The same inputs give the same
    weights. Raises MissingExtra without torch and nflows, InputError with too few people.
    """
    check_table(table)
    if select is None:
        table, select = split(table, SELECT_SHARE, seed)
    fitted = fit(table, select, seed=seed, progress=progress)
    return pack(
        table.spec,
        [f.column for f in fitted],
        [f.conditional for f in fitted],
        groups=written_groups(count_groups(table.spec, table.conditions, len(table))),
        provenance=provenance(table, select, fitted, seed),
    )


def fit(
    table: Table,
    select: Table,
    *,
    seed: int,
    progress: Progress = lambda output, loss: None,
) -> list[Fitted]:
    """Fit one transform per output, in the spec's order."""
    done: list[Fitted] = []
    for k, (name, output) in enumerate(table.spec.outputs.items()):
        values = table.values[:, k]
        if np.isnan(values).all():
            raise InputError(f"nobody has a {name}")
        column = fit_column(name, output, values)
        done.append(_fit_conditional(table, select, done, column, seed, progress))
    return done


def split(table: Table, share: float, seed: int) -> tuple[Table, Table]:
    """Return a table without and with a random share of its people."""
    out = np.random.default_rng(seed).random(len(table)) < share
    return table[~out], table[out]


def provenance(table: Table, select: Table, fitted: Sequence[Fitted], seed: int) -> dict[str, Any]:
    """Say what a model was fitted to and how, and how well."""
    return {
        "data": [dict(file) for file in table.source],
        "rows": len(table),
        "left_out": dict(table.left_out),
        "selected_on": {"data": [dict(file) for file in select.source], "rows": len(select)},
        "seed": seed,
        "nats": {
            f.column.name: {
                "rows": f.rows,
                "epochs": len(f.losses),
                "kept": [round(loss, 4) for loss in best(f.losses)],
                "history": [[round(loss, 4) for loss in losses] for losses in f.losses],
            }
            for f in fitted
        },
        "libraries": libraries("numpy", "torch", "nflows", "pandas"),
    }


def libraries(*names: str) -> dict[str, str]:
    """Return the versions of what a model is fitted with."""
    return {name: version(name) for name in names} | {"python": platform.python_version()}


def _fit_conditional(
    table: Table,
    select: Table,
    done: Sequence[Fitted],
    column: Column,
    seed: int,
    progress: Progress,
) -> Fitted:
    try:
        from bridge.flows.coupling import Fitter
    except ImportError as error:
        raise MissingExtra("Fitting a model", "train") from error
    k = len(done)
    settings = table.spec.fit
    rng = np.random.default_rng([seed, k])
    judged = rows_of(select, done, column, np.random.default_rng(k))
    rows = rows_of(table, done, column, rng)
    if not len(judged) or len(rows) < 2:
        raise InputError(
            f"{column.name}: {len(rows)} people to fit to and {len(judged)} to stop by; take more "
            "rows, or leave it out in the spec"
        )
    if len(rows) < settings.batch:
        settings = settings.model_copy(update={"batch": 2 ** int(np.log2(len(rows) / 2))})
    steps = len(rows) // settings.batch
    passes = -(-FEWEST_STEPS // steps)
    if passes > 1:
        settings = _for_few(settings, steps)
    fitter = Fitter(rows.shape[1] - 1, passes * len(rows) // settings.batch, settings, seed)
    losses: list[Loss] = []
    least, layers = np.inf, fitter.layers()
    since = 0
    while len(losses) < settings.epochs and since <= settings.patience:
        # New places within the grid's cells each time, so that no net learns the old ones.
        rows = np.concatenate([rows_of(table, done, column, rng) for _ in range(passes)])
        losses.append(Loss(fitter.epoch(rows), fitter.nats(judged)))
        progress(column.name, losses[-1])
        since += 1
        if losses[-1].select < least:
            least, layers, since = losses[-1].select, fitter.layers(), 0
    transform = Conditional(layers=layers, bound=settings.bound)
    return Fitted(column, transform, len(rows) // passes, losses)


def _for_few(settings: Fit, steps: int) -> Fit:
    """Return how a net learns from so few people that it goes through them in a few steps.

    Slower, and averaged over fewer steps: it has learnt them by heart within some epochs, and an
    average must not lag behind that. The heads of 1,131 infants: .59 nats on others against .73.
    """
    slower = settings.rate * (steps / FEWEST_STEPS) ** 0.5
    return settings.model_copy(update={"rate": slower, "decay": min(settings.decay, FEW_DECAY)})


def rows_of(
    table: Table, done: Sequence[Fitted], column: Column, rng: np.random.Generator
) -> Floats:
    """Return (n, F + 1): what an output's net is told, and its own scores, of those who have it."""
    k = len(done)
    people = table[~np.isnan(table.values[:, k])]
    conditions = people.placed(rng)
    inputs = features(table.spec, conditions, len(people))
    for j, before in enumerate(done):
        told = _told(before, people.values[:, j], inputs, conditions, rng)
        inputs = np.concatenate([inputs, told])
    own = own_features(column.output, conditions, len(people))
    scores = column.encode(people.values[:, k], rng.random(len(people)))
    return np.concatenate([inputs, own, scores[None]]).T


def _told(
    before: Fitted,
    values: NDArray[np.float64],
    inputs: Floats,
    conditions: Conditions,
    rng: np.random.Generator,
) -> Floats:
    """Return what later outputs are told of one that is fitted."""
    output = before.column.output
    scores = before.column.encode(values, rng.random(len(values)))
    read = np.concatenate([inputs, own_features(output, conditions, len(values))])
    told = before.column.passed_on(before.conditional.forward(scores, read), scores)
    measured = is_measured(output, conditions, len(values)) & ~np.isnan(values)
    return np.where(measured, told, 0.0)
