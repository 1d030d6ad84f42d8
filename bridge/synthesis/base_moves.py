"""How a population's people are moved in the flow's base space; `moves` finds these moves."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bridge.chart import Sex
from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions


class Line(NamedTuple):
    """How the coordinate of one measurement moves in one sex: knots (K,) over age in years."""

    measurement: str
    sex: Sex
    years: Floats
    shift: Floats
    stretch: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """All moves of a population; none where the survey's vitals stay."""

    lines: tuple[Line, ...] = ()

    def moved(self, z: Floats, measurements: tuple[str, ...], person: Conditions) -> Floats:
        """Return base values (n, D) of n people, moved; their columns are `measurements`."""
        if not self.lines:
            return z
        moved = z.copy()
        for line in self.lines:
            k = measurements.index(line.measurement)
            some = person["sex"] == line.sex
            years = person["age_months"][some] / 12
            stretch = np.interp(years, line.years, line.stretch)
            moved[some, k] = np.interp(years, line.years, line.shift) + stretch * z[some, k]
        return moved


NO_MOVES: Final = Moves()
