"""Which vaccines children get at which visit: what is due by the country's schedule."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.course import Days, Whole
from bridge.histories.care.model import State
from bridge.histories.care.randomness import uniforms
from bridge.histories.care.story import Story
from bridge.histories.care.vaccines import Vaccine, schedule


class Vaccinations(NamedTuple):
    """Vaccines (k,) given at events; `dose` is 0 where no number is to be written."""

    event: Whole
    vaccine: NDArray[np.object_]
    """Each a Vaccine of the schedule, or a key of vaccines.csv outside of it."""
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
        before = last.setdefault(dose.key, np.full(len(clients), _LONG_AGO))
        fits = (age >= dose.least_days) & (age <= dose.most_days)
        fits &= willing[person] < dose.coverage
        fits &= (day - before[person]).astype(np.int64) >= dose.interval_days
        if dose.dose > 1:  # no second dose without the first
            fits &= before[person] > _LONG_AGO
        rows = _first_of_each(person, fits)
        before[person[rows]] = day[rows]
        found.append((due_at[rows], dose))
    others = [(rows, key) for state, rows in states for key in state.vaccines]
    return _stacked(found, others)


_LONG_AGO = np.datetime64("1800-01-01", "D")


def _first_of_each(person: Whole, fits: NDArray[np.bool_]) -> Whole:
    rows = np.flatnonzero(fits)
    _, first = np.unique(person[rows], return_index=True)
    return rows[first]


def _stacked(found: list[tuple[Whole, Vaccine]], others: list[tuple[Whole, str]]) -> Vaccinations:
    rows = [rows for rows, _ in (*found, *others)]
    names = np.empty(sum(map(len, rows)), dtype=object)
    doses = np.zeros(len(names), dtype=np.int64)
    at = 0
    for part, one in (*found, *others):
        names[at : at + len(part)] = [one] * len(part)
        if isinstance(one, Vaccine):
            doses[at : at + len(part)] = one.dose_number or 0
        at += len(part)
    event = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    return Vaccinations(event, names, doses)
