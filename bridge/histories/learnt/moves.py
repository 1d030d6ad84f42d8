"""How a person goes from one step to the next: days that pass, or the end of the part.

Classes: the spans within a record, the spans before it, LAST (on to the day of death), END (of what
was known before; of a record, that nobody comes again). The record of the living ends on a day that
has nothing to do with them, so their next visit may be beyond it: then the record ends, and a fit
knows no more than that (it is censored).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.gaps import BINS, EARLIER_BINS, Spans, spans_of
from bridge.histories.learnt.records import HISTORY, Given, Records

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Trail(NamedTuple):
    """The steps of people with START and BEGIN, in order, and the move that leaves each."""

    owner: Ints
    day: Ints
    kind: Ints
    row: Ints
    """The step's row in the records; -1 of START and BEGIN."""
    move: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """The classes of moves."""

    spans: Spans
    earlier: Spans
    until_death: bool = False
    """No record of the dead ends before their last day: all that were learnt end with a visit."""

    @property
    def last(self) -> int:
        """Return the class of the move on to the day of death."""
        return len(self.spans) + len(self.earlier)

    @property
    def end(self) -> int:
        """Return the class of the end of a part."""
        return self.last + 1

    def __len__(self) -> int:
        return self.last + 2

    def allowed(self, inside: Bools, left: Ints, dead: Bools) -> Bools:
        """Return (n, classes) which moves can be.

        `inside`: in the record, not before it. `left`: days to the part's last day.
        """
        can = np.zeros((len(left), len(self)), dtype=bool)
        n = len(self.spans)
        before = (self.spans.least[None] < left[:, None]) | (
            self.spans.least[None] + left[:, None] == 0
        )
        can[:, :n] = inside[:, None] & (before | ~dead[:, None])
        can[:, n : self.last] = ~inside[:, None] & (self.earlier.least[None] <= left[:, None])
        can[:, self.last] = inside & dead & (left > 0)
        can[:, self.end] = ~(inside & dead & (left > 0)) if self.until_death else True
        return can

    def days(
        self,
        move: Ints,
        left: Ints,
        dead: Bools,
        u: NDArray[np.float64],
        *,
        uncut: bool = False,
    ) -> Ints:
        """Return the days of moves that are no END, at most `left`.

        `uncut`: those of the living in the record may be more, which ends it.
        """
        n, inside = len(self.spans), move < len(self.spans)
        short = left - (inside & dead & (left > 0))
        if uncut:
            short = np.where(dead, short, int(self.spans.most[-1]))
        own = self.spans.drawn(np.minimum(move, n - 1), short, u)
        earlier = np.clip(move - n, 0, len(self.earlier) - 1)
        days = np.where(inside, own, self.earlier.drawn(earlier, left, u))
        return np.where(move == self.last, left, days)

    def beyond(self, left: Ints) -> NDArray[np.float32]:
        """Return (n, classes) the share of each class in the record that is over `left` days."""
        n, left = len(self.spans), left[:, None]
        least, most = np.maximum(self.spans.least, 1)[None], np.maximum(self.spans.most, 1)[None]
        over = np.log((most + 1) / np.clip(left + 1, least, most + 1))
        over /= np.maximum(np.log((most + 1) / least), 1e-9)
        share = np.zeros((len(left), len(self)), dtype=np.float32)
        share[:, :n] = np.where(self.spans.most[None] == 0, 0.0, np.clip(over, 0, 1))
        share[:, self.end] = 1
        return share

    def trail(self, records: Records) -> Trail:
        """Return all steps of records, and the moves between them."""
        return _trail(self, records)


def moves_of(records: Records) -> Moves:
    """Return classes of moves for the gaps of some records."""
    inside, earlier = gaps_of(records)
    return Moves(
        spans=spans_of(inside, BINS),
        earlier=spans_of(earlier, EARLIER_BINS),
        until_death=_until_death(records),
    )


_DEAD: int = 20
"""Dead people from whom on it is a rule that their last day has a visit. `choice`."""


def _until_death(records: Records) -> bool:
    """Tell whether all the dead have a visit on their last day."""
    given, dead = records.given, np.flatnonzero(records.given.dead)
    end = (given.end - given.birth)[records.owner]
    certain = np.unique(records.owner[(records.day == end) & (records.kind != HISTORY)])
    return len(dead) >= _DEAD and bool(np.isin(dead, certain).all())


def gaps_of(records: Records) -> tuple[Ints, Ints]:
    """Return the days between steps: in the record (from its begin on), and before (from birth)."""
    begin = records.given.begin - records.given.birth
    history = records.kind == HISTORY
    gaps = []
    for steps, start in (
        (np.flatnonzero(~history), begin),
        (np.flatnonzero(history), np.zeros_like(begin)),
    ):
        owner, day = records.owner[steps], records.day[steps]
        first = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
        before = np.concatenate([[0], day[:-1]])[: len(owner)]
        gaps.append(day - np.where(first, start[owner], before))
    return gaps[0], gaps[1]


def _trail(moves: Moves, records: Records) -> Trail:
    given, many = records.given, len(records)
    begin = given.begin - given.birth
    history = records.kind == HISTORY
    people = np.arange(many)
    owner = np.concatenate([people, people, records.owner])
    part = np.concatenate([np.zeros(many), np.full(many, 2), np.where(history, 1, 3)])
    day = np.concatenate([np.zeros(many, dtype=np.int64), begin, records.day])
    kind = np.concatenate([np.zeros(many), np.ones(many), records.kind]).astype(np.int64)
    row = np.concatenate([np.full(2 * many, -1), np.arange(len(records.owner))])
    order = np.lexsort((row, part, owner))
    owner, day, kind, row = (one[order] for one in (owner, day, kind, row))
    return Trail(owner, day, kind, row, _moves(moves, given, owner, day, kind))


def _moves(moves: Moves, given: Given, owner: Ints, day: Ints, kind: Ints) -> Ints:
    same = np.concatenate([owner[1:] == owner[:-1], [False]])
    then = np.concatenate([kind[1:], [0]])
    gap = np.concatenate([day[1:] - day[:-1], [0]])
    move = np.full(len(owner), moves.end)
    earlier = same & (then == HISTORY)
    move[earlier] = len(moves.spans) + moves.earlier.classes(gap[earlier])
    inside = same & (then > HISTORY)
    move[inside] = moves.spans.classes(gap[inside])
    end = (given.end - given.birth)[owner]
    on_last = np.concatenate([day[1:], [0]]) == end
    move[inside & given.dead[owner] & on_last & (gap > 0)] = moves.last
    return move
