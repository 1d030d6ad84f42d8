"""A story with its numbers: visits with vital signs, results, prescriptions, vaccines and notes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bridge.chart import DECIMALS
from bridge.flows.columns import Floats
from bridge.histories.care import notes
from bridge.histories.care.course import Days, Whole
from bridge.histories.care.findings import (
    Diagnoses,
    Function,
    Laboratory,
    Prescriptions,
    Results,
    Work,
    bounds_of,
    diagnosed,
    prescribed,
    tested,
)
from bridge.histories.care.lasting import lasting_effects
from bridge.histories.care.model import Drug, Module, StandingOrders, State, Test
from bridge.histories.care.randomness import Keys, uniforms
from bridge.histories.care.signs import moved, visit_keys
from bridge.histories.care.situation import Flags, Situation
from bridge.histories.care.story import Story
from bridge.histories.care.vaccination import Vaccinations, vaccinated

Base = Callable[[Whole, Days, Whole], Mapping[str, Floats]]
"""Vital signs (v,) by name of persons (v,) on days (v,) at triage levels (v,), before effects."""

UNMEASURED_DAYS: Final = 365
UNMEASURED_MONTHS: Final = 60
"""What small children had longer ago than a year is not measured: a server flags it by the age of
today, so that it would look ill."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """All that is written down; `of` says to which visit (v) each event belongs."""

    story: Story
    modules: Mapping[str, Module]
    person: Whole
    """(v,) of each visit, ordered by person and day."""
    day: Days
    triage: Whole
    inpatient: Flags
    of: Whole
    values: Mapping[str, Floats]
    """(v,) by measurement, NaN where none was taken."""
    diagnoses: Diagnoses
    results: Results
    prescriptions: Prescriptions
    vaccinations: Vaccinations
    phrases: Whole
    """(k, PARTS) which phrase an event's note takes."""
    days_to_next: Floats
    """(k,) from an event to when the patient is asked to come again; NaN: not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What modules refer to."""

    modules: Mapping[str, Module]
    drugs: Mapping[str, Drug]
    tests: Mapping[str, Test]
    functions: Mapping[str, Function]
    standing_orders: StandingOrders


def write(story: Story, package: Package, base: Base) -> Record:
    """Return what is written down of a story."""
    events = story.events
    states = _states(story, package.modules)
    firsts = np.ones(len(events), dtype=bool)
    firsts[1:] = (np.diff(events.person) != 0) | (events.day[1:] != events.day[:-1])
    of = np.cumsum(firsts) - 1
    person, day = events.person[firsts], events.day[firsts]
    triage = _triage(states, of, len(person))
    visits = person, day, triage, of
    values = _signs(story, states, visits, base, package.modules)
    work = _work(story, of, values)
    made = _made(states, package, work, of, _acute(story, package, of))
    return Record(
        story=story,
        modules=package.modules,
        person=person,
        day=day,
        triage=triage,
        inpatient=np.isin(np.arange(len(person)), of[_rows(states, lambda s: s.inpatient)]),
        of=of,
        values=values,
        vaccinations=_by_event(vaccinated(story, _rows(states, lambda s: s.vaccines_due), states)),
        days_to_next=work.days_to_next,
        **made._asdict(),
    )


States = list[tuple[State, Whole]]
"""Each state, with the events (rows) in it, in the order of the story's modules."""


def _states(story: Story, modules: Mapping[str, Module]) -> States:
    events, found = story.events, []
    for place, name in enumerate(story.names):
        of_module = events.module == place
        for number, state in enumerate(modules[name].states.values()):
            rows = np.flatnonzero(of_module & (events.state == number))
            if rows.size:
                found.append((state, rows))
    return found


def _rows(states: States, holds: Callable[[State], bool]) -> Whole:
    rows = [rows for state, rows in states if holds(state)]
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *rows]))


def _triage(states: States, of: Whole, visits: int) -> Whole:
    """Return the most urgent level of each visit's states; 0 where all are routine."""
    level = np.full(visits, 9)
    for state, rows in states:
        if state.triage:
            np.minimum.at(level, of[rows], state.triage)
    return np.where(level == 9, 0, level)


def _signs(
    story: Story,
    states: States,
    visits: tuple[Whole, Days, Whole, Whole],
    base: Base,
    modules: Mapping[str, Module],
) -> dict[str, Floats]:
    person, day, triage, of = visits
    values = base(person, day, triage)
    effects = [(effect, of[rows]) for state, rows in states for effect in state.vitals]
    effects = [*lasting_effects(story, modules, person, day, of), *effects]
    situation = story.situation(person, day, np.zeros(len(person), dtype=np.int64))
    situation = replace(situation, step=_steps(story, of, len(person)))
    keys = story.clients.keys[person]
    of_visit = visit_keys(keys, day)
    now = moved(values, effects, situation, (keys, of_visit))
    measured = np.zeros(len(person), dtype=bool)
    for state, rows in states:
        if not state.no_vitals:
            measured[of[rows]] = True
    age = story.clients.years * 12
    long_ago = (story.clients.as_of - day).astype(np.int64) > UNMEASURED_DAYS
    measured &= ~(long_ago & (age[person] < UNMEASURED_MONTHS))
    taken = {name: measured.copy() for name in now}
    _leave_out(taken, story, situation, (person, of_visit), _tells(states, of, len(person)))
    return {
        name: np.where(taken[name], _read_off(name, column), np.nan) for name, column in now.items()
    }


MANOMETER: Final = 2.0
"""Pressure is read to 2 mmHg, as the survey's is."""

ADULT_HEIGHTS: Final = 0.7
ADULT_ARMS: Final = 0.1
"""Shares of adults' later visits at which height, and at which the arm is measured (choices): O3
shows a body mass index only where height is; the arm is of whoever is pregnant, small, or in HIV or
TB care."""


def _read_off(name: str, column: Floats) -> Floats:
    """Return values as they are read off and written down."""
    if name in ("sbp_mmhg", "dbp_mmhg"):
        return np.rint(column / MANOMETER) * MANOMETER
    return np.asarray(np.round(column, DECIMALS[name]), dtype=np.float64)


def _tells(states: States, of: Whole, visits: int) -> Flags:
    """Tell at which visits a state says how thick the arm is."""
    tells = np.zeros(visits, dtype=bool)
    for state, rows in states:
        if any(effect.measure == "muac_cm" for effect in state.vitals):
            tells[of[rows]] = True
    return tells


def _leave_out(
    taken: dict[str, Flags],
    story: Story,
    situation: Situation,
    visits: tuple[Whole, Keys],
    tells: Flags,
) -> None:
    """Leave out what a clinic does not measure of adults at each visit."""
    person, of_visit = visits
    adult = situation.months >= ADULT_FROM_MONTHS
    first = np.ones(len(person), dtype=bool)
    first[1:] = person[1:] != person[:-1]
    thin = tells | situation.pregnant
    for module in ("hiv", "tuberculosis"):
        thin |= situation.has.get(module, np.zeros(len(person), dtype=bool))
    again = uniforms(of_visit, "height again") < ADULT_HEIGHTS
    taken["height_cm"] &= ~adult | first | again
    taken["muac_cm"] &= ~adult | thin | (uniforms(of_visit, "arm too") < ADULT_ARMS)


ADULT_FROM_MONTHS: Final = 240.0


def _steps(story: Story, of: Whole, visits: int) -> Whole:
    steps = np.zeros(visits, dtype=np.int64)
    np.maximum.at(steps, of, story.events.step)
    return steps


def _work(story: Story, of: Whole, values: Mapping[str, Floats]) -> Work:
    events = story.events
    situation = story.situation(events.person, events.day, events.step)
    measured = {name: column[of] for name, column in values.items()}
    return Work(
        situation=replace(situation, measured=measured),
        person=events.person,
        day=events.day,
        of_person=story.clients.keys[events.person],
        of_visit=events.keys,
        ever={name: of.who[events.person] for name, of in story.members.items()},
        days_to_next=_days_to_next(story),
    )


def _days_to_next(story: Story) -> Floats:
    """Return how many days after each event its patient was asked to come again; NaN: was not."""
    events = story.events
    days = np.full(len(events), np.nan)
    for place, name in enumerate(story.names):
        asked = story.asked[name].asked
        rows = np.flatnonzero(events.module == place)
        key = events.person[rows] * 100_000 + events.ordinal[rows]
        wanted = asked.person * 100_000 + asked.ordinal
        order = np.argsort(key)
        place_in = np.searchsorted(key[order], wanted)
        inside = place_in < len(key)
        hit = order[np.minimum(place_in, max(len(key) - 1, 0))] if len(key) else place_in
        inside[inside] &= key[hit[inside]] == wanted[inside]
        row = rows[hit[inside]]
        days[row] = (asked.day[inside] - events.day[row]).astype(np.int64)
    return days


def _by_event(rows: Vaccinations) -> Vaccinations:
    order = np.argsort(rows.event, kind="stable")
    return Vaccinations(rows.event[order], rows.vaccine[order], rows.dose[order])


def _acute(story: Story, package: Package, of: Whole) -> Whole:
    """Return the event of each visit that standing orders are given at, if it has one."""
    wanted = [
        place
        for place, name in enumerate(story.names)
        if package.modules[name].kind == "acute"
        and name not in package.standing_orders.except_modules
    ]
    rows = np.flatnonzero(np.isin(story.events.module, wanted))
    _, first = np.unique(of[rows], return_index=True)
    return rows[first]


class Made(NamedTuple):
    """What is found and done at events."""

    diagnoses: Diagnoses
    results: Results
    prescriptions: Prescriptions
    phrases: Whole


def _made(states: States, package: Package, work: Work, of: Whole, acute: Whole) -> Made:
    diagnoses, results, drugs = [], [], []
    phrases = np.full((len(work.person), len(notes.PARTS)), notes.NONE)
    for state, rows in states:
        bounds = bounds_of(state.tests)
        laboratory = Laboratory(package.tests, package.functions, bounds)
        results += [tested(made, rows, work, laboratory) for made in state.tests]
        diagnoses += diagnosed(state.diagnoses, rows, work)
        drugs += _prescribed(state, rows, package, work)
        if state.notes:
            choice = notes.chosen(state.notes, rows, work.situation, work.of_visit)
            phrases[choice.event] = choice.phrase
    standing, rows = package.standing_orders.orders, acute
    laboratory = Laboratory(package.tests, package.functions, {})
    results += [tested(made, rows, work, laboratory) for made in standing.tests]
    drugs += _prescribed(standing, rows, package, work)
    if standing.notes:
        choice = notes.chosen(standing.notes, rows, work.situation, work.of_visit)
        phrases[choice.event, -1] = choice.phrase[:, -1]
    found, answered = Diagnoses.joined(diagnoses), Results.joined(results)
    given = Prescriptions.joined(drugs)
    # Two keys of the formulary may be one product.
    products = np.array([package.drugs[key].name for key in given.drug], dtype=object)
    return Made(
        _once(found, found.code, of),
        _once(answered, answered.test, of),
        _once(given, products, of),
        phrases,
    )


def _prescribed(state: State, rows: Whole, package: Package, work: Work) -> list[Prescriptions]:
    """Prescribe a state's drugs in their order; some only to whom another was not given."""
    got: dict[str, Whole] = {}
    found: list[Prescriptions] = []
    for given in state.drugs:
        some = rows if given.unless is None else np.setdiff1d(rows, got.get(given.unless, []))
        parts = prescribed(given, package.drugs, some.astype(np.int64), work)
        got[given.drug] = np.concatenate([got.get(given.drug, rows[:0]), *(p.event for p in parts)])
        found += parts
    return found


Table = TypeVar("Table", Diagnoses, Results, Prescriptions)


def _once(rows: Table, names: NDArray[np.object_], of: Whole) -> Table:
    """Return rows ordered by event, of each code, test or drug the first in a visit."""
    order = np.argsort(rows.event, kind="stable")
    seen: set[tuple[int, str]] = set()
    kept = []
    visits = of[rows.event[order]].tolist()
    for row, one in zip(
        order.tolist(), zip(visits, names[order].tolist(), strict=True), strict=True
    ):
        if one not in seen:
            seen.add(one)
            kept.append(row)
    return rows.some(np.array(kept, dtype=np.int64))
