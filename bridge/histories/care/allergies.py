"""Which allergies patients' charts carry, how often, and with which reaction: allergies.csv."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

from bridge.errors import InputError
from bridge.histories.care.figure_rows import FIGURES, number, rows_of, share, shares

_PATH: Final = FIGURES / "allergies.csv"
Category = Literal["drug", "food", "environment"]
Severity = Literal["mild", "moderate", "severe"]
SEVERITY_CONCEPTS: Final[Mapping[Severity, str]] = {
    "mild": "1498",
    "moderate": "1499",
    "severe": "1500",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allergen:
    """How often an allergy stands in the charts of some people."""

    key: str
    """penicillins, sulfonamides ...: what drugs name as their `allergen`."""
    name: str
    concept: str
    """CIEL's number."""
    category: Category
    countries: tuple[str, ...]
    """Names of populations; empty: everywhere."""
    years: tuple[float, float]
    """Age from (included) to (not included)."""
    has: str
    """A chronic module that the patient is in; empty: anybody. Such a row adds to the general."""
    prevalence: float
    reactions: Mapping[str, float]
    """Share of each reaction, by its concept (`512 Rash`); what is left is unknown."""
    severity: Mapping[str, float]
    source: str
    verified: str

    def holds(self, country: str) -> bool:
        """Tell whether the figure is of this population."""
        return not self.countries or country in self.countries


@cache
def allergens(country: str) -> tuple[Allergen, ...]:
    """Return the figures that hold in a population, in the table's order."""
    return tuple(one for one in _all() if one.holds(country))


@cache
def allergen_keys() -> frozenset[str]:
    """Return the keys that drugs and modules may name."""
    return frozenset(one.key for one in _all())


@cache
def _all() -> tuple[Allergen, ...]:
    return tuple(_allergen(row, f"{_PATH}:{line}") for line, row in rows_of(_PATH))


def _allergen(row: Mapping[str, str], place: str) -> Allergen:
    years = (number(row, "from_year", place=place), number(row, "to_year", place=place))
    return Allergen(
        key=row["allergen"],
        name=row["name"],
        concept=row["concept"],
        category=_category(row["category"], place),
        countries=tuple(row["countries"].split()),
        years=years,
        has=row["has"],
        prevalence=share(row, "prevalence", place=place),
        reactions=shares(row["reactions"], place=place),
        severity=shares(row["severity"], place=place),
        source=row["source"],
        verified=row["verified"],
    )


def _category(word: str, place: str) -> Category:
    for known in get_args(Category):
        if word == known:
            category: Category = known
            return category
    raise InputError(
        f"category: drug, food or environment is expected (found {word!r})", place=place
    )
