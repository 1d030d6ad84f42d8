"""Who has which vaccine, beside the country's figures."""

from math import sqrt
from typing import Final, NamedTuple

from bridge.clinic.tally import Clinic
from bridge.histories.care.vaccines import Vaccine, schedule

BY_MONTHS: Final = 12
"""Doses that are due before so many months are asked for."""
DAYS_OF_YEAR: Final = 365


class Dose(NamedTuple):
    """How many toddlers have a dose."""

    name: str
    have: int
    of: int
    country: float
    """The share of the country's children."""

    @property
    def share(self) -> float:
        """The share of the clinic's toddlers."""
        return self.have / self.of

    @property
    def is_far(self) -> bool:
        """Tell whether chance would have it nearer to the country's share 19 times of 20."""
        spread = sqrt(self.country * (1 - self.country) / self.of)
        return abs(self.share - self.country) > 1.96 * spread + 0.5 / self.of


def coverage(clinic: Clinic, country: str) -> list[Dose]:
    """Return the doses of a country's schedule that are due in the first year of life."""
    if not clinic.toddlers:
        return []
    due = [one for one in schedule(country) if one.age is not None and one.age < DAYS_OF_YEAR]
    return [
        Dose(_name(one), clinic.doses[one.concept, _number(one)], clinic.toddlers, one.coverage)
        for one in due
        if not one.sex
    ]


def _number(vaccine: Vaccine) -> int | None:
    """Return the number that a chart has for a dose."""
    return vaccine.number_o3 or vaccine.dose or None


def _name(vaccine: Vaccine) -> str:
    return f"{vaccine.key.replace('_', ' ')} {vaccine.dose}"
