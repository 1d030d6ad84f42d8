"""Charts by hand, in few words: a patient, days, and what stands at them."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Literal

from bridge.chart import (
    Allergy,
    Code,
    CodeableConcept,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    Encounter,
    Enrollment,
    Finding,
    Immunization,
    Measurement,
    Note,
    Patient,
    Quantity,
    Result,
    TestOrder,
    Visit,
)
from bridge.codes import CIEL_SYSTEM
from bridge.identity import part_uuid

TODAY = date(2026, 11, 1)

VITALS = {
    "temp": "temperature_c",
    "pulse": "pulse_bpm",
    "breaths": "resp_rate_bpm",
    "spo2": "spo2_pct",
    "weight": "weight_kg",
    "height": "height_cm",
    "muac": "muac_cm",
    "sbp": "sbp_mmhg",
    "dbp": "dbp_mmhg",
}

POSITIVE, NEGATIVE = (703, "Positive"), (664, "Negative")


def ciel(code: int | str, words: str = "") -> CodeableConcept:
    """Return a concept by CIEL's number, or by a uuid."""
    return CodeableConcept((Code(CIEL_SYSTEM, str(code), words),), words)


def words(text: str) -> CodeableConcept:
    """Return a concept that has no code."""
    return CodeableConcept((), text)


class Chart:
    """A chart under construction."""

    def __init__(self, sex: Literal["F", "M"], *, born: date, name: str = "a") -> None:
        """Begin with nobody's visits; `name` makes other uuids."""
        self.uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"coherence/{name}"))
        self.sex, self.born = sex, born
        self.visits: list[Visit] = []
        self.entries: list[Any] = []
        self.death: Death | None = None
        self._numbers = count(1)

    def id(self) -> str:
        """Return a new uuid."""
        return part_uuid(self.uuid, str(next(self._numbers)))

    def visit(self, day: date, *entries: Any, **vitals: float) -> "Chart":
        """Add a visit from nine o'clock with vital signs, and whatever makes entries of a time."""
        start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        measured = tuple(
            Measurement(uuid=self.id(), name=VITALS[name], value=value)
            for name, value in vitals.items()
        )
        at = start + timedelta(minutes=20)
        made = tuple(one(self, at) if callable(one) else one for one in entries)
        encounters = (
            Encounter(uuid=self.id(), time=start + timedelta(minutes=5), entries=measured),
            Encounter(uuid=self.id(), time=at, entries=made, kind="consultation"),
        )
        stop = start + timedelta(hours=2)
        self.visits.append(Visit(uuid=self.id(), start=start, stop=stop, encounters=encounters))
        return self

    def has(self, code: int, label: str, onset: date, **more: Any) -> "Chart":
        """Add a problem."""
        entry = Condition(uuid=self.id(), what=ciel(code, label), onset=onset, **more)
        self.entries.append(entry)
        return self

    def allergic(self, code: int, label: str) -> "Chart":
        """Add an allergy to a drug."""
        self.entries.append(Allergy(uuid=self.id(), allergen=ciel(code, label), kind="drug"))
        return self

    def enrolled(self, label: str, day: date, completed: date | None = None) -> "Chart":
        """Add an enrollment by the program's name."""
        made = Enrollment(uuid=self.id(), program=words(label), enrolled=day, completed=completed)
        self.entries.append(made)
        return self

    def patient(self) -> Patient:
        """Return the whole."""
        return Patient(
            number=1,
            uuid=self.uuid,
            sex=self.sex,
            birthdate=self.born,
            given_name="Akinyi",
            family_name="Otieno",
            address=None,
            visits=tuple(sorted(self.visits, key=lambda visit: visit.start)),
            entries=tuple(self.entries),
            death=self.death,
        )


def diagnosis(code: int, label: str, **more: Any) -> Any:
    """Return what makes a diagnosis."""
    return lambda chart, at: Diagnosis(uuid=chart.id(), what=ciel(code, label), **more)


def note(text: str) -> Any:
    """Return what makes a note."""
    return lambda chart, at: Note(uuid=chart.id(), text=text)


def result(code: int, label: str, value: float | tuple[int, str], unit: str = "") -> Any:
    """Return what makes a result: a number with its unit, or an answer."""
    said = ciel(*value) if isinstance(value, tuple) else Quantity(value, unit)
    return lambda chart, at: Result(uuid=chart.id(), what=ciel(code, label), value=said)


def tested(code: int, label: str, value: float | tuple[int, str], unit: str = "") -> Any:
    """Return what makes a result a quarter of an hour after the test was ordered."""
    return result(code, label, value, unit)


def finding(code: int, label: str, value: float, unit: str) -> Any:
    """Return what makes a finding with a number."""
    said = Quantity(value, unit)
    return lambda chart, at: Finding(uuid=chart.id(), what=ciel(code, label), value=said)


def vaccine(code: int, label: str, dose: int | None = None) -> Any:
    """Return what makes an immunization."""
    return lambda chart, at: Immunization(
        uuid=chart.id(), vaccine=ciel(code, label), time=at, dose_number=dose
    )


def drug(
    label: str,
    dose: float,
    unit: str,
    frequency: str,
    days: float,
    *,
    code: int | str | None = None,
    reason: CodeableConcept | None = None,
    route: str = "Oral",
    as_needed: bool = False,
) -> Any:
    """Return what makes a prescription of a product, by its name and concept if one is given."""
    concept = ciel(code, label) if code else words(label)
    return lambda chart, at: DrugOrder(
        uuid=chart.id(),
        drug=concept,
        start=at,
        dose=Quantity(dose, unit),
        route=words(route),
        frequency=words(frequency),
        duration=Quantity(days, "d"),
        reason=reason,
        as_needed=as_needed,
    )


def order(code: int, label: str) -> Any:
    """Return what makes a test order."""
    return lambda chart, at: TestOrder(uuid=chart.id(), what=ciel(code, label), time=at)


def without_time(patient: Patient, **more: Any) -> Patient:
    """Return a patient with something replaced."""
    return replace(patient, **more)
