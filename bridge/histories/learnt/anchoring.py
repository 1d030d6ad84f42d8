"""Rows of a source become an event table: each event at its visit, in one order, checked.

An event's own date is not trusted alone: Synthea dates vaccines years before the visit that gave
them (histories study, section 1). So an event has its visit's time, unless the two lie more than a
week apart; then it belongs to a visit of its own day, or is history from before the record.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import (
    BEFORE,
    CONDITION,
    DRUG,
    EVENT_TYPES,
    VISIT,
    EventTable,
)
from bridge.histories.learnt.times import Times, days

_WEEK: Final = np.timedelta64(7, "D")
_NOWHERE: Final = -2
"""Stands for the visit of an event that is dropped."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """n people, as `EventTable` has them."""

    person: NDArray[np.object_]
    sex: NDArray[np.str_]
    birth: Times
    death: Times
    begin: Times
    end: Times


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """v visits: whose, when (seconds), until when, and of what kind."""

    owner: Ints
    time: Times
    stop: Times
    code: NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """m events; `visit` is a row of the visits or -1, and `by_visit` says whose date is false."""

    owner: Ints
    visit: Ints
    time: Times
    stop: Times
    kind: NDArray[np.object_]
    code: NDArray[np.object_]
    value: NDArray[np.float64]
    unit: NDArray[np.object_]
    by_visit: Bools


def event_table(
    people: People,
    visits: Visits,
    events: Events,
    *,
    display: Mapping[tuple[str, str], str],
    dropped: Mapping[str, int],
) -> EventTable:
    """Put events to their visits, and drop what cannot be: before birth, after the end, twice."""
    out = Counter(dropped)
    visits, new_row = _kept_visits(people, visits, out)
    at = np.where(events.visit >= 0, new_row[events.visit], -1) if len(new_row) else events.visit
    at, time = _anchored(people, visits, events, at)
    number = _numbers(visits.owner)
    start, length = time, events.stop - events.time
    early = length < np.timedelta64(0, "s")
    out["stops before it starts (kept without its stop)"] += int(early.sum())
    stop = np.where(early, np.datetime64("NaT", "s"), start + length)
    keep = _kept_events(people, events, at, time, out)
    visit = np.where(at >= 0, number[at] if len(number) else at, BEFORE)
    columns = {
        "owner": np.concatenate([visits.owner, events.owner[keep]]),
        "visit": np.concatenate([number, visit[keep]]),
        "time": np.concatenate([visits.time, time[keep]]),
        "stop": np.concatenate([visits.stop, stop[keep]]),
        "kind": np.concatenate([_filled(len(number), VISIT), events.kind[keep]]),
        "code": np.concatenate([visits.code, events.code[keep]]),
        "value": np.concatenate([np.full(len(number), np.nan), events.value[keep]]),
        "unit": np.concatenate([_filled(len(number), ""), events.unit[keep]]),
    }
    order = _order(columns, out)
    return EventTable(
        **{name: getattr(people, name) for name in People.__slots__},
        **{name: column[order] for name, column in columns.items()},
        display=dict(display),
        dropped={reason: many for reason, many in out.items() if many},
    )


def words(cells: Sequence[str]) -> NDArray[np.object_]:
    """Return a column of words."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def _filled(many: int, word: str) -> NDArray[np.object_]:
    return np.full(many, word, dtype=object)


def _kept_visits(people: People, visits: Visits, out: Counter[str]) -> tuple[Visits, Ints]:
    """Return the visits within the records in order, and the new row of each old one, or -2."""
    day = days(visits.time)
    early = day < people.begin[visits.owner]
    late = day > people.end[visits.owner]
    out["a visit before the record begins"] += int(early.sum())
    out["a visit after the record ends"] += int(late.sum())
    order = np.lexsort((visits.time, visits.owner))
    order = order[~(early | late | np.isnat(day))[order]]
    new_row = np.full(len(day), _NOWHERE)
    new_row[order] = np.arange(len(order))
    kept = Visits(**{name: getattr(visits, name)[order] for name in Visits.__slots__})
    return kept, new_row


def _numbers(owner: Ints) -> Ints:
    """Return the number of each visit within its person; owners are in order."""
    first = np.searchsorted(owner, owner)
    return np.arange(len(owner)) - first


def _anchored(people: People, visits: Visits, events: Events, at: Ints) -> tuple[Ints, Times]:
    """Return each event's visit (BEFORE, or -2 for none), and its time."""
    at = at.copy()
    near = np.zeros(len(at), dtype=bool)
    held = at >= 0
    apart = np.abs(events.time[held] - visits.time[at[held]])
    near[held] = events.by_visit[held] | np.isnat(events.time[held]) | (apart <= _WEEK)
    of_day = _visit_of_day(visits, events.owner, events.time)
    at = np.where(~near & (of_day >= 0), of_day, at)
    before = days(events.time) < people.begin[events.owner]
    at = np.where(~near & (of_day < 0) & before, BEFORE, at)
    at[(at == -1) & ~before] = _NOWHERE
    time = events.time.copy()
    time[at >= 0] = visits.time[at[at >= 0]]
    return at, time


def _visit_of_day(visits: Visits, owner: Ints, time: Times) -> Ints:
    """Return the first visit of a person on a day, or -1."""
    if not len(visits.owner):
        return np.full(len(owner), -1)
    keys = visits.owner * 1_000_000 + days(visits.time).astype(np.int64)
    wanted = owner * 1_000_000 + days(time).astype(np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[place] == wanted) & ~np.isnat(time), place, -1)


def _kept_events(people: People, events: Events, at: Ints, time: Times, out: Counter[str]) -> Bools:
    day, owner = days(time), events.owner
    history = (events.kind == CONDITION) | (events.kind == DRUG)
    reasons = {
        "has neither a time nor a visit": np.isnat(day),
        "before birth": day < people.birth[owner],
        "after the record ends": day > people.end[owner],
        "of a visit that is not kept, or of none": at == _NOWHERE,
        "a test, procedure or vaccine from before the record": (at == BEFORE) & ~history,
    }
    keep = np.ones(len(day), dtype=bool)
    for reason, bad in reasons.items():
        out[reason] += int((keep & bad).sum())
        keep &= ~bad
    return keep


def _order(columns: Mapping[str, NDArray[np.generic]], out: Counter[str]) -> Ints:
    """Return the rows by person, time, visit and kind, without the same code twice in a visit."""
    kind = np.array([EVENT_TYPES.index(str(word)) for word in columns["kind"]], dtype=np.int64)
    known = {word: k for k, word in enumerate(sorted(set(map(str, columns["code"]))))}
    code = np.array([known[str(word)] for word in columns["code"]], dtype=np.int64)
    owner, visit, time = columns["owner"], columns["visit"], columns["time"]
    order = np.lexsort((code, kind, visit, time, owner))
    parts = (owner, visit, time, kind, code)
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for part in parts:
        same &= part[order][1:] == part[order][:-1]
    out["the same code twice in a visit"] += int(same.sum())
    return order[np.concatenate([[True], ~same])] if len(order) else order
