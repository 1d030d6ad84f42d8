"""`evaluate`: everything that is measured of two tables, in one run."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from bridge.flows.conditions import USUAL
from bridge.quality.fidelity import Fidelity, measure_fidelity
from bridge.quality.frames import Samples, comparable
from bridge.quality.growth import AgePyramids, GrowthCurve, growth_curves, pyramid
from bridge.quality.indicators import Match, measure_match
from bridge.quality.matching import Trial, in_step, trials
from bridge.quality.people import People, measure_people
from bridge.quality.two_sample import Distinction, TwoSample, distinguish, overall
from bridge.quality.usefulness import Usefulness, measure_usefulness

REPEATS = 3


class Matching(NamedTuple):
    """How real and synthetic rows and the floor's were held against each other.

    `pairs` is how many rows of the `offered` real ones found partners, on average.
    """

    pairs: int
    offered: int
    in_step: bool
    conditions: tuple[str, ...]
    floor_of_train: bool
    seed: int
    repeats: int


class Evaluation(NamedTuple):
    """What a report shows; the tables themselves are in `samples`."""

    samples: Samples
    matching: Matching
    people: People | None
    fidelity: Fidelity
    two_sample: TwoSample
    sets: tuple[Distinction, ...]
    """The test of each of several synthetic sets, the given one first; empty with one set."""
    match: Match
    usefulness: tuple[Usefulness, ...]
    growth: tuple[GrowthCurve, ...]
    pyramid: AgePyramids | None


def evaluate(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    train: pd.DataFrame | None = None,
    *,
    conditions: Sequence[str] = USUAL,
    seed: int = 0,
    repeats: int = REPEATS,
    others: Sequence[pd.DataFrame] = (),
) -> Evaluation:
    """Hold synthetic rows against real ones; `train`, what the model learnt from, is the floor.

    Tables are of one row a person or visit, with the same names for the same columns; those of
    `conditions` say who was measured. Without `train` the floor is one half of the real rows held
    against the other. `others` are further sets of the same generator: how much the two-sample test
    owes to one draw. Raises InputError where the tables cannot be compared.
    """
    samples = comparable(real, synthetic, train, conditions=conditions)
    further = [comparable(real, other, train, conditions=conditions) for other in others]
    matched = trials(samples, seed=seed, repeats=repeats)
    return Evaluation(
        samples=samples,
        matching=_matching(samples, matched, seed),
        people=measure_people(samples, matched, seed=seed),
        fidelity=measure_fidelity(samples, matched),
        two_sample=distinguish(samples, matched, seed=seed),
        sets=tuple(_sets(samples, further, seed)),
        match=measure_match(samples, matched),
        usefulness=measure_usefulness(samples, matched, seed=seed),
        growth=growth_curves(samples),
        pyramid=pyramid(samples),
    )


def _sets(given: Samples, others: Sequence[Samples], seed: int) -> Iterator[Distinction]:
    """Run the test of each set once, all with the same halves."""
    for samples in [given, *others] if others else []:
        test = overall(samples, trials(samples, seed=seed, repeats=1), seed=seed)
        if test:
            yield test


def _matching(samples: Samples, matched: Sequence[Trial], seed: int) -> Matching:
    return Matching(
        pairs=round(sum(len(trial.real) for trial in matched) / len(matched)),
        offered=matched[0].offered,
        in_step=in_step(samples),
        conditions=tuple(samples.conditions),
        floor_of_train=samples.train is not None,
        seed=seed,
        repeats=len(matched),
    )
