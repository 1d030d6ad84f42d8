"""What is measured at each visit: the fitted models, a person's course, and how ill they come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.records import MEASUREMENTS
from bridge.synthesis.course import NON_URGENT, ROUTINE, Persistence, trajectories
from bridge.synthesis.model import Model

Floats = NDArray[np.float64]
Limits = Mapping[str, tuple[float, float]]

ADULT_MONTHS: Final = 240.0
"""From 20 years on nobody grows: NHANES's median heights rise until about then."""

SHORTEST_ADULT_CM: Final = 130.0

BLOOD_PRESSURE: Final = {"sbp_mmhg": (70.0, 270.0), "dbp_mmhg": (30.0, 150.0)}
"""Outside these the NCD Risk Factor Collaboration drops a reading as implausible (Lancet 2017;
389:37). NHANES keeps diastolic pressures down to 2 mmHg: sounds that were heard until the end."""

ROUTINE_LIMITS: Final = {"temperature_c": (35.0, 39.0), "spo2_pct": (90.0, 100.0)}
"""What CIEL calls critical beyond: with such a value nobody's visit is a routine one."""

DRAWS: Final = 30
"""How many draws a person may take, on average, before the limits are held to leave no value."""

# How alike a person's coordinates are from visit to visit, fitted to the same person's readings
# 6 and 12 years apart in the Framingham teaching set (4,434 adults): systolic r = .71 and .62,
# diastolic .62 and .50, pulse .50 and .45; body mass index .90 and .83, and .96-.97 at one year,
# which weight has here. No figure was found for the arm, which goes with weight, nor for children
# at such distances, who are given the adults'.
PERSISTENCE: Final[Mapping[str, Persistence]] = {
    "height_cm": Persistence(1.0, 1.0),
    "weight_kg": Persistence(1.0, 0.97),
    "muac_cm": Persistence(1.0, 0.97),
    "sbp_mmhg": Persistence(0.813, 0.978),
    "dbp_mmhg": Persistence(0.769, 0.965),
    "pulse_bpm": Persistence(0.556, 0.983),
}
_OF_THE_DAY = Persistence(0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """The visits of n people, V places each; the first `count` (n,) of a row are real."""

    count: NDArray[np.int64]
    sex: NDArray[np.str_]
    months: Floats
    """(n, V) exact age in months, ascending."""
    illness: NDArray[np.int64]
    """(n, V) ROUTINE, or triage 1 to 5."""

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which of the (n, V) places hold a visit."""
        return np.arange(self.months.shape[1]) < self.count[:, None]

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Visits":
        """Return the same of some people."""
        return Visits(
            count=self.count[rows],
            sex=self.sex[rows],
            months=self.months[rows],
            illness=self.illness[rows],
        )


class Vitals:
    """Makes the measurements of people's visits, none of them impossible."""

    def __init__(self, population: Model, illness: Model, limits: Limits) -> None:
        self._population = population
        self._illness = illness
        self._limits = limits
        names = (*population.outputs, *illness.outputs)
        self._persistence = tuple(PERSISTENCE.get(name, _OF_THE_DAY) for name in names)
        # A fast pulse is the same chance of the day whether somebody comes well or ill.
        self._pulse = names.index("pulse_bpm")

    def measure(
        self, visits: Visits, normals: Callable[[tuple[int, ...]], Floats]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return values (n, V, M) in the order of MEASUREMENTS, NaN where none is taken.

        `normals` draws N(0, 1) of a shape. People with an impossible value are drawn again; the
        second result (n,) says who. Raises InputError where the limits leave them no value.
        """
        values = np.full((*visits.months.shape, len(MEASUREMENTS)), np.nan)
        wanted = np.ones(len(visits.count), dtype=bool)
        redrawn = ~wanted
        left = DRAWS * (len(wanted) + 30)
        while left > 0:
            some = visits[wanted]
            left -= len(some.count)
            values[wanted] = drawn = self._draw(some, normals)
            wanted[wanted] = self._impossible(drawn, some).any(axis=1)
            if not wanted.any():
                return values, redrawn
            redrawn |= wanted

        def outside(name: str) -> int:
            return int(
                _outside(values[wanted][..., MEASUREMENTS.index(name)], *self._limits[name]).sum()
            )

        name = max(self._limits, key=outside)
        low, high = self._limits[name]
        raise InputError(
            f"the limits of {name}, {low:g} to {high:g}, leave some patients no value: widen them "
            "in the mapping (plausible), or on the server"
        )

    def _draw(self, visits: Visits, normals: Callable[[tuple[int, ...]], Floats]) -> Floats:
        people, places = visits.months.shape
        shape = (people, places, 2, len(self._persistence))
        base = trajectories(normals(shape), visits.months / 12, self._persistence)
        real = visits.real
        months = np.where(
            visits.months[:, :1] >= ADULT_MONTHS, visits.months[:, -1:], visits.months
        )  # an adult is measured as of one age, and so keeps one height
        measured = self._at_visits(
            base[real],
            np.broadcast_to(visits.sex[:, None], real.shape)[real],
            months[real],
            visits.illness[real],
        )
        values = np.full((people, places, len(MEASUREMENTS)), np.nan)
        values[real] = measured
        height = MEASUREMENTS.index("height_cm")
        # A tape is no ruler, but a child who lost height between visits is a mistake to a reader.
        values[..., height] = np.fmax.accumulate(values[..., height], axis=1)
        values[~real] = np.nan
        return values

    def _at_visits(
        self,
        base: Floats,
        sex: NDArray[np.str_],
        months: Floats,
        illness: NDArray[np.int64],
    ) -> Floats:
        """Return values (m, M) of m visits from base values (m, D)."""
        of_population, of_illness = np.split(base, [len(self._population.outputs)], axis=1)
        of_illness[:, 0] = base[:, self._pulse]
        person = {"sex": sex, "age_months": months}
        measured = dict(
            zip(
                self._population.outputs,
                self._population.values(of_population, person).T,
                strict=True,
            )
        )
        ill = illness != ROUTINE
        triage = np.where(ill, illness, NON_URGENT).astype(np.str_)
        for some, given in ((ill, {}), (~ill, {"pulse_bpm": measured["pulse_bpm"][~ill]})):
            patient = {"sex": sex[some], "age_months": months[some], "immediacy": triage[some]}
            found = self._illness.values(of_illness[some], patient, given)
            for name, column in zip(self._illness.outputs, found.T, strict=True):
                measured.setdefault(name, np.full(len(base), np.nan))[some] = column
        return np.stack([measured[name] for name in MEASUREMENTS], axis=1)

    def _impossible(self, values: Floats, visits: Visits) -> NDArray[np.bool_]:
        """Tell which visits (n, V) hold a value that no living person or no server has."""
        of = {name: values[..., k] for k, name in enumerate(MEASUREMENTS)}
        adult = visits.months >= ADULT_MONTHS
        wrong = (of["dbp_mmhg"] >= of["sbp_mmhg"]) | (of["dbp_mmhg"] <= 0)
        wrong |= adult & (of["height_cm"] < SHORTEST_ADULT_CM)
        for limits in (BLOOD_PRESSURE, self._limits):
            for name, (low, high) in limits.items():
                wrong |= _outside(of[name], low, high)
        for name, (low, high) in ROUTINE_LIMITS.items():
            wrong |= (visits.illness == ROUTINE) & _outside(of[name], low, high)
        return wrong


def _outside(values: Floats, low: float, high: float) -> NDArray[np.bool_]:
    return (values < low) | (values > high)
