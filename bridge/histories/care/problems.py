"""What stands in a chart beside its visits: problems, programs, appointments."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.course import NEVER, ON_TIME_DAYS, Days, Whole
from bridge.histories.care.model import EXITS
from bridge.histories.care.record import Record
from bridge.histories.care.situation import Flags

EPISODE: Final = 100
"""Ordinals of one episode, or of one contact, begin at a multiple of it."""


class Problems(NamedTuple):
    """Conditions (k,), ordered by person and onset; `end` is NaT of what goes on."""

    person: Whole
    code: NDArray[np.object_]
    onset: Days
    end: Days


class Enrollments(NamedTuple):
    """Enrollments (k,) in the programs of modules, ordered by person."""

    person: Whole
    program: NDArray[np.object_]
    enrolled: Days
    completed: Days
    """NaT while it goes on."""
    states: NDArray[np.object_]
    """Each a tuple of (state, first day)."""


class Booked(NamedTuple):
    """Appointments (k,), ordered by person and day; `status` as in a chart."""

    person: Whole
    service: NDArray[np.object_]
    day: Days
    status: NDArray[np.object_]


def problems(record: Record) -> Problems:
    """Return the problem list: what is marked so, once for each person and episode."""
    events, found = record.story.events, record.diagnoses
    listed = found.problem != "no"
    event, code = found.event[listed], found.code[listed]
    ends = found.problem[listed] == "ends"
    person = events.person[event]
    since = _since(record, event)
    last = _last_of_episode(record)[event]
    seen: dict[tuple[int, str, int], int] = {}
    rows = []
    for row in np.lexsort((since.astype(np.int64), person)).tolist():
        episode = int(events.ordinal[event[row]]) // EPISODE if ends[row] else -1
        key = int(person[row]), str(code[row]), episode
        if key not in seen:
            seen[key] = row
            rows.append(row)
    kept = np.array(rows, dtype=np.int64)
    return Problems(person[kept], code[kept], since[kept], np.where(ends[kept], last[kept], NEVER))


def _since(record: Record, event: Whole) -> Days:
    """Return since when each event's patient has had it; a lasting illness was found once."""
    story = record.story
    since = story.events.day[event]
    for place, name in enumerate(story.names):
        if name in story.members and record.modules[name].kind == "chronic":
            rows = story.events.module[event] == place
            found = story.members[name].since[story.events.person[event[rows]]]
            since[rows] = np.minimum(since[rows], found)
    return since


def _last_of_episode(record: Record) -> Days:
    """Return the last day (k,) of the episode that each event belongs to."""
    events = record.story.events
    key = (events.person * 64 + events.module) * 4096 + events.ordinal // EPISODE
    _, place = np.unique(key, return_inverse=True)
    last = np.full(place.max(initial=-1) + 1, np.datetime64("1800-01-01", "D"))
    np.maximum.at(last, place, events.day)
    return last[place]


def enrollments(record: Record) -> Enrollments:
    """Return who is in which program, from the first visit on until they leave."""
    story = record.story
    people: list[int] = []
    rows: list[tuple[str, np.datetime64, np.datetime64, tuple[tuple[str, np.datetime64], ...]]] = []
    for place, name in enumerate(story.names):
        module = record.modules[name]
        if module.program is None:
            continue
        states = [state.program_state for state in module.states.values()]
        ends = _ends(record, name)
        mine = np.flatnonzero(story.events.module == place)
        for person, of in _by_person(story.events.person[mine], mine):
            enrolled = story.events.day[of[0]]
            if module.kind == "chronic":
                enrolled = min(enrolled, story.members[name].since[person])
            told: list[tuple[str, np.datetime64]] = []
            for row in of.tolist():
                state = states[int(story.events.state[row])]
                if state and (not told or told[-1][0] != state):
                    told.append((state, story.events.day[row] if told else enrolled))
            people.append(person)
            rows.append((module.program.name, enrolled, ends.get(person, NEVER), tuple(told)))
    order = np.argsort(np.array(people, dtype=np.int64), kind="stable")
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Enrollments(
        np.array(people, dtype=np.int64)[order],
        _objects(columns[0])[order],
        np.array(columns[1], dtype="M8[D]")[order],
        np.array(columns[2], dtype="M8[D]")[order],
        _objects(columns[3])[order],
    )


def _objects(things: tuple[object, ...]) -> NDArray[np.object_]:
    found = np.empty(len(things), dtype=object)
    found[:] = list(things) if things else []
    return found


def _ends(record: Record, name: str) -> dict[int, np.datetime64]:
    """Return when people left a module's program, of those who did."""
    story, module = record.story, record.modules[name]
    left = story.asked[name].left
    completes = bool(module.program and module.program.completes)
    ends: dict[int, np.datetime64] = {}
    for person, day, how in zip(left.person.tolist(), left.day, left.how.tolist(), strict=True):
        if day < story.clients.as_of and (EXITS[how] != "cured" or completes):
            ends[person] = day
    for person in np.flatnonzero(~np.isnat(story.died)).tolist():
        ends[person] = min(ends.get(person, story.died[person]), story.died[person])
    return ends


def _by_person(person: Whole, rows: Whole) -> list[tuple[int, Whole]]:
    """Return the rows of each person; they are ordered by person."""
    if not len(person):
        return []
    edges = np.flatnonzero(np.diff(person)) + 1
    parts = np.split(rows, edges)
    return list(zip(person[np.concatenate([[0], edges])].tolist(), parts, strict=True))


def booked(record: Record) -> Booked:
    """Return the appointments: kept, missed, and to come; one a person, service and day."""
    story = record.story
    parts = []
    for name in story.names:
        asked = story.asked[name].asked
        service = np.full(len(asked.person), record.modules[name].service, dtype=object)
        parts.append((asked.person, service, asked.day, asked.came))
    none = tuple(np.zeros(0, dtype=kind) for kind in (int, object, "M8[D]", "M8[D]"))
    person, service, day, came = (np.concatenate(c) for c in zip(none, *parts, strict=True))
    died = story.died[person]
    alive = np.isnat(died) | (day <= died)
    future = day >= story.clients.as_of
    kept = ~np.isnat(came) & ((came - day).astype(np.int64) <= ON_TIME_DAYS) & ~future
    status = np.where(future, "scheduled", np.where(kept, "completed", "missed")).astype(object)
    order = np.lexsort((day.astype(np.int64), person))
    order = order[alive[order] & _first(person[order], service[order], day[order])]
    return Booked(person[order], service[order], day[order], status[order])


def _first(person: Whole, service: NDArray[np.object_], day: Days) -> Flags:
    """Tell which rows are the first of their person, service and day."""
    seen: set[tuple[int, str, int]] = set()
    first = np.zeros(len(person), dtype=bool)
    days = day.astype(np.int64).tolist()
    for row, key in enumerate(zip(person.tolist(), service.tolist(), days, strict=True)):
        first[row] = key not in seen
        seen.add(key)
    return first
