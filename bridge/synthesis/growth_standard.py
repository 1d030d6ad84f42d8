"""The WHO growth standard: how many SDs a child's length or weight lies from the median.

Its tables of L, M and S are not part of bridge (WHO gives them for non-commercial use). What reads
them is: the solver of the children's moves (`growth_solving`) and the figures by country
(`tests.bench.country`). The moves themselves are shipped, in populations/growth.json.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.columns import Floats

LYING_MONTHS: Final = 24.0
"""Younger children are measured lying."""

STANDARD: Final = "WHO 2006"
HEIGHT_FOR_AGE: Final = "length/height for age, cm"
WEIGHT_FOR_LENGTH: Final = "weight for length, kg"
WEIGHT_FOR_HEIGHT: Final = "weight for height, kg"
WEIGHT_FOR_AGE: Final = "weight for age, kg"
ARM_FOR_AGE: Final = "arm circumference for age, cm"
HEAD_FOR_AGE: Final = "head circumference for age, cm"


class _Curve(NamedTuple):
    """L, M and S (K,) of one sex at ascending ages in months, or lengths in cm."""

    at: Floats
    power: Floats
    median: Floats
    variation: Floats

    def z(self, at: Floats, values: Floats) -> Floats:
        """Return ((value / M) ** L - 1) / (L S), L, M and S straight between their places."""
        power, median, variation = (
            np.interp(at, self.at, column) for column in (self.power, self.median, self.variation)
        )
        scores: Floats = ((values / median) ** power - 1) / (power * variation)
        return scores


class GrowthStandard:
    """The standard's tables of children under five."""

    def __init__(self, rows: Iterable[dict[str, str]]) -> None:
        """Take the rows of who_growth_lms.csv."""
        points: dict[tuple[str, str], list[tuple[float, ...]]] = {}
        for row in rows:
            if row["standard"] == STANDARD:
                numbers = tuple(float(row[column]) for column in ("at", "L", "M", "S"))
                points.setdefault((row["measure"], row["sex"]), []).append(numbers)
        self._curves = {key: _Curve(*np.array(sorted(of)).T) for key, of in points.items()}

    def height_for_age(self, sex: NDArray[np.str_], months: Floats, height_cm: Floats) -> Floats:
        """Return z (n,) of length or height in cm at an exact age in months."""
        return self._z(HEIGHT_FOR_AGE, sex, months, height_cm)

    def weight_for_height(
        self, sex: NDArray[np.str_], months: Floats, height_cm: Floats, weight_kg: Floats
    ) -> Floats:
        """Return z (n,) of weight in kg, given length under two years and height from then on."""
        lying = self._z(WEIGHT_FOR_LENGTH, sex, height_cm, weight_kg)
        standing = self._z(WEIGHT_FOR_HEIGHT, sex, height_cm, weight_kg)
        return np.where(months < LYING_MONTHS, lying, standing)

    def for_age(
        self, measure: str, sex: NDArray[np.str_], months: Floats, values: Floats
    ) -> Floats:
        """Return z (n,) of another measure by age, as ARM_FOR_AGE or HEAD_FOR_AGE."""
        return self._z(measure, sex, months, values)

    def _z(self, measure: str, sex: NDArray[np.str_], at: Floats, values: Floats) -> Floats:
        girls, boys = (self._curves[measure, one].z(at, values) for one in ("F", "M"))
        return np.where(sex == "F", girls, boys)


def load_growth_standard(path: Path) -> GrowthStandard:
    """Read who_growth_lms.csv, columns standard, measure, sex, at, L, M, S; raise InputError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return GrowthStandard(csv.DictReader(file))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"no table of the WHO growth standard: {error}", place=path) from error
