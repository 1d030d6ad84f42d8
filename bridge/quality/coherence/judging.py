"""What a rule finds in a chart, and where: the shapes that all checks share."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from bridge.chart import Patient
from bridge.quality.coherence.evidence import Moment, moment, says
from bridge.quality.coherence.model import About
from bridge.quality.coherence.timeline import Place, Said, Timeline


class Breach(NamedTuple):
    """What may not be: the rule, one plain sentence with the numbers, and where it stands."""

    rule: str
    what: str
    where: str


class Subject(NamedTuple):
    """Something that a rule judges."""

    label: str
    at: Moment
    place: Place
    systemic: bool = True


def where(place: Place) -> str:
    """Name a visit and an entry: `visit of 2026-03-02, Diagnosis 0f3c... `."""
    parts = []
    if place.visit:
        parts.append(f"visit of {place.visit.start:%Y-%m-%d}")
    if place.what is not None:
        uuid = getattr(place.what, "uuid", "")
        parts.append(f"{type(place.what).__name__} {uuid}".strip())
    return ", ".join(parts)


def subjects(about: About, line: Timeline) -> Iterator[Subject]:
    """Yield the entries that a rule is about."""
    if about.sex and line.sex != about.sex:
        return
    found = _first(about, line) if about.first else _all(about, line)
    for subject in found:
        if about.months:
            months = line.months(subject.at.day)
            if not about.months[0] <= months < about.months[1]:
                continue
        yield subject


def _first(about: About, line: Timeline) -> Iterator[Subject]:
    """Yield what the chart says first, if that is at a visit: else it was known before."""
    first = min(_all(about, line), key=lambda one: one.at.day, default=None)
    undated = any(
        said.first is None for key in about.condition for said in line.conditions.get(key, ())
    )
    if first and first.at.day in line.days and not undated:
        yield first


def _all(about: About, line: Timeline) -> Iterator[Subject]:
    for key in about.condition:
        yield from _said(line.conditions.get(key, ()))
    for key in about.program:
        yield from _said(line.programs.get(key, ()))
    for key in about.vaccine:
        yield from _said(line.vaccines.get(key, ()))
    for key in about.drug:
        for one in line.drugs.get(key, ()):
            if not (one.is_local and about.systemic):
                at = moment(one.first, one.place, until=one.last or date.max, reason=one.reason)
                yield Subject(one.label, at, one.place)
    for key in about.test:
        for tested in line.tests.get(key, ()):
            yield Subject(tested.label, moment(tested.day, tested.place), tested.place)
    if about.note:
        for note in line.notes:
            if says(note.text, about.note):
                yield Subject(about.note[0], moment(note.day, note.place), note.place)


def _said(said: "list[Said] | tuple[Said, ...]") -> Iterator[Subject]:
    for one in said:
        if one.first is not None:
            at = moment(one.first, one.place, until=one.last or date.max)
            yield Subject(one.label, at, one.place)


def who(line: Timeline, day: date) -> str:
    """Say of what sex and age the patient is on a day: `a girl of 26 months`."""
    months = line.months(day)
    age = f"{months} months" if months < 60 else f"{months // 12} years"
    young = months < 18 * 12
    word = {"F": "girl" if young else "woman", "M": "boy" if young else "man"}
    return f"a {word.get(line.sex, 'person')} of {age}"


def named(patient: Patient) -> str:
    """Name a patient for a report."""
    return patient.source or f"patient {patient.number}"
