"""Generators of histories on the study's split, beside the targets. Run by hand:

python -m tests.bench.histories --data ../shared/data/synthea --only visits --seeds 0 1 2

974 of 1,461 Synthea patients are learnt, 487 judge, 1,000 are made. --only takes the generators
whose name has the word; --epochs a share of their usual time; --model a file of `bridge train`,
which must have been fitted to the same split to be judged fairly. --json keeps all figures.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bridge.histories.learnt.checkpoint import load_checkpoint
from bridge.histories.learnt.readers import load_events
from bridge.histories.learnt.splitting import split
from bridge.quality.histories.baselines.visits import FittedVisits
from bridge.quality.histories.comparison import all_generators, asked_for
from bridge.quality.histories.evaluation import HistoryEvaluation, Judge
from bridge.quality.histories.generator import MadeHistories
from bridge.quality.histories.report import measure_figures

MADE = 1_000
TARGETS = {
    "prevalence": (">=", 0.965),
    "in_visit": (">=", 0.96),
    "in_life": (">=", 0.93),
    "visit_to_visit": (">=", 0.94),
    "gaps": ("<=", 0.06),
    "onset": ("<=", 0.28),
    "a_year": ("<=", 0.15),
    "each": ("<=", 0.08),
    "drug": ("<=", 0.075),
    "test": ("<=", 0.075),
    "told": ("<=", 0.78),
    "membership": ("<=", 0.53),
}
"""Issue 14, section 3."""


def main() -> None:
    """Fit, make, measure and print."""
    asked = _asked()
    table = load_events(asked.data)
    parts = split(table, 0)
    judge = Judge(parts.test, parts.train, 0)
    given = asked_for(parts.train, MADE, 0)
    kept: list[dict[str, Any]] = []
    for name, runs in _runs(asked):
        found = []
        for seed in asked.seeds:
            start = time.process_time()
            fitted = runs(parts.train, seed)
            learnt = time.process_time()
            made = fitted.sample(given, seed)
            done = time.process_time()
            evaluation = judge.evaluate(made.table)
            found.append(evaluation)
            kept.append(_kept(name, seed, evaluation, made, (learnt - start, done - learnt)))
        _print(name, found, kept[-len(found) :])
    if asked.json:
        asked.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def _runs(asked: argparse.Namespace) -> list[tuple[str, Any]]:
    if asked.model:
        model = load_checkpoint(asked.model)
        return [(asked.model.name, lambda train, seed: FittedVisits(model))]
    wanted = [g for g in all_generators(asked.epochs) if asked.only.casefold() in g.name.casefold()]
    return [(one.name, one.fit) for one in wanted]


def _kept(
    name: str,
    seed: int,
    found: HistoryEvaluation,
    made: MadeHistories,
    seconds: tuple[float, float],
) -> dict[str, Any]:
    return {
        "name": name,
        "seed": seed,
        "seconds": seconds[0],
        "made_a_second": MADE / max(seconds[1], 1e-9),
        "broken": made.broken,
        "measures": [measure_figures(one) for one in found.measured],
        "impossible": [one._asdict() for one in found.contents.made if one.events],
        "unseen": [one._asdict() for one in found.contents.unseen_made if one.events],
        "told_by": found.told.features,
    }


def _print(name: str, found: Sequence[HistoryEvaluation], kept: Sequence[dict[str, Any]]) -> None:
    print(f"\n{name}: {len(found)} seed(s)")
    print(f"{'':40s} {'mean':>8s} {'from':>8s} {'to':>8s} {'floor':>8s}  target")
    for k, one in enumerate(found[0].measured):
        values = [run.measured[k].value for run in found]
        sign, target = TARGETS.get(one.kind.key, ("", float("nan")))
        mean = float(np.mean(values))
        met = "" if not sign else "ok" if (mean >= target) == (sign == ">=") else "MISSED"
        aim = f"{sign} {target:g} {met}" if sign else ""
        print(
            f"{one.kind.name:40s} {mean:8.3f} {min(values):8.3f} {max(values):8.3f} "
            f"{one.floor:8.3f}  {aim}"
        )
    for run in kept:
        broken = "" if run["broken"] is None else f", {run['broken']:.1%} of the tokens broken"
        print(
            f"seed {run['seed']}: learnt in {run['seconds']:.0f} s of processor, "
            f"{run['made_a_second']:,.0f} people/s{broken}"
        )
        for bad in run["impossible"] + run["unseen"]:
            print(f"  {bad['what']}: {bad['events']} in {bad['people']}, as {bad['example']}")
        print("  told by " + "; ".join(f"{n} {s:.0%}" for n, s in run["told_by"][:6]), flush=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold generators of histories against targets.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/synthea"))
    parser.add_argument("--only", default="")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
