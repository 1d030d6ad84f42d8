"""Match: how many health indicators of the synthetic people lie in the real ones' interval."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.flows.columns import Floats
from bridge.quality.definitions import DEFINITIONS, Definition
from bridge.quality.frames import Samples
from bridge.quality.groups import Group, sexes_by_band
from bridge.quality.matching import Trial
from bridge.quality.privacy.rates import wilson

FEWEST_PEOPLE: Final = 50
"""The fewest people, real and synthetic, of a sex and age band whose prevalence is compared."""
GOAL: Final = 0.95


class Prevalence(NamedTuple):
    """One indicator in one sex and age band: how many of how many people have it."""

    definition: Definition
    sex: str
    band: str
    cases: int
    people: int

    @property
    def share(self) -> float:
        """Return the prevalence."""
        return self.cases / self.people


class Indicator(NamedTuple):
    """A prevalence in both tables, with the real one's 95 % interval."""

    real: Prevalence
    synthetic: Prevalence
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Tell whether the synthetic prevalence lies in the real one's interval."""
        return self.low <= self.synthetic.share <= self.high


class Match(NamedTuple):
    """The indicators of whole tables, and the share inside of matched samples and their floor."""

    indicators: tuple[Indicator, ...]
    at_size: float
    floor: float

    @property
    def share(self) -> float:
        """Return the share of the indicators that lie inside; NaN where there are none."""
        return _share_inside(self.indicators)


def measure_match(samples: Samples, matched: Sequence[Trial]) -> Match:
    """Compare the prevalences that the tables have the columns for."""
    pairs = [
        (
            _share_inside(compared(trial.real, trial.synthetic, samples)),
            _share_inside(compared(trial.real, trial.other, samples)),
        )
        for trial in matched
    ]
    at_size, floor = np.mean(pairs, axis=0)
    return Match(
        tuple(compared(samples.real, samples.synthetic, samples)), float(at_size), float(floor)
    )


def compared(real: pd.DataFrame, synthetic: pd.DataFrame, samples: Samples) -> list[Indicator]:
    """Compare two tables; an indicator that nobody has in either is none."""
    others = {(p.definition, p.sex, p.band): p for p in _prevalences(synthetic, samples)}
    return [
        Indicator(own, other, *wilson(own.cases, own.people)[1:])
        for own in _prevalences(real, samples)
        if (other := others.get((own.definition, own.sex, own.band)))
        and own.cases + other.cases > 0
    ]


def _prevalences(frame: pd.DataFrame, samples: Samples) -> Iterator[Prevalence]:
    groups = list(sexes_by_band(frame, samples))
    for definition in DEFINITIONS:
        applied = definition.applied(frame)
        if applied is not None:
            for group in groups:
                if definition.sex in ("", group.sex):
                    yield from _prevalence(definition, applied, group)


def _prevalence(definition: Definition, applied: Floats, group: Group) -> Iterator[Prevalence]:
    known = applied[group.rows & np.isfinite(applied)]
    if len(known) >= FEWEST_PEOPLE:
        yield Prevalence(definition, group.sex, group.band, int(known.sum()), len(known))


def _share_inside(indicators: Sequence[Indicator]) -> float:
    return float(np.mean([one.inside for one in indicators])) if indicators else float("nan")
