"""The codes that whole charts may have: what a server is asked for, before a patient is made."""

from collections.abc import Iterator

from bridge.chart import CodeableConcept
from bridge.histories.care.allergies import allergens
from bridge.histories.care.model import Module
from bridge.histories.care.package import drugs, modules, tests
from bridge.histories.care.vaccines import by_key
from bridge.synthesis.care_codes import coded, drug_code, named, test_code, vaccine_code
from bridge.synthesis.cohort import Request

Meanings = Iterator[tuple[str, CodeableConcept]]
"""What is used, and as what: a role of the mapping's vocabulary."""


def meanings_of(request: Request) -> Meanings:
    """Yield every code that the charts of a request may have."""
    if request.histories:
        from bridge.synthesis.learnt_cohort import learnt_meanings

        return learnt_meanings(request.histories)
    from bridge.synthesis.care_cohort import figures_of

    return care_meanings(figures_of(request.population))


def care_meanings(country: str) -> Meanings:
    """Yield every code that a country's modules, drugs, tests and vaccines may bring."""
    for doses in by_key(country).values():
        yield from (("vaccine", vaccine_code(dose)) for dose in doses)
    for allergen in allergens(country):
        yield "allergen", coded(f"{allergen.concept} {allergen.name}")
        yield from (("reaction", coded(reaction)) for reaction in allergen.reactions)
    for module in modules().values():
        yield from _of_module(module)
    for drug in drugs().values():
        yield "drug", drug_code(drug)
        yield "route", named(drug.route)
        yield "frequency", named(drug.frequency)
    for test in tests().values():
        yield "test", test_code(test)
        yield "result", test_code(test)
        for answer in test.answers.values():
            yield "answer", coded(answer)


def _of_module(module: Module) -> Meanings:
    yield "service", named(module.service)
    for program in filter(None, (module.program, *module.more_programs)):
        yield "program", named(program.name)
    for state in module.states.values():
        if state.program_state:
            yield "state", named(state.program_state)
        for diagnosed in state.diagnoses:
            for role in ("diagnosis", "condition", "reason", "cause"):
                yield role, coded(diagnosed.code)
