"""People of NHANES aged 8 to 79 for the benches: read, drawn, paired, and told apart."""

import argparse
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.flows.checkpoint import parse_checkpoint
from bridge.flows.model import Model
from bridge.flows.sampling import sample_like
from bridge.flows.spec import Spec, shipped_spec
from bridge.flows.table import Table, load_table
from bridge.flows.training import train
from bridge.quality.fidelity import distance
from bridge.quality.frames import ComparedColumn
from bridge.quality.two_sample import area

OUTPUTS = ("height_cm", "weight_kg", "pulse_bpm", "sbp_mmhg", "dbp_mmhg")
BOUNDS = {"height_cm": (90, 220), "weight_kg": (10, 300), "pulse_bpm": (30, 230)}
"""What nobody of 8 to 79 years at an examination lies outside of; pressures have the spec's."""

MONTHS = (96, 960)


class Figures(NamedTuple):
    """The two-sample test's area and Kolmogorov-Smirnov's distance, averaged over the columns."""

    auc: float
    ks: float


def bench_spec() -> Spec:
    """Return the population's spec with the five outputs that everyone here has, all bounded."""
    spec = shipped_spec("population")
    outputs = {name: spec.outputs[name] for name in OUTPUTS}
    for name, (low, high) in BOUNDS.items():
        outputs[name] = outputs[name].model_copy(update={"low": low, "high": high})
    return spec.model_copy(update={"outputs": outputs})


def people_of(path: Path) -> Table:
    """Read a survey's people of 8 to 79 years."""
    table = load_table([path], bench_spec())
    months = table.conditions["age_months"]
    return table[(months >= MONTHS[0]) & (months < MONTHS[1])]


def drawn(table: Table, count: int, seed: int) -> Table:
    """Return `count` people at random."""
    return table[np.random.default_rng(seed).permutation(len(table))[:count]]


def pairs(real: Table, other: Table, seed: int) -> tuple[Table, Table]:
    """Pair people with others of their sex and year of age, at random, none used twice.

    Not by the nearest month: NHANES has adults' ages in months until 2010 only, and the nearest
    would all be of those years.
    """
    rng = np.random.default_rng(seed)
    left, right = _cells(real), _cells(other)
    chosen: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for cell in np.unique(left):
        mine, theirs = np.flatnonzero(left == cell), np.flatnonzero(right == cell)
        count = min(len(mine), len(theirs))
        chosen.append((rng.permutation(mine)[:count], rng.permutation(theirs)[:count]))
    first, second = (np.concatenate(side) for side in zip(*chosen, strict=True))
    return real[first], other[second]


def _cells(table: Table) -> NDArray[Any]:
    years = np.floor(table.conditions["age_months"] / 12).astype(np.int64)
    return 2 * years + (table.conditions["sex"] == "M")


def made_like(model: Model, real: Table, seed: int) -> NDArray[np.float64]:
    """Return the outputs (n, D) of a model's people of the same sex and age as real ones."""
    conditions = real.placed(np.random.default_rng(seed))
    frame = sample_like(model, conditions, len(real), seed)
    return frame[list(OUTPUTS)].to_numpy(np.float64)


def fitted(table: Table, seed: int) -> Model:
    """Fit to all rows of a table but the tenth that stops it, by the spec's own settings.

    Only batches are of a quarter of the rows where there are few. (Fewer epochs than the spec's 45
    would starve the fits to some 10,000 rows: an epoch has steps in proportion to the rows.)
    """
    batch = min(table.spec.fit.batch, len(table) // 4)
    fit = table.spec.fit.model_copy(update={"batch": batch})
    table = replace(table, spec=table.spec.model_copy(update={"fit": fit}))
    return parse_checkpoint(train(table, None, seed=seed), place="the fit")


def told_apart(real: Table, values: NDArray[np.float64], seed: int = 0) -> Figures:
    """Compare real people with values (n, D) of their partners."""
    person = {
        "sex": (real.conditions["sex"] == "M").astype(np.float64),
        "age": np.floor(real.conditions["age_months"] / 12),
    }
    first, second = (
        pd.DataFrame({**person, **dict(zip(OUTPUTS, of.T, strict=True))})
        for of in (real.values, values)
    )
    gaps = [
        distance(real.values[:, k], values[:, k], ComparedColumn(name, "number", False))
        for k, name in enumerate(OUTPUTS)
    ]
    return Figures(area(first, second, paired=True, seed=seed), float(np.mean(gaps)))


def asked(purpose: str) -> argparse.Namespace:
    """Read where the surveys are and where the figures go."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--data", type=Path, required=True, help="NHANES 2005-2016.")
    parser.add_argument("--judge", type=Path, required=True, help="NHANES 2001-2004.")
    parser.add_argument("--json", type=Path, help="Where to write the figures.")
    parser.add_argument("--rows", type=int, nargs="+", help="Sizes of the table fitted to.")
    return parser.parse_args()


def written(figures: Mapping[str, Any], columns: Iterable[str], place: Path | None) -> None:
    """Print the figures' rows as a table, and write all of them."""
    names = list(columns)
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in figures["rows"]:
        print("| " + " | ".join(_said(row[name]) for name in names) + " |")
    if place:
        place.write_text(json.dumps(figures, indent=1))


def _said(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def commit() -> str:
    """Say which state of the repository is run."""
    place = Path(__file__).parent
    said = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=place, capture_output=True)
    return said.stdout.decode().strip()
