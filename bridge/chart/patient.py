"""A patient with their visits, encounters and entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bridge.chart.entries import (
    Death,
    Entry,
    Measurement,
    PatientEntry,
)

Sex = Literal["F", "M"]
"""Whom bridge itself makes."""

Gender = Literal["F", "M", "O", "U"]
"""Whom OpenMRS knows: female, male, other, unknown."""

EncounterKind = Literal[
    "vitals",
    "consultation",
    "note",
    "order",
    "immunization",
    "laboratory",
    "admission",
    "discharge",
]
"""What an encounter is; the mapping's profile says which encounter type that is on a server."""

VisitKind = Literal["facility", "home", "emergency", "inpatient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """One contact with care, at an aware time within its visit."""

    uuid: str
    time: datetime
    entries: tuple[Entry, ...]
    kind: EncounterKind = "vitals"
    location: str = ""
    """Where it was, in the words of whoever wrote it; empty: where its visit is."""
    provider: str = ""
    source: str = ""

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The vital signs in bridge's own words."""
        return tuple(entry for entry in self.entries if isinstance(entry, Measurement))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay at the facility, from `start` to `stop` (aware, whole seconds; None: it goes on)."""

    uuid: str
    start: datetime
    stop: datetime | None
    encounters: tuple[Encounter, ...]
    kind: VisitKind = "facility"
    location: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a patient lives, as far as OpenMRS's default address form asks."""

    city_village: str = ""
    state_province: str = ""
    country: str = ""
    address1: str = ""
    county_district: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier somebody else has given: a number of a type, by name or uuid."""

    value: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One person with their chart; `number` counts from 1 within a cohort."""

    number: int
    uuid: str
    sex: Gender
    birthdate: date
    given_name: str
    family_name: str
    address: Address | None
    visits: tuple[Visit, ...]
    middle_name: str = ""
    is_birthdate_estimated: bool = False
    phone: str = ""
    identifiers: tuple[Identifier, ...] = ()
    entries: tuple[PatientEntry, ...] = ()
    """Conditions, allergies, enrollments, appointments, relationships."""
    death: Death | None = None
    source: str = ""

    def encounters(self) -> Iterator[Encounter]:
        """Yield the encounters of all visits, in order of time."""
        for visit in self.visits:
            yield from visit.encounters


def completed_months(birthdate: date, day: date) -> int:
    """Return the age in completed months on `day`."""
    months = (day.year - birthdate.year) * 12 + day.month - birthdate.month
    return months - (day.day < birthdate.day)
