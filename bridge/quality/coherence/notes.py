"""Rules of notes: neither their words nor their numbers contradict what was measured."""

import re
from collections.abc import Iterator
from functools import cache

from bridge.quality.coherence.evidence import says
from bridge.quality.coherence.judging import Breach, where, who
from bridge.quality.coherence.model import NoteNumbers, NoteWords
from bridge.quality.coherence.timeline import Measured, Timeline, Written


def note_words(rule: NoteWords, line: Timeline) -> Iterator[Breach]:
    """Yield words that a number contradicts, or that cannot be of such a person."""
    if rule.sex and line.sex != rule.sex:
        return
    for note in line.notes:
        months = line.months(note.day)
        if rule.months and not rule.months[0] <= months < rule.months[1]:
            continue
        if not says(note.text, rule.words):
            continue
        if not rule.measured:
            what = f"a note says {_quoted(note.text, rule.words)} of {who(line, note.day)}"
            yield Breach(rule.name, what, where(note.place))
            continue
        for one in line.of_visit(note.place.visit, rule.measured):
            if _is_wrong(rule, one.value):
                name = rule.measured.replace("_", " ")
                what = f"a note says {_quoted(note.text, rule.words)}, and {name} is {one.value:g}"
                yield Breach(rule.name, what, where(note.place))
                break


def _is_wrong(rule: NoteWords, value: float) -> bool:
    low, high = rule.at_least, rule.below
    return (low is None or value >= low) and (high is None or value < high)


def _quoted(text: str, words: tuple[str, ...]) -> str:
    from bridge.quality.coherence.vocabulary import whole_words

    match = whole_words(words).search(text)
    return f"“{match[0]}”" if match else words[0]


def note_numbers(rule: NoteNumbers, line: Timeline) -> Iterator[Breach]:
    """Yield numbers in notes that are none of those measured in the visit."""
    for note in line.notes:
        for name, patterns in rule.patterns.items():
            for quoted in _numbers(note, patterns):
                what = _against(rule, name, quoted, note, line)
                if what:
                    yield Breach(rule.name, what, where(note.place))


def _against(
    rule: NoteNumbers, name: str, quoted: tuple[float, ...], note: Written, line: Timeline
) -> str:
    names = ("sbp_mmhg", "dbp_mmhg") if name == "pressure" else (name,)
    for one, number in zip(names, quoted, strict=False):
        measured: list[Measured] = line.of_visit(note.place.visit, one)
        if measured and all(abs(m.value - number) > rule.tolerance[name] for m in measured):
            words = one.replace("_", " ")
            return f"a note quotes {words} {number:g}, and {measured[-1].value:g} was measured"
    return ""


def _numbers(note: Written, patterns: tuple[str, ...]) -> Iterator[tuple[float, ...]]:
    for pattern in patterns:
        for match in _compiled(pattern).finditer(note.text):
            around = note.text[max(0, match.start() - 30) : match.end() + 30]
            if _OTHER_TIME.search(around):
                continue
            yield tuple(float(one.replace(",", ".")) for one in match.groups() if one)


_OTHER_TIME = re.compile(
    r"\b(?:last|previous\w*|earlier|ago|at home|yesterday|before|target|goal|gained|lost|birth)\b",
    re.IGNORECASE,
)
"""Words by which a number is of another day, or of none."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
