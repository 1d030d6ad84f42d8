"""Fits the models that come with bridge: one conditional transform per measurement.

    python -m bridge.synthesis.training population --data nhanes_2005_2016.csv.gz \\
        --select nhanes_2001_2004.csv.gz --out bridge/synthesis/models
    python -m bridge.synthesis.training illness --data nhamcs_ed_2012_2014.csv.gz \\
        --out bridge/synthesis/models
"""

import argparse
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bridge.errors import BridgeError, InputError, MissingExtra
from bridge.synthesis.checkpoint import pack
from bridge.synthesis.columns import Column, Floats, fit_column
from bridge.synthesis.context import Context, features
from bridge.synthesis.flow import Conditional
from bridge.synthesis.hyperparameters import Hyperparameters
from bridge.synthesis.surveys import Survey, load_nhamcs, load_nhanes


class Loss(NamedTuple):
    """Nats per value after an epoch, in training and on the people it is stopped by."""

    train: float
    select: float


class Fitted(NamedTuple):
    """One fitted measurement: codec, transform, people used and losses, one per epoch."""

    column: Column
    conditional: Conditional
    rows: int
    losses: list[Loss]

    @property
    def best(self) -> Loss:
        """The losses of the epoch whose weights were kept."""
        return min(self.losses, key=lambda loss: loss.select)


def fit(
    survey: Survey,
    select: Survey,
    settings: Hyperparameters,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Fitted]:
    """Fit one transform per measurement of a survey, in order; `select` stops each in time.

    The same inputs give the same weights. Raises MissingExtra without torch and nflows.
    """
    done: list[Fitted] = []
    for k, scale in enumerate(survey.scales):
        column = fit_column(scale, survey.values[:, k])
        fitted = _fit_conditional(survey, select, done, column, settings)
        progress(
            f"{scale.name}: {fitted.rows} rows, {len(fitted.losses)} epochs, "
            f"{fitted.best.train:.4f} nats, {fitted.best.select:.4f} on people left out"
        )
        done.append(fitted)
    return done


def split(survey: Survey, share: float, seed: int) -> tuple[Survey, Survey]:
    """Return a survey without and with a random share of its people."""
    out = np.random.default_rng(seed).random(len(survey.sex)) < share
    return survey[~out], survey[out]


def provenance(
    survey: Survey, select: Survey, fitted: Sequence[Fitted], settings: Hyperparameters
) -> dict[str, Any]:
    """Say what a model was fitted to and how, and how well."""
    return {
        "data": dict(survey.source),
        "selected_on": dict(select.source) | {"rows": len(select.sex)},
        "rows": len(survey.sex),
        "left_out": dict(survey.left_out)
        | {
            f"{f.column.scale.name} (or one before it) not measured": len(survey.sex) - f.rows
            for f in fitted
        },
        "settings": asdict(settings),
        "nats": {
            f.column.scale.name: {
                "epochs": len(f.losses),
                "first": _rounded(f.losses[0]),
                "kept": _rounded(f.best),
            }
            for f in fitted
        },
        "libraries": {name: version(name) for name in ("numpy", "torch", "nflows")}
        | {"python": platform.python_version()},
    }


def _rounded(loss: Loss) -> dict[str, float]:
    return {name: round(value, 4) for name, value in loss._asdict().items()}


def _fit_conditional(
    survey: Survey,
    select: Survey,
    done: Sequence[Fitted],
    column: Column,
    settings: Hyperparameters,
) -> Fitted:
    try:
        from bridge.synthesis.coupling import Fitter
    except ImportError as error:
        raise MissingExtra("Fitting a model", "train") from error
    k = len(done)
    rng = np.random.default_rng([settings.seed, k])
    judged = _rows(select, done, column, np.random.default_rng(k))
    rows = _rows(survey, done, column, rng)
    fitter = Fitter(rows.shape[1] - 1, len(rows) // settings.batch, settings)
    losses: list[Loss] = []
    best, layers = np.inf, fitter.layers()
    since = 0
    while len(losses) < settings.epochs and since <= settings.patience:
        # New places within the grid's cells each time, so that no net learns the old ones.
        train = fitter.epoch(rows if not losses else _rows(survey, done, column, rng))
        losses.append(Loss(train, fitter.nats(judged)))
        since += 1
        if losses[-1].select < best:
            best, layers, since = losses[-1].select, fitter.layers(), 0
    return Fitted(column, Conditional(layers=layers, bound=settings.bound), len(rows), losses)


def _rows(
    survey: Survey, done: Sequence[Fitted], column: Column, rng: np.random.Generator
) -> Floats:
    """Return (n, F + 1): what the next measurement's net is told, and its own scores.

    The people are those with this measurement and all before it.
    """
    k = len(done)
    people = survey[np.all(~np.isnan(survey.values[:, : k + 1]), axis=1)]
    n = len(people.sex)
    age = people.age_from + people.age_width * rng.random(n)
    inputs = features(Context(sex=people.sex, age_months=age, immediacy=people.immediacy))
    for j, before in enumerate(done):
        scores = before.column.encode(people.values[:, j], rng.random(n))
        z = before.conditional.forward(scores, inputs)
        inputs = np.concatenate([inputs, before.column.passed_on(z, scores)])
    scores = column.encode(people.values[:, k], rng.random(n))
    return np.concatenate([inputs, scores[None]]).T


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit a model from the command line, saying how it goes."""
    parser = argparse.ArgumentParser(prog="python -m bridge.synthesis.training")
    parser.add_argument("model", choices=["population", "illness"])
    parser.add_argument("--data", type=Path, required=True, help="the survey's CSV file")
    parser.add_argument("--select", type=Path, help="an earlier survey that stops the fit in time")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--commit", default="unknown", help="git commit, for the provenance")
    parser.add_argument("--seed", type=int, default=Hyperparameters().seed)
    given = parser.parse_args(arguments)
    load = load_nhanes if given.model == "population" else load_nhamcs
    settings = Hyperparameters(seed=given.seed)
    survey = load(given.data)
    if given.select:
        select = load(given.select)
    else:
        survey, select = split(survey, 0.1, settings.seed)
    fitted = fit(survey, select, settings, lambda line: print(line, flush=True))  # noqa: T201
    story: Mapping[str, Any] = {
        **provenance(survey, select, fitted, settings),
        "date": date.today().isoformat(),
        "commit": given.commit,
    }
    content = pack([f.column for f in fitted], [f.conditional for f in fitted], story)
    _write(given.out / f"{given.model}.npz", content)


def _write(target: Path, content: bytes) -> None:
    """Put a checkpoint in its place whole or not at all."""
    new = target.with_suffix(".new")
    try:
        new.write_bytes(content)
        new.replace(target)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise InputError(f"the model cannot be written: {error.strerror}", place=target) from error


if __name__ == "__main__":
    try:
        main()
    except BridgeError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
