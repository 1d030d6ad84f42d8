"""A scenario judged: its words, its notes, its story, and the coherence of its charts."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from bridge.chart import Patient
from bridge.quality.coherence import check_cohort
from bridge.scenarios.catalogue import Case
from bridge.scenarios.cohort import ClassRequest, timetable, zone_of
from bridge.scenarios.learners import Learner
from bridge.scenarios.names import population_of
from bridge.scenarios.notes_check import contradictions
from bridge.scenarios.telling import Telling
from bridge.scenarios.words_check import unknown_words


class Judged(NamedTuple):
    """What is said of a scenario: what has to be mended, and what may stay."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]


def judge(case: Case, day: date) -> Judged:
    """Judge a scenario as it is told in a class on `day`; raise InputError for an unknown country.

    A code or word that the content package lacks is a note: a server may have it all the same.
    """
    population_of(case.scenario.country)
    faults = [*_numbers(case), *_story(case), *_breaches(case, day)]
    return Judged(tuple(faults), tuple(unknown_words(case.scenario)))


def _numbers(case: Case) -> Iterator[str]:
    for person in case.scenario.people:
        for number, visit in enumerate(person.visits, start=1):
            for fault in contradictions(visit):
                yield f"{person.role}: visit-{number}: {fault}"


def _story(case: Case) -> Iterator[str]:
    """Yield what makes a bad class: nothing to decide, or nothing to decide by."""
    scenario = case.scenario
    last = max(visit.day for person in scenario.people for visit in person.visits)
    if last != 0:
        yield f"the last visit is on day {last}, not on the day of the class (0)"
    decided = scenario.patient.visits[scenario.decides_at - 1]
    if not (decided.plan or decided.drugs or decided.diagnoses):
        yield f"visit-{scenario.decides_at}: nothing is decided there"
    if not (decided.vitals.taken or decided.results or decided.finding):
        yield f"visit-{scenario.decides_at}: there is nothing to decide by"
    for source in sorted(set(scenario.sources) - _used(case)):
        yield f"sources: nothing is said to come from {source}"


def _used(case: Case) -> set[str]:
    scenario = case.scenario
    used = {figure.source for figure in scenario.figures}
    for person in scenario.people:
        used |= {drug.source for visit in person.visits for drug in visit.drugs}
    return used


def charts(case: Case, day: date, until: str = "") -> list[Patient]:
    """Return the charts of a case for one learner."""
    request = ClassRequest(scenarios=(case.name,), as_of=day, until=until)
    telling = Telling(case=case, learner=Learner(1), table=timetable(case, request))
    people = telling.people()
    return [telling.patient(person, place) for place, person in enumerate(people, start=1)]


def _breaches(case: Case, day: date) -> Iterator[str]:
    """Yield the coherence rules that a case's charts break, told whole and up to the decision."""
    end = datetime.combine(day, time.max, zone_of(case))
    found: dict[str, None] = {}
    for until in ("", "decision"):
        judged = check_cohort(charts(case, day, until), as_of=end, examples=MOST_BREACHES)
        for example in (one for shown in judged.examples.values() for one in shown):
            breach = example.breach
            visit = breach.where.partition(",")[0]
            role = example.patient.rpartition("/")[2]
            found.setdefault(f"{role}: {breach.what} ({breach.rule}, {visit})")
    yield from found


MOST_BREACHES = 20
"""How many of a rule are named."""
