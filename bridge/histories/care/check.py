"""What is wrong with a module beyond its form: names that nothing has, people without a dose."""

from collections.abc import Iterator, Mapping

from bridge.histories.care import allergies, check_doses, check_reasons, vaccines
from bridge.histories.care.fault import Fault
from bridge.histories.care.model import Drug, Module, State, Test, When
from bridge.histories.care.package import drugs, modules, tests
from bridge.histories.care.people_like import COUNTRIES
from bridge.histories.care.phrases import phrase_faults


def faults_of(module: Module) -> Iterator[Fault]:
    """Yield what a module names that nothing has, contradicts itself in, or forgets."""
    for name, state in module.states.items():
        for fault in _faults(module, state, drugs(), tests()):
            yield Fault(("states", name, *fault.path), fault.what)
    yield from _unreachable(module)
    yield from _unused_sources(module)
    yield from phrase_faults(module)
    yield from check_reasons.unknown_reasons(module)
    yield from check_doses.faults(module)


def formulary_faults() -> Iterator[Fault]:
    """Yield what is wrong with the drugs of the formulary among themselves."""
    for key, drug in drugs().items():
        if drug.otherwise and drug.otherwise not in drugs():
            yield Fault((key, "otherwise"), f"no drug is called {drug.otherwise}")
        if drug.allergen and drug.allergen not in allergies.allergen_keys():
            yield Fault((key, "allergen"), f"no allergen is called {drug.allergen}")
        seen = [key]
        while (after := drugs()[seen[-1]].otherwise) in drugs():
            if after in seen:
                yield Fault((key, "otherwise"), "leads back to itself")
                break
            seen.append(str(after))
        for number, when in enumerate(drug.contraindicated):
            for fault in _when_faults(when):
                yield Fault((key, "contraindicated", number), fault)


def _faults(
    module: Module, state: State, known_drugs: Mapping[str, Drug], known_tests: Mapping[str, Test]
) -> Iterator[Fault]:
    yield from _drug_faults(state, known_drugs)
    yield from _test_faults(state, known_tests)
    for part, number, when in _whens(state):
        for fault in _when_faults(when):
            yield Fault((part, number, "when"), fault)
    yield from _next_faults(state)
    yield from _vaccine_faults(state)
    if state.program_state and not module.program:
        yield Fault(("program_state",), "the module has no program")


def _drug_faults(state: State, known: Mapping[str, Drug]) -> Iterator[Fault]:
    before: set[str] = set()
    for number, given in enumerate(state.drugs):
        for key in (given.drug, given.instead):
            if key and key not in known:
                yield Fault(("drugs", number), f"no drug of the formulary is called {key}")
        if given.unless and given.unless not in before:
            yield Fault(
                ("drugs", number, "unless"), f"{given.unless} is not among the drugs before"
            )
        before.add(given.drug)


def _test_faults(state: State, known: Mapping[str, Test]) -> Iterator[Fault]:
    for number, made in enumerate(state.tests):
        path = ("tests", number)
        if made.test not in known:
            yield Fault(path, f"no test of the laboratory is called {made.test}")
            continue
        for answer in made.answers:
            if answer not in known[made.test].answers:
                yield Fault(path, f"{made.test} has no answer {answer}")
        if bool(made.number) == bool(made.answers):
            yield Fault(path, f"{made.test} needs either a number or answers")
        if made.answers and abs(sum(made.answers.values()) - 1) > 1e-6:
            yield Fault((*path, "answers"), "the shares do not add to 1")


def _when_faults(when: When) -> Iterator[str]:
    for other in (*when.has, *when.has_not):
        if other not in modules():
            yield f"no module is called {other}"
    for test in (*when.results, *when.answers):
        if test not in tests():
            yield f"no test of the laboratory is called {test}"
    for allergen in (when.allergic, when.not_allergic):
        if allergen and allergen not in allergies.allergen_keys():
            yield f"no allergen is called {allergen}"
    for country in when.countries:
        if country not in COUNTRIES:
            yield f"no population is called {country}"


def _next_faults(state: State) -> Iterator[Fault]:
    """What follows is decided before anything is measured."""
    for number, after in enumerate(state.next):
        if after.when.measured or after.when.results or after.when.answers:
            yield Fault(
                ("next", number, "when"),
                "what is measured, or its result, cannot decide what follows: it is drawn before",
            )


def _vaccine_faults(state: State) -> Iterator[Fault]:
    known = {key for country in COUNTRIES for key in vaccines.by_key(country)}
    for number, key in enumerate(state.vaccines):
        if key not in known:
            yield Fault(("vaccines", number), f"no vaccine is called {key}")


def _whens(state: State) -> Iterator[tuple[str, int, When]]:
    for part in ("vitals", "tests", "drugs", "next", "diagnoses"):
        for number, one in enumerate(getattr(state, part)):
            yield part, number, one.when


def _unreachable(module: Module) -> Iterator[Fault]:
    reached = {r.state for r in module.who.reasons} | {s.state for s in module.standing}
    reached |= {c.state for c in module.contacts} | ({module.entry} if module.entry else set())
    reached |= {n.to for s in module.states.values() for n in s.next}
    for name in module.states.keys() - reached:
        yield Fault(("states", name), "nobody comes into this state")


def _unused_sources(module: Module) -> Iterator[Fault]:
    used = {module.onset.source} if module.onset else set()
    who = module.who
    for cited in (*who.groups, *who.in_care, *who.attends, *module.standing, *module.contacts):
        used.add(cited.source)
        if cited.source not in module.sources:
            yield Fault(("sources",), f"no source is called {cited.source}")
    for state in module.states.values():
        used |= {c.source for c in (*state.vitals, *state.tests, *state.drugs, *state.next)}
    for name in sorted(module.sources.keys() - used):
        yield Fault(("sources", name), "is cited nowhere")
