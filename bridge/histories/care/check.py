"""What is wrong with a module beyond its form: names that nothing has."""

from collections.abc import Iterator, Mapping

from bridge.histories.care.model import Drug, Module, State, Test, When
from bridge.histories.care.package import drugs, modules, tests


def faults_of(module: Module) -> Iterator[str]:
    """Yield what a module names that neither it nor the formulary or laboratory has."""
    known_drugs, known_tests = drugs(), tests()
    for name, state in module.states.items():
        for fault in _faults(state, known_drugs, known_tests):
            yield f"states: {name}: {fault}"
    yield from (f"who: {fault}" for fault in _unreachable(module))


def _faults(
    state: State, known_drugs: Mapping[str, Drug], known_tests: Mapping[str, Test]
) -> Iterator[str]:
    for given in state.drugs:
        for key in (given.drug, given.instead):
            if key and key not in known_drugs:
                yield f"drugs: no drug of the formulary is called {key}"
    for made in state.tests:
        if made.test not in known_tests:
            yield f"tests: no test of the laboratory is called {made.test}"
            continue
        for answer in made.answers:
            if answer not in known_tests[made.test].answers:
                yield f"tests: {made.test} has no answer {answer}"
        if bool(made.number) == bool(made.answers):
            yield f"tests: {made.test} needs either a number or answers"
    for when in _whens(state):
        for other in (*when.has, *when.has_not):
            if other not in modules():
                yield f"when: no module is called {other}"


def _whens(state: State) -> Iterator[When]:
    yield from (one.when for one in state.vitals)
    yield from (one.when for one in state.tests)
    yield from (one.when for one in state.drugs)
    yield from (one.when for one in state.next)
    yield from (one.when for one in state.diagnoses)


def _unreachable(module: Module) -> Iterator[str]:
    reached = {r.state for r in module.who.reasons} | {s.state for s in module.standing}
    reached |= {c.state for c in module.contacts} | ({module.entry} if module.entry else set())
    reached |= {n.to for s in module.states.values() for n in s.next}
    for name in module.states.keys() - reached:
        yield f"nobody comes into the state {name}"
