"""The synthetic patient as plain frozen data: no FHIR, no OpenMRS, no torch.

A measurement's name carries its unit (`height_cm`); the same names head the columns of every
table and key the mapping.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Sex = Literal["F", "M"]

MEASUREMENTS = (
    "height_cm",
    "weight_kg",
    "muac_cm",
    "head_circ_cm",
    "sbp_mmhg",
    "dbp_mmhg",
    "pulse_bpm",
    "temperature_c",
    "resp_rate_bpm",
    "spo2_pct",
)
"""Every measurement bridge knows, in the order of its tables."""

DECIMALS = {
    "height_cm": 1,
    "weight_kg": 1,
    "muac_cm": 1,
    "head_circ_cm": 1,
    "sbp_mmhg": 0,
    "dbp_mmhg": 0,
    "pulse_bpm": 0,
    "temperature_c": 2,  # read in tenths of a degree Fahrenheit
    "resp_rate_bpm": 0,
    "spo2_pct": 0,
}
"""How many decimals a measurement's values are written with."""


UCUM = {
    "height_cm": "cm",
    "weight_kg": "kg",
    "muac_cm": "cm",
    "head_circ_cm": "cm",
    "sbp_mmhg": "mm[Hg]",
    "dbp_mmhg": "mm[Hg]",
    "pulse_bpm": "/min",
    "temperature_c": "Cel",
    "resp_rate_bpm": "/min",
    "spo2_pct": "%",
}
"""The unit that a measurement's values are in. Nothing converts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of one measurement, in the unit its name says."""

    uuid: str
    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """One taking of vitals, at an aware time within its visit."""

    uuid: str
    time: datetime
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay at the facility, from `start` to `stop` (aware, whole seconds)."""

    uuid: str
    start: datetime
    stop: datetime
    encounters: tuple[Encounter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a patient lives, as far as OpenMRS's default address form asks."""

    city_village: str
    state_province: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One person with their visits; `number` counts from 1 within a cohort."""

    number: int
    uuid: str
    sex: Sex
    birthdate: date
    given_name: str
    family_name: str
    address: Address | None
    visits: tuple[Visit, ...]

    def encounters(self) -> Iterator[Encounter]:
        """Yield the encounters of all visits, in order of time."""
        for visit in self.visits:
            yield from visit.encounters


def completed_months(birthdate: date, day: date) -> int:
    """Return the age in completed months on `day`."""
    months = (day.year - birthdate.year) * 12 + day.month - birthdate.month
    return months - (day.day < birthdate.day)
