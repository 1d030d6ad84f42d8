"""What a module holds, counted: states, figures and how far they are known, phrases."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from bridge.histories.care.model import Cited, Module, Notes, Phrase, Verified, When


class Summary(NamedTuple):
    """A module in numbers."""

    states: int
    figures: int
    verified: Counter[Verified]
    """How many figures are of sources that were read (yes), recalled, chosen ..."""
    phrases: int


def summary_of(module: Module) -> Summary:
    """Count what is in a module."""
    verified = Counter(module.sources[cited.source].verified for cited in cited_in(module))
    return Summary(
        states=len(module.states),
        figures=verified.total(),
        verified=verified,
        phrases=sum(1 for _ in phrases_in(module)),
    )


def cited_in(module: Module) -> Iterator[Cited]:
    """Yield everything in a module that has a source."""
    who = module.who
    yield from (*who.groups, *who.in_care, *who.attends, *module.standing, *module.contacts)
    if module.onset:
        yield module.onset
    for state in module.states.values():
        yield from (*state.vitals, *state.tests, *state.drugs, *state.next)


def phrases_in(module: Module) -> Iterator[Phrase | str]:
    """Yield the phrases of all notes."""
    for state in module.states.values():
        for part in Notes.model_fields if state.notes else ():
            yield from getattr(state.notes, part)


def of_whom(when: When) -> str:
    """Say in few words of whom something holds; empty: of everybody."""
    said = [_span(when.years, "years"), _span(when.months, "months"), _span(when.kg, "kg")]
    said += [_span(when.weeks, "weeks pregnant"), _span(when.step, "treatment steps")]
    said.append({"F": "women", "M": "men", None: ""}[when.sex])
    said.append({True: "pregnant", False: "not pregnant", None: ""}[when.pregnant])
    said.append(" or ".join(when.countries))
    said.append(f"allergic to {when.allergic}" if when.allergic else "")
    said.append(f"not allergic to {when.not_allergic}" if when.not_allergic else "")
    said.append(f"with {' or '.join(when.has)}" if when.has else "")
    said.append(f"without {' or '.join(when.has_not)}" if when.has_not else "")
    said += [_span(span, key) for key, span in (when.measured | when.results).items()]
    said += [f"{key} {' or '.join(answers)}" for key, answers in when.answers.items()]
    return ", ".join(filter(None, said))


def _span(span: tuple[float, float] | None, of: str) -> str:
    return f"{span[0]:g} to under {span[1]:g} {of}" if span else ""
