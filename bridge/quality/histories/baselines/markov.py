"""A Markov chain: the next token given the last one and the age, the least that a model can know.

Counts in ten bands of age are filled up from those of all ages, as if as many as `BACK_OFF` had
been seen with the latter's shares.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EventTable
from bridge.histories.learnt.records import Given
from bridge.quality.histories.baselines.language import Language, learn_language
from bridge.quality.histories.baselines.walk import Walk, chosen
from bridge.quality.histories.generator import MadeHistories

Ints = NDArray[np.int64]

BANDS: Final = (0, 1, 3, 6, 12, 18, 30, 45, 60, 75)
"""Years at which the bands of age begin."""

BACK_OFF: Final = 3.0


@dataclass(frozen=True, slots=True)
class MarkovChain:
    """The chain, with the masks or without."""

    masked: bool = True

    @property
    def name(self) -> str:
        """Say whether it is masked."""
        return "Markov chain" if self.masked else "Markov chain, no masks"

    @property
    def explained(self) -> str:
        """Say what it is."""
        masks = "with" if self.masked else "without"
        return (
            "the next token (gap, kind of visit, code) given the last and ten bands of age, "
            f"{masks} bridge's masks of sex, age and death"
        )

    def fit(self, train: EventTable, seed: int) -> "FittedChain":
        """Count."""
        language, records = learn_language(train)
        size = len(language.stream)
        counts = np.zeros((len(BANDS), size, size), dtype=np.float32)
        tokens = language.stream.tokens(records)
        for own, days in zip(tokens, language.ages(records, tokens), strict=True):
            np.add.at(counts, (_bands(days)[:-1], own[:-1], own[1:]), 1)
        overall = counts.sum(axis=0)
        overall /= np.maximum(overall.sum(axis=1, keepdims=True), 1)
        return FittedChain(language, counts + BACK_OFF * overall, self.masked)


@dataclass(frozen=True, slots=True, eq=False)
class FittedChain:
    """Weights (bands, token, next) of a chain."""

    language: Language
    weights: NDArray[np.float32]
    masked: bool

    def sample(self, given: Given, seed: int) -> MadeHistories:
        """Walk with all people at once; where nothing known may follow, all that may is alike."""
        rng = np.random.default_rng(seed)
        walk = Walk(self.language, given, masked=self.masked)
        while len(walk.going):
            some = walk.going
            can = walk.allowed()
            chances = self.weights[_bands(walk.day[some]), walk.token[some]] * can
            chances = np.where(chances.sum(axis=1, keepdims=True) > 0, chances, can)
            walk.go(chosen(chances, rng), rng.random(len(some)))
        return MadeHistories(self.language.written(walk.records(), rng), None)


def _bands(days: Ints) -> Ints:
    bands: Ints = np.searchsorted(np.array(BANDS) * 365.25, days, side="right") - 1
    return np.clip(bands, 0, len(BANDS) - 1)
