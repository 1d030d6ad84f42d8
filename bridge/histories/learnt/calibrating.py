"""Moves a fitted net until what it makes is as frequent as what it learnt from.

A net that is right at each step of real people drifts in its own histories: it leaves long chains
of visits too early. So people are made and counted, and tables of the net shifted by what is
off, round by round, as populations are moved to published figures: words by how long ago they last
were, and by age; codes by the kind of visit, and by the codes beside them; moves by the kind of
visit they leave, by age and by the time left. A cell of few events moves little.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.features import (
    AGE_CLASSES,
    LEFT_CLASSES,
    SINCE_CLASSES,
    age_classes,
    left_classes,
    since_classes,
)
from bridge.histories.learnt.features import NEVER as _NEVER
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.records import BEGIN, FIRST_KIND, HISTORY, START, Records
from bridge.histories.learnt.sampling import sample_records

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROUNDS: Final = 14
"""How often people are made and counted."""

MADE: Final = 3000
"""How many people are made each time, at most; more count with less noise."""

_TIMES: Final = 4
_DAMPING: Final = 0.9
_SMALL: Final = 4.0
"""Events by which a cell is drawn to its neighbours."""

_AGES_TOGETHER: Final = 2
"""Classes of age that move together; the net tells them apart."""

_MOST: Final = 4.0
"""How far a cell may be moved in all, in log odds."""


class Counts(NamedTuple):
    """How often things are in records, for each person."""

    since: Floats
    """(words, SINCE_CLASSES)"""
    age: Floats
    """(words, AGE_CLASSES)"""
    kind: Floats
    """(kinds of step, groups of moves)"""
    move_age: Floats
    """(AGE_CLASSES, groups of moves)"""
    move_left: Floats
    """(LEFT_CLASSES, groups of moves)"""
    code_kind: Floats
    """(kinds of step, codes)"""
    pairs: Floats
    """(codes, codes): with which code before it a code stands in a step."""


def calibrated(
    model: EventModel,
    records: Records,
    rng: np.random.Generator,
    *,
    rounds: int = ROUNDS,
    people: int = MADE,
    progress: Callable[[float], None] = lambda _: None,
) -> EventModel:
    """Return the model moved to the counts of records; `progress` is told how far off."""
    groups = _groups(model.moves)
    wanted = counts_of(records, model, groups)
    people = min(people, _TIMES * len(records))
    tables = [n for n in _TABLES if n != _PAIRS or "lower.up" not in model.weights]
    start = {name: np.array(model.weights[name]) for name in tables}
    for number in range(rounds):
        given = records.given.rows(rng.integers(0, len(records), people))
        made = counts_of(sample_records(model, given, rng), model, groups)
        progress(float(np.abs(wanted.since.sum(1) - made.since.sum(1)).sum()))
        rate = _DAMPING * (1.0 if 2 * number < rounds else 0.5 if number < rounds - 3 else 0.25)
        shift = _shifts(wanted, made, len(records), rate, groups)
        weights = dict(model.weights)
        for name in tables:
            moved = weights[name].reshape(shift[name].shape) + shift[name]
            first = start[name].reshape(moved.shape)
            moved = np.clip(moved, first - _MOST, first + _MOST)
            weights[name] = moved.reshape(start[name].shape).astype(np.float32)
        model = replace(model, weights=weights)
    return model


_TABLES: Final = (
    "since.weight",
    "age.weight",
    "move_kind.weight",
    "move_age.weight",
    "move_left.weight",
    "code_kind.weight",
    "lower",
)
_PAIRS: Final = "lower"


def counts_of(records: Records, model: EventModel, groups: Ints) -> Counts:
    """Count records by the cells that are moved; a row of each table is divided by the people."""
    kinds, many = len(model.words.kinds), max(len(records), 1)
    words = kinds + len(model.words.codes)
    visits = np.flatnonzero(records.kind >= FIRST_KIND)
    step = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    word = np.concatenate([records.kind[visits] - FIRST_KIND, records.code + kinds])
    step = np.concatenate([visits, step])
    owner, day = records.owner[step], records.day[step]
    order = np.lexsort((step, word, owner))
    owner, day, word = owner[order], day[order], word[order]
    again = np.concatenate([[False], (owner[1:] == owner[:-1]) & (word[1:] == word[:-1])])
    last = np.where(again, np.concatenate([[0], day[:-1]]), _NEVER)[: len(day)]
    since = word * SINCE_CLASSES + since_classes(day, last)
    ages = word * AGE_CLASSES + age_classes(day)
    trail = model.moves.trail(records)
    group = groups[trail.move]
    each = int(groups.max()) + 1
    by_kind = np.bincount(trail.kind * each + group, minlength=(FIRST_KIND + kinds) * each)
    by_age = np.bincount(age_classes(trail.day) * each + group, minlength=AGE_CLASSES * each)
    inside = ~np.isin(trail.kind, (START, HISTORY))
    begin, end = (t - records.given.birth for t in (records.given.begin, records.given.end))
    left = np.where(inside, end[trail.owner], begin[trail.owner] - 1) - trail.day
    left = left_classes(left, inside, records.given.dead[trail.owner])
    by_left = np.bincount(left * each + group, minlength=LEFT_CLASSES * each)
    return Counts(
        since=np.bincount(since, minlength=words * SINCE_CLASSES).reshape(words, -1) / many,
        age=np.bincount(ages, minlength=words * AGE_CLASSES).reshape(words, -1) / many,
        kind=by_kind.reshape(-1, each) / many,
        move_age=by_age.reshape(-1, each) / many,
        move_left=by_left.reshape(-1, each) / many,
        code_kind=_of_kinds(records, FIRST_KIND + kinds, words - kinds) / many,
        pairs=_pairs(records, words - kinds) / many,
    )


def _of_kinds(records: Records, kinds: int, codes: int) -> Floats:
    kind = np.repeat(records.kind, np.diff(records.first))
    counts = np.bincount(kind * codes + records.code, minlength=kinds * codes)
    return counts.reshape(kinds, codes).astype(np.float64)


def _pairs(records: Records, codes: int) -> Floats:
    """Count pairs of codes of a step: rows are the later code, columns the earlier one."""
    total = np.zeros(codes * codes, dtype=np.int64)
    sizes = np.diff(records.first)
    for apart in range(1, int(sizes.max(initial=0))):
        left = np.repeat(sizes, sizes) - (np.arange(len(records.code)) - _starts(sizes))
        at = np.flatnonzero(left > apart)
        pairs = records.code[at + apart] * codes + records.code[at]
        total += np.bincount(pairs, minlength=codes * codes)
    return total.reshape(codes, codes).astype(np.float64)


def _starts(sizes: Ints) -> Ints:
    """Return for each event where its step's events begin."""
    starts: Ints = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return starts


def _groups(moves: Moves) -> Ints:
    """Return the group of each move: every third span; LAST and END alone."""
    n, m = len(moves.spans), len(moves.earlier)
    inside = np.arange(n) // 3
    earlier = inside[-1] + 1 + np.arange(m) // 5
    last = earlier[-1] + 1
    return np.concatenate([inside, earlier, [last, last + 1]])


def _shifts(
    wanted: Counts, made: Counts, people: int, rate: float, groups: Ints
) -> dict[str, Floats]:
    since = _both(wanted.since, made.since, people)
    ages = _banded(wanted.age), _banded(made.age)
    age = np.repeat(_cells(*ages, people), _AGES_TOGETHER, axis=1)[:, :AGE_CLASSES]
    bands = _banded(wanted.move_age.T).T, _banded(made.move_age.T).T
    move_age = np.repeat(_cells(*bands, people), _AGES_TOGETHER, axis=0)[:AGE_CLASSES]
    kind = _cells(wanted.kind, made.kind, people)
    move_left = _cells(wanted.move_left, made.move_left, people)
    for shift, rows in (
        (kind, (BEGIN, *range(FIRST_KIND, len(kind)))),
        (move_age, range(len(move_age))),
    ):
        shift[list(rows), -1] = 0  # the end of a record follows from its gaps
    move_left[LEFT_CLASSES // 2 :, -1] = 0
    return {
        "since.weight": rate * since,
        "age.weight": rate * age.T,
        "move_kind.weight": rate * kind[:, groups],
        "move_age.weight": rate / 2 * move_age[:, groups],
        "code_kind.weight": rate / 2 * _cells(wanted.code_kind.T, made.code_kind.T, people).T,
        "lower": np.tril(rate / 2 * _ratios(wanted.pairs, made.pairs, people), -1),
        "move_left.weight": rate / 2 * move_left[:, groups],
    }


def _both(wanted: Floats, made: Floats, people: int) -> Floats:
    """Return log ratios of rows and of their cells."""
    small = _SMALL / people
    rows = np.log((wanted.sum(1) + small) / (made.sum(1) + small))
    both: Floats = rows[:, None] + _cells(wanted, made, people)
    return both


def _cells(wanted: Floats, made: Floats, people: int) -> Floats:
    """Return log ratios of the cells of each row, its rows brought to the same sum."""
    small = _SMALL / people
    scale = (wanted.sum(1) + small) / (made.sum(1) + small)
    ratios: Floats = np.log((wanted + small) / (made * scale[:, None] + small))
    return ratios


def _ratios(wanted: Floats, made: Floats, people: int) -> Floats:
    small = _SMALL / people
    ratios: Floats = np.log((wanted + small) / (made + small))
    return ratios


def _banded(counts: Floats) -> Floats:
    """Add up classes of age that move together: (rows, AGE_CLASSES) to (rows, bands)."""
    bands: Floats = np.add.reduceat(counts, np.arange(0, counts.shape[1], _AGES_TOGETHER), axis=1)
    return bands
