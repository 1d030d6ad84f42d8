"""What a private fit is worth, by rows and epsilon. Run by hand:

python -m tests.bench.private --data nhanes_2005_2016.csv.gz --judge nhanes_2001_2004.csv.gz

Each model makes partners of the same sex and age for the people of the other survey. The floor is
real people of the survey fitted to in their place; `groups` is how far people drawn lie from the
table's by sex and age (total variation). --rows takes other sizes.
"""

import time
from collections import Counter
from typing import Any

import numpy as np

from bridge.flows.budget import PrivacyTarget
from bridge.flows.cells import first_cells
from bridge.flows.checkpoint import parse_checkpoint
from bridge.flows.conditions import Conditions
from bridge.flows.margins import draw_conditions, places_of
from bridge.flows.model import Model
from bridge.flows.private import budget_of, train_private
from bridge.flows.spec import Spec
from bridge.flows.table import Table
from tests.bench import people

ROWS = (2_000, 10_000, 40_000)
EPSILONS = (None, 8.0, 3.0, 1.0)
DELTA = 1e-5
DRAWN = 500_000
COLUMNS = ("rows", "epsilon", "auc", "over_floor", "ks", "groups", "seconds")


def main() -> None:
    """Fit with and without privacy, and print what can be told apart."""
    asked = people.asked("Hold private fits against the others.")
    table, judge = people.people_of(asked.data), people.people_of(asked.judge)
    real, others = people.pairs(judge, table, seed=0)
    floor = people.told_apart(real, others.values)
    rows: list[dict[str, Any]] = []
    privacy: Any = {}
    for count in asked.rows or ROWS:
        some = people.drawn(table, count, seed=1)
        for epsilon in EPSILONS:
            start = time.process_time()
            model = _fitted(some, epsilon)
            seconds = round(time.process_time() - start)
            found = people.told_apart(real, people.made_like(model, real, seed=2))
            rows.append(
                {
                    "rows": len(some),
                    "epsilon": epsilon,
                    "auc": found.auc,
                    "over_floor": found.auc - floor.auc,
                    "ks": found.ks,
                    "groups": _apart(model, some),
                    "seconds": seconds,
                }
            )
            privacy = model.provenance.get("privacy", privacy)
    figures = {
        "commit": people.commit(),
        "pairs": len(real),
        "floor": floor._asdict(),
        "privacy_of_the_last": privacy,
        "rows": rows,
    }
    print(f"floor: AUC {floor.auc:.3f}, KS {floor.ks:.3f}; {len(real):,} pairs")
    people.written(figures, COLUMNS, asked.json)


def _fitted(table: Table, epsilon: float | None) -> Model:
    if epsilon is None:
        return people.fitted(table, seed=1)
    budget = budget_of(table.spec, len(table), PrivacyTarget(epsilon, DELTA))
    return parse_checkpoint(
        train_private(table, budget, seed=1, secret=False), place="the private fit"
    )


def _apart(model: Model, table: Table) -> float:
    """Return the total variation between people drawn and those of the table."""
    drawn = draw_conditions(table.spec, model.groups, DRAWN, np.random.default_rng(0))
    real, written = (_counted(table.spec, people) for people in (table.conditions, drawn))
    return 0.5 * sum(
        abs(real[group] / real.total() - written[group] / written.total())
        for group in real.keys() | written.keys()
    )


def _counted(spec: Spec, people: Conditions) -> Counter[tuple[int, ...]]:
    return Counter(map(tuple, places_of(spec, first_cells(spec), people).tolist()))


if __name__ == "__main__":
    main()
