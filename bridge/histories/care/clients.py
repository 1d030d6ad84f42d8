"""Who of some people is in which module, since when, and where each begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.centiles import drawn
from bridge.histories.care.course import Days, Describe, Threads, Whole, together
from bridge.histories.care.figures.prevalence import prevalence
from bridge.histories.care.model import Group, Module
from bridge.histories.care.randomness import Keys, derived, scores, uniforms
from bridge.histories.care.situation import Flags

YEAR: Final = 365.25
WINDOW_DAYS: Final = 730
"""How long a record goes back."""

SETTLING_DAYS: Final = 90
"""Within which those who were in care before have their first visit of the record."""

CAME_AT_ALL: Final = 0.7
"""Share of the people who live near who come to the clinic within two years (a choice): who has a
lasting illness always does, and is therefore more frequent among its clients."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clients:
    """n people of a clinic, as of the day after the last that a visit may be on."""

    country: str
    as_of: np.datetime64
    keys: Keys
    sex: NDArray[np.str_]
    birth: Days
    next_open: Callable[[Days], Days]
    """Moves days (k,) to those on which the clinic is open."""
    open_until: Callable[[Days, np.datetime64], Days]
    """The same, but to the last open day for what would come after a day."""

    def __len__(self) -> int:
        """Return how many."""
        return len(self.keys)

    @property
    def years(self) -> Floats:
        """(n,) exact age on `as_of`."""
        return self.years_on(np.arange(len(self)), np.full(len(self), self.as_of))

    def years_on(self, person: Whole, day: Days) -> Floats:
        """Return ages (k,) of some of them on days (k,)."""
        return (day - self.birth[person]).astype(np.int64) / YEAR

    @property
    def begins(self) -> Days:
        """(n,) first day of each record: two years before, or the day after birth."""
        return np.maximum(self.as_of - WINDOW_DAYS, self.birth + 1)

    @property
    def grid(self) -> Whole:
        """(n,) on which of four weeks' days a patient of lasting illnesses comes."""
        return (uniforms(self.keys, "grid") * 28).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """Who is in a chronic module or in one of contacts."""

    who: Flags
    since: Days
    """(n,) when it was found, or the anchor of contacts; NaT of all others."""


def chronic_members(module: Module, clients: Clients, members: Mapping[str, Members]) -> Members:
    """Draw who has a lasting illness and is in care for it, and when it was found."""
    keys = derived(clients.keys, module.module)
    years = clients.years
    having = _share_having(module, clients, years, members)
    care = having * _share(module.who.in_care, clients, years, members, none=1.0)
    care = np.divide(care, care + (1 - care) * CAME_AT_ALL, where=care > 0, out=np.zeros(len(care)))
    who = (uniforms(keys, "has") < care) & ~barred(module, members, len(clients))
    since = np.full(len(clients), np.datetime64("NaT", "D"))
    if module.onset and who.any():
        of = module.onset
        ago = drawn(scores(keys[who], "onset"), (of.low, of.typical, of.high))
        ago = np.clip(ago, 1 / YEAR, np.maximum(years[who] * 0.8, 1 / YEAR))
        since[who] = clients.as_of - np.ceil(ago * YEAR).astype(np.int64)
    return Members(who=who, since=since)


def contact_members(module: Module, clients: Clients, members: Mapping[str, Members]) -> Members:
    """Draw who comes for contacts, and the birth or last menstrual period they count from."""
    keys = derived(clients.keys, module.module)
    since = clients.birth.copy()
    if module.anchor == "pregnancy":
        # Pregnant at some time of the record: from a birth at its beginning (280 days) to 12 weeks.
        days = uniforms(keys, "anchor") * (WINDOW_DAYS - 84 + 280)
        since = clients.as_of - 84 - days.astype(np.int64)
    years = (since - clients.birth).astype(np.int64) / YEAR
    if module.anchor == "birth":
        years = clients.years
    share = _share(module.who.attends, clients, years, members, none=0.0)
    who = (uniforms(keys, "attends") < share) & ~barred(module, members, len(clients))
    return Members(who=who, since=np.where(who, since, np.datetime64("NaT", "D")))


def chronic_threads(module: Module, clients: Clients, members: Members, said: Describe) -> Threads:
    """Return where each begins: found within the record, or standing in care before it."""
    person = np.flatnonzero(members.who)
    since, begins = members.since[person], clients.begins[person]
    keys = derived(clients.keys[person], module.module)
    names = list(module.states)
    new = since >= begins
    state, step = np.full(len(person), names.index(module.entry or names[0])), np.zeros_like(person)
    state[~new] = names.index(module.standing[0].state)
    below, draws = np.zeros(len(person)), uniforms(keys, "standing")
    situation = said(person, np.full(len(person), clients.as_of), np.zeros_like(person))
    for standing in module.standing:
        edge = below + standing.share * situation.where(standing.when)
        some = ~new & (draws >= below) & (draws < edge)
        state[some] = names.index(standing.state)
        least, most = standing.step
        step[some] = least + (uniforms(keys[some], "step") * (most - least + 1)).astype(np.int64)
        below = edge
    settled = begins + (uniforms(keys, "first") * SETTLING_DAYS).astype(np.int64)
    day = np.where(new, since, together(settled, clients.grid[person], clients.keys[person]))
    day = clients.open_until(np.maximum(day, begins), clients.as_of - 1)
    return Threads(person=person, state=state, day=day, step=step, ordinal=person * 0)


def _share_having(
    module: Module, clients: Clients, years: Floats, members: Mapping[str, Members]
) -> Floats:
    if module.who.prevalence:
        return prevalence(clients.country, module.who.prevalence, clients.sex, years)
    return _share(module.who.groups, clients, years, members, none=0.0)


def _share(
    groups: tuple[Group, ...],
    clients: Clients,
    years: Floats,
    members: Mapping[str, Members],
    *,
    none: float,
) -> Floats:
    """Return the share (n,) that groups give each; the first that holds counts."""
    shares = np.full(len(clients), none if not groups else 0.0)
    for group in reversed(groups):
        if group.countries and clients.country not in group.countries:
            continue
        some = (years >= group.years[0]) & (years < group.years[1])
        if group.sex:
            some &= clients.sex == group.sex
        if group.has:
            some &= _in_any(members, group.has, len(clients))
        shares[some] = group.share
    return shares


def _in_any(members: Mapping[str, Members], names: tuple[str, ...], count: int) -> Flags:
    found = np.zeros(count, dtype=bool)
    for name in names:
        if name in members:
            found |= members[name].who
    return found


def barred(module: Module, members: Mapping[str, Members], count: int) -> Flags:
    """Tell whom another module rules out, by its own words or by this one's."""
    return _in_any(members, module.who.excludes, count)
