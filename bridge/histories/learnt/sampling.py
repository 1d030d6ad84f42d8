"""Makes histories of given people, in plain NumPy: all people take their next step together."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import CONDITION, DRUG, EventTable
from bridge.histories.learnt.batches import gap_numbers
from bridge.histories.learnt.features import (
    NEVER,
    SINCE,
    SINCE_CLASSES,
    age_classes,
    left_classes,
    numbers,
)
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.records import BEGIN, FIRST_KIND, HISTORY, START, Given, Records
from bridge.histories.learnt.walking import Memory, chosen, codes_drawn, gru_step, two_layers
from bridge.histories.learnt.writing import write

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

MOST_STEPS: Final = 1500
"""Steps at which a history is ended, whatever the net says."""

BLOCK: Final = 1000
"""People who take their steps together."""


def sample_histories(
    model: EventModel,
    *,
    sex: NDArray[np.str_],
    birth: NDArray[np.datetime64],
    begin: NDArray[np.datetime64],
    end: NDArray[np.datetime64],
    dead: Bools,
    rng: np.random.Generator,
) -> EventTable:
    """Make the histories of n people: sex F or M, days of birth, and of begin and end of record.

    Of the dead the end is the day of death. A record never begins before birth.
    """
    days = [np.asarray(t).astype("datetime64[D]").astype(np.int64) for t in (birth, begin, end)]
    given = Given(
        male=np.asarray(sex) == "M",
        dead=np.asarray(dead, dtype=bool),
        birth=days[0],
        begin=np.minimum(np.maximum(days[0], days[1]), np.maximum(days[2], days[0])),
        end=np.maximum(days[0], days[2]),
    )
    return write(sample_records(model, given, rng), model.words, model.durations, rng)


def sample_records(model: EventModel, given: Given, rng: np.random.Generator) -> Records:
    """Make the records of given people."""
    parts = [
        _Walk(model, given.rows(slice(at, at + BLOCK)), rng).walked(at)
        for at in range(0, len(given), BLOCK)
    ]
    steps = [np.concatenate([getattr(p, n) for p in parts]) for n in ("owner", "day", "kind")]
    sizes, code = (np.concatenate([getattr(p, n) for p in parts]) for n in ("size", "code"))
    first = np.concatenate([[0], np.cumsum(sizes)])
    return Records(given=given, owner=steps[0], day=steps[1], kind=steps[2], first=first, code=code)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """Steps in order of people."""

    owner: Ints
    day: Ints
    kind: Ints
    size: Ints
    code: Ints


@dataclass(eq=False)
class _Walk:
    """The people who still walk, and what was made so far."""

    model: EventModel
    given: Given
    rng: np.random.Generator
    made: list[tuple[Ints, Ints, Ints, Ints, Ints]] = field(default_factory=list)

    @cached_property
    def _lasting(self) -> Bools:
        """Return which codes can be known from before a record: conditions and drugs."""
        return np.array([kind in (CONDITION, DRUG) for kind, _ in self.model.words.codes])

    def walked(self, shift: int) -> _Steps:
        """Walk all to their ends; the people are numbered from `shift` on."""
        many, weights = len(self.given), self.model.weights
        who = np.arange(many)
        kind, day = np.full(many, START), np.zeros(many, dtype=np.int64)
        state = np.zeros((many, weights["gru.weight_hh_l0"].shape[1]), dtype=np.float32)
        memory = Memory(many, weights)
        inside = np.zeros(many, dtype=bool)
        summed = weights["kind_in.weight"][kind]
        for steps in range(MOST_STEPS):
            given = self.given.rows(who)
            told = self._numbers(given, day, inside, steps)
            remembered = memory.remembered()
            state = gru_step(weights, np.concatenate([summed, told, remembered], 1), state)
            told = np.concatenate([state, remembered, told], 1)
            move, gap = self._move(given, kind, day, inside, told)
            ends = move == self.model.moves.end
            stay = ~(ends & inside)
            if not stay.any():
                break
            rows = np.flatnonzero(stay)
            who, kind, day, gap = who[rows], kind[rows], day[rows], gap[rows]
            inside, ends, state = inside[rows], ends[rows], state[rows]
            memory.keep(rows)
            kind, day, summed = self._step(who, day, inside | ends, ends, state, memory, gap, steps)
            inside = inside | ends
        return _in_order(self.made, shift)

    def _numbers(self, given: Given, day: Ints, inside: Bools, steps: int) -> Floats:
        begin, end = given.begin - given.birth, given.end - given.birth
        return numbers(
            day,
            np.where(inside, end, begin - 1) - day,
            inside,
            male=given.male,
            dead=given.dead,
            birth=given.birth,
            length=end - begin,
            steps=np.full(len(day), steps),
        )

    def _move(
        self, given: Given, kind: Ints, day: Ints, inside: Bools, told: Floats
    ) -> tuple[Ints, Ints]:
        """Draw moves and their days; of the living a move beyond the record is its end."""
        model, weights = self.model, self.model.weights
        left = np.where(inside, given.end, given.begin - 1) - given.birth - day
        can = model.moves.allowed(inside, left, given.dead)
        ends = (kind >= FIRST_KIND) & model.masks.certifies[np.maximum(kind - FIRST_KIND, 0)]
        can[ends, : model.moves.end] = False
        can[kind == HISTORY, len(model.moves.spans)] = False  # a day of history is one step
        logits = two_layers(weights, "move", told)
        logits += weights["move_kind.weight"][kind] + weights["move_age.weight"][age_classes(day)]
        logits += weights["move_left.weight"][left_classes(left, inside, given.dead)]
        move = chosen(logits, can, self.rng)
        u = self.rng.random(len(move))
        gap = model.moves.days(move, left, given.dead, u, uncut=True)
        move = np.where(inside & (gap > left), model.moves.end, move)
        return move, np.where(move == model.moves.end, given.begin - given.birth - day, gap)

    def _step(
        self,
        who: Ints,
        day: Ints,
        inside: Bools,
        begins: Bools,
        state: Floats,
        memory: Memory,
        gap: Ints,
        steps: int,
    ) -> tuple[Ints, Ints, Floats]:
        """Go to the next step; return its kinds, days, and the sum of its embeddings."""
        model, weights, given = self.model, self.model.weights, self.given.rows(who)
        was_inside = inside & ~begins
        memory.pass_days(gap)
        day = day + gap
        kind = np.where(begins, BEGIN, HISTORY)
        told = self._numbers(given, day, inside, steps + 1)
        tail = [memory.remembered(), told, gap_numbers(gap)]
        told = np.concatenate([state, *tail], 1)
        own = self._own(memory, day)
        can = model.masks.allowed(slice(None), given.male, day)
        visit = np.flatnonzero(was_inside)
        kinds = len(model.words.kinds)
        if len(visit):
            kind[visit] = self._kinds(given, day, told, own, can, visit)
        codes_of = np.flatnonzero(~begins)
        can[np.ix_(kind == HISTORY, np.flatnonzero(~self._lasting) + kinds)] = False
        rows, codes = self._codes(codes_of, kind, told, own[:, kinds:], can[:, kinds:])
        self._happened(memory, who, kind, day, rows, codes, begins)
        summed = weights["kind_in.weight"][kind].copy()
        if len(rows):
            starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
            summed[rows[starts]] += np.add.reduceat(weights["codes_in.weight"].T[codes], starts)
        return kind, day, summed

    def _own(self, memory: Memory, day: Ints) -> Floats:
        """Return (n, words) each word's own hazard, by how long ago it was and by age."""
        weights = self.model.weights
        since = weights["since.weight"].reshape(-1, SINCE_CLASSES)
        own: Floats = since[:, -1] + weights["age.weight"][age_classes(day)]
        people, words = np.nonzero(memory.last != NEVER)
        classes = np.searchsorted(SINCE, day[people] - memory.last[people, words], side="right")
        own[people, words] += since[words, classes] - since[words, -1]
        return own

    def _kinds(
        self, given: Given, day: Ints, told: Floats, own: Floats, can: Bools, visit: Ints
    ) -> Ints:
        model = self.model
        kinds = len(model.words.kinds)
        on_last = given.dead & (given.end - given.birth == day)
        ok = can[visit, :kinds] & (~model.masks.certifies | on_last[visit, None])
        ok[~ok.any(1), 0] = True  # a net of no kinds but those is none
        logits = two_layers(model.weights, "kind", told[visit]) + own[visit, :kinds]
        return chosen(logits, ok, self.rng) + FIRST_KIND

    def _codes(
        self, rows: Ints, kind: Ints, told: Floats, own: Floats, can: Bools
    ) -> tuple[Ints, Ints]:
        weights = self.model.weights
        if not len(rows):
            return rows, rows
        given_kind = kind[rows]
        inputs = np.concatenate([told[rows], weights["kind_in.weight"][given_kind]], 1)
        logits = two_layers(weights, "code", inputs)
        logits += weights["code_kind.weight"][given_kind] + own[rows]
        of, codes = codes_drawn(logits, weights["lower"], can[rows], self.rng)
        return rows[of], codes

    def _happened(
        self,
        memory: Memory,
        who: Ints,
        kind: Ints,
        day: Ints,
        rows: Ints,
        codes: Ints,
        begins: Bools,
    ) -> None:
        """Remember what happened, and keep it as made; history without a code is none."""
        size = np.bincount(rows, minlength=len(who))
        keep = ~begins & ((kind >= FIRST_KIND) | (size > 0))
        self.made.append((who[keep], day[keep], kind[keep], size[keep], codes))
        visits = np.flatnonzero(kind >= FIRST_KIND)
        people = np.concatenate([visits, rows])
        words = np.concatenate([kind[visits] - FIRST_KIND, codes + len(self.model.words.kinds)])
        order = np.argsort(people, kind="stable")
        people = people[order]
        memory.happen(people, words[order], day[people])


def _in_order(made: list[tuple[Ints, Ints, Ints, Ints, Ints]], shift: int) -> _Steps:
    """Return the steps of all rounds by person; within one they are in order already."""
    who, day, kind, size, code = (np.concatenate([m[k] for m in made]) for k in range(5))
    order = np.argsort(who, kind="stable")
    first = np.concatenate([[0], np.cumsum(size)])
    sizes = size[order]
    at = np.repeat(first[order] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return _Steps(
        owner=who[order] + shift,
        day=day[order],
        kind=kind[order],
        size=sizes,
        code=code[np.arange(int(sizes.sum())) + at],
    )
