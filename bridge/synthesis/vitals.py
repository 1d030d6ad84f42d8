"""What is measured at each visit: fitted models, a person's trajectory, and their triage level."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.age_limits import Span
from bridge.chart import DECIMALS, MEASUREMENTS
from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.flows.trajectory import Persistence, trajectories
from bridge.synthesis.base_space import UNCALIBRATED, Calibration
from bridge.synthesis.newborns import FLOW_FROM_MONTHS, add_newborns
from bridge.synthesis.triage import ROUTINE
from bridge.synthesis.wellness import (
    FROM_MONTHS,
    TO_MONTHS,
    WellVitals,
    blood_pressure,
    well_vitals,
)

Limits = Mapping[str, tuple[float, float]]

ADULT_MONTHS: Final = 240.0
"""From 20 years on nobody grows: NHANES's median heights rise until about then."""

SHORTEST_ADULT_CM: Final = 130.0

BODY_MASS_INDEX: Final = (10.0, 85.0)
NEWBORN_BODY_MASS_INDEX: Final = 7.5
"""As low as under three months: a newborn of 2 kg and 46 cm has 9.5."""
SMALL_CHILD_MONTHS: Final = 60
SMALL_CHILDS_BODY_MASS_INDEX: Final = 26.0
"""As high as under five years: about five SD over WHO's median, where WHO takes a weight for a
mistake (half an SD in it is a choice)."""
LEAST_PULSE_PRESSURE: Final = 10.0
"""Of the 51,665 people of NHANES 2005-2016 that the model is fitted to, three lie outside."""

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
    "head_circ_cm": Persistence(1.0, 1.0),
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
    triage: NDArray[np.int64]
    """(n, V) ROUTINE, or the triage level 1 to 5."""

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
            triage=self.triage[rows],
        )


class Vitals:
    """Makes the measurements of people's visits, none of them impossible."""

    def __init__(
        self,
        population: Model,
        illness: Model,
        limits: Limits,
        calibration: Calibration = UNCALIBRATED,
        ages: Mapping[str, tuple[Span, ...]] | None = None,
    ) -> None:
        """Make vitals within `limits`, and within those that depend on age and sex (`ages`)."""
        self._population = population
        self._calibration = calibration
        self._illness = illness
        self._limits = limits
        self._ages = dict(ages or {})
        names = (*population.outputs, *illness.outputs)
        self._persistence = tuple(PERSISTENCE.get(name, _OF_THE_DAY) for name in names)
        # A fast pulse is the same chance of the day whether somebody comes well or ill.
        self._pulse = names.index("pulse_bpm")
        self._of_well = [illness.outputs.index(name) for name in WellVitals._fields]

    def measure(
        self, visits: Visits, normals: Callable[[NDArray[np.bool_], tuple[int, ...]], Floats]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return values (n, V, M) in the order of MEASUREMENTS, NaN where none is taken.

        `normals` draws N(0, 1) of a shape for each of the people (n,) that are marked. People
        with an impossible value are drawn again; the second result (n,) says who. Raises
        InputError where the limits leave them no value.
        """
        values = np.full((*visits.months.shape, len(MEASUREMENTS)), np.nan)
        wanted = np.ones(len(visits.count), dtype=bool)
        resampled = ~wanted
        left = DRAWS * (len(wanted) + 30)
        shape = (visits.months.shape[1], 2, len(self._persistence))
        while left > 0:
            some = visits[wanted]
            left -= len(some.count)
            values[wanted] = drawn = self._draw(some, normals(wanted, shape))
            wanted[wanted] = self._impossible(drawn, some).any(axis=1)
            if not wanted.any():
                return values, resampled
            resampled |= wanted

        raise self._no_value(values[wanted], visits[wanted])

    def _no_value(self, values: Floats, visits: Visits) -> InputError:
        """Say which limits most of the values of some people lie outside."""
        by_name = {name: self._outside(name, values, visits) for name in self._limits}
        name = max(by_name, key=lambda name: int(by_name[name].sum()))
        low, high = self._limits[name]
        by_age = " and less by age or sex," if name in self._ages else ""
        return InputError(
            f"the limits of {name}, {low:g} to {high:g},{by_age} leave some patients no value: "
            "widen them in the mapping (plausible), or on the server"
        )

    def _draw(self, visits: Visits, normals: Floats) -> Floats:
        people, places = visits.months.shape
        base = trajectories(normals, visits.months / 12, self._persistence)
        real = visits.real
        months = np.where(
            visits.months[:, :1] >= ADULT_MONTHS, visits.months[:, -1:], visits.months
        )  # an adult is measured as of one age, and so keeps one height
        measured = self._at_visits(
            base[real],
            np.broadcast_to(visits.sex[:, None], real.shape)[real],
            months[real],
            visits.triage[real],
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
        triage: NDArray[np.int64],
    ) -> Floats:
        """Return values (m, M) of m visits from base values (m, D)."""
        own, of_illness = np.split(base, [len(self._population.outputs)], axis=1)
        person = {"sex": sex, "age_months": months}
        of_population = self._calibration.calibrated(own, self._population.outputs, person)
        values = self._population.values(of_population, person)
        measured = dict(zip(self._population.outputs, values.T, strict=True))
        add_newborns(measured, own, self._population, self._calibration, sex, months)
        _add_small_childrens_pressure(measured, self._population, of_population, sex, months)
        temperature, breaths, saturation = of_illness[:, self._of_well].T
        measured |= well_vitals(temperature, breaths, saturation, months)._asdict()
        ill = triage != ROUTINE
        of_illness[:, self._illness.outputs.index("pulse_bpm")] = base[:, self._pulse]
        patient = {
            "sex": sex[ill],
            "age_months": months[ill],
            "immediacy": triage[ill].astype(np.str_),
        }
        found = self._illness.values(of_illness[ill], patient)
        for name, column in zip(self._illness.outputs, found.T, strict=True):
            measured[name][ill] = column
        # The emergency survey reads tenths of a degree Fahrenheit, a chart tenths of a Celsius.
        celsius = measured["temperature_c"]
        measured["temperature_c"] = np.round(celsius, DECIMALS["temperature_c"])
        return np.stack([measured[name] for name in MEASUREMENTS], axis=1)

    def _impossible(self, values: Floats, visits: Visits) -> NDArray[np.bool_]:
        """Tell which visits (n, V) hold a value that nobody has or that a server refuses."""
        of = {name: values[..., k] for k, name in enumerate(MEASUREMENTS)}
        wrong = implausible(of, visits.months)
        for name in self._limits:
            wrong |= self._outside(name, values, visits)
        return wrong

    def _outside(self, name: str, values: Floats, visits: Visits) -> NDArray[np.bool_]:
        """Tell which visits (n, V) hold a value of a measurement that is outside its limits."""
        column = values[..., MEASUREMENTS.index(name)]
        wrong = _outside(column, *self._limits[name])
        if spans := self._ages.get(name):
            wrong |= _outside(column, *bounds_by_age(spans, visits))
        return wrong


AGE_EDGE: Final = 0.15
"""Months about the age at which limits change within which both are kept to: a calendar's months
are not all as long as those that ages are reckoned in."""


def bounds_by_age(spans: tuple[Span, ...], visits: Visits) -> tuple[Floats, Floats]:
    """Return the least and the greatest value (n, V) that are taken at the age of each visit."""
    low = np.full(visits.months.shape, -np.inf)
    high = np.full(visits.months.shape, np.inf)
    for span in spans:
        of_sex = np.isin(visits.sex, list(span.sexes))[:, None]
        whom = of_sex & (visits.months + AGE_EDGE >= span.first)
        whom &= visits.months - AGE_EDGE < span.last + 1
        if span.low is not None:
            low[whom] = np.maximum(low[whom], span.low)
        if span.high is not None:
            high[whom] = np.minimum(high[whom], span.high)
    return low, high


def implausible(of: Mapping[str, Floats], months: Floats) -> NDArray[np.bool_]:
    """Tell who has measurements, by name, that next to nobody of NHANES has."""
    wrong = of["sbp_mmhg"] - of["dbp_mmhg"] < LEAST_PULSE_PRESSURE
    wrong |= (months >= ADULT_MONTHS) & (of["height_cm"] < SHORTEST_ADULT_CM)
    low, high = BODY_MASS_INDEX
    index = of["weight_kg"] / (of["height_cm"] / 100) ** 2
    least = np.where(months < FLOW_FROM_MONTHS, NEWBORN_BODY_MASS_INDEX, low)
    most = np.where(months < SMALL_CHILD_MONTHS, SMALL_CHILDS_BODY_MASS_INDEX, high)
    wrong |= _outside(index, least, most)
    return wrong


def _add_small_childrens_pressure(
    measured: dict[str, Floats],
    population: Model,
    base: Floats,
    sex: NDArray[np.str_],
    months: Floats,
) -> None:
    """Put in the blood pressure of three- to seven-year-olds, whom the survey has none of."""
    small = (months >= FROM_MONTHS) & (months < TO_MONTHS)
    names = ("sbp_mmhg", "dbp_mmhg")
    z_sbp, z_dbp = (base[small, population.outputs.index(name)] for name in names)
    pressures = blood_pressure(
        z_sbp, z_dbp, measured["height_cm"][small], sex[small], months[small]
    )
    for name, values in zip(names, pressures, strict=True):
        measured[name][small] = values


def _outside(values: Floats, low: float | Floats, high: float | Floats) -> NDArray[np.bool_]:
    return (values < low) | (values > high)
