"""What stands in a chart beside its visits: problems, programs, appointments."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.course import NEVER, ON_TIME_DAYS, Days, Whole
from bridge.histories.care.model import EXITS, Program
from bridge.histories.care.randomness import uniforms
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
    since, last = _since(record, event), _over(record)[event]
    acute = np.array([record.modules[name].kind == "acute" for name in record.story.names])
    episodic = acute[events.module[event]] if len(event) else ends
    seen: set[tuple[int, str, int]] = set()
    rows = []
    for row in np.lexsort((since.astype(np.int64), person)).tolist():
        episode = int(events.ordinal[event[row]]) // EPISODE if ends[row] & episodic[row] else -1
        key = int(person[row]), str(code[row]), episode
        if key not in seen:
            seen.add(key)
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


def _over(record: Record) -> Days:
    """Return when what each event (k,) belongs to is over; NaT of what goes on.

    An acute illness ends with its episode, a pregnancy with the birth, a lasting illness with its
    cure, and what contacts are for with the last of them.
    """
    story, events = record.story, record.story.events
    acute = np.array([record.modules[name].kind == "acute" for name in story.names])
    of_episode = np.where(acute[events.module], events.ordinal // EPISODE, 0) if len(events) else 0
    key = (events.person * 64 + events.module) * 4096 + of_episode
    _, place = np.unique(key, return_inverse=True)
    last = np.full(place.max(initial=-1) + 1, np.datetime64("1800-01-01", "D"))
    np.maximum.at(last, place, events.day)
    over = last[place]
    for number, name in enumerate(story.names):
        rows = events.module == number
        if record.modules[name].anchor == "pregnancy":
            over[rows] = story.delivered[events.person[rows]]
        elif record.modules[name].kind == "chronic":
            over[rows] = _cured(record, name)[events.person[rows]]
    return over


def _cured(record: Record, name: str) -> Days:
    """Return when people were cured of a module's illness (n,); NaT of all others."""
    left = record.story.asked[name].left
    cured = np.full(len(record.story.clients), NEVER)
    rows = (left.how == EXITS.index("cured")) & (left.day < record.story.clients.as_of)
    cured[left.person[rows]] = left.day[rows]
    return cured


def enrollments(record: Record) -> Enrollments:
    """Return who is in which program, from the first visit on until they leave."""
    rows: list[_Enrolled] = []
    for place, name in enumerate(record.story.names):
        module = record.modules[name]
        mine = np.flatnonzero(record.story.events.module == place)
        programs = filter(None, (module.program, *module.more_programs))
        for program in programs:
            rows += _enrolled(record, name, program, mine)
    rows = _without_overlaps(rows)
    return Enrollments(
        np.array([row.person for row in rows], dtype=np.int64),
        _objects([row.program for row in rows]),
        np.array([row.enrolled for row in rows], dtype="M8[D]"),
        np.array([row.completed for row in rows], dtype="M8[D]"),
        _objects([row.states for row in rows]),
    )


def _without_overlaps(rows: "list[_Enrolled]") -> "list[_Enrolled]":
    """Join what two modules say of one program (newborn and child welfare), ordered by person."""
    joined: list[_Enrolled] = []
    for row in sorted(rows, key=lambda row: (row.person, row.program, row.enrolled)):
        last = joined[-1] if joined else None
        same = last and (last.person, last.program) == (row.person, row.program)
        if last and same and not (last.completed < row.enrolled):
            goes_on = np.isnat(last.completed) or np.isnat(row.completed)
            end = NEVER if goes_on else max(last.completed, row.completed)
            joined[-1] = last._replace(completed=end, states=(*last.states, *row.states))
        else:
            joined.append(row)
    return sorted(joined, key=lambda row: (row.person, row.enrolled))


class _Enrolled(NamedTuple):
    person: int
    program: str
    enrolled: np.datetime64
    completed: np.datetime64
    states: tuple[tuple[str, np.datetime64], ...]


def _enrolled(record: Record, name: str, program: Program, mine: Whole) -> Iterator[_Enrolled]:
    """Yield the enrollments in one program of a module, whose events are rows `mine`."""
    story, module = record.story, record.modules[name]
    events = story.events
    names, states = list(module.states), list(module.states.values())
    begins = [names.index(key) for key in program.begins]
    ends_at = [names.index(key) for key in program.ends]
    may = story.situation(events.person[mine], events.day[mine], events.step[mine])
    mine = mine[may.where(program.when)]
    left = _ends(record, name, program)
    for person, of in _by_person(events.person[mine], mine):
        at = [row for row in of.tolist() if not begins or events.state[row] in begins]
        if not at or _share_of(record, name, program, person) >= program.share:
            continue
        enrolled = events.day[at[0]]
        if module.kind == "chronic" and not begins:
            enrolled = min(enrolled, story.members[name].since[person])
        within = [row for row in of.tolist() if row >= at[0]]
        over = [events.day[row] for row in within if events.state[row] in ends_at]
        completed = min([*over, *([left[person]] if person in left else [])], default=NEVER)
        told: list[tuple[str, np.datetime64]] = []
        for row in within:
            state = states[int(events.state[row])].program_state
            if state and (not told or told[-1][0] != state):
                told.append((state, events.day[row] if told else enrolled))
        if not (completed < enrolled):
            yield _Enrolled(person, program.name, enrolled, completed, tuple(told))


def _share_of(record: Record, name: str, program: Program, person: int) -> float:
    key = record.story.clients.keys[person : person + 1]
    return float(uniforms(key, f"{name} {program.name}")[0])


def _objects(things: Sequence[object]) -> NDArray[np.object_]:
    found = np.empty(len(things), dtype=object)
    for place, thing in enumerate(things):
        found[place] = thing
    return found


def _ends(record: Record, name: str, program: Program) -> dict[int, np.datetime64]:
    """Return when people left a module's program, of those who did."""
    story = record.story
    left = story.asked[name].left
    ends: dict[int, np.datetime64] = {}
    for person, day, how in zip(left.person.tolist(), left.day, left.how.tolist(), strict=True):
        if day < story.clients.as_of and (EXITS[how] != "cured" or program.completes):
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
