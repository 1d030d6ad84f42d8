"""How patients go through a module: from state to state, when they are asked and when they come."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.model import EXITS, Module, Next, State
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.histories.care.situation import Flags, Situation

Days = NDArray[np.datetime64]
Whole = NDArray[np.int64]

NEVER = np.datetime64("NaT", "D")
MOST_ROUNDS: Final = 60
"""Visits of one patient in one module, at most: nobody has more within two years."""

# When those come who were asked to: 60 % within 3 days, 20 % 4 to 14 days late, 10 % 15 to 60
# days late, 10 % never (a choice around the .61 of appointments that are kept in Entebbe).
LATENESS: Final = ((0.6, 0, 3), (0.2, 4, 14), (0.1, 15, 60))
ON_TIME_DAYS: Final = 3
EARLY_SNAP: Final = 25
"""From how many days on visits of several chronic modules fall together."""
MONTH: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Threads:
    """k patients before their next visit in a module."""

    person: Whole
    state: Whole
    day: Days
    step: Whole
    ordinal: Whole
    """Counts the patient's visits in this module; a contact's begin at 100 times its number."""

    def some(self, rows: Flags | Whole) -> "Threads":
        """Return some of them."""
        return Threads(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def __len__(self) -> int:
        """Return how many."""
        return len(self.person)


class Asked(NamedTuple):
    """Who was asked to come when, after which visit, and when they came (NaT: not)."""

    person: Whole
    ordinal: Whole
    day: Days
    came: Days

    @classmethod
    def joined(cls, parts: "Sequence[Asked]") -> "Asked":
        """Return several one after the other."""
        return cls(
            concatenated([p.person for p in parts]),
            concatenated([p.ordinal for p in parts]),
            days_concatenated([p.day for p in parts]),
            days_concatenated([p.came for p in parts]),
        )


class Left(NamedTuple):
    """Who left a module, after which visit, when and how: a place in EXITS."""

    person: Whole
    ordinal: Whole
    day: Days
    how: Whole

    @classmethod
    def joined(cls, parts: "Sequence[Left]") -> "Left":
        """Return several one after the other."""
        return cls(
            concatenated([p.person for p in parts]),
            concatenated([p.ordinal for p in parts]),
            days_concatenated([p.day for p in parts]),
            concatenated([p.how for p in parts]),
        )


class Course(NamedTuple):
    """All that happened in a module."""

    visits: Threads
    asked: Asked
    left: Left

    @classmethod
    def joined(cls, parts: "Sequence[Course]") -> "Course":
        """Return several one after the other."""
        return cls(
            joined([p.visits for p in parts]),
            Asked.joined([p.asked for p in parts]),
            Left.joined([p.left for p in parts]),
        )

    def where(self, kept: Set[tuple[int, int]], each: int) -> "Course":
        """Return what belongs to these persons and numbers, of ordinals in steps of `each`."""

        def among(person: Whole, ordinal: Whole) -> Flags:
            places = zip(person.tolist(), (ordinal // each).tolist(), strict=True)
            return np.fromiter((place in kept for place in places), dtype=bool, count=len(person))

        asked, left = self.asked, self.left
        first = among(asked.person, asked.ordinal)
        second = among(left.person, left.ordinal)
        return Course(
            self.visits.some(among(self.visits.person, self.visits.ordinal)),
            Asked(asked.person[first], asked.ordinal[first], asked.day[first], asked.came[first]),
            Left(left.person[second], left.ordinal[second], left.day[second], left.how[second]),
        )


Describe = Callable[[Whole, Days, Whole], Situation]
"""Says of persons (k,), on days (k,), at treatment steps (k,), what is known before the visit."""


class Walk(NamedTuple):
    """A module, and what its patients' numbers follow from."""

    module: Module
    keys: Keys
    """(n,) of all patients, for this module."""
    people: Keys
    """(n,) of all patients."""
    grid: Whole
    """(n,) on which day of four weeks a patient of chronic modules comes."""
    describe: Describe
    last: np.datetime64
    """No visit is after it."""
    next_open: Callable[[Days], Days]
    """Moves days (k,) to those on which the clinic is open."""

    def run(self, begun: Threads) -> Course:
        """Follow patients until they leave or the last day has come."""
        visits, asked, left, now = [], [], [], begun
        for _ in range(MOST_ROUNDS):
            now = now.some(now.day <= self.last)
            if not len(now):
                break
            visits.append(now)
            then, more_asked, more_left = self._step(now)
            asked.append(more_asked)
            left.append(more_left)
            now = then
        return Course(joined(visits), Asked.joined(asked), Left.joined(left))

    def _step(self, now: Threads) -> tuple[Threads, Asked, Left]:
        """Decide of each who is at a visit what comes next."""
        names = list(self.module.states)
        target = np.full(len(now), _WELL)
        asked_on, comes = _never(len(now)), _never(len(now))
        step = now.step.copy()
        for place, state in enumerate(self.module.states.values()):
            rows = np.flatnonzero(now.state == place)
            if rows.size and state.next:
                self._decide(state, names, now, rows, (target, asked_on, comes, step))
        goes_on = (target >= 0) & ~np.isnat(comes)
        then = Threads(
            person=now.person, state=target, day=comes, step=step, ordinal=now.ordinal + 1
        ).some(goes_on)
        exits = target <= _FIRST_EXIT
        how = _FIRST_EXIT - target[exits]
        left = Left(now.person[exits], now.ordinal[exits], asked_on[exits], how)
        lost = target == _FIRST_EXIT - EXITS.index("lost")  # was asked to come, and did not
        booked = ((target >= 0) | lost) & (asked_on > now.day)
        asked = Asked(now.person[booked], now.ordinal[booked], asked_on[booked], comes[booked])
        return then, asked, left

    def _decide(
        self,
        state: State,
        names: list[str],
        now: Threads,
        rows: Whole,
        into: tuple[Whole, Days, Days, Whole],
    ) -> None:
        target, asked_on, comes, step = into
        here = now.some(rows)
        keys = derived(self.keys[here.person], "visit", here.ordinal)
        situation = self.describe(here.person, here.day, here.step)
        chosen = _chosen(state.next, situation, uniforms(keys, "next"))
        for k, following in enumerate(state.next):
            some = chosen == k
            if not some.any():
                continue
            least, most = following.after_days
            wait = np.round(least + uniforms(keys[some], "wait") * (most - least))
            asked = self.next_open(here.day[some] + wait.astype(np.int64))
            place = rows[some]
            asked_on[place] = asked
            if following.to in EXITS:
                target[place] = _FIRST_EXIT - EXITS.index(following.to)
                continue
            target[place] = names.index(following.to)
            step[place] += following.step_up
            comes[place] = self._comes(following, asked, wait, here.person[some], keys[some])

    def _comes(self, following: Next, asked: Days, wait: Floats, person: Whole, keys: Keys) -> Days:
        """Return when people come who were asked to come on some day."""
        chronic = self.module.kind == "chronic"
        share, delay = uniforms(keys, "comes"), uniforms(keys, "delay")
        late = np.full(len(asked), -1, dtype=np.int64)
        kept = following.kept if following.kept is not None else 0.9
        below = 0.0
        for part, least, most in LATENESS:
            if self.module.anchor == "pregnancy":  # who is near her time is not two months late
                least, most = min(least, 2), min(most, 5)
            edge = below + part / 0.9 * kept
            some = (share >= below) & (share < edge)
            days = (least + delay[some] * (most - least + 1)).astype(np.int64)
            # Whoever is to come in three days does not come in six weeks.
            late[some] = np.minimum(days, (2 * wait[some] + 3).astype(np.int64))
            below = edge
        if chronic:  # whoever misses a visit of a lasting illness comes for the one after
            late = np.where(late < 0, np.maximum(wait, MONTH).astype(np.int64), late)
        day = asked + np.maximum(late, 0)
        if chronic:
            shared = together(day, self.grid[person], self.people[person])
            day = np.where(wait >= EARLY_SNAP, np.maximum(shared, asked - wait_least(wait)), day)
        return np.where(late < 0, NEVER, self.next_open(day))


def together(day: Days, grid: Whole, people: Keys) -> Days:
    """Return days near the patient's own of four weeks, so that several modules share a visit.

    `grid` (n,) is that day, `people` (n,) the patients' keys: nobody comes to the day, so each of
    the four weeks has a shift of its own, which is the same for all modules.
    """
    number = np.round((day.astype(np.int64) - grid) / MONTH).astype(np.int64)
    shift = (uniforms(derived(people, "shift", number), "days") * (2 * SHIFT + 1)).astype(np.int64)
    nearest: Days = (number * MONTH + grid + shift - SHIFT).astype("M8[D]")
    return nearest


SHIFT: Final = 3
"""Days by which a visit of a lasting illness is early or late in its four weeks (a choice)."""


def wait_least(wait: Floats) -> Whole:
    """Return by how many days at most people come before they were asked to: a quarter."""
    return np.floor(wait / 4).astype(np.int64)


_WELL: Final = -1
_FIRST_EXIT: Final = -2


def _chosen(nexts: tuple[Next, ...], situation: Situation, draws: Floats) -> Whole:
    """Return which of a state's ways each takes, or -1 where none is left."""
    chosen = np.full(len(draws), -1)
    below = np.zeros(len(draws))
    for k, following in enumerate(nexts):
        edge = below + following.share * situation.where(following.when)
        chosen[(draws >= below) & (draws < edge)] = k
        below = edge
    return chosen


def _never(count: int) -> Days:
    return np.full(count, NEVER)


def joined(parts: Sequence[Threads]) -> Threads:
    """Return several one after the other."""
    return Threads(
        person=concatenated([p.person for p in parts]),
        state=concatenated([p.state for p in parts]),
        day=days_concatenated([p.day for p in parts]),
        step=concatenated([p.step for p in parts]),
        ordinal=concatenated([p.ordinal for p in parts]),
    )


def concatenated(parts: Sequence[Whole]) -> Whole:
    """Return whole numbers one after the other; none where there is no part."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def days_concatenated(parts: Sequence[Days]) -> Days:
    """Return days one after the other; none where there is no part."""
    return np.concatenate([np.zeros(0, dtype="M8[D]"), *parts])
