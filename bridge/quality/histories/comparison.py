"""Several generators of histories learn the same people, make as many, and are measured alike."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from bridge.errors import InputError, MissingExtra
from bridge.histories.events import EventTable
from bridge.histories.learnt.records import Given, given_of
from bridge.histories.learnt.splitting import split
from bridge.quality.histories.evaluation import HistoryEvaluation, Judge
from bridge.quality.histories.generator import HistoryGenerator
from bridge.quality.histories.measured import Measured

FITS: Final = 1
"""How many times each learns, if nobody says more: the nets take minutes each."""

FEWEST: Final = 150
"""People without whom a third of them is too few to judge."""

LITTLE: Final = 1_000
"""People under which generators that differ by little cannot be told from each other."""


class Fit(NamedTuple):
    """What one fit of a generator reached: its evaluation, seconds, and broken tokens' share.

    `learning` and `making` are seconds of the processor; `made` is how many people it made in
    the latter.
    """

    evaluation: HistoryEvaluation
    learning: float
    making: float
    made: int
    broken: float | None


class HistoryResult(NamedTuple):
    """One generator, in as many fits by other seeds."""

    name: str
    explained: str
    fits: tuple[Fit, ...]

    def values(self, key: str) -> list[float]:
        """Return a figure of every fit."""
        found = [{m.kind.key: m.value for m in fit.evaluation.measured} for fit in self.fits]
        return [float(one[key]) for one in found]

    def mean(self, key: str) -> float:
        """Return the mean of a figure over the fits."""
        return float(np.mean(self.values(key)))

    def impossible(self) -> float:
        """Return the share of the made people who have something impossible of any kind, at most.

        Kinds are added up, so people with two kinds count twice; the mean over the fits.
        """
        shares = [
            min(1.0, sum(one.people or 0 for one in fit.evaluation.contents.made) / fit.made)
            for fit in self.fits
        ]
        return float(np.mean(shares))


class HistoryComparison(NamedTuple):
    """All results, what the floor is, and why a generator has no result."""

    results: tuple[HistoryResult, ...]
    failed: Mapping[str, str]
    floor: tuple[Measured, ...]
    train: int
    test: int
    dropped: Mapping[str, int]
    seed: int


def compare_histories(
    table: EventTable,
    generators: Sequence[HistoryGenerator],
    *,
    seed: int,
    clock: Callable[[], float],
    made: int | None = None,
    fits: int = FITS,
    progress: Callable[[str], None] = lambda name: None,
) -> HistoryComparison:
    """Let each generator learn two thirds of the people `fits` times; the others judge.

    `made` is how many people each makes (as many as it learnt, if None): each of the learnt
    people's sex, birth and days of record once before any twice. `clock` tells processor seconds.
    Raises InputError for too few people.
    """
    if len(table) < FEWEST:
        raise InputError(f"{len(table):,} people are too few to compare with: {FEWEST} are needed")
    parts = split(table, seed)
    judge = Judge(parts.test, parts.train, seed)
    given = asked_for(parts.train, made or len(parts.train), seed)
    results, failed = list[HistoryResult](), dict[str, str]()
    for generator in generators:
        progress(generator.name)
        try:
            found = tuple(
                _fit(generator, parts.train, judge, given, seed + k, clock) for k in range(fits)
            )
        except (InputError, MissingExtra) as error:
            failed[generator.name] = str(error)
            continue
        results.append(HistoryResult(generator.name, generator.explained, found))
    if not results:
        raise InputError(f"no generator could learn: {'; '.join(failed.values())}")
    floor = results[0].fits[0].evaluation.measured
    return HistoryComparison(
        tuple(results), failed, floor, len(parts.train), len(parts.test), table.dropped, seed
    )


def asked_for(train: EventTable, count: int, seed: int) -> Given:
    """Return the people whom a generator is asked for: the learnt ones' sex, birth and record."""
    rng = np.random.default_rng([seed, 3])
    rounds = [rng.permutation(len(train)) for _ in range(-(-count // len(train)))]
    return given_of(train).rows(np.concatenate(rounds)[:count])


def _fit(
    generator: HistoryGenerator,
    train: EventTable,
    judge: Judge,
    given: Given,
    seed: int,
    clock: Callable[[], float],
) -> Fit:
    start = clock()
    fitted = generator.fit(train, seed)
    learnt = clock()
    made = fitted.sample(given, seed)
    done = clock()
    return Fit(judge.evaluate(made.table), learnt - start, done - learnt, len(given), made.broken)


def all_generators(epochs: float = 1.0) -> tuple[HistoryGenerator, ...]:
    """Return all kinds; nets learn for that share of their usual epochs. Raises MissingExtra."""
    from bridge.quality.histories.baselines import autoencoder
    from bridge.quality.histories.baselines.gru import EPOCHS as GRU_EPOCHS
    from bridge.quality.histories.baselines.gru import StreamGru
    from bridge.quality.histories.baselines.markov import MarkovChain
    from bridge.quality.histories.baselines.visits import EPOCHS as VISITS_EPOCHS
    from bridge.quality.histories.baselines.visits import VisitsNet

    try:
        import nflows  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Comparing generators of histories", "train") from error
    usual = (autoencoder.EPOCHS, autoencoder.FLOW_EPOCHS, GRU_EPOCHS, VISITS_EPOCHS)
    lstm, flow, gru, visits = (max(1, round(epochs * often)) for often in usual)
    recipe = partial(
        autoencoder.SequenceAutoencoder,
        epochs=lstm,
        flow_epochs=flow,
        nets=autoencoder.Nets(),
    )
    return (
        MarkovChain(masked=False),
        MarkovChain(),
        recipe(),
        recipe(latents="flow"),
        StreamGru(epochs=gru),
        VisitsNet(epochs=visits),
    )
