"""Records as padded arrays: what a net is told at each step, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.features import (
    AGE_CLASSES,
    NEVER,
    SINCE_CLASSES,
    age_classes,
    left_classes,
    memory,
    numbers,
    since_classes,
)
from bridge.histories.learnt.masks import Masks
from bridge.histories.learnt.moves import Moves, Trail
from bridge.histories.learnt.records import BEGIN, FIRST_KIND, HISTORY, START, Given, Records

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

LONGEST: Final = 240
"""Steps of a person that a net is fitted to; a longer life's later steps are not."""

GAPS: Final = 3
"""Numbers that say how long a gap was."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """b people by t steps. `then_` is at the next step, before its kind and codes are known."""

    kind: Ints
    codes: Floats
    """(b, t, codes) 0 or 1."""
    numbers: Floats
    memory: Floats
    age: Ints
    """(b, t) the class of age, for the moves' table."""
    left: Ints
    """(b, t) the class of the days left, likewise."""
    can_move: Bools
    move: Ints
    beyond: Floats
    """(b, t, moves) the share of each move that is over the end of the record."""
    is_cut: Bools
    """The step is the last of a record of the living."""
    then_numbers: Floats
    """With GAPS numbers of the gap."""
    then_memory: Floats
    then_since: Ints
    """(b, t, words) rows of a table that has SINCE_CLASSES for each word."""
    then_age: Ints
    can_kind: Bools
    then_kind: Ints
    can_code: Bools
    then_codes: Floats
    is_step: Bools
    has_kind: Bools
    """The next step is a visit."""
    has_codes: Bools
    """The next step is a visit, or history."""

    def __len__(self) -> int:
        return len(self.kind)


class Batches:
    """The records of a fit, step by step, from which batches are taken."""

    def __init__(
        self, records: Records, moves: Moves, masks: Masks, longest: int = LONGEST
    ) -> None:
        self.records, self.moves, self.masks = records, moves, masks
        self.trail: Trail = moves.trail(records)
        self.first = np.searchsorted(self.trail.owner, np.arange(len(records) + 1))
        self.steps = np.minimum(np.diff(self.first), longest)

    def shuffled(self, rows: Ints, size: int, rng: np.random.Generator) -> Iterator[Ints]:
        """Yield people in batches of about equal length, in random order."""
        rows = rng.permutation(rows)
        block = size * 8
        groups = []
        for at in range(0, len(rows), block):
            part = rows[at : at + block]
            part = part[np.argsort(self.steps[part], kind="stable")]
            groups += [part[k : k + size] for k in range(0, len(part), size)]
        for k in rng.permutation(len(groups)):
            yield groups[k]

    def take(self, people: Sequence[int] | Ints) -> Batch:
        """Return the batch of some people."""
        people = np.asarray(people, dtype=np.int64)
        long = int(self.steps[people].max())
        at = self.first[people][:, None] + np.arange(long + 1)
        at = np.minimum(at, len(self.trail.owner) - 1)
        is_step = np.arange(long + 1)[None] < self.steps[people][:, None]
        whole = self.steps[people] == (self.first[people + 1] - self.first[people])
        return self._batch(people, at, is_step, whole)

    def _batch(self, people: Ints, at: Ints, is_step: Bools, whole: Bools) -> Batch:
        """Build a batch: `at` are the steps (b, t + 1), the last only as what comes next."""
        trail = self.trail
        kind = np.where(is_step, trail.kind[at], START)
        day = np.where(is_step, trail.day[at], 0)
        move = np.where(is_step, trail.move[at], self.moves.end)
        codes = self._codes(np.where(is_step, trail.row[at], -1))
        told = _told(self.records.given.rows(people), kind, day)
        kinds = len(self.masks.certifies)
        last, times = _past(_words(kind, codes, kinds), day)
        then, now = slice(1, None), slice(None, -1)
        follows, then_kind = is_step[:, 1:], kind[:, 1:]
        cut = ~whole[:, None] & ~follows & is_step[:, :-1]  # the step at which a long life is cut
        male = np.broadcast_to(self.records.given.male[people][:, None], then_kind.shape)
        can = _allowed(self.masks, male, day[:, 1:], told, then)
        since = since_classes(day[:, 1:, None], last[:, :-1])
        gap = gap_numbers(day[:, 1:] - day[:, :-1])
        return Batch(
            kind=kind[:, :-1],
            codes=codes[:, :-1],
            numbers=told.numbers[:, now],
            memory=memory(day[:, :-1, None], last[:, :-1], times[:, :-1]),
            age=age_classes(day[:, :-1]),
            left=left_classes(told.left[:, now], told.inside[:, now], told.dead[:, now]),
            can_move=self._can_move(told, kind[:, :-1]),
            move=move[:, :-1],
            beyond=self._beyond(told),
            is_cut=told.inside[:, now] & ~told.dead[:, now] & (move[:, :-1] == self.moves.end),
            then_numbers=np.concatenate([told.numbers[:, then], gap], -1),
            then_memory=memory(day[:, 1:, None], last[:, :-1], times[:, :-1]),
            then_since=since + np.arange(since.shape[-1]) * SINCE_CLASSES,
            then_age=np.minimum(age_classes(day[:, 1:]), AGE_CLASSES - 1),
            can_kind=can[..., :kinds],
            then_kind=np.maximum(then_kind - FIRST_KIND, 0),
            can_code=can[..., kinds:],
            then_codes=codes[:, 1:],
            is_step=is_step[:, :-1] & ~cut,
            has_kind=follows & (then_kind >= FIRST_KIND),
            has_codes=follows & (then_kind >= HISTORY),
        )

    def _codes(self, row: Ints) -> Floats:
        """Return (b, t, codes) which codes the steps have."""
        records = self.records
        many = len(self.masks.youngest) - len(self.masks.certifies)
        out = np.zeros((*row.shape, many), dtype=np.float32)
        b, t = np.nonzero(row >= 0)
        step = row[b, t]
        sizes = records.first[step + 1] - records.first[step]
        codes = [records.code[records.first[k] : records.first[k + 1]] for k in step.tolist()]
        if codes:
            out[np.repeat(b, sizes), np.repeat(t, sizes), np.concatenate(codes)] = 1
        return out

    def _beyond(self, told: "_Told") -> Floats:
        left = told.left[:, :-1]
        return self.moves.beyond(left.reshape(-1)).reshape(*left.shape, len(self.moves))

    def _can_move(self, told: "_Told", kind: Ints) -> Bools:
        shape = kind.shape
        inside, left = told.inside[:, :-1].reshape(-1), told.left[:, :-1].reshape(-1)
        can = self.moves.allowed(inside, left, told.dead[:, :-1].reshape(-1))
        can = can.reshape(*shape, len(self.moves))
        ends = (kind >= FIRST_KIND) & self.masks.certifies[np.maximum(kind - FIRST_KIND, 0)]
        can[ends, : self.moves.end] = False
        return can


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Told:
    """Of each step: whether it is in the record, days left of the part, and numbers."""

    inside: Bools
    left: Ints
    dead: Bools
    numbers: Floats


def often(batches: Batches) -> tuple[NDArray[np.float64], ...]:
    """Return how often moves and kinds are (logarithms), and codes in a step (log odds)."""
    records, kinds = batches.records, len(batches.masks.certifies)
    moves = np.bincount(batches.trail.move, minlength=len(batches.moves)) + 0.5
    visits = records.kind[records.kind >= FIRST_KIND] - FIRST_KIND
    kind = np.bincount(visits, minlength=kinds) + 0.5
    codes = np.bincount(records.code, minlength=len(batches.masks.youngest) - kinds) + 0.5
    share = np.minimum(codes / (len(records.kind) + 1), 0.99)
    return np.log(moves / moves.sum()), np.log(kind / kind.sum()), np.log(share / (1 - share))


def _told(given: Given, kind: Ints, day: Ints) -> _Told:
    one = {f.name: getattr(given, f.name)[:, None] for f in fields(given)}
    inside = (kind >= FIRST_KIND) | (kind == BEGIN)
    begin, end = one["begin"] - one["birth"], one["end"] - one["birth"]
    left = np.where(inside, end, begin - 1) - day
    shape = day.shape
    dead = np.broadcast_to(one["dead"], shape)
    told = numbers(
        day,
        left,
        inside,
        male=np.broadcast_to(one["male"], shape),
        dead=dead,
        birth=np.broadcast_to(one["birth"], shape),
        length=np.broadcast_to(end - begin, shape),
        steps=np.broadcast_to(np.arange(shape[1]), shape),
    )
    return _Told(inside=inside, left=left, dead=dead, numbers=told)


def _words(kind: Ints, codes: Floats, kinds: int) -> Bools:
    """Return (b, t, words) which words a step has: its kind of visit, and its codes."""
    of_kind = kind[..., None] - FIRST_KIND == np.arange(kinds)
    return np.concatenate([of_kind, codes > 0], axis=-1)


def _past(words: Bools, day: Ints) -> tuple[Ints, Ints]:
    """Return (b, t, words) when each word last was, and how often it has been, this step too."""
    last = np.maximum.accumulate(np.where(words, day[..., None], NEVER), axis=1)
    return last, np.cumsum(words, axis=1)


def _allowed(masks: Masks, male: Bools, age: Ints, told: _Told, then: slice) -> Bools:
    words = slice(None)
    flat = masks.allowed(words, male.reshape(-1), age.reshape(-1))
    can = flat.reshape(*age.shape, -1)
    dies = told.dead[:, then] & (told.left[:, then] == 0)
    can[..., : len(masks.certifies)] &= ~masks.certifies | dies[..., None]
    return can


def gap_numbers(gap: Ints) -> Floats:
    """Return (..., GAPS) numbers that say how many days a gap has."""
    gap = np.maximum(gap, 0)
    parts = [np.log1p(gap) / 4 - 1, gap == 0, np.exp(-gap / 30)]
    return np.stack([np.asarray(part, dtype=np.float32) for part in parts], axis=-1)
