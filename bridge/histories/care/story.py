"""What happens to people: their visits, whom they are asked to see again, how they leave."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from bridge.histories.care.clients import (
    Clients,
    Members,
    chronic_members,
    chronic_threads,
    contact_members,
)
from bridge.histories.care.contacts import GESTATION, contact_course
from bridge.histories.care.course import (
    Course,
    Days,
    Describe,
    Walk,
    Whole,
    concatenated,
    joined,
)
from bridge.histories.care.episodes import acute_threads
from bridge.histories.care.model import EXITS, Module
from bridge.histories.care.randomness import Keys, derived
from bridge.histories.care.situation import Flags, Situation

DIED: Final = EXITS.index("died")
NEVER: Final = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """What is done in one module at one visit: k rows ordered by person and day."""

    person: Whole
    day: Days
    module: Whole
    """Place in the story's `names`."""
    state: Whole
    step: Whole
    ordinal: Whole
    keys: Keys
    """What the numbers of this row follow from."""

    def __len__(self) -> int:
        """Return how many."""
        return len(self.person)

    def some(self, rows: Flags) -> "Events":
        """Return some of them."""
        return Events(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """The events of people, and what frames them."""

    clients: Clients
    names: tuple[str, ...]
    """The modules, in the order in which they stand in a visit."""
    events: Events
    members: Mapping[str, Members]
    """Of chronic modules and of contacts."""
    conceived: Days
    delivered: Days
    """(n,) last menstrual period and birth of the pregnancy of the record; NaT of all others."""
    died: Days
    """(n,) NaT of the living."""
    cause: Whole
    """(n,) the module that somebody died in, -1 of the living."""
    asked: Mapping[str, "Course"]
    """By module, what was asked and who left."""
    allergic: Mapping[str, Flags]

    def situation(self, person: Whole, day: Days, step: Whole) -> Situation:
        """Say what is known of people (k,) on days (k,), before anything is measured."""
        return describe(self.clients, self.members, self.allergic, self.conceived, self.delivered)(
            person, day, step
        )


def describe(
    clients: Clients,
    members: Mapping[str, Members],
    allergic: Mapping[str, Flags],
    conceived: Days,
    delivered: Days,
    *,
    ever: bool = False,
) -> Describe:
    """Return what says of people on days what is known of them.

    `ever`: an illness counts before it is found, for what must not go with it later.
    """

    def situation(person: Whole, day: Days, step: Whole) -> Situation:
        since, until = conceived[person], delivered[person]
        pregnant = ~np.isnat(since) & (day >= since) & (np.isnat(until) | (day < until))
        weeks = np.full(len(person), np.nan)
        weeks[pregnant] = (day[pregnant] - since[pregnant]).astype(np.int64) / 7
        return Situation(
            country=clients.country,
            months=clients.years_on(person, day) * 12,
            sex=clients.sex[person],
            pregnant=pregnant,
            weeks=weeks,
            step=step,
            allergic={key: flags[person] for key, flags in allergic.items()},
            has={
                name: of.who[person] & (ever | ~(day < of.since[person]))
                for name, of in members.items()
            },
        )

    return situation


def tell(
    clients: Clients,
    modules: Mapping[str, Module],
    allergic: Mapping[str, Flags],
    newborns: Whole,
    *,
    visits: tuple[int, int] | None = None,
    illness: str = "mixed",
    today: bool = False,
) -> Story:
    """Return what happens to people in all modules.

    `newborns` are the rows of people who were born at this clinic: they begin in the module
    `newborn`, if there is one. Whom nothing else brings comes at least once for something acute.
    `visits` bounds how many each has: the oldest are left out. `illness` none leaves out what is
    acute, emergency all else. `today`: everybody comes on the last day.
    """
    modules = _ordered(modules)
    members = _members(clients, modules, newborns)
    (conceived, delivered), courses = _pregnancies(clients, modules, members, allergic)
    said = describe(clients, members, allergic, conceived, delivered)
    ever = describe(clients, members, allergic, conceived, delivered, ever=True)
    for name, module in modules.items():
        if module.kind == "acute" or module.anchor == "pregnancy":
            continue
        walk = _walk(module, clients, ever)
        if module.kind == "chronic":
            courses[name] = walk.run(chronic_threads(module, clients, members[name], ever))
        else:
            courses[name], _ = contact_course(module, clients, members[name], walk)
    if illness == "emergency":
        courses.clear()
    if illness != "none":
        brought = [course.visits.person for course in courses.values()]
        others = np.bincount(concatenated(brought), minlength=len(clients))
        fewest = np.maximum((visits[0] if visits else 1) - others, int(today))
        for name, begun in acute_threads(clients, modules, said, fewest, today=today).items():
            courses[name] = _walk(modules[name], clients, said).run(begun)
    story = _told(clients, modules, members, courses, (conceived, delivered), allergic)
    return replace(story, events=_newest(story.events, visits[1])) if visits else story


def _newest(events: Events, most: int) -> Events:
    """Leave out what is older than each person's newest visits."""
    new = np.ones(len(events), dtype=bool)
    new[1:] = (np.diff(events.person) != 0) | (events.day[1:] != events.day[:-1])
    number = np.cumsum(new)
    last = np.zeros(events.person.max(initial=0) + 1, dtype=np.int64)
    np.maximum.at(last, events.person, number)
    return events.some(number > last[events.person] - most)


def _ordered(modules: Mapping[str, Module]) -> dict[str, Module]:
    """Put what others ask for first: lasting illnesses, of these the ones that ask for none."""

    def place(name: str) -> tuple[int, bool, str]:
        module = modules[name]
        groups = (*module.who.groups, *module.who.in_care)
        return KINDS.index(module.kind), any(group.has for group in groups), name

    return {name: modules[name] for name in sorted(modules, key=place)}


KINDS: Final = ("chronic", "contacts", "acute")
NEWBORN: Final = "newborn"


def _members(
    clients: Clients, modules: Mapping[str, Module], newborns: Whole
) -> dict[str, Members]:
    members: dict[str, Members] = {}
    born_here = np.zeros(len(clients), dtype=bool)
    born_here[newborns] = True
    for name, module in modules.items():
        if module.kind == "chronic":
            found = chronic_members(module, clients, members)
            members[name] = Members(who=found.who & ~born_here, since=found.since)
        elif name == NEWBORN:
            since = np.where(born_here, clients.birth, NEVER)
            members[name] = Members(who=born_here, since=since)
        elif module.kind == "contacts":
            members[name] = contact_members(module, clients, members)
    return members


def _pregnancies(
    clients: Clients,
    modules: Mapping[str, Module],
    members: Mapping[str, Members],
    allergic: Mapping[str, Flags],
) -> tuple[tuple[Days, Days], dict[str, Course]]:
    """Return when pregnancies began and ended (n,), NaT where not, and what happens in them."""
    conceived = np.full(len(clients), NEVER)
    delivered = conceived.copy()
    courses: dict[str, Course] = {}
    for name, module in modules.items():
        if module.anchor != "pregnancy":
            continue
        who = members[name].who
        conceived[who] = members[name].since[who]
        said = describe(clients, members, allergic, conceived, np.full(len(clients), NEVER))
        walk = _walk(module, clients, said)
        courses[name], births = contact_course(module, clients, members[name], walk)
        # Whoever does not give birth here does so elsewhere, when it is due.
        elsewhere = who & np.isnat(births)
        delivered[who] = births[who]
        delivered[elsewhere] = conceived[elsewhere] + GESTATION
    delivered[delivered >= clients.as_of] = NEVER
    return (conceived, delivered), courses


def births_of(
    clients: Clients, modules: Mapping[str, Module], allergic: Mapping[str, Flags]
) -> Days:
    """Return when women give birth at the clinic within the record (n,); NaT of all others."""
    ordered = _ordered(modules)
    members = _members(clients, ordered, np.zeros(0, dtype=np.int64))
    _, courses = _pregnancies(clients, ordered, members, allergic)
    births = np.full(len(clients), NEVER)
    for name, course in courses.items():
        delivers = [k for k, state in enumerate(modules[name].states.values()) if state.delivers]
        rows = np.isin(course.visits.state, delivers) & (course.visits.day < clients.as_of)
        births[course.visits.person[rows]] = course.visits.day[rows]
    return births


def _walk(module: Module, clients: Clients, said: Describe) -> Walk:
    return Walk(
        module=module,
        keys=derived(clients.keys, module.module),
        people=clients.keys,
        grid=clients.grid,
        describe=said,
        last=clients.as_of - 1,
        next_open=clients.next_open,
    )


def _one_illness_a_day(person: Whole, day: Days, acute: Flags) -> Flags:
    """Tell which events (k,), ordered by person and day, are no second acute illness of a visit."""
    rows = np.flatnonzero(acute)
    second = np.zeros(len(rows), dtype=bool)
    second[1:] = (person[rows][1:] == person[rows][:-1]) & (day[rows][1:] == day[rows][:-1])
    kept = np.ones(len(person), dtype=bool)
    kept[rows[second]] = False
    return kept


def _told(
    clients: Clients,
    modules: Mapping[str, Module],
    members: Mapping[str, Members],
    courses: Mapping[str, Course],
    pregnancy: tuple[Days, Days],
    allergic: Mapping[str, Flags],
) -> Story:
    names = tuple(courses)
    acute = np.array([modules[name].kind == "acute" for name in names], dtype=bool)
    died, cause = _deaths(clients, courses)
    parts = [courses[name].visits for name in names]
    threads = joined(parts)
    module = np.repeat(np.arange(len(names)), [len(part) for part in parts])
    keys = [
        derived(derived(clients.keys, n)[p.person], "visit", p.ordinal)
        for n, p in zip(names, parts, strict=True)
    ]
    of = np.concatenate([np.zeros(0, dtype=np.uint64), *keys])
    alive = np.isnat(died[threads.person]) | (threads.day <= died[threads.person])
    order = np.lexsort((module, threads.day.astype(np.int64), threads.person))
    order = order[alive[order]]
    order = order[
        _one_illness_a_day(threads.person[order], threads.day[order], acute[module[order]])
    ]
    events = Events(
        person=threads.person[order],
        day=threads.day[order],
        module=module[order],
        state=threads.state[order],
        step=threads.step[order],
        ordinal=threads.ordinal[order],
        keys=of[order],
    )
    return Story(
        clients=clients,
        names=names,
        events=events,
        members=members,
        conceived=pregnancy[0],
        delivered=pregnancy[1],
        died=died,
        cause=cause,
        asked=courses,
        allergic=allergic,
    )


def _deaths(clients: Clients, courses: Mapping[str, Course]) -> tuple[Days, Whole]:
    """Return when and of which module people died: the first time that one of them says so."""
    died, cause = np.full(len(clients), NEVER), np.full(len(clients), -1)
    for place, course in enumerate(courses.values()):
        left = course.left
        some = (left.how == DIED) & (left.day < clients.as_of)
        for person, day in zip(left.person[some].tolist(), left.day[some], strict=True):
            if np.isnat(died[person]) or day < died[person]:
                died[person], cause[person] = day, place
    return died, cause
