"""Many people walk along the stream of tokens at once: where each is, and what may follow."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import CONDITION, DRUG
from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.records import HISTORY, Given, Records
from bridge.histories.learnt.stream import BOS, END, RECORD
from bridge.quality.histories.baselines.language import Language

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_MOVE: Final = 3
MOST_TOKENS: Final = 2_000
"""Tokens after which a person ends whatever the generator wants."""


class Walk:
    """The way of n given people. Token by token; who has ended is no longer among `going`."""

    def __init__(self, language: Language, given: Given, *, masked: bool) -> None:
        self._language, self._given, self._masked = language, given, masked
        stream = language.stream
        self._grammar = np.stack([stream.follows(token) for token in range(len(stream))])
        # only these are known from before a record
        self._of_history = np.array([kind in (CONDITION, DRUG) for kind, _ in stream.words.codes])
        n = len(given)
        self.token: Ints = np.full(n, BOS)
        self.day: Ints = np.zeros(n, dtype=np.int64)
        self.inside: Bools = np.zeros(n, dtype=np.bool_)
        self.steps: Ints = np.zeros(n, dtype=np.int64)
        self.going: Ints = np.arange(n)
        self._certified: Bools = np.zeros(n, dtype=np.bool_)
        self._said: list[tuple[Ints, Ints, Ints]] = []

    def left(self) -> Ints:
        """Return the days to the end of the part, of those who are going."""
        given, some = self._given, self.going
        last = np.where(self.inside[some], given.end[some], given.begin[some] - 1)
        left: Ints = last - given.birth[some] - self.day[some]
        return left

    def allowed(self) -> Bools:
        """Return (going, tokens) what may follow: the grammar, time, and the masks if wanted."""
        stream, some = self._language.stream, self.going
        can = self._grammar[self.token[some]].copy()
        inside, left = self.inside[some], self.left()
        dead = self._given.dead[some]
        can[:, FIRST_MOVE : stream.first_kind] &= moves_within(stream.moves, inside, left, dead)
        can[:, RECORD] &= ~inside
        can[:, END] &= inside
        if self._masked:
            self._mask(can, left)
        return can

    def _mask(self, can: Bools, left: Ints) -> None:
        stream, masks, some = self._language.stream, self._language.masks, self.going
        words = slice(0, len(masks.youngest))
        can[:, stream.first_kind + 1 :] &= masks.allowed(
            words, self._given.male[some], self.day[some]
        )
        can[:, stream.first_code :] &= self._of_history[None] | self.inside[some, None]
        on_last = self.inside[some] & self._given.dead[some] & (left == 0)
        kinds = can[:, stream.first_kind + 1 : stream.first_code]
        kinds &= ~masks.certifies[None] | on_last[:, None]
        can[self._certified[some], FIRST_MOVE : stream.first_kind] = False
        # a visit of which every kind is forbidden is of the commonest that may be
        stuck = ~can.any(axis=1)
        can[stuck, stream.first_kind + 1] = True

    def go(self, tokens: Ints, u: NDArray[np.float64]) -> None:
        """Take one token each; `u` (going,) is even in 0 to 1 and places days in their class."""
        stream, some = self._language.stream, self.going
        move = tokens - FIRST_MOVE
        gap = (move >= 0) & (move < stream.moves.end)
        left = self.left()
        days = stream.moves.days(np.where(gap, move, 0), left, self._given.dead[some], u)
        self.day[some] += np.where(gap, np.minimum(days, np.maximum(left, 0)), 0)
        opens = tokens == RECORD
        begin = (self._given.begin - self._given.birth)[some]
        self.day[some] = np.where(opens, begin, self.day[some])
        self.inside[some] |= opens
        kind = tokens >= stream.first_kind
        self.steps[some] += kind & (tokens < stream.first_code)
        if self._masked:
            visits = tokens - stream.first_kind - 1
            known = (visits >= 0) & (tokens < stream.first_code)
            certifies = self._language.masks.certifies[np.where(known, visits, 0)]
            self._certified[some] |= known & certifies
        self._said.append((some[kind], tokens[kind], self.day[some][kind]))
        self.token[some] = tokens
        over = (tokens == END) | (len(self._said) >= MOST_TOKENS)
        self.going = some[~over]

    def records(self) -> Records:
        """Return what has been said as records."""
        stream = self._language.stream
        owner, token, day = (np.concatenate(parts) for parts in zip(*self._said, strict=True))
        order = np.argsort(owner, kind="stable")
        owner, token, day = owner[order], token[order], day[order]
        step = token < stream.first_code
        number = np.cumsum(step) - 1
        sizes = np.bincount(number[~step], minlength=int(step.sum()))
        return Records(
            given=self._given,
            owner=owner[step],
            day=day[step],
            kind=np.where(step, token - stream.first_kind + HISTORY, 0)[step],
            first=np.concatenate([[0], np.cumsum(sizes)]),
            code=token[~step] - stream.first_code,
        )


def moves_within(moves: Moves, inside: Bools, left: Ints, dead: Bools) -> Bools:
    """Return (n, moves but the end) which gaps can be that lead to no day beyond the part's end.

    bridge's own net may draw one beyond the end of the living's record, which ends it; a stream
    has a token for that.
    """
    can = moves.allowed(inside, left, dead)[:, : moves.end]
    can[:, : len(moves.spans)] &= moves.spans.least[None] <= left[:, None]
    return can


def chosen(chances: NDArray[np.floating], rng: np.random.Generator) -> Ints:
    """Draw one column of each row by its weight, (n, tokens); a row of zeros gives the last."""
    sums = np.cumsum(chances, axis=1)
    at = rng.random(len(sums))[:, None] * sums[:, -1:]
    found: Ints = np.minimum((sums <= at).sum(axis=1), chances.shape[1] - 1)
    return found
