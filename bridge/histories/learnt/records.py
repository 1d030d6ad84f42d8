"""Histories in the words of a model: steps in whole days, each with a kind and its codes.

A person's steps are: START at birth; what was known before the record, day by day; BEGIN; the
visits. Between two steps stands a gap, or the end of the part (see `moves`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import VISIT, EventTable
from bridge.histories.learnt.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

START, BEGIN, HISTORY = 0, 1, 2
FIRST_KIND: Final = 3
"""Kinds of step: 0 to 2 are no visits, the vocabulary's kinds come after."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """What is asked for, of n people: whom the histories are to be of.

    `male` and `dead` are truth values; `birth`, `begin` and `end` are days (int, since 1970).
    """

    male: Bools
    dead: Bools
    birth: Ints
    begin: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.male)

    def rows(self, rows: Ints | slice) -> "Given":
        """Return some of the people."""
        return Given(**{name: getattr(self, name)[rows] for name in Given.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """The steps of n people, each person's together and in order.

    Row k of the steps is of person `owner[k]`, on `day[k]` (since birth), of the kind `kind[k]`
    (HISTORY, or FIRST_KIND and on), with the codes `code[first[k]:first[k + 1]]`, rising.
    """

    given: Given
    owner: Ints
    day: Ints
    kind: Ints
    first: Ints
    code: Ints
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.given)

    def rows(self, people: Ints) -> "Records":
        """Return the records of some people, in their order (a person may stand twice)."""
        begins = np.searchsorted(self.owner, people)
        ends = np.searchsorted(self.owner, people, side="right")
        steps = _ranges(begins, ends)
        codes = _ranges(self.first[steps], self.first[steps + 1])
        sizes = self.first[steps + 1] - self.first[steps]
        return Records(
            given=self.given.rows(people),
            owner=np.repeat(np.arange(len(people)), ends - begins),
            day=self.day[steps],
            kind=self.kind[steps],
            first=np.concatenate([[0], np.cumsum(sizes)]),
            code=self.code[codes],
        )


def _ranges(begins: Ints, ends: Ints) -> Ints:
    """Return begin, begin + 1 ... of each range, one after the other."""
    sizes = ends - begins
    shift = np.repeat(begins - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    ranges: Ints = np.arange(int(sizes.sum()), dtype=np.int64) + shift
    return ranges


def given_of(table: EventTable) -> Given:
    """Return whom a table's histories are of."""
    days = {n: _days(getattr(table, n)) for n in ("birth", "begin", "end")}
    return Given(
        male=np.asarray(table.sex) == "M",
        dead=~np.isnat(table.death) & (table.death <= table.end),
        birth=days["birth"],
        begin=np.maximum(days["begin"], days["birth"]),
        end=np.maximum(days["end"], days["birth"]),
    )


def _days(times: NDArray[np.datetime64]) -> Ints:
    return times.astype("datetime64[D]").astype(np.int64)


class _Where(NamedTuple):
    """The step of each event, and of each step whose it is, when, and of which kind."""

    step: Ints
    owner: Ints
    day: Ints
    kind: Ints


def encode(table: EventTable, words: Vocabulary) -> Records:
    """Return a table's histories in a model's words; what it has no word for is counted.

    A visit of a kind without a word is dropped, with its events: no step could make it.
    """
    given, out = given_of(table), Counter[str]()
    places, kinds = words.place(), {code: k for k, code in enumerate(words.kinds)}
    where = _steps(table, given, kinds, out)
    place = np.array(
        [places.get((str(k), str(c)), -1) for k, c in zip(table.kind, table.code, strict=True)],
        dtype=np.int64,
    )
    event = table.kind != VISIT
    out["a code that fewer people have"] += int((event & (place < 0)).sum())
    keep = np.flatnonzero(event & (place >= 0) & (where.step >= 0))
    pairs = np.unique(np.stack([where.step[keep], place[keep]], 1), axis=0)
    counts = np.bincount(pairs[:, 0], minlength=len(where.owner))
    alive = (where.kind != HISTORY) | (counts > 0)  # history of which no code is left
    return Records(
        given=given,
        owner=where.owner[alive],
        day=where.day[alive],
        kind=where.kind[alive],
        first=np.concatenate([[0], np.cumsum(counts[alive])]),
        code=pairs[:, 1],
        dropped={reason: many for reason, many in out.items() if many},
    )


def _steps(table: EventTable, given: Given, kinds: Mapping[str, int], out: Counter[str]) -> _Where:
    """Number the steps: by person, then history by day, then visits."""
    day = _days(table.time) - given.birth[table.owner]
    before = table.visit < 0
    kind = np.full(len(day), HISTORY)
    visit_kind = {
        (int(table.owner[k]), int(table.visit[k])): kinds.get(str(table.code[k]), -1)
        for k in np.flatnonzero(table.kind == VISIT)
    }
    for k in np.flatnonzero(~before).tolist():
        of = visit_kind.get((int(table.owner[k]), int(table.visit[k])), -1)
        kind[k] = of + FIRST_KIND if of >= 0 else -1
    out["of a visit of a kind that fewer people have"] += int((kind < 0).sum())
    number = np.where(before, 0, table.visit + 1)
    keys = np.stack([table.owner, number, np.where(before, day, 0)], 1)
    keep = kind >= 0
    _, first, inverse = np.unique(keys[keep], axis=0, return_index=True, return_inverse=True)
    step = np.full(len(day), -1)
    step[keep] = inverse.reshape(-1)
    rows = np.flatnonzero(keep)[first]
    owner = table.owner[rows]
    limit = given.end[owner] - given.birth[owner]
    start = given.begin[owner] - given.birth[owner]
    low = np.where(kind[rows] == HISTORY, 0, start)
    high = np.where(kind[rows] == HISTORY, start - 1, limit)
    return _Where(step, owner, np.clip(day[rows], low, np.maximum(low, high)), kind[rows])
