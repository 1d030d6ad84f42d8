"""Judges charts by the rules: one, or a cohort with counts by rule."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from bridge.chart import Patient
from bridge.errors import InputError
from bridge.quality.coherence.concepts import forbids, only, requires
from bridge.quality.coherence.dosing import doses
from bridge.quality.coherence.growth import growth
from bridge.quality.coherence.judging import Breach, named
from bridge.quality.coherence.model import (
    AnyRule,
    Dose,
    Evidence,
    Forbids,
    Growth,
    NoteNumbers,
    NoteWords,
    Only,
    Relatives,
    Requires,
    Rules,
    Times,
    Twice,
    Vaccines,
    load_rules,
)
from bridge.quality.coherence.notes import note_numbers, note_words
from bridge.quality.coherence.pregnancies import find_pregnancies
from bridge.quality.coherence.relatives import Person, person, relatives
from bridge.quality.coherence.timeline import Reader, Timeline
from bridge.quality.coherence.times import times
from bridge.quality.coherence.twice import twice
from bridge.quality.coherence.vaccines import vaccines
from bridge.quality.coherence.vocabulary import Vocabulary, vocabulary
from bridge.yaml_files import nearest


class Judge:
    """The rules with their vocabulary; one judge serves a cohort, and keeps what codes mean."""

    def __init__(self, rules: Rules, words: Vocabulary) -> None:
        """Raise InputError where a rule names a key that the vocabulary has not got."""
        _check_keys(rules, words)
        self.rules = rules
        self._reader = Reader(words)

    def breaches(
        self,
        patient: Patient,
        *,
        as_of: datetime | None = None,
        people: dict[str, Person] | None = None,
    ) -> tuple[Breach, ...]:
        """Return what is wrong with a chart, each thing once."""
        line = self._reader.timeline(patient)
        find_pregnancies(line)
        found: dict[tuple[str, str], Breach] = {}
        for rule in self.rules.rules:
            for breach in _judged(rule, line, as_of, people or {}):
                found.setdefault((breach.rule, breach.what), breach)
        return tuple(found.values())


def _judged(
    rule: AnyRule, line: Timeline, as_of: datetime | None, people: dict[str, Person]
) -> Iterator[Breach]:
    match rule:
        case Only():
            return only(rule, line)
        case Requires():
            return requires(rule, line)
        case Forbids():
            return forbids(rule, line)
        case Dose():
            return doses(rule, line)
        case Vaccines():
            return vaccines(rule, line)
        case Times():
            return times(rule, line, as_of)
        case Twice():
            return twice(rule, line)
        case Growth():
            return growth(rule, line)
        case NoteWords():
            return note_words(rule, line)
        case NoteNumbers():
            return note_numbers(rule, line)
        case Relatives():
            return relatives(rule, line.patient, people)


@cache
def default_judge() -> Judge:
    """Return the judge of bridge's own rules; they are read once."""
    return Judge(load_rules(), vocabulary())


def check(patient: Patient, *, as_of: datetime | None = None) -> tuple[Breach, ...]:
    """Return what in a chart cannot be, harms, or contradicts itself, by bridge's own rules.

    `as_of` (aware) is the time after which nothing may have happened; None: that is not judged.
    """
    return default_judge().breaches(patient, as_of=as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A breach with the patient that it was found in."""

    patient: str
    breach: Breach


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence:
    """What was found in a cohort."""

    patients: int
    entries: int
    broken: int
    """Patients with a breach."""
    counts: dict[str, int]
    """Breaches by rule, of all rules."""
    patients_by_rule: dict[str, int]
    examples: dict[str, tuple[Example, ...]]


class _Tally:
    """Counts breaches of patients by rule, and keeps the first few."""

    def __init__(self, examples: int) -> None:
        self._most = examples
        self.counts, self.holders = Counter[str](), Counter[str]()
        self.kept: dict[str, list[Example]] = {}
        self.broken: set[str] = set()

    def add(self, patient: Patient, breaches: Iterable[Breach]) -> None:
        """Count what was found in one patient."""
        rules = set()
        for breach in breaches:
            self.counts[breach.rule] += 1
            rules.add(breach.rule)
            shown = self.kept.setdefault(breach.rule, [])
            if len(shown) < self._most:
                shown.append(Example(patient=named(patient), breach=breach))
        self.holders.update(rules)
        if rules:
            self.broken.add(patient.uuid)


def check_cohort(
    patients: Iterable[Patient],
    *,
    as_of: datetime | None = None,
    examples: int = 3,
    judge: Judge | None = None,
) -> Coherence:
    """Judge patients one by one; relatives are judged at the end, when all are known."""
    judge = judge or default_judge()
    tally = _Tally(examples)
    people: dict[str, Person] = {}
    related: list[Patient] = []
    seen = entries = 0
    for patient in patients:
        seen += 1
        entries += len(patient.entries) + sum(len(e.entries) for e in patient.encounters())
        tally.add(patient, judge.breaches(patient, as_of=as_of))
        people[patient.uuid] = whose = person(patient)
        if whose.relatives:
            # a cohort's charts are not held: the rules of relatives ask for no visits
            related.append(replace(patient, visits=()))
    for patient in related:
        tally.add(patient, _of_relatives(judge, patient, people))
    rules = [rule.name for rule in judge.rules.rules]
    return Coherence(
        patients=seen,
        entries=entries,
        broken=len(tally.broken),
        counts={rule: tally.counts[rule] for rule in rules},
        patients_by_rule={rule: tally.holders[rule] for rule in rules},
        examples={rule: tuple(tally.kept[rule]) for rule in rules if rule in tally.kept},
    )


def _of_relatives(judge: Judge, patient: Patient, people: dict[str, Person]) -> Iterator[Breach]:
    for rule in judge.rules.rules:
        if isinstance(rule, Relatives) and rule.check != "itself":
            yield from relatives(rule, patient, people)


def _check_keys(rules: Rules, words: Vocabulary) -> None:
    kinds = words.kinds()
    for rule in rules.rules:
        for kind, key in _named(rule):
            if key not in kinds[kind]:
                hint = nearest(key, kinds[kind])
                raise InputError(f"no {kind} is called {key}{hint}", place=f"rule {rule.name}")


def _named(rule: AnyRule) -> Iterator[tuple[str, str]]:
    """Yield the vocabulary's keys that a rule names, each with its kind."""
    if isinstance(rule, Only | Requires | Forbids):
        for kind in ("condition", "drug", "program", "vaccine", "test"):
            yield from ((kind, key) for key in getattr(rule.of, kind))
        pieces: tuple[Evidence, ...] = rule.unless
        if not isinstance(rule, Only):
            pieces += rule.any_of
        for one in pieces:
            for kind in ("condition", "drug", "program", "vaccine", "allergy"):
                yield from ((kind, key) for key in getattr(one, kind))
            tests = (*one.positive, *one.negative, *([one.test] if one.test else []))
            yield from (("test", key) for key in tests)
    elif isinstance(rule, Dose):
        yield from (("drug", limit.drug) for limit in rule.limits)
    elif isinstance(rule, Vaccines):
        yield from (("vaccine", schedule.vaccine) for schedule in rule.schedules)
