"""Whether a scenario's codes and words are those of bridge's content package.

What is not may still be on a server; what is left out there, a load says.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bridge.content.package import load_content
from bridge.scenarios.scenario import Person, Prescription, Scenario, StoryVisit, TestResult
from bridge.scenarios.wording import Concept


class Words(NamedTuple):
    """What the content package has, by the names that a scenario uses."""

    concepts: dict[str, str]
    """Names by CIEL's code."""
    answers: dict[str, frozenset[str]]
    """The codes of the answers that a coded test takes, by the test's code."""
    numbers: frozenset[str]
    """The codes of tests with numbers."""
    drugs: frozenset[str]
    frequencies: frozenset[str]
    units: frozenset[str]
    routes: frozenset[str]
    programs: dict[str, frozenset[str]]
    """The names of each program's states."""
    services: frozenset[str]


UNITS, ROUTES = "162384", "162394"
"""The sets that a dose's unit and a route come from."""


@lru_cache(maxsize=1)
def words_of_package() -> Words:
    """Read the content package once."""
    content = load_content()
    by_code = {one.code: one for one in content.concepts if one.code}

    def named(uuids: tuple[str, ...]) -> frozenset[str]:
        return frozenset(content.by_uuid[uuid].name for uuid in uuids)

    states: dict[str, set[str]] = {program.name: set() for program in content.programs}
    program_of = {one.uuid: one.program for one in content.workflows}
    names = {program.uuid: program.name for program in content.programs}
    for state in content.states:
        name = names[program_of[state.workflow]]
        states[name].add(content.by_uuid[state.concept].name)
    return Words(
        concepts={code: one.name for code, one in by_code.items()},
        answers={
            code: frozenset(content.by_uuid[uuid].code for uuid in one.answers)
            for code, one in by_code.items()
            if one.datatype == "Coded"
        },
        numbers=frozenset(code for code, one in by_code.items() if one.datatype == "Numeric"),
        drugs=frozenset(drug.name for drug in content.drugs),
        frequencies=frozenset(content.by_uuid[one.concept].name for one in content.frequencies),
        units=named(by_code[UNITS].members),
        routes=named(by_code[ROUTES].members),
        programs={name: frozenset(found) for name, found in states.items()},
        services=frozenset(service.name for service in content.services),
    )


def unknown_words(scenario: Scenario) -> Iterator[str]:
    """Yield what a server with the content package has no home for, with its place."""
    words = words_of_package()
    for person in scenario.people:
        for concept in _concepts(person):
            if fault := _concept(concept, words):
                yield f"{person.role}: {fault}"
        for number, visit in enumerate(person.visits, start=1):
            for fault in _visit(visit, words):
                yield f"{person.role}: visit-{number}: {fault}"


def _concepts(person: Person) -> Iterator[Concept]:
    """Yield the codes of all that a person has."""
    background = person.background
    yield from (one.condition for one in background.conditions)
    allergies = [*background.allergies]
    vaccines = [given for one in background.vaccines for given in one.vaccines]
    for visit in person.visits:
        allergies += visit.allergies
        vaccines += visit.vaccines
        yield from (one.diagnosis for one in visit.diagnoses)
        yield from (*visit.conditions, *visit.resolved)
        yield from (drug.indication for drug in visit.drugs)
        for result in visit.results:
            yield from (one for one in (result.test, result.answer) if one)
    yield from (one.vaccine for one in vaccines)
    for allergy in allergies:
        yield from (allergy.allergen, *allergy.reactions)


def _concept(concept: Concept, words: Words) -> str:
    """Say what is wrong with a code: unknown, or of another meaning than its words say."""
    if not concept.code:
        return ""
    name = words.concepts.get(concept.code)
    if name is None:
        return f"{concept.code} {concept.name} is not in the content package"
    if not _meaningful(name) & _meaningful(concept.name):
        return f"{concept.code} is {name}, not {concept.name}"
    return ""


def _meaningful(name: str) -> set[str]:
    """Return the words of a name by which two are compared."""
    return {word[:5] for word in re.findall(r"\w{3,}", name.casefold())}


def _visit(visit: StoryVisit, words: Words) -> Iterator[str]:
    for result in visit.results:
        yield from _result(result, words)
    for drug in visit.drugs:
        yield from _drug(drug, words)
    for step in visit.programs:
        if step.program not in words.programs:
            yield f"no program is called {step.program}"
        elif step.state and step.state not in words.programs[step.program]:
            yield f"the program {step.program} has no state {step.state}"
    if visit.appointment and visit.appointment.service not in words.services:
        yield f"no appointment service is called {visit.appointment.service}"


def _result(result: TestResult, words: Words) -> Iterator[str]:
    code = result.test.code
    answers = words.answers.get(code)
    if result.answer and answers is not None and result.answer.code not in answers:
        yield f"{result.test.name} has no answer {result.answer.code} {result.answer.name}"
    if result.value is not None and code in words.concepts and code not in words.numbers:
        yield f"{result.test.name} takes no number"


def _drug(drug: Prescription, words: Words) -> Iterator[str]:
    for said, known, what in (
        (drug.unit, words.units, "unit"),
        (drug.route, words.routes, "route"),
        (drug.frequency, words.frequencies, "frequency"),
    ):
        if said and said not in known:
            yield f"{drug.drug}: no {what} is called {said}"
