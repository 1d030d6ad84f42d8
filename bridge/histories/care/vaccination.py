"""Which vaccines children get at which visit: what is due by the country's schedule."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.course import Days, Whole
from bridge.histories.care.model import State
from bridge.histories.care.randomness import uniforms
from bridge.histories.care.story import Story
from bridge.histories.care.vaccines import Vaccine, by_key, schedule


class Vaccinations(NamedTuple):
    """Vaccines (k,) given at events; `dose` is 0 where no number is to be written."""

    event: Whole
    vaccine: NDArray[np.object_]
    """Each a Vaccine."""
    dose: Whole


def vaccinated(story: Story, due_at: Whole, states: list[tuple[State, Whole]]) -> Vaccinations:
    """Give what is due to the children who come for it, at the events (rows) `due_at`."""
    events, clients = story.events, story.clients
    person, day = events.person[due_at], events.day[due_at]
    age = (day - clients.birth[person]).astype(np.int64)
    willing = uniforms(clients.keys, "vaccines")
    last: dict[str, Days] = {}
    found: list[tuple[Whole, Vaccine]] = []
    for dose in schedule(clients.country):
        if dose.age is None:
            continue
        before = last.setdefault(dose.key, np.full(len(clients), _LONG_AGO))
        fits = (age >= dose.min_age) & (age <= dose.max_age)
        fits &= willing[person] < dose.coverage
        fits &= (day - before[person]).astype(np.int64) >= dose.min_interval
        if _follows(dose, clients.country):  # no second dose without the first
            fits &= before[person] > _LONG_AGO
        rows = _first_of_each(person, fits)
        before[person[rows]] = day[rows]
        if dose.key == "penta":  # it holds what the boosters do: their intervals are since then
            last["dtp"] = np.maximum(last.get("dtp", before), before)
        found.append((due_at[rows], dose))
    by_event: dict[str, list[Whole]] = {}
    for state, rows in states:
        for key in state.vaccines:
            by_event.setdefault(key, []).append(rows)
    for key, parts in by_event.items():
        rows = np.unique(np.concatenate(parts))
        found += _in_turn(story, by_key(clients.country)[key], rows)
    return _stacked(found)


def _follows(dose: Vaccine, country: str) -> bool:
    """Tell whether a dose comes after one that everybody should have had (not one at birth)."""
    before = [one for one in by_key(country)[dose.key] if one.dose < dose.dose]
    return any(one.age is not None and one.max_age > 60 for one in before)


def _in_turn(story: Story, doses: tuple[Vaccine, ...], rows: Whole) -> list[tuple[Whole, Vaccine]]:
    """Give the doses of one vaccine, one at each event of a person, once their interval is over."""
    person, day = story.events.person[rows], story.events.day[rows]
    before = np.full(len(story.clients), _LONG_AGO)
    found = []
    for dose in doses:
        if dose.age is not None:
            continue
        wait = (day - before[person]).astype(np.int64)
        first = _first_of_each(person, wait >= max(dose.min_interval, 1))
        before[person[first]] = day[first]
        found.append((rows[first], dose))
    return found


_LONG_AGO = np.datetime64("1800-01-01", "D")


def _first_of_each(person: Whole, fits: NDArray[np.bool_]) -> Whole:
    rows = np.flatnonzero(fits)
    _, first = np.unique(person[rows], return_index=True)
    return rows[first]


def _stacked(found: list[tuple[Whole, Vaccine]]) -> Vaccinations:
    none = np.zeros(0, dtype=np.int64)
    event = np.concatenate([none, *(rows for rows, _ in found)])
    vaccine = np.empty(len(event), dtype=object)
    dose = np.zeros(len(event), dtype=np.int64)
    at = 0
    for rows, one in found:
        place = slice(at, at + len(rows))
        vaccine[place] = [one] * len(rows)
        dose[place] = one.number_o3 or one.dose
        at += len(rows)
    return Vaccinations(event, vaccine, dose)
