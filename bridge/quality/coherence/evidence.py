"""Whether a piece of evidence holds at a moment of a chart: it does, does not, or nobody knows."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import NamedTuple

from bridge.chart import Visit
from bridge.quality.coherence.model import Days, Evidence
from bridge.quality.coherence.pregnancies import weeks_at
from bridge.quality.coherence.timeline import Measured, Ordered, Place, Said, Tested, Timeline
from bridge.quality.coherence.vocabulary import NONE, whole_words


class Truth(Enum):
    """What a chart says about a piece of evidence."""

    HOLDS = 1
    FAILS = 2
    UNKNOWN = 3
    """Nobody measured or tested."""
    SILENT = 4
    """It does not say so; or it is no evidence of this patient."""


class Moment(NamedTuple):
    """When something stands in a chart: its day, and the days of its visit."""

    day: date
    first: date
    last: date
    visit: Visit | None
    until: date | None = None
    """The last day of what is judged: an order, an enrollment; None: it goes on."""
    reason: frozenset[str] = NONE
    """What an order says it is for."""
    itself: object = None
    """The entry that is judged: it is no evidence for or against itself."""


def moment(day: date, place: Place, **more: object) -> Moment:
    """Return the moment of something that stands at a place."""
    visit = place.visit
    first = min(day, visit.start.date()) if visit else day
    last = max(day, visit.stop.date()) if visit and visit.stop else day
    return Moment(day, first, last, visit, itself=place.what, **more)  # type: ignore[arg-type]


def truth(evidence: Evidence, at: Moment, line: Timeline) -> Truth:
    """Tell whether a piece of evidence holds at a moment."""
    if not applies(evidence, at, line):
        return Truth.SILENT
    if evidence.test or evidence.measured:
        return _number(evidence, at, line)
    if evidence.positive or evidence.negative:
        return _sign(evidence, at, line)
    return Truth.HOLDS if _said(evidence, at, line) else Truth.SILENT


def applies(evidence: Evidence, at: Moment, line: Timeline) -> bool:
    """Tell whether it is evidence of a patient of this age, sex and state at all."""
    if evidence.sex and line.sex != evidence.sex:
        return False
    if evidence.months:
        months = line.months(at.day)
        if not evidence.months[0] <= months < evidence.months[1]:
            return False
    if evidence.expecting is not None:
        return evidence.expecting == is_pregnant(line, at.day)
    return True


def is_pregnant(line: Timeline, day: date) -> bool:
    """Tell whether the chart says that she is pregnant on a day; on the day of birth no more."""
    return any(
        (one.first or day) <= day and (one.last is None or day < one.last)
        for one in line.pregnancies
    )


def _window(evidence: Evidence, at: Moment) -> tuple[date, date]:
    first = _edge(at.first, at.day, evidence.before, -1)
    if evidence.earlier:
        return first, at.first - timedelta(1)
    return first, _edge(at.last, at.day, evidence.after, 1)


def _edge(end: date, day: date, days: Days, sign: int) -> date:
    if days == "ever":
        return date.min if sign < 0 else date.max
    moved = day + sign * timedelta(days)
    return min(end, moved) if sign < 0 else max(end, moved)


def _said(evidence: Evidence, at: Moment, line: Timeline) -> bool:
    window = _window(evidence, at)
    if evidence.condition:
        reason = bool(at.reason.intersection(evidence.condition))
        return reason or _any(line.conditions, evidence.condition, window, at)
    if evidence.program:
        return _any(line.programs, evidence.program, window, at)
    if evidence.vaccine:
        return _any(line.vaccines, evidence.vaccine, window, at)
    if evidence.allergy:
        return any(key in line.allergies for key in evidence.allergy)
    if evidence.drug:
        return bool(taken(evidence, at, line))
    if evidence.note:
        return any(says(note, evidence.note) for note in _notes(line, at, window))
    if evidence.pregnant:
        return _expecting(evidence, at, line)
    return True


def _any(
    index: dict[str, list[Said]], keys: Iterable[str], window: tuple[date, date], at: Moment
) -> bool:
    first, last = window
    return any(
        (one.first is None or one.first <= last)
        and (one.last is None or one.last >= first)
        and one.place.what is not at.itself
        for key in keys
        for one in index.get(key, ())
    )


def taken(evidence: Evidence, at: Moment, line: Timeline) -> list[Ordered]:
    """Return the orders that run then; of an order that is judged, during all its time."""
    first, last = _window(evidence, at)
    until = at.until or at.last
    near = bool(evidence.before or evidence.after)
    return [
        one
        for key in evidence.drug
        for one in line.drugs.get(key, ())
        if not (one.is_local or one.order is at.itself)
        and (_overlaps(one, first, last) if near else _together(one, at.day, until))
    ]


def _overlaps(one: Ordered, first: date, last: date) -> bool:
    return one.first <= last and (one.last is None or one.last >= first)


def _together(one: Ordered, first: date, last: date) -> bool:
    """Tell whether an order runs on a day of first to last; one that ends as another begins not."""
    if one.first == first:
        return True
    later = max(one.first, first)
    return later < last and (one.last is None or later < one.last)


def _expecting(evidence: Evidence, at: Moment, line: Timeline) -> bool:
    if not is_pregnant(line, at.day):
        return False
    if evidence.weeks is None:
        return True
    weeks = weeks_at(line, at.day)
    return weeks is not None and evidence.weeks[0] <= weeks < evidence.weeks[1]


def _within(evidence: Evidence, value: float) -> bool:
    low, high = evidence.at_least, evidence.below
    return (low is None or value >= low) and (high is None or value < high)


def _number(evidence: Evidence, at: Moment, line: Timeline) -> Truth:
    values = [one.value for one in numbers(evidence, at, line)]
    known = [value for value in values if value is not None]
    known = known[-1:] if evidence.latest else known
    if evidence.test and evidence.below is None and evidence.at_least is None:
        return Truth.HOLDS if values else Truth.SILENT
    if not known:
        return Truth.UNKNOWN
    return Truth.HOLDS if any(_within(evidence, value) for value in known) else Truth.FAILS


def numbers(evidence: Evidence, at: Moment, line: Timeline) -> list[Tested] | list[Measured]:
    """Return the values that count for a piece of evidence."""
    first, last = _window(evidence, at)
    if evidence.test:
        return [one for one in line.tests.get(evidence.test, ()) if first <= one.day <= last]
    if evidence.measured == "bmi":
        return _bmi(line, first, last)
    return [
        one
        for one in line.measures.get(evidence.measured or "", ())
        if first <= one.day <= last or (at.visit and one.place.visit is at.visit)
    ]


def _bmi(line: Timeline, first: date, last: date) -> list[Measured]:
    heights = [one for one in line.measures.get("height_cm", ()) if one.day <= last]
    weights = [one for one in line.measures.get("weight_kg", ()) if first <= one.day <= last]
    if not heights:
        return []
    metres = heights[-1].value / 100
    return [one._replace(value=one.value / metres**2) for one in weights]


def _sign(evidence: Evidence, at: Moment, line: Timeline) -> Truth:
    signs = {one.sign for one in signed(evidence, at, line)} - {""}
    if not signs:
        return Truth.UNKNOWN
    wanted = "positive" if evidence.positive else "negative"
    return Truth.HOLDS if wanted in signs else Truth.FAILS


def signed(evidence: Evidence, at: Moment, line: Timeline) -> list[Tested]:
    """Return the tests that count for a piece of evidence."""
    first, last = _window(evidence, at)
    return [
        one
        for key in evidence.positive or evidence.negative
        for one in line.tests.get(key, ())
        if first <= one.day <= last
    ]


def _notes(line: Timeline, at: Moment, window: tuple[date, date]) -> Iterator[str]:
    first, last = window
    for note in line.notes:
        if first <= note.day <= last or (at.visit and note.place.visit is at.visit):
            yield note.text


_DENIED = re.compile(
    r"\b(?:no|not|non|without|denies|denied|never|nor|rule[sd]? out|exclude[sd]?|family history of"
    r"|if|unless|negative for|risk of|no signs? of|neither)\b[^.;:\n]{0,40}$",
    re.IGNORECASE,
)


def says(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether a text (in small letters) says some words and does not deny them."""
    return said(text, words) is not None


def said(text: str, words: tuple[str, ...]) -> str | None:
    """Return the first of the words that a text says and does not deny."""
    plain, expression = _looked_for(words)
    if plain and not any(word in text for word in plain):
        return None  # most notes say nothing of the kind, and this is quick
    for match in expression.finditer(text):
        if not _DENIED.search(text[max(0, match.start() - 60) : match.start()]):
            return match[0]
    return None


@cache
def _looked_for(words: tuple[str, ...]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the words, if all are plain, and the expression that finds them whole."""
    plain = all(re.fullmatch(r"[a-z0-9 '-]+", word) for word in words)
    return (words if plain else ()), whole_words(words)


IN_WORDS = {
    "sbp_mmhg": "systolic pressure",
    "dbp_mmhg": "diastolic pressure",
    "pulse_bpm": "pulse",
    "temperature_c": "temperature",
    "resp_rate_bpm": "breaths a minute",
    "spo2_pct": "SpO2",
    "weight_kg": "weight",
    "height_cm": "height",
    "muac_cm": "MUAC",
    "muac": "MUAC",
    "head_circ_cm": "head circumference",
    "bmi": "body mass index",
    "hba1c": "HbA1c",
    "gfr": "filtration",
    "cd4": "CD4",
}
"""What measurements and tests are called in a sentence, where their key is not what one says."""


def called(key: str) -> str:
    """Return what a measurement or a test is called in a sentence."""
    return IN_WORDS.get(key, key.replace("_", " "))


def in_words(evidence: Evidence) -> str:
    """Say what a piece of evidence is: `SpO2 below 90`."""
    if evidence.measured or evidence.test:
        low, high = evidence.at_least, evidence.below
        limits = [*([f"of {low:g} or more"] if low is not None else [])]
        limits += [f"below {high:g}"] if high is not None else []
        what = called(evidence.measured or evidence.test or "")
        return f"{what} {' and '.join(limits)}".strip()
    if evidence.positive or evidence.negative:
        sign = "positive" if evidence.positive else "negative"
        return f"a {sign} {_listed(evidence.positive or evidence.negative)}"
    if evidence.pregnant:
        return (
            "pregnancy"
            if not evidence.weeks
            else "pregnancy of {:g} to {:g} weeks".format(*evidence.weeks)
        )
    if evidence.aged:
        return "that age"
    if evidence.note:
        return f"a note of {evidence.note[0]}"
    keys = (*evidence.condition, *evidence.program, *evidence.drug, *evidence.vaccine)
    if not keys:
        return f"an allergy to {_listed(evidence.allergy)}"
    return f"an earlier {_listed(keys)}" if evidence.earlier else _listed(keys)


def _listed(keys: tuple[str, ...]) -> str:
    words = [key.replace("_", " ") for key in keys]
    return " or ".join(words[:4]) + (" ..." if len(words) > 4 else "")
