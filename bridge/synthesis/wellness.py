"""What the surveys did not measure: blood pressure at 3 to 7 years, and well people's vitals.

The figures are published ones, in wellness.yaml, each with its source.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bridge.flows.columns import Floats
from bridge.yaml_files import YamlModel, load_yaml

Strings = NDArray[np.str_]

FIGURES: Final = Path(__file__).with_suffix(".yaml")

REACH: Final = 3.0
"""Nothing is published of the outermost 1 in 740 on either side: they are held at 3 SD."""

FROM_MONTHS: Final = 36.0
TO_MONTHS: Final = 96.0
"""Younger children's pressure is seldom taken; from 8 years on NHANES has it."""

LOWEST: Final = (70.0, 30.0)
"""Systolic and diastolic pressure under which the NCD Risk Factor Collaboration drops a reading
(Lancet 2017;389:37)."""

MANOMETER: Final = 2.0
"""NHANES reads the manometer to 2 mmHg."""

INFANT_MONTHS: Final = 12.0
ADULT_MONTHS: Final = 216.0

Numbers = Annotated[list[float], Field(min_length=1)]


class Growth(YamlModel):
    """Height of one sex at the ages of its table."""

    median_cm: Numbers
    variation: Numbers


class Heights(YamlModel):
    """Height by age and sex."""

    source: str
    months: Numbers
    male: Annotated[Growth, Field(alias="M")]
    female: Annotated[Growth, Field(alias="F")]


class Pressure(YamlModel):
    """One pressure of one sex at the ages of its table."""

    mean: Numbers
    sd: Numbers
    at_8: float
    height_linear: float
    height_cubic: float

    @property
    def per_height(self) -> float:
        """Return mmHg per SD of height, averaged over children: E(3 z^2) is 3."""
        return self.height_linear + 3 * self.height_cubic


class Pressures(YamlModel):
    """One pressure by sex."""

    male: Annotated[Pressure, Field(alias="M")]
    female: Annotated[Pressure, Field(alias="F")]


class BloodPressures(YamlModel):
    """Blood pressure by age, sex and height."""

    source: str
    months: Numbers
    correlation: float
    least_pulse_pressure: float
    systolic: Pressures
    diastolic: Pressures


class Temperatures(YamlModel):
    """Body temperature by age in degrees Celsius."""

    source: str
    infant_median: float
    child_median: float
    child_sd: float
    adult_mean: float
    adult_mean_at_years: float
    adult_per_decade: float
    adult_sd: float


class Curve(YamlModel):
    """Which percentage of people of some ages has at most which value."""

    months: Numbers
    percent: Annotated[list[Annotated[float, Field(gt=0, lt=100)]], Field(min_length=2)]
    value: Numbers

    @model_validator(mode="after")
    def _in_pairs(self) -> Self:
        if len(self.percent) != len(self.value):
            raise ValueError("value: needs one number for each percent")
        return self

    def at(self, z: Floats) -> Floats:
        """Return the values for normal scores, going on straight past the outermost ones."""
        scores = np.array([NormalDist().inv_cdf(percent / 100) for percent in self.percent])
        values = np.array(self.value)
        slopes = np.diff(values)[[0, -1]] / np.diff(scores)[[0, -1]]
        past = np.minimum(z - scores[0], 0) * slopes[0] + np.maximum(z - scores[-1], 0) * slopes[1]
        value: Floats = np.interp(z, scores, values) + past
        return value


class Curves(YamlModel):
    """Curves in the order of their ages."""

    source: str
    curves: Annotated[list[Curve], Field(min_length=1)]

    def at(self, z: Floats, age_months: Floats) -> Floats:
        """Return the values for scores z (n,) at ages (n,), between two curves in proportion."""
        knots = [(months, curve) for curve in self.curves for months in curve.months]
        values = np.stack([curve.at(_held(z)) for _, curve in knots])
        place = np.interp(age_months, [months for months, _ in knots], np.arange(len(knots)))
        below = place.astype(np.int64)
        above = np.minimum(below + 1, len(knots) - 1)
        people = np.arange(len(z))
        share = place - below
        value: Floats = (1 - share) * values[below, people] + share * values[above, people]
        return value


class WellnessFigures(YamlModel):
    """All that wellness.yaml holds."""

    height: Heights
    blood_pressure: BloodPressures
    temperature: Temperatures
    respiration: Curves
    saturation: Curves


@cache
def figures() -> WellnessFigures:
    """Read the published figures."""
    return load_yaml(FIGURES, WellnessFigures)


class WellVitals(NamedTuple):
    """Vitals (n,) of n well people."""

    temperature_c: Floats
    resp_rate_bpm: Floats
    spo2_pct: Floats


def blood_pressure(
    z_sbp: Floats, z_dbp: Floats, height_cm: Floats, sex: Strings, age_months: Floats
) -> tuple[Floats, Floats]:
    """Return systolic and diastolic pressure (n,) in mmHg of children of 36 to 95 months.

    `z_sbp` and `z_dbp` are independent N(0, 1); both pressures come out correlated. Sexes are M
    and F. NaN where the age is outside. Rise with age and SD: Lo 2013; effect of height: Fourth
    Report 2004; level: NHANES, which the eight-year-olds are drawn from. Diastolic pressure is 7
    to 8 mmHg lower there, and nobody's falls by that much on a birthday; systolic by 1.
    """
    of = figures().blood_pressure
    tall = _held(_height_score(height_cm, sex, age_months))
    together = of.correlation * _held(z_sbp) + np.sqrt(1 - of.correlation**2) * _held(z_dbp)
    systolic = _pressure(of.systolic, _held(z_sbp), tall, sex, age_months)
    systolic = _read_off(np.maximum(systolic, LOWEST[0]), MANOMETER)
    diastolic = _pressure(of.diastolic, together, tall, sex, age_months)
    diastolic = np.clip(diastolic, LOWEST[1], systolic - of.least_pulse_pressure)
    outside = (age_months < FROM_MONTHS) | (age_months >= TO_MONTHS)
    return (
        np.where(outside, np.nan, systolic),
        np.where(outside, np.nan, _read_off(diastolic, MANOMETER)),
    )


def well_vitals(
    z_temperature: Floats, z_resp: Floats, z_spo2: Floats, age_months: Floats
) -> WellVitals:
    """Return temperature, breaths a minute and SpO2 (n,) of well people, from N(0, 1) each.

    They depend on age alone: no published effect of sex could be put into figures, and none of
    the pulse in people who are not ill. The sources are in wellness.yaml. Temperature is that of
    the armpit in children and of the mouth in adults; SpO2 is that near sea level.
    """
    of = figures()
    saturation = of.saturation.at(z_spo2, age_months)
    return WellVitals(
        temperature_c=_temperature(of.temperature, _held(z_temperature), age_months),
        resp_rate_bpm=_read_off(of.respiration.at(z_resp, age_months), 1.0),
        spo2_pct=_read_off(np.minimum(saturation, 100.0), 1.0),
    )


def _height_score(height_cm: Floats, sex: Strings, age_months: Floats) -> Floats:
    """Return by how many SD a child is taller than others of its age and sex."""
    of = figures().height

    def at_age(male: Sequence[float], female: Sequence[float]) -> Floats:
        return _at_age(age_months, of.months, sex, male, female)

    median = at_age(of.male.median_cm, of.female.median_cm)
    return (height_cm / median - 1) / at_age(of.male.variation, of.female.variation)


def _pressure(of: Pressures, z: Floats, tall: Floats, sex: Strings, age_months: Floats) -> Floats:
    months = figures().blood_pressure.months
    male, female = of.male, of.female
    mean = _at_age(age_months, months, sex, male.mean, female.mean)
    sd = _at_age(age_months, months, sex, male.sd, female.sd)
    to_survey = _of(sex, male.at_8 - male.mean[-1], female.at_8 - female.mean[-1])
    per_height = _of(sex, male.per_height, female.per_height)
    return mean + to_survey + per_height * tall + np.sqrt(sd**2 - per_height**2) * z


def _temperature(of: Temperatures, z: Floats, age_months: Floats) -> Floats:
    decades = (age_months / 12 - of.adult_mean_at_years) / 10
    adult = of.adult_mean + of.adult_per_decade * decades + of.adult_sd * z
    child = np.where(age_months < INFANT_MONTHS, of.infant_median, of.child_median)
    value: Floats = np.where(age_months < ADULT_MONTHS, child + of.child_sd * z, adult)
    return np.round(value, 1)


def _at_age(
    age_months: Floats,
    months: Sequence[float],
    sex: Strings,
    male: Sequence[float],
    female: Sequence[float],
) -> Floats:
    return np.where(
        sex == "M", np.interp(age_months, months, male), np.interp(age_months, months, female)
    )


def _of(sex: Strings, male: float, female: float) -> Floats:
    return np.where(sex == "M", male, female)


def _held(z: Floats) -> Floats:
    return np.clip(z, -REACH, REACH)


def _read_off(values: Floats, step: float) -> Floats:
    return np.rint(values / step) * step
