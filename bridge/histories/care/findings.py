"""What is found, tested, given and prescribed at visits, by the states they are made in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.centiles import drawn
from bridge.histories.care.course import Days, Whole
from bridge.histories.care.model import (
    Diagnosed,
    Drug,
    DrugGiven,
    NumericResult,
    Test,
    TestMade,
)
from bridge.histories.care.randomness import Keys, scores, uniforms
from bridge.histories.care.situation import Flags, Situation

UNANSWERED: Final = -1
NOWHERE: Final = np.datetime64("1800-01-01", "D")
EARLY_DAYS: Final = 10
"""So much before its time a test may be made, as patients do not come to the day."""


class Results(NamedTuple):
    """Results (k,) of tests."""

    event: Whole
    test: NDArray[np.object_]
    """Keys of the laboratory."""
    number: Floats
    """NaN of coded ones."""
    answer: NDArray[np.object_]
    """Names of answers, empty of numbers."""
    ordered: Flags

    def some(self, rows: Whole) -> "Results":
        """Return some of the rows."""
        return Results(
            self.event[rows],
            self.test[rows],
            self.number[rows],
            self.answer[rows],
            self.ordered[rows],
        )

    @classmethod
    def joined(cls, parts: "Sequence[Results]") -> "Results":
        """Return several one after the other."""
        none = cls(*(np.zeros(0, dtype=kind) for kind in (int, object, float, object, bool)))
        return cls(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


class Prescriptions(NamedTuple):
    """Drugs (k,) that were prescribed."""

    event: Whole
    drug: NDArray[np.object_]
    dose: Floats
    days: Floats

    def some(self, rows: Whole) -> "Prescriptions":
        """Return some of the rows."""
        return Prescriptions(self.event[rows], self.drug[rows], self.dose[rows], self.days[rows])

    @classmethod
    def joined(cls, parts: "Sequence[Prescriptions]") -> "Prescriptions":
        """Return several one after the other."""
        none = cls(*(np.zeros(0, dtype=kind) for kind in (int, object, float, float)))
        return cls(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


class Diagnoses(NamedTuple):
    """Diagnoses (k,); the first of an event is its primary one."""

    event: Whole
    code: NDArray[np.object_]
    """As a module writes it: `CIEL:116128 Malaria`."""
    confirmed: Flags
    problem: NDArray[np.object_]

    def some(self, rows: Whole) -> "Diagnoses":
        """Return some of the rows."""
        return Diagnoses(
            self.event[rows], self.code[rows], self.confirmed[rows], self.problem[rows]
        )

    @classmethod
    def joined(cls, parts: "Sequence[Diagnoses]") -> "Diagnoses":
        """Return several one after the other."""
        none = cls(*(np.zeros(0, dtype=kind) for kind in (int, object, bool, object)))
        return cls(*(np.concatenate(columns) for columns in zip(none, *parts, strict=True)))


@dataclass(slots=True, kw_only=True, eq=False)
class Work:
    """Events (m,) while they are filled in; results and prescriptions feed later conditions."""

    situation: Situation
    person: Whole
    day: Days
    of_person: Keys
    of_visit: Keys
    ever: Mapping[str, Flags]
    """By lasting module, who is in it at any time of the record (m,)."""
    days_to_next: Floats
    """Until the next visit is due; NaN where none is."""
    last_made: dict[tuple[str, int], np.datetime64] = field(default_factory=dict)


def diagnosed(state: tuple[Diagnosed, ...], rows: Whole, work: Work) -> list[Diagnoses]:
    """Return the diagnoses of the events (rows) in a state, the first one first."""
    found = []
    for place, one in enumerate(state):
        some = rows[work.situation.some(rows).where(one.when)]
        if one.share < 1:
            some = some[uniforms(work.of_visit[some], f"diagnosis {place}") < one.share]
        found.append(
            Diagnoses(
                some,
                np.full(len(some), one.code, dtype=object),
                np.full(len(some), one.confirmed),
                np.full(len(some), one.problem, dtype=object),
            )
        )
    return found


Bounds = Mapping[str, tuple[float, float]]
"""By a test's key, the least and the greatest value that a state allows; NaN is no bound."""

Function = Callable[[str, Situation, Keys, Keys, Bounds], Floats]
"""Values (m,) of a test by its key, for a situation, by keys of patients and of visits."""


class Laboratory(NamedTuple):
    """The tests there are, what numbers are left to, and within which bounds in this state."""

    tests: Mapping[str, Test]
    functions: Mapping[str, Function]
    bounds: Bounds


def bounds_of(state: tuple[TestMade, ...]) -> Bounds:
    """Return within which bounds the functions' results lie in a state."""
    found = {}
    for made in state:
        number = made.number
        if number and number.function:
            ends = (number.at_least, number.at_most)
            low, high = (np.nan if end is None else end for end in ends)
            found[made.test] = low, high
    return found


def tested(made: TestMade, rows: Whole, work: Work, laboratory: Laboratory) -> Results:
    """Make one test at some of the events (rows) in a state."""
    some = rows[work.situation.some(rows).where(made.when)]
    if made.share < 1:
        some = some[uniforms(work.of_visit[some], f"{made.test} made") < made.share]
    if made.every_days:
        some = _due(made, some, work)
    number, answer = np.full(len(some), np.nan), np.full(len(some), "", dtype=object)
    if made.number:
        number = _numbers(made, made.number, some, work, laboratory)
    else:
        answer = _answers(made, some, work)
    results = Results(
        some,
        np.full(len(some), made.test, dtype=object),
        number,
        answer,
        np.full(len(some), made.ordered),
    )
    _remember(made.test, results, work)
    return results


def _due(made: TestMade, rows: Whole, work: Work) -> Whole:
    """Return the events, ascending by person and day, whose last test is long enough ago."""
    kept = []
    for row in rows.tolist():
        key = made.test, int(work.person[row])
        since = work.day[row] - work.last_made.get(key, NOWHERE)
        if since.astype(int) >= (made.every_days or 0) - EARLY_DAYS:
            work.last_made[key] = work.day[row]
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def _numbers(
    made: TestMade, number: NumericResult, rows: Whole, work: Work, laboratory: Laboratory
) -> Floats:
    test = laboratory.tests[made.test]
    of_person, of_visit = work.of_person[rows], work.of_visit[rows]
    if number.function:
        function = laboratory.functions[number.function]
        here = work.situation.some(rows)
        values = function(made.test, here, of_person, of_visit, laboratory.bounds)
    else:
        z = np.sqrt(number.steady) * scores(of_person, made.test)
        values = _drawn(z + np.sqrt(1 - number.steady) * scores(of_visit, made.test), number)
    least = -np.inf if test.low is None else test.low
    most = np.inf if test.high is None else test.high
    return np.asarray(np.round(np.clip(values, least, most), test.decimals), dtype=np.float64)


def _drawn(z: Floats, number: NumericResult) -> Floats:
    centiles = (number.low or 0.0, number.typical or 0.0, number.high or 0.0)
    if not number.log:
        return drawn(z, centiles, number.at_least, number.at_most)
    logs = np.log(np.array(centiles, dtype=np.float64))
    bounds = [None if b is None else float(np.log(b)) for b in (number.at_least, number.at_most)]
    found: Floats = np.exp(drawn(z, (float(logs[0]), float(logs[1]), float(logs[2])), *bounds))
    return found


def _answers(made: TestMade, rows: Whole, work: Work) -> NDArray[np.object_]:
    draws = uniforms(work.of_visit[rows], f"{made.test} answer")
    edges = np.cumsum(list(made.answers.values()))
    place = np.minimum(np.searchsorted(edges, draws * edges[-1], side="right"), len(edges) - 1)
    names: NDArray[np.object_] = np.array(list(made.answers), dtype=object)[place]
    return names


def _remember(test: str, results: Results, work: Work) -> None:
    """Let later conditions know what was found."""
    numbers = dict(work.situation.results)
    answers = dict(work.situation.answers)
    count = len(work.situation)
    column = numbers.setdefault(test, np.full(count, np.nan))
    column[results.event] = results.number
    words = answers.setdefault(test, np.full(count, "", dtype=object))
    words[results.event] = results.answer
    work.situation = replace(work.situation, results=numbers, answers=answers)


def prescribed(
    given: DrugGiven, formulary: Mapping[str, Drug], rows: Whole, work: Work
) -> list[Prescriptions]:
    """Prescribe one drug, or what stands in its place, at some of the events (rows) in a state."""
    some = rows[work.situation.some(rows).where(given.when)]
    if given.share < 1:
        # What is taken for long is taken or not; it does not come and go with the visits.
        keys = work.of_person if given.till_next else work.of_visit
        some = some[uniforms(keys[some], f"{given.drug} given") < given.share]
    out: list[Prescriptions] = []
    at_all = replace(work.situation, has=work.ever)  # what is found next month counts as well
    allowed = ~ruled_out(formulary[given.drug], at_all.some(some))
    _give(given, given.drug, some[allowed], formulary, work, out)
    if given.instead:
        others = some[~allowed]
        well = ~ruled_out(formulary[given.instead], at_all.some(others))
        _give(given, given.instead, others[well], formulary, work, out)
    return out


def _give(
    given: DrugGiven,
    key: str,
    rows: Whole,
    formulary: Mapping[str, Drug],
    work: Work,
    out: list[Prescriptions],
) -> None:
    """Give a product to whom it has a dose for, and another one to the rest."""
    drug = formulary[key]
    dose = _dose(drug, work.situation.some(rows))
    has = ~np.isnan(dose)
    taken = rows[has]
    name = np.full(len(taken), key, dtype=object)
    out.append(Prescriptions(taken, name, dose[has], _days(given, drug, taken, work)))
    if drug.otherwise and not has.all():
        _give(given, drug.otherwise, rows[~has], formulary, work, out)


def ruled_out(drug: Drug, situation: Situation) -> Flags:
    """Tell who must not have a drug: the allergic, and whom it is contraindicated for."""
    out = np.zeros(len(situation), dtype=bool)
    if drug.allergen and drug.allergen in situation.allergic:
        out |= situation.allergic[drug.allergen]
    for when in drug.contraindicated:
        out |= situation.where(when)
    return out


def _dose(drug: Drug, situation: Situation) -> Floats:
    doses = np.full(len(situation), np.nan)
    for one in reversed(drug.doses):
        doses[situation.where(one.when)] = one.dose
    return doses


def _days(given: DrugGiven, drug: Drug, rows: Whole, work: Work) -> Floats:
    days = np.full(len(rows), given.days or drug.days)
    if given.till_next:
        due = work.days_to_next[rows]
        days = np.where(np.isnan(due), days, _packed(np.nan_to_num(due)))
    return days


PACKS: Final = (7, 14, 30, 60, 90, 180, 360)
"""Days for which a pharmacy hands out what is taken for long (a choice)."""


def _packed(due: Floats) -> Floats:
    """Return for how many days is handed out until a visit: at most two days too few."""
    place = np.searchsorted(PACKS, due - 2)
    return np.array(PACKS, dtype=np.float64)[np.minimum(place, len(PACKS) - 1)]
