"""How true the blood chemistry is, by diabetes and age. By hand; it fits a model of its own:

python -m tests.bench.laboratory --shared ../shared [--model FILE] [--json FILE]

A third of NHANES's people is held out. The shipped spec is fitted to the others, as `bridge train`
does it, and made values, for the held-out people's conditions, are held against theirs: the
Kolmogorov-Smirnov distance and, in brackets, the floor, that of the others' values. Then how one
person's values follow each other, by the shipped model, beside what is published.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.flows.checkpoint import load_checkpoint, parse_checkpoint
from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions
from bridge.flows.model import Model
from bridge.flows.spec import shipped_spec
from bridge.flows.table import Table, load_table
from bridge.flows.training import split, train
from bridge.histories.care.chemistry import CHEMISTRY, blood_chemistry, scores_over_time

DATA: Final = "data/nhanes_2005_2016.csv.gz"
HELD: Final = 1 / 3
SEED: Final = 3
"""By which people are held out; the fit's own is the command's."""
TIMES: Final = 20
"""Made people for each held-out one."""
JUDGED: Final = 500
ALLOWED: Final = 0.03
DIABETES_FROM: Final = 6.5


class Compared(NamedTuple):
    """A group: its size, and of each analyte the distance and the floor."""

    group: str
    people: int
    distances: tuple[tuple[float, float], ...]


def main() -> None:
    """Print the tables; write them as JSON if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.laboratory")
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="A model fitted to the same two thirds.")
    parser.add_argument("--keep", type=Path, help="Where to keep the model that is fitted.")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    table = load_table([asked.shared / DATA], shipped_spec("labs"))
    others, held = split(table, HELD, SEED)
    model = load_checkpoint(asked.model) if asked.model else _fitted(others, asked.keep)
    rng = np.random.default_rng(0)
    real, known = (_placed(some, rng) for some in (held, others))
    many = {name: np.tile(of, TIMES) for name, of in real[0].items()}
    made = many, model.values(rng.standard_normal((len(held) * TIMES, len(CHEMISTRY))), many)
    rows = list(compared(made, real, known))
    _show(rows)
    told = dict(told_by_diabetes(made, real))
    for name, figures in told.items():
        print(f"{name:44} made {figures[0]:.3f}  real {figures[1]:.3f}")
    follow = dict(following())
    for name, (found, published) in follow.items():
        print(f"{name:44} made {found:.3f}  published {published}")
    if asked.json:
        groups = [row._asdict() for row in rows]
        asked.json.write_text(json.dumps({"groups": groups, "told": told, "follow": follow}))


People = tuple[Conditions, Floats]


def compared(made: People, real: People, known: People) -> Iterator[Compared]:
    """Yield each group with the distances of the made and of the known people to the real."""
    for name in GROUPS:
        ours, theirs, others = (values[_in(name, of)] for of, values in (made, real, known))
        if len(theirs) >= 50:
            pairs = zip(ours.T, theirs.T, others.T, strict=True)
            distances = tuple((distance(a, b), distance(c, b)) for a, b, c in pairs)
            yield Compared(name, len(theirs), distances)


def told_by_diabetes(made: People, real: People) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield what is made and real of HbA1c's limit and of its correlation with glucose."""
    for name in ("no diabetes", "diabetes"):
        pair = [values[_in(name, of)] for of, values in (made, real)]
        over = [float((values[:, 0] >= DIABETES_FROM).mean()) for values in pair]
        rank = [
            float(pd.Series(values[:, 0]).corr(pd.Series(values[:, 1]), method="spearman"))
            for values in pair
        ]
        yield f"{name}: share of HbA1c {DIABETES_FROM} and over", (over[0], over[1])
        yield f"{name}: rank correlation HbA1c, glucose", (rank[0], rank[1])


def following() -> Iterator[tuple[str, tuple[float, str]]]:
    """Yield how alike one person's values are at times apart, by the shipped model."""
    well = _lives(TIMES_APART, diabetes=False)
    ill = _lives(TIMES_APART, diabetes=True)
    for name, published in WITHIN_WELL.items():
        yield f"{name}: CV within, 2 weeks, well", (_within_cv(well[name][:, [0, 1]]), published)
    found = _within_cv(ill["hba1c_pct"][:, [0, 3]])
    yield "hba1c_pct: CV within, 1 year, diabetes", (found, ".083 (.06-.10)")
    six_weeks, _, two_years, _ = _correlations(well["total_chol_mgdl"])[1:]
    yield "total_chol_mgdl: correlation, 2 years over 6 weeks", (two_years / six_weeks, ".66/.74")
    yield "hdl_mgdl: correlation, 6 years", (_correlations(well["hdl_mgdl"])[4], ".72")
    for name in CHEMISTRY:
        same = float((well[name][:, 0] == well[name][:, 3]).mean())
        yield f"{name}: same number twice, a year apart, well", (same, "-")


TIMES_APART: Final = (0.0, 2 / 52, 6 / 52, 1.0, 2.0, 6.0)
"""Years."""

WITHIN_WELL: Final = {
    "hba1c_pct": ".017 (.013-.022)",
    "glucose_serum_mgdl": ".047 (.030-.054), fasting",
    "creatinine_mgdl": ".044 (.023-.049); .050",
    "total_chol_mgdl": ".053 (.048-.062); .064",
    "hdl_mgdl": ".057 (.053-.082); .080",
}
"""Sources: bridge/histories/care/laboratory.py."""


def _lives(years: tuple[float, ...], *, diabetes: bool, people: int = 4_000) -> dict[str, Floats]:
    """Return values (people, V) of adults of 40 to 65 years at times apart."""
    rng = np.random.default_rng(1)
    places = len(years)
    times = np.tile(years, (people, 1))
    z = scores_over_time(rng.standard_normal((people, places, 2, len(CHEMISTRY))), times)
    age = np.repeat(rng.uniform(480, 780, people), places)
    values = blood_chemistry(
        z.reshape(people * places, -1),
        np.repeat(rng.choice(["F", "M"], people), places),
        age,
        np.full(people * places, diabetes),
        np.full(people * places, False),
    )
    return {name: column.reshape(people, places) for name, column in values.items()}


def _correlations(values: Floats) -> list[float]:
    """Return the correlation of the first of values (n, V) with each of the others."""
    return [float(r) for r in np.asarray(np.corrcoef(values.T))[0, 1:]]


def _within_cv(pairs: Floats) -> float:
    """Return the CV within people of pairs of values (n, 2), by the root mean square."""
    differences = np.diff(np.log(pairs), axis=1)
    return float(np.sqrt(np.mean(differences**2) / 2))


def distance(ours: Floats, theirs: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples."""
    places = np.unique(np.concatenate([ours, theirs]))
    shares = [
        np.searchsorted(np.sort(values), places, side="right") / len(values)
        for values in (ours, theirs)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


GROUPS: Final[Mapping[str, Mapping[str, Any]]] = {
    "all": {},
    **{
        who + when + which: {"diabetes": told} | ages | more
        for who, told in (("no diabetes", "no"), ("diabetes", "yes"))
        for when, ages in {
            "": {},
            ", 12-19": {"years": (12, 20)},
            ", 20-44": {"years": (20, 45)},
            ", 45-64": {"years": (45, 65)},
            ", 65 and over": {"years": (65, 200)},
        }.items()
        for which, more in (
            {
                "": {},
                ", women": {"sex": "F"},
                ", men": {"sex": "M"},
                ", hypertension": {"hypertension": "yes"},
            }
            if not when
            else {"": {}}
        ).items()
    },
}


def _in(group: str, of: Conditions) -> NDArray[np.bool_]:
    """Tell which people (n,) are of a group."""
    wanted = dict(GROUPS[group])
    first, last = wanted.pop("years", (0, 200))
    years = of["age_months"] / 12
    inside: NDArray[np.bool_] = (years >= first) & (years < last)
    for name, level in wanted.items():
        inside &= of[name] == level
    return inside


def _placed(table: Table, rng: np.random.Generator) -> People:
    return table.placed(rng), table.values


def _fitted(table: Table, keep: Path | None) -> Model:
    def told(output: str, loss: Any) -> None:
        print(f"\r{output} {loss.train:.3f} {loss.select:.3f}   ", end="", file=sys.stderr)

    content = train(table, None, seed=1, progress=told)
    print(file=sys.stderr)
    if keep:
        keep.write_bytes(content)
    return parse_checkpoint(content, place="fitted here")


def _show(rows: list[Compared]) -> None:
    print(f"{'':26} {'people':>6}  " + "  ".join(f"{name[:14]:>14}" for name in CHEMISTRY))
    for row in rows:
        cells = "  ".join(f"{made:6.3f} ({floor:.3f})" for made, floor in row.distances)
        print(f"{row.group:26} {row.people:6}  {cells}")
    judged = [row for row in rows if row.people >= JUDGED]
    worst = max(made - floor for row in judged for made, floor in row.distances)
    print(
        f"largest excess over the floor, {JUDGED} people and more: {worst:.3f} ({ALLOWED} allowed)"
    )


if __name__ == "__main__":
    main()
