"""How a population's people lie in the flow's base space; `calibration` finds the lines."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from bridge.chart import Sex
from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions


class Line(NamedTuple):
    """Shift and stretch of a measurement's coordinate in one sex: knots (K,) over age in years."""

    measurement: str
    sex: Sex
    years: Floats
    shift: Floats
    stretch: Floats


def packed(line: Line) -> dict[str, Any]:
    """Return a line as JSON has it."""
    return {
        field: value.tolist() if isinstance(value, np.ndarray) else value
        for field, value in line._asdict().items()
    }


def unpacked(stored: dict[str, Any]) -> Line:
    """Return the line that `packed` wrote."""
    knots = (np.array(stored[knot]) for knot in ("years", "shift", "stretch"))
    return Line(stored["measurement"], stored["sex"], *knots)


class BirthSize(NamedTuple):
    """Mean and SD of a country's birth weights, of girls and boys together."""

    mean_kg: float
    sd_kg: float


US_BIRTH: Final = BirthSize(3.27, 0.56)
"""The survey's own: US National Vital Statistics Reports, 2010s (recalled, not looked up)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """All lines of a population; none where the survey's vitals stay."""

    lines: tuple[Line, ...] = ()
    birth: BirthSize = US_BIRTH

    def calibrated(self, z: Floats, measurements: tuple[str, ...], person: Conditions) -> Floats:
        """Return base values (n, D) of n people, calibrated; their columns are `measurements`."""
        if not self.lines:
            return z
        placed = z.copy()
        for line in self.lines:
            k = measurements.index(line.measurement)
            some = person["sex"] == line.sex
            years = person["age_months"][some] / 12
            stretch = np.interp(years, line.years, line.stretch)
            placed[some, k] = np.interp(years, line.years, line.shift) + stretch * z[some, k]
        return placed


UNCALIBRATED: Final = Calibration()
