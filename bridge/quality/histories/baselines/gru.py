"""A GRU on the flat stream of tokens, told age, time left and sex at every one of them.

Model (c) of the histories study: embedding 64 (tied to the output), 128 wide, AdamW with one cycle
of the rate, averaged weights, stopped by a tenth of the people. What the grammar, time and, in
writing, the masks forbid has no chance, in the loss as in writing.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EventTable
from bridge.histories.learnt.features import numbers
from bridge.histories.learnt.records import Given, Records
from bridge.histories.learnt.stream import RECORD
from bridge.quality.histories.baselines.language import Language, learn_language
from bridge.quality.histories.baselines.walk import FIRST_MOVE, Walk, chosen, moves_within
from bridge.quality.histories.generator import MadeHistories

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

EPOCHS: Final = 24
LONGEST: Final = 500
"""Tokens after which a history is cut in learning."""


@dataclass(frozen=True, slots=True)
class StreamGru:
    """The GRU."""

    epochs: int = EPOCHS
    masked: bool = True
    name: str = "GRU on the stream"

    @property
    def explained(self) -> str:
        """Say what it is."""
        return (
            f"one GRU of 128 over gaps, kinds and codes, told age, time left and sex; at most "
            f"{self.epochs} epochs, stopped by a tenth of the people"
        )

    def fit(self, train: EventTable, seed: int) -> "FittedGru":
        """Learn each next token; needs torch."""
        from bridge.quality.histories.baselines.gru_net import fit_gru

        language, records = learn_language(train)
        told = Sequences(language, records)
        return FittedGru(language, fit_gru(told, epochs=self.epochs, seed=seed), self.masked)


@dataclass(frozen=True, slots=True, eq=False)
class FittedGru:
    """A fitted net."""

    language: Language
    net: Any
    masked: bool

    def sample(self, given: Given, seed: int) -> MadeHistories:
        """Walk with all people at once."""
        rng = np.random.default_rng(seed)
        walk = Walk(self.language, given, masked=self.masked)
        state = self.net.begun(len(given))
        while len(walk.going):
            some = walk.going
            told = _told(given.rows(some), walk.day[some], walk.inside[some], walk.steps[some])
            logits, state = self.net.step(walk.token[some], told, state)
            can = walk.allowed()
            logits = np.where(can, logits, -np.inf)
            chances = np.exp(logits - logits.max(axis=1, keepdims=True))
            walk.go(chosen(chances, rng), rng.random(len(some)))
            state = state[np.isin(some, walk.going)]
        return MadeHistories(self.language.written(walk.records(), rng), None)


def _told(given: Given, day: Ints, inside: NDArray[np.bool_], steps: Ints) -> Floats:
    """Return what the net is told beside the token; `given` has a person for each row."""
    begin, end = given.begin - given.birth, given.end - given.birth
    return numbers(
        day,
        np.where(inside, end, begin - 1) - day,
        inside,
        male=given.male,
        dead=given.dead,
        birth=given.birth,
        length=end - begin,
        steps=steps,
    )


class Sequences:
    """Real people's tokens, what is told at each, and what may follow it."""

    def __init__(self, language: Language, records: Records) -> None:
        self._language, self._given = language, records.given
        tokens = language.stream.tokens(records)
        ages = language.ages(records, tokens)
        self.tokens = [own[:LONGEST] for own in tokens]
        self._ages = [days[:LONGEST] for days in ages]
        stream = language.stream
        self._grammar = np.stack([stream.follows(token) for token in range(len(stream))])

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.tokens)

    @property
    def size(self) -> int:
        """Return the number of tokens there are."""
        return len(self._language.stream)

    def batch(self, people: Ints) -> tuple[Ints, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
        """Return tokens (n, L + 1), what is told (n, L, F), what may follow (n, L, T), and known.

        Filled up with END behind the shorter ones, where `known` (n, L) is False.
        """
        longest = max(len(self.tokens[k]) for k in people) - 1
        shape = (len(people), longest)
        tokens = np.full((len(people), longest + 1), 2)
        day, known = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
        for row, k in enumerate(people.tolist()):
            n = len(self.tokens[k])
            tokens[row, :n] = self.tokens[k]
            day[row, : n - 1] = self._ages[k][: n - 1]
            known[row, : n - 1] = True
        now, stream = tokens[:, :-1], self._language.stream
        inside = np.cumsum(now == RECORD, axis=1) > 0
        kinds = (now >= stream.first_kind) & (now < stream.first_code)
        each = self._given.rows(np.repeat(people, longest))
        steps = np.cumsum(kinds.astype(np.int64), axis=1).ravel()
        told = _told(each, day.ravel(), inside.ravel(), steps).reshape(*shape, -1)
        return tokens, told, self._may_follow(now, inside, day, each), known

    def _may_follow(
        self, now: Ints, inside: NDArray[np.bool_], day: Ints, each: Given
    ) -> NDArray[np.bool_]:
        stream = self._language.stream
        can = self._grammar[now]
        last = np.where(inside.ravel(), each.end, each.begin - 1) - each.birth - day.ravel()
        fits = moves_within(stream.moves, inside.ravel(), last, each.dead).reshape(*now.shape, -1)
        can[:, :, FIRST_MOVE : stream.first_kind] &= fits
        return can
