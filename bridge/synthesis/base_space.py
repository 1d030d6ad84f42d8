"""How a population's people lie in the flow's base space; `calibration` finds the lines."""

from dataclasses import dataclass
from typing import Final, NamedTuple

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """All lines of a population; none where the survey's vitals stay."""

    lines: tuple[Line, ...] = ()

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
