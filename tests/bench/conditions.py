"""Does `bridge sample` give a table's people back? Run by hand; it fits no nets:

python -m tests.bench.conditions --shared ../shared

Of each population three tables of the same size are drawn. One is grouped as a model's would be,
and as many people drawn from its groups. A classifier tells them from the second table's, by their
conditions alone; the floor is the third table in their place. The clinic's file of case 02 has 600
rows: three times 200. With --epsilon the groups are counted with the noise of such a fit.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from bridge.flows.budget import PrivacyTarget, plan
from bridge.flows.margins import Groups, draw_conditions, group_people
from bridge.flows.noisy import noisy_groups
from bridge.flows.spec import Spec, shipped_spec
from bridge.flows.table import Table, as_frame, parse_table
from bridge.quality.two_sample import area
from tests.lib.clinics import BY_MONTHS, BY_YEARS, by_months, by_years

Grouping = Callable[[Table, np.random.Generator], Groups]

SIZES = (300, 1_000, 3_000)
CASE = "data/cases/02-small-groups-vanish/clinic-600.csv"
SURVEYS = {
    "NHANES": ("data/nhanes_2005_2016.csv.gz", "population"),
    "emergency": ("data/nhamcs_ed_2012_2014.csv.gz", "illness"),
}


class Told(NamedTuple):
    """Areas under the ROC curve, means over seeds, and the standard error of their difference."""

    auc: float
    floor: float
    error: float
    groups: float

    @property
    def excess(self) -> float:
        """Return how much further apart drawn people are than real ones."""
        return self.auc - self.floor


def main() -> None:
    """Print a line for each table."""
    parser = argparse.ArgumentParser(description="Hold drawn conditions against real ones.")
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epsilon", type=float)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    grouping = grouped if asked.epsilon is None else noisily(asked.epsilon)
    print(f"{'table':22} {'rows':>5}  {'AUC':>6} {'floor':>6} {'excess':>7} {'error':>6} groups")
    for name, size, spec, draw in populations(asked.shared):
        if asked.only in name:
            told = told_apart(spec, draw, size, range(asked.seeds), grouping)
            print(
                f"{name:22} {size:5}  {told.auc:.4f} {told.floor:.4f} {told.excess:+.4f} "
                f"{told.error:.4f} {told.groups:6.1f}",
                flush=True,
            )


def populations(
    shared: Path,
) -> Iterator[tuple[str, int, Spec, Callable[[int, int], pd.DataFrame]]]:
    """Yield names, sizes, specs and what draws so many rows with a seed."""
    case = pd.read_csv(shared / CASE).rename(columns={"age_years": "age"}).assign(x=1.0)
    yield "case 02, its file", 200, BY_YEARS, lambda n, seed: case.sample(n, random_state=seed)
    for size in (100, 320, 600, 3_000):
        yield "like it", size, BY_YEARS, by_years
    for size in SIZES:
        yield "months and triage", size, BY_MONTHS, by_months
    for name, (file, of) in SURVEYS.items():
        spec = conditions_of(of)
        for size in SIZES:
            yield name, size, spec, lambda n, seed, file=file: survey(shared / file, n, seed)


def conditions_of(model: str) -> Spec:
    """Return the conditions of a model that comes with bridge, and one output of ones."""
    spec = shipped_spec(model)
    told = {name: of.model_dump(by_alias=True) for name, of in spec.conditions.items()}
    return Spec.model_validate({"conditions": told, "outputs": {"x": {"columns": ["x"]}}})


def survey(path: Path, count: int, seed: int) -> pd.DataFrame:
    """Return so many people of a survey at random; of NHANES those examined."""
    return _read(path).sample(count, random_state=seed)


@cache
def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, low_memory=False).assign(x=1.0)
    return frame[frame.examined == 1] if "examined" in frame else frame


def grouped(table: Table, rng: np.random.Generator) -> Groups:
    """Return groups as `bridge train` writes them."""
    return group_people(table.spec, table.placed(rng))


def noisily(epsilon: float) -> Grouping:
    """Return what groups as `bridge train --epsilon` does, with four outputs."""

    def group(table: Table, rng: np.random.Generator) -> Groups:
        steps = 4 * 15 * 20
        noise = _noise(epsilon, steps)
        return noisy_groups(table.spec, table.placed(rng), len(table), noise, rng)

    return group


@cache
def _noise(epsilon: float, steps: int) -> float:
    budget = plan(PrivacyTarget(epsilon, 1e-5), groups=True, outputs=4, rate=0.05, steps=steps)
    return budget.mechanisms["groups"].noise


def told_apart(
    spec: Spec,
    draw: Callable[[int, int], pd.DataFrame],
    size: int,
    seeds: range,
    grouping: Grouping = grouped,
) -> Told:
    """Return how well people drawn from groups are told from real ones by their conditions."""
    found = np.array([_once(spec, draw, size, seed, grouping) for seed in seeds])
    auc, floor, groups = found.mean(axis=0)
    error = np.std(found[:, 0] - found[:, 1], ddof=1) / len(seeds) ** 0.5
    return Told(float(auc), float(floor), float(error), float(groups))


def _once(
    spec: Spec,
    draw: Callable[[int, int], pd.DataFrame],
    size: int,
    seed: int,
    grouping: Grouping,
) -> tuple[float, float, int]:
    frame, rng = draw(3 * size, seed), np.random.default_rng(seed)
    table, fresh, other = (
        parse_table(frame.iloc[k * size : (k + 1) * size].reset_index(drop=True), spec)
        for k in range(3)
    )
    groups = grouping(table, rng)
    people = draw_conditions(spec, groups, len(fresh), rng)
    drawn = _coded(as_frame(spec, people, np.ones((len(fresh), 1))), spec)
    real, second = (_coded(some.frame(rng), spec) for some in (fresh, other))
    areas = [area(real, some, paired=False, seed=seed) for some in (drawn, second)]
    return areas[0], areas[1], len(groups.boxes)


def _coded(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Return the conditions as numbers, levels by their place."""
    return pd.DataFrame(
        {
            name: pd.Categorical(frame[name], [*of.levels, ""]).codes
            if of.kind == "category"
            else frame[name]
            for name, of in spec.conditions.items()
        }
    ).astype(np.float64)


if __name__ == "__main__":
    main()
