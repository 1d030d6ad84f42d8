"""Contacts at fixed times from a birth or a last menstrual period, and what leads out of them."""

from itertools import groupby
from typing import Final

import numpy as np

from bridge.flows.columns import Floats
from bridge.histories.care.clients import Clients, Members
from bridge.histories.care.course import Asked, Course, Days, Threads, Walk, Whole, joined
from bridge.histories.care.model import EXITS, Contact, Module
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.histories.care.situation import Flags

NEVER: Final = np.datetime64("NaT", "D")
GESTATION: Final = 280
"""Days from the last menstrual period to the birth that is expected (Naegele)."""

EACH: Final = 100
"""Ordinals of a contact, and of what follows from it, begin at so many times its number."""

GOES_ON: Final = EXITS.index("cured")


def contact_course(
    module: Module, clients: Clients, members: Members, walk: Walk
) -> tuple[Course, Days]:
    """Return what happens at contacts, and when the members gave birth (n,) if they did here."""
    births = np.full(len(clients), NEVER)
    begun = _threads(module, clients, members.since, from_birth=False)
    course = _booked(begun, _in_turn(module, walk.run(begun)))
    delivers = [k for k, state in enumerate(module.states.values()) if state.delivers]
    rows = np.isin(course.visits.state, delivers)
    births[course.visits.person[rows]] = course.visits.day[rows]
    after = _threads(module, clients, births, from_birth=True)
    if len(after):
        course = Course.joined([course, _booked(after, _in_turn(module, walk.run(after)))])
    return course, births


def _threads(module: Module, clients: Clients, since: Days, *, from_birth: bool) -> Threads:
    """Return a thread for each contact that is kept; the same people stop first along a series."""
    names = list(module.states)
    keys = derived(clients.keys, module.module)
    faithful = uniforms(keys, "faithful")
    parts = []
    for number, contact in enumerate(module.contacts):
        if contact.from_birth != from_birth:
            continue
        day = clients.next_open(since + _days(contact, derived(keys, "late", number)))
        some = ~np.isnat(day) & (faithful < contact.kept) & (day >= clients.birth)
        person = np.flatnonzero(some & _may(contact, clients, day))
        parts.append(
            Threads(
                person=person,
                state=np.full(len(person), names.index(contact.state)),
                day=day[person],
                step=person * 0,
                ordinal=np.full(len(person), EACH * number),
            )
        )
    return joined(parts)


def _days(contact: Contact, keys: Keys) -> Whole:
    """Return on which day from the anchor each has a contact: most near the time, a few late."""
    low, high = contact.late
    late: Floats = low + (high - low) * uniforms(keys, "days") ** 2
    return np.round(contact.day + late).astype(np.int64)


def _may(contact: Contact, clients: Clients, day: Days) -> Flags:
    """Tell for whom (n,) a contact is meant, by age and sex."""
    when = contact.when
    months = (day - clients.birth).astype(np.int64) / (365.25 / 12)
    may = np.ones(len(clients), dtype=bool)
    if when.months:
        may &= (months >= when.months[0]) & (months < when.months[1])
    if when.sex:
        may &= clients.sex == when.sex
    if when.countries and clients.country not in when.countries:
        may[:] = False
    return may


def _in_turn(module: Module, course: Course) -> Course:
    """Leave out contacts that others overtake, that fall into what led out, or after an exit."""
    visits = course.visits
    delivers = {k for k, state in enumerate(module.states.values()) if state.delivers}
    ends = _ends(course)
    order = np.lexsort((visits.ordinal, visits.person))
    kept: set[tuple[int, int]] = set()
    columns = (visits.person, visits.ordinal, visits.day.astype(np.int64), visits.state)
    rows = zip(*(column[order].tolist() for column in columns), strict=True)
    for person, of in groupby(rows, key=lambda row: int(row[0])):
        numbers = {n: list(g) for n, g in groupby(of, key=lambda row: int(row[1]) // EACH)}
        kept |= {(person, number) for number in _accepted(person, numbers, delivers, ends)}
    return course.where(kept, EACH)


def _booked(begun: Threads, course: Course) -> Course:
    """Let people be asked to the contact that follows: the next they come for, or one to come."""
    visits = course.visits
    came = set(zip(visits.person.tolist(), visits.ordinal.tolist(), strict=True))
    if not len(visits):
        return course
    last = visits.day.max()
    planned: dict[int, list[int]] = {}
    ahead = (begun.day > last) | np.array(
        [
            place in came
            for place in zip(begun.person.tolist(), begun.ordinal.tolist(), strict=True)
        ],
        dtype=bool,
    )
    for person, day in zip(
        begun.person[ahead].tolist(), begun.day[ahead].astype(np.int64).tolist(), strict=True
    ):
        planned.setdefault(person, []).append(day)
    rows: list[tuple[int, int, int]] = []
    answered = set(zip(course.asked.person.tolist(), course.asked.ordinal.tolist(), strict=True))
    for person, ordinal, day in zip(
        visits.person.tolist(),
        visits.ordinal.tolist(),
        visits.day.astype(np.int64).tolist(),
        strict=True,
    ):
        following = [one for one in planned.get(person, ()) if one > day]
        if following and (person, ordinal) not in answered:
            rows.append((person, ordinal, min(following)))
    if not rows:
        return course
    person, ordinal, asked = (np.array(column) for column in zip(*rows, strict=True))
    on = asked.astype("M8[D]")
    more = Asked(person, ordinal, on, np.where(on > last, NEVER, on))
    return course._replace(asked=Asked.joined([course.asked, more]))


_Rows = list[tuple[int, int, int, int]]


def _accepted(
    person: int,
    numbers: dict[int, _Rows],
    delivers: set[int],
    ends: dict[tuple[int, int], int],
) -> list[int]:
    """Return the numbers of the contacts that somebody comes for."""
    soonest, in_order = 10**9, []
    for number in sorted(numbers, reverse=True):
        day = numbers[number][0][2]
        if day < soonest:
            in_order.append(number)
            soonest = day
    accepted, busy_until, born = [], -(10**9), False
    for number in reversed(in_order):
        rows = numbers[number]
        if rows[0][2] <= busy_until or (born and rows[0][3] in delivers):
            continue
        accepted.append(number)
        born |= any(row[3] in delivers for row in rows)
        busy_until = rows[-1][2]
        if (person, number) in ends:
            break
    return accepted


def _ends(course: Course) -> dict[tuple[int, int], int]:
    """Return which contacts of whom end in leaving for good, and how."""
    left = course.left
    places = zip(left.person.tolist(), (left.ordinal // EACH).tolist(), strict=True)
    return {
        place: how for place, how in zip(places, left.how.tolist(), strict=True) if how != GOES_ON
    }
