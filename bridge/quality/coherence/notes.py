"""Rules of notes: neither their words nor their numbers contradict what was measured."""

import re
from collections.abc import Iterator
from functools import cache

from bridge.chart import MEASUREMENTS
from bridge.quality.coherence.evidence import called, said
from bridge.quality.coherence.judging import Breach, where, who
from bridge.quality.coherence.model import NoteNumbers, NoteWords
from bridge.quality.coherence.timeline import Timeline, Written


def note_words(rule: NoteWords, line: Timeline) -> Iterator[Breach]:
    """Yield words that a number contradicts, or that cannot be of such a person."""
    if rule.sex and line.sex != rule.sex:
        return
    for note in line.notes:
        if rule.months and not rule.months[0] <= line.months(note.day) < rule.months[1]:
            continue
        wrong = _contradicting(rule, note, line)
        if wrong and (quoted := said(note.text, rule.words)):
            yield Breach(rule.name, f"a note says “{quoted}” {wrong}", where(note.place))


def _contradicting(rule: NoteWords, note: Written, line: Timeline) -> str:
    """Say what would contradict the rule's words, were they in a note; empty: nothing would."""
    if not rule.measured:
        return f"of {who(line, note.day)}"
    for one in line.of_visit(note.place.visit, rule.measured):
        low, high = rule.at_least, rule.below
        if (low is None or one.value >= low) and (high is None or one.value < high):
            return f"where {called(rule.measured)} is {one.value:g}"
    return ""


def note_numbers(rule: NoteNumbers, line: Timeline) -> Iterator[Breach]:
    """Yield numbers in notes that are none of those measured in the visit."""
    for note in line.notes:
        for name, patterns in rule.patterns.items():
            names = ("sbp_mmhg", "dbp_mmhg") if name == "pressure" else (name,)
            measured = [(one, _values(one, note, line)) for one in names]
            if not any(values for _, values in measured):
                continue
            for quoted in _numbers(note, patterns):
                if what := _against(rule.tolerance[name], quoted, measured):
                    yield Breach(rule.name, what, where(note.place))


def _values(name: str, note: Written, line: Timeline) -> list[float]:
    """Return what was measured or counted in a note's visit."""
    visit = note.place.visit
    if name in MEASUREMENTS:
        return [one.value for one in line.of_visit(visit, name)]
    return [
        one.value
        for one in line.tests.get(name, ())
        if one.place.visit is visit and one.value is not None
    ]


def _against(
    tolerance: float, quoted: tuple[float, ...], measured: list[tuple[str, list[float]]]
) -> str:
    for (name, values), number in zip(measured, quoted, strict=False):
        if values and all(abs(value - number) > tolerance for value in values):
            return f"a note quotes {called(name)} {number:g}, and {values[-1]:g} was measured"
    return ""


def _numbers(note: Written, patterns: tuple[str, ...]) -> Iterator[tuple[float, ...]]:
    for pattern in patterns:
        for match in _compiled(pattern).finditer(note.text):
            if _OTHER_TIME.search(_sentence(note.text, match.start(), match.end())):
                continue
            yield tuple(float(one.replace(",", ".")) for one in match.groups() if one)


def _sentence(text: str, start: int, end: int) -> str:
    """Return the sentence around a part of a text."""
    before = max(text.rfind(mark, 0, start) for mark in (". ", "; ", "\n"))
    ends = [at for at in (text.find(mark, end) for mark in (". ", "; ", "\n")) if at >= 0]
    return text[before + 1 : min(ends, default=len(text))]


_OTHER_TIME = re.compile(
    r"\b(?:last|previous\w*|earlier|ago|at home|yesterday|before|target|goal|gained|lost|birth)\b",
    re.IGNORECASE,
)
"""Words by which a number is of another day, or of none."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
