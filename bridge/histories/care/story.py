"""What happens to people: their visits, whom they are asked to see again, how they leave."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from bridge.histories.care.clients import (
    GESTATION,
    Clients,
    Members,
    barred,
    chronic_members,
    chronic_threads,
    contact_members,
    contact_threads,
)
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
) -> Describe:
    """Return what says of people on days what is known of them."""

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
            has={name: of.who[person] & ~(day < of.since[person]) for name, of in members.items()},
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
    members = _members(clients, modules, newborns)
    conceived, delivered = _pregnancies(clients, modules, members)
    said = describe(clients, members, allergic, conceived, delivered)
    courses: dict[str, Course] = {}
    for name, module in modules.items():
        if module.kind != "acute" and illness != "emergency":
            courses[name] = _course(module, clients, members[name], said)
    if illness != "none":
        brought = [course.visits.person for course in courses.values()]
        others = np.bincount(concatenated(brought), minlength=len(clients))
        fewest = np.maximum((visits[0] if visits else 1) - others, int(today))
        for name, begun in acute_threads(clients, modules, said, fewest, today=today).items():
            courses[name] = _walk(modules[name], clients, said).run(begun)
    story = _told(clients, members, courses, (conceived, delivered), allergic)
    return replace(story, events=_newest(story.events, visits[1])) if visits else story


def _newest(events: Events, most: int) -> Events:
    """Leave out what is older than each person's newest visits."""
    new = np.ones(len(events), dtype=bool)
    new[1:] = (np.diff(events.person) != 0) | (events.day[1:] != events.day[:-1])
    number = np.cumsum(new)
    last = np.zeros(events.person.max(initial=0) + 1, dtype=np.int64)
    np.maximum.at(last, events.person, number)
    return events.some(number > last[events.person] - most)


def _members(
    clients: Clients, modules: Mapping[str, Module], newborns: Whole
) -> dict[str, Members]:
    members: dict[str, Members] = {}
    born_here = np.zeros(len(clients), dtype=bool)
    born_here[newborns] = True
    for name, module in modules.items():
        out = barred(module, members, len(clients)) | (born_here & (module.kind == "chronic"))
        if module.kind == "chronic":
            members[name] = chronic_members(module, clients, out)
        elif module.kind == "contacts" and name == NEWBORN:
            since = np.where(born_here, clients.birth, NEVER)
            members[name] = Members(who=born_here, since=since)
        elif module.kind == "contacts":
            members[name] = contact_members(module, clients, out)
    return members


NEWBORN: Final = "newborn"


def _pregnancies(
    clients: Clients, modules: Mapping[str, Module], members: Mapping[str, Members]
) -> tuple[Days, Days]:
    """Return when pregnancies began and ended (n,); NaT where there is none, or no end yet."""
    conceived = np.full(len(clients), NEVER)
    delivered = conceived.copy()
    for name, module in modules.items():
        if module.anchor != "pregnancy":
            continue
        who = members[name].who
        conceived[who] = members[name].since[who]
        threads = contact_threads(module, clients, members[name])
        births = [k for k, state in enumerate(module.states.values()) if state.delivers]
        some = np.isin(threads.state, births)
        # Whoever does not give birth here does so elsewhere, when it is due.
        delivered[who] = conceived[who] + GESTATION
        delivered[threads.person[some]] = threads.day[some]
    delivered[delivered >= clients.as_of] = NEVER
    return conceived, delivered


def births_of(clients: Clients, modules: Mapping[str, Module]) -> Days:
    """Return when women give birth at the clinic within the record (n,); NaT of all others."""
    births = np.full(len(clients), NEVER)
    nobody = np.zeros(len(clients), dtype=bool)
    for module in modules.values():
        if module.anchor != "pregnancy":
            continue
        threads = contact_threads(module, clients, contact_members(module, clients, nobody))
        places = [k for k, state in enumerate(module.states.values()) if state.delivers]
        some = np.isin(threads.state, places) & (threads.day < clients.as_of)
        births[threads.person[some]] = threads.day[some]
    return births


def _walk(module: Module, clients: Clients, said: Describe) -> Walk:
    return Walk(
        module=module,
        keys=derived(clients.keys, module.module),
        grid=clients.grid,
        describe=said,
        last=clients.as_of - 1,
        next_open=clients.next_open,
    )


def _course(module: Module, clients: Clients, members: Members, said: Describe) -> Course:
    begin = chronic_threads if module.kind == "chronic" else contact_threads
    course = _walk(module, clients, said).run(begin(module, clients, members))
    if module.kind != "contacts":
        return course
    # Whoever leaves for good does not come for the contacts that were still to be.
    left = np.full(len(clients), np.datetime64("2500-01-01"))
    np.minimum.at(left, course.left.person, course.left.day)
    return course._replace(
        visits=course.visits.some(course.visits.day <= left[course.visits.person])
    )


def _told(
    clients: Clients,
    members: Mapping[str, Members],
    courses: Mapping[str, Course],
    pregnancy: tuple[Days, Days],
    allergic: Mapping[str, Flags],
) -> Story:
    names = tuple(courses)
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
