"""The distinct codes of charts by what they are used as, and how often: what to ask a server for.

Memory grows with the distinct codes, not with the patients: an input has thousands at most.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.chart import (
    Allergy,
    Appointment,
    Code,
    CodeableConcept,
    Condition,
    Diagnosis,
    DrugOrder,
    Enrollment,
    Finding,
    Immunization,
    Patient,
    PatientEntry,
    Result,
    TestOrder,
)
from bridge.chart import Entry as ChartEntry
from bridge.mapping.answers import as_yes_or_no
from bridge.mapping.terms import ROLES, Role

MOST_DISTINCT = 50_000
"""Where an input has more meanings than this in one role, its codes are no vocabulary: what comes
after them is asked for no more, and has no home."""

Used = Role | str
"""A Role, or one of `program`, `state`, `service`, `route`, `frequency`."""

USES = (*ROLES, "program", "state", "service", "route", "frequency")


class Use(NamedTuple):
    """One meaning used as one thing."""

    role: str
    what: CodeableConcept
    is_panel: bool = False
    """It only holds others: where it has no concept, its parts are sent all the same."""


@dataclass(slots=True)
class Vocabulary:
    """Counts how often each meaning is used, by role."""

    counts: dict[str, Counter[CodeableConcept]] = field(
        default_factory=lambda: {role: Counter() for role in USES}
    )
    unlisted: Counter[str] = field(default_factory=Counter)
    """By role, how many uses came after MOST_DISTINCT."""
    panels: dict[str, Counter[CodeableConcept]] = field(
        default_factory=lambda: {role: Counter() for role in USES}
    )
    """Of the counts, those of meanings that only hold others."""

    def add(self, patient: Patient) -> None:
        """Count the codes of one patient."""
        for role, what, is_panel in _uses(patient):
            counts = self.counts[role]
            if what in counts or len(counts) < MOST_DISTINCT:
                counts[what] += 1
                self.panels[role][what] += is_panel
            else:
                self.unlisted[role] += 1

    def meanings(self, *roles: str) -> Iterator[CodeableConcept]:
        """Yield the distinct meanings of these roles, the commonest first within each."""
        for role in roles or USES:
            for what, _ in self.counts[role].most_common():
                yield what

    def codes(self, *roles: str) -> dict[Code, None]:
        """Return the distinct codes of these roles, in order."""
        return {code: None for what in self.meanings(*roles) for code in what.codes}


def vocabulary_of(patients: Iterable[Patient]) -> Vocabulary:
    """Collect the codes of patients as they go by."""
    vocabulary = Vocabulary()
    for patient in patients:
        vocabulary.add(patient)
    return vocabulary


def vocabulary_with(meanings: Iterable[tuple[str, CodeableConcept]]) -> Vocabulary:
    """Collect meanings of which nobody has counted how often they are used, by role."""
    vocabulary = Vocabulary()
    for role, what in meanings:
        vocabulary.counts[role][_known(what)] += 1
    return vocabulary


def _uses(patient: Patient) -> Iterator[Use]:
    if patient.death and patient.death.cause:
        yield Use("cause", _known(patient.death.cause))
    for entry in patient.entries:
        for use in _of_patient(entry):
            yield use._replace(what=_known(use.what))
    for encounter in patient.encounters():
        for inner in encounter.entries:
            for use in _of_encounter(inner):
                yield use._replace(what=_known(use.what))


def _known(what: CodeableConcept) -> CodeableConcept:
    """Return a meaning without the words beside its codes: they may differ by patient."""
    return CodeableConcept(what.codes, "" if any(c.display for c in what.codes) else what.text)


def _of_patient(entry: PatientEntry) -> Iterator[Use]:
    match entry:
        case Condition():
            yield Use("condition", entry.what)
        case Allergy():
            yield Use("allergen", entry.allergen)
            yield from (Use("reaction", reaction) for reaction in entry.reactions)
        case Enrollment():
            yield Use("program", entry.program)
            yield from (Use("state", state.state) for state in entry.states)
        case Appointment():
            yield Use("service", entry.service)


def _of_encounter(entry: ChartEntry) -> Iterator[Use]:
    match entry:
        case Finding() | Result():
            yield from _of_observation(entry)
        case Diagnosis():
            yield Use("diagnosis", entry.what)
        case Immunization():
            yield Use("vaccine", entry.vaccine)
        case TestOrder():
            yield Use("test", entry.what)
        case DrugOrder():
            yield Use("drug", entry.drug)
            for role, what in (
                ("reason", entry.reason),
                ("route", entry.route),
                ("frequency", entry.frequency),
            ):
                if what:
                    yield Use(role, what)


def _of_observation(entry: Finding | Result) -> Iterator[Use]:
    is_panel = bool(entry.members) and entry.value is None
    yield Use("result" if isinstance(entry, Result) else "finding", entry.what, is_panel)
    if isinstance(entry.value, CodeableConcept | bool):
        yield Use("answer", as_yes_or_no(entry.value))
    for member in entry.members:
        yield from _of_observation(member)
