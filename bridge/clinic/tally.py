"""What charts add up to, counted patient by patient. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bridge.chart import (
    Diagnosis,
    Enrollment,
    Immunization,
    Patient,
    Visit,
    completed_months,
)

BANDS: Final = (0, 1, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80)
"""The first year of each age band."""

TODDLERS: Final = range(12, 24)
"""Completed months of those by whom surveys measure coverage."""

IMMUNIZATION: Final = "immunization"
CHECK_UP: Final = "check-up or follow-up"
"""Reasons of visits that have no diagnosis."""


@dataclass(slots=True, kw_only=True)
class Cascade:
    """How far people got in a program."""

    enrolled: int = 0
    goes_on: int = 0
    completed: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """Where each stood last."""


@dataclass(slots=True, kw_only=True)
class Clinic:
    """What some charts add up to; ages are those of `day`."""

    day: date
    patients: int = 0
    visits: int = 0
    inpatient: int = 0
    died: int = 0
    ages: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By place in BANDS and sex."""
    months: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Visits by reason and calendar month."""
    programs: dict[str, Cascade] = field(default_factory=lambda: defaultdict(Cascade))
    toddlers: int = 0
    """Those who were vaccinated here."""
    doses: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """How many toddlers have which dose of a vaccine, by the first of its codes."""

    def add(self, patient: Patient) -> None:
        """Count one patient."""
        self.patients += 1
        self.died += patient.death is not None
        self.ages[band_of(patient.birthdate, self.day), patient.sex] += 1
        for visit in patient.visits:
            self.visits += 1
            self.inpatient += visit.kind == "inpatient"
            self.months[reason_of(visit)][visit.start.month] += 1
        for entry in patient.entries:
            if isinstance(entry, Enrollment):
                self._enrol(entry)
        if not patient.death and completed_months(patient.birthdate, self.day) in TODDLERS:
            self._vaccinated(patient)

    @property
    def reasons(self) -> Counter[str]:
        """Visits by reason."""
        return Counter({reason: months.total() for reason, months in self.months.items()})

    def _enrol(self, entry: Enrollment) -> None:
        cascade = self.programs[entry.program.label]
        cascade.enrolled += 1
        cascade.completed += entry.completed is not None
        cascade.goes_on += entry.completed is None
        if entry.states:
            cascade.states[entry.states[-1].state.label] += 1

    def _vaccinated(self, patient: Patient) -> None:
        given = {
            (entry.vaccine.codes[0].code, entry.dose_number)
            for encounter in patient.encounters()
            for entry in encounter.entries
            if isinstance(entry, Immunization) and entry.vaccine.codes
        }
        if given:  # whoever never came for one may have them from elsewhere
            self.toddlers += 1
            self.doses.update(given)


def band_of(birthdate: date, day: date) -> int:
    """Return the place in BANDS of somebody's age."""
    years = max(completed_months(birthdate, day), 0) // 12
    return sum(first <= years for first in BANDS) - 1


def band_words(place: int) -> str:
    """Return how an age band is called: under 1, 1-4, 80 and more."""
    first = BANDS[place]
    if not first:
        return "under 1"
    return f"{first} and more" if place == len(BANDS) - 1 else f"{first}-{BANDS[place + 1] - 1}"


def reason_of(visit: Visit) -> str:
    """Return why somebody came: the primary diagnosis, else what was done."""
    entries = [entry for encounter in visit.encounters for entry in encounter.entries]
    found = [entry for entry in entries if isinstance(entry, Diagnosis)]
    if found:
        return min(found, key=lambda one: one.rank).what.label
    vaccinated = any(isinstance(entry, Immunization) for entry in entries)
    return IMMUNIZATION if vaccinated else CHECK_UP
