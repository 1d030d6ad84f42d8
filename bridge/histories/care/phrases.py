"""What is wrong with a module's phrases: words in braces that nothing fills in, and poor parts."""

import re
from collections.abc import Iterator
from typing import Final

from bridge.histories.care.fault import Fault
from bridge.histories.care.model import Module, Phrase, State, TestMade, When
from bridge.histories.care.package import tests

FILLED: Final = frozenset(
    {"days", "age", "he", "his", "him", "He", "His", "temperature", "pulse", "breaths", "spo2"}
    | {"bp", "weight", "height", "muac", "weeks", "drugs", "next"}
)
"""Words in braces that hold at any visit (`drugs` and `next` where there are any)."""
FEWEST: Final = 4
"""Of phrases of a part, so that charts do not read alike."""
PARTS: Final = ("complaint", "history", "finding", "plan")


def phrase_faults(module: Module) -> Iterator[Fault]:
    """Yield what no visit could fill in, what stands twice, and which part has few phrases."""
    contacts = {contact.state for contact in module.contacts}
    for name, state in module.states.items():
        for part, fault in _faults(state, followed=bool(state.next) or name in contacts):
            yield Fault(("states", name, "notes", part), fault)


def _faults(state: State, *, followed: bool) -> Iterator[tuple[str, str]]:
    for part in PARTS if state.notes else ():
        phrases = [_phrase(one) for one in getattr(state.notes, part)]
        texts = [phrase.text for phrase in phrases]
        if len(texts) < FEWEST:
            yield part, f"has {len(texts)} phrases, {FEWEST} or more read well"
        yield from ((part, f"stands twice: {t}") for t in {t for t in texts if texts.count(t) > 1})
        for phrase in phrases:
            yield from ((part, fault) for fault in _unfilled(phrase, state, followed))


def _phrase(one: Phrase | str) -> Phrase:
    return one if isinstance(one, Phrase) else Phrase(text=one)


def _unfilled(phrase: Phrase, state: State, followed: bool) -> Iterator[str]:
    made: dict[str, list[TestMade]] = {}
    for test in state.tests:
        made.setdefault(test.test, []).append(test)
    for word in re.findall(r"\{(\w*)\}", phrase.text):
        if word == "drugs" and not state.drugs:
            yield f"{{drugs}}, but none are given: {phrase.text}"
        elif word == "next" and not followed:
            yield f"{{next}}, but no visit follows: {phrase.text}"
        elif word in made and not _surely_made(made[word]) and word not in _asked(phrase.when):
            yield f"{{{word}}} is not made at each visit; say `when`: {phrase.text}"
        elif word not in FILLED and word not in made and word not in _asked(phrase.when):
            yield f"nothing fills in {{{word}}}: {phrase.text}"
    for asked in _asked(phrase.when) - set(tests()):
        yield f"when: no test of the laboratory is called {asked}: {phrase.text}"


def _surely_made(entries: list[TestMade]) -> bool:
    """Several entries of one test are for several ages or sexes, and leave nobody out."""
    each = all(test.share > 0.94 and not test.every_days for test in entries)
    return each and (len(entries) > 1 or entries[0].when == When())


def _asked(when: When) -> set[str]:
    """Return the tests of which a phrase says what they must show."""
    return {*when.results, *when.answers}
