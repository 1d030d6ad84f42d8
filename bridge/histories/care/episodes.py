"""The acute episodes of people: when they begin, and in which state of which module."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.clients import WINDOW_DAYS, YEAR, Clients
from bridge.histories.care.course import Days, Describe, Threads, Whole
from bridge.histories.care.model import Module, Reason
from bridge.histories.care.randomness import derived, uniforms
from bridge.histories.care.reasons import attendance, reasons

HERE: Final = 0.5
"""Share of a person's visits that this clinic sees, others going elsewhere (a choice)."""

MOST_EPISODES: Final = 8
APART_DAYS: Final = 21
"""Days at least between the beginnings of two illnesses of one person (a choice)."""

SMALL_CHILD_DAYS: Final = 365
SMALL_CHILD_YEARS: Final = 5
"""A server flags a reading by the age of today, so small children's episodes are of one year."""

SEXES: Final = ("F", "M")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReasonTable:
    """Shares (bands, sexes, months, reasons) of visits, adding up to 1 over the reasons."""

    names: tuple[str, ...]
    from_years: Floats
    shares: Floats

    def drawn(self, years: Floats, sex: Whole, month: Whole, draws: Floats) -> Whole:
        """Return a reason (its place in `names`) for each visit (m,)."""
        band = np.searchsorted(self.from_years, years, side="right") - 1
        edges = np.cumsum(self.shares[np.maximum(band, 0), sex, month], axis=1)
        found: Whole = (draws[:, None] * edges[:, -1:] >= edges).sum(axis=1)
        return np.minimum(found, len(self.names) - 1)


@cache
def reason_table(country: str, known: frozenset[str]) -> ReasonTable:
    """Return a country's reasons for visits, of those that a module is there for."""
    rows = [row for row in reasons(country) if row.reason in known]
    names = tuple(dict.fromkeys(row.reason for row in rows))
    edges = sorted({row.years[0] for row in rows})
    shares = np.zeros((len(edges), 2, 12, len(names)))
    for row in rows:
        band, name = edges.index(row.years[0]), names.index(row.reason)
        women = 2 * row.female_to_male / (1 + row.female_to_male)
        for place, sex in enumerate(SEXES):
            if row.sex in ("", sex):
                by_sex = 1.0 if row.sex else (women, 2 - women)[place]
                shares[band, place, :, name] = row.share * by_sex * _season(row.months)
    return ReasonTable(names=names, from_years=np.array(edges), shares=shares)


def _season(factors: Mapping[int, float]) -> Floats:
    """Return the factors of all months (12,), scaled to a mean of 1."""
    season = np.array([factors.get(month, 1.0) for month in range(1, 13)])
    return np.asarray(season / season.mean(), dtype=np.float64)


def rate_of(country: str, sex: NDArray[np.str_], years: Floats) -> Floats:
    """Return how many visits a year each (n,) makes to any clinic, on average."""
    rates = np.zeros(len(years))
    for row in attendance(country):
        of_age = (years >= row.years[0]) & (years < row.years[1])
        rates[of_age & (sex == row.sex)] = row.visits_a_year
    return rates


def acute_threads(
    clients: Clients,
    modules: Mapping[str, Module],
    said: Describe,
    fewest: Whole,
    *,
    today: bool = False,
) -> dict[str, Threads]:
    """Return by module the acute episodes of people, each before its first visit.

    Everybody has `fewest` (n,) at least, one of them on the last day if `today`.
    """
    person, day, number = _episodes(clients, fewest)
    if today:
        last = np.ones(len(person), dtype=bool)
        last[:-1] = person[1:] != person[:-1]
        day = np.where(last, clients.as_of - 1, day)
    homes = _homes(modules)
    table = reason_table(clients.country, frozenset(homes))
    keys = derived(clients.keys[person], "episode", number)
    months = day.astype("M8[M]").astype(np.int64) % 12
    sex = (clients.sex[person] == "M").astype(np.int64)
    reason = table.drawn(clients.years_on(person, day), sex, months, uniforms(keys, "reason"))
    situation = said(person, day, person * 0)
    draws = uniforms(keys, "state")
    begun: dict[str, list[tuple[int, Whole]]] = {}
    for place, name in enumerate(table.names):
        below = np.zeros(len(person))
        for module, state, of in homes[name]:
            edge = below + of.share * situation.where(of.when)
            rows = np.flatnonzero((reason == place) & (draws >= below) & (draws < edge))
            below = edge
            begun.setdefault(module, []).append((state, rows))
    return {module: _threads(parts, person, day, number) for module, parts in begun.items()}


def _threads(parts: list[tuple[int, Whole]], person: Whole, day: Days, number: Whole) -> Threads:
    rows = np.concatenate([rows for _, rows in parts])
    state = np.concatenate([np.full(len(rows), state) for state, rows in parts])
    return Threads(
        person=person[rows],
        state=state,
        day=day[rows],
        step=rows * 0,
        ordinal=number[rows] * 100,
    )


def _homes(modules: Mapping[str, Module]) -> dict[str, list[tuple[str, int, Reason]]]:
    homes: dict[str, list[tuple[str, int, Reason]]] = {}
    for name, module in modules.items():
        states = list(module.states)
        for of in module.who.reasons:
            homes.setdefault(of.reason, []).append((name, states.index(of.state), of))
    return homes


def _episodes(clients: Clients, fewest: Whole) -> tuple[Whole, Days, Whole]:
    """Return of each episode whose it is, on which day it begins, and its number."""
    years = clients.years
    window = np.where(years < SMALL_CHILD_YEARS, SMALL_CHILD_DAYS, WINDOW_DAYS)
    window = np.minimum(window, (clients.as_of - clients.birth).astype(np.int64) - 1)
    mean = rate_of(clients.country, clients.sex, years) * HERE * window / YEAR
    count = np.maximum(_poisson(mean, uniforms(clients.keys, "episodes")), fewest)
    count = np.where(window > 0, np.minimum(count, MOST_EPISODES), 0)
    person = np.repeat(np.arange(len(clients)), count)
    number = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    draws = uniforms(derived(clients.keys[person], "when", number), "day")
    back = 1 + (draws * window[person]).astype(np.int64)
    day = clients.open_until(clients.as_of - back, clients.as_of - 1)
    apart = _apart(person, day, number)
    return person[apart], day[apart], number[apart]


def _apart(person: Whole, day: Days, number: Whole) -> Whole:
    """Return the episodes (rows) that begin well after the one before of the same person.

    Who comes again within weeks comes for the same illness, which its module says.
    """
    order = np.lexsort((number, day.astype(np.int64), person))
    far = np.ones(len(order), dtype=bool)
    same = person[order][1:] == person[order][:-1]
    far[1:] = ~same | (np.diff(day[order]).astype(np.int64) >= APART_DAYS)
    return np.sort(order[far])


def _poisson(mean: Floats, draws: Floats) -> Whole:
    """Return Poisson counts by inversion, MOST_EPISODES at most."""
    term = np.exp(-mean)
    total, count = term.copy(), np.zeros(len(mean), dtype=np.int64)
    for k in range(1, MOST_EPISODES + 1):
        count += draws >= total
        term = term * mean / k
        total += term
    return count
