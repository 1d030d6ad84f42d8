"""How true the event model is: `python -m tests.bench.event_model ../shared/data/synthea`.

The split of the histories study (974 people learnt from, the others judge), 1,000 made for the sex,
birth, begin and end of people learnt from; each figure beside its target and floor, by seed. And
how many people a second NumPy makes on one core.
"""

import argparse
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np

from bridge.histories.learnt.checkpoint import pack, parse_checkpoint
from bridge.histories.learnt.learning import learn, material_of
from bridge.histories.learnt.readers import load_events
from bridge.histories.learnt.records import Given
from bridge.histories.learnt.sampling import sample_records
from bridge.histories.learnt.splitting import split
from bridge.histories.learnt.writing import write
from bridge.quality.histories.evaluation import Judge

MADE: Final = 1000
TARGETS: Final = {
    "prevalence": ">= .965",
    "in_visit": ">= .96",
    "in_life": ">= .93",
    "visit_to_visit": ">= .94",
    "gaps": "<= .06",
    "onset": "<= .28",
    "a_year": "<= .15",
    "each": "<= .08",
    "drug": "<= .075",
    "test": "<= .075",
    "told": "<= .78",
    "membership": "<= .53",
}


def main() -> None:
    """Fit, make and measure with each seed, and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the checkpoints")
    asked = parser.parse_args()
    parts = split(load_events(asked.data))
    judge, material = Judge(parts.test, parts.train, 0), material_of(parts.train)
    found, floors, names = defaultdict(list), {}, {}
    for seed in range(asked.seeds):
        start = time.process_time()
        learnt = learn(parts.train, material, seed=seed)
        fitted = time.process_time() - start
        content = pack(learnt.model)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"seed{seed}.npz").write_bytes(content)
        model = parse_checkpoint(content, place="fitted")
        rng = np.random.default_rng([seed, 7])
        given = _people(material.records.given, rng)
        start = time.process_time()
        records = sample_records(model, given, rng)
        speed = MADE / (time.process_time() - start)
        result = judge.evaluate(write(records, model.words, model.durations, rng))
        for one in result.measured:
            key = getattr(one.kind, "key", one.kind[0])
            found[key].append(one.value)
            floors[key], names[key] = one.floor, one.kind[1]
        found["impossible"].append(float(result.contents.events))
        print(
            f"seed {seed}: {fitted:.0f} CPU s, {len(content) / 1000:.0f} kB, {speed:,.0f} people a "
            f"CPU second, {result.contents.events} impossible",
            flush=True,
        )
    for key, values in found.items():
        said = "  ".join(f"{value:.3f}" for value in values)
        print(
            f"{names.get(key, key):42} {TARGETS.get(key, ''):9} {said}  ({floors.get(key, 0):.3f})"
        )


def _people(given: Given, rng: np.random.Generator) -> Given:
    order = np.concatenate([rng.permutation(len(given)) for _ in range(2)])
    return given.rows(order[:MADE])


if __name__ == "__main__":
    main()
