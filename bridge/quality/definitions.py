"""Health indicators: who counts as having what, each from its published source.

A definition takes a table of Samples and gives 1.0 for those who have it, 0.0 for those who have
not, NaN where it cannot be told. One reading makes no diagnosis: what is compared is how often
readings lie in these ranges.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.quality.frames import age_years

Truth = NDArray[np.bool_]


class Definition(NamedTuple):
    """An indicator: the columns it needs besides age, for which ages (years) and sex ("": both)."""

    name: str
    needs: tuple[str, ...]
    years: tuple[float, float]
    source: str
    holds: Callable[[pd.DataFrame, Floats], Truth]
    sex: str = ""

    def applied(self, frame: pd.DataFrame) -> Floats | None:
        """Tell who has it (n,); None where a column is not there."""
        years = age_years(frame)
        if years is None or not set(self.needs) <= set(frame.columns):
            return None
        known = frame[list(self.needs)].notna().all(axis=1).to_numpy()
        of_age = (years >= self.years[0]) & (years < self.years[1])
        out: Floats = np.where(known & of_age, self.holds(frame, years), np.nan)
        return out


ADULT: Final = (18.0, 200.0)
ANY_AGE: Final = (0.0, 200.0)

_PRESSURE = (
    "2017 ACC/AHA guideline for high blood pressure in adults (Whelton et al., Hypertension "
    "2018;71:e13-e115), categories of blood pressure"
)
_BMI = "WHO, Obesity: preventing and managing the global epidemic (Technical Report 894, 2000)"
_BMI_CHILD = (
    "WHO growth reference 5-19 years, BMI-for-age: thinness below -2 SD, overweight above +1 SD, "
    "obesity above +2 SD (de Onis et al., Bull World Health Organ 2007;85:660-667)"
)
_MUAC = (
    "WHO and UNICEF, Child growth standards and the identification of severe acute malnutrition "
    "in infants and children (2009); 6 to 59 months"
)
_FEVER = "Brighton Collaboration case definition of fever (Marcy et al., Vaccine 2004;22:551-556)"
_FAST_PULSE_ADULT = (
    "2015 ACC/AHA/HRS guideline on supraventricular tachycardia (Page et al., Circulation "
    "2016;133:e506-e574): a rate above 100/min"
)
_FAST_PULSE_CHILD = (
    "International pediatric sepsis consensus conference (Goldstein et al., Pediatr Crit Care Med "
    "2005;6:2-8): above 180/min under 2 years, 140 at 2-5, 130 at 6-12, 110 at 13-17"
)
_FAST_BREATH_ADULT = "ACCP/SCCM consensus conference (Bone et al., Chest 1992;101:1644-1655)"
_FAST_BREATH_CHILD = (
    "WHO, Integrated management of childhood illness, chart booklet (2014): 60/min or more under "
    "2 months, 50 at 2-11 months, 40 at 12-59 months"
)
_LOW_OXYGEN = "WHO, Pocket book of hospital care for children (2nd edition, 2013): SpO2 below 90 %"

_BMI_YEARS = np.arange(5, 20)
_BMI_CUTS = {
    ("F", -2): "12.76 12.70 12.73 12.88 13.14 13.47 13.89 14.39 14.94 15.45 15.87 16.17 16.35 16.45"
    " 16.50",
    ("F", 1): "16.86 17.01 17.29 17.73 18.33 19.03 19.86 20.81 21.80 22.73 23.51 24.10 24.50 24.77"
    " 24.97",
    ("F", 2): "18.83 19.22 19.79 20.56 21.51 22.57 23.72 24.97 26.21 27.32 28.22 28.87 29.28 29.52"
    " 29.67",
    ("M", -2): "13.04 13.04 13.15 13.30 13.49 13.74 14.06 14.45 14.93 15.48 16.01 16.50 16.93 17.28"
    " 17.55",
    ("M", 1): "16.64 16.76 17.05 17.44 17.91 18.48 19.16 19.95 20.83 21.77 22.68 23.53 24.27 24.91"
    " 25.45",
    ("M", 2): "18.25 18.52 19.02 19.67 20.47 21.40 22.45 23.58 24.76 25.92 26.97 27.87 28.63 29.24"
    " 29.72",
}
"""BMI at each birthday from 5 to 19 of WHO's table; between birthdays a straight line is within
0.04 kg/m2 of its monthly values."""


def _bmi(frame: pd.DataFrame) -> Floats:
    height = frame["height_cm"].to_numpy(np.float64) / 100
    bmi: Floats = frame["weight_kg"].to_numpy(np.float64) / height**2
    return bmi


def _bmi_between(low: float, high: float) -> Callable[[pd.DataFrame, Floats], Truth]:
    def holds(frame: pd.DataFrame, years: Floats) -> Truth:
        bmi = _bmi(frame)
        return (bmi >= low) & (bmi < high)

    return holds


def _bmi_for_age(sex: str, sds: int) -> Callable[[pd.DataFrame, Floats], Truth]:
    """Return whether the BMI lies beyond so many SDs of that sex's reference."""
    cuts = np.array(_BMI_CUTS[sex, sds].split(), dtype=np.float64)

    def holds(frame: pd.DataFrame, years: Floats) -> Truth:
        cut, bmi = np.interp(years, _BMI_YEARS, cuts), _bmi(frame)
        return bmi < cut if sds < 0 else bmi > cut

    return holds


def _pressure(
    sbp: tuple[float, float], dbp: tuple[float, float], *, both: bool
) -> Callable[[pd.DataFrame, Floats], Truth]:
    """Return whether both readings lie from .. to below; or one at least, and neither above."""

    def holds(frame: pd.DataFrame, years: Floats) -> Truth:
        s, d = frame["sbp_mmhg"].to_numpy(np.float64), frame["dbp_mmhg"].to_numpy(np.float64)
        if both:
            return (s >= sbp[0]) & (s < sbp[1]) & (d >= dbp[0]) & (d < dbp[1])
        return ((s >= sbp[0]) | (d >= dbp[0])) & (s < sbp[1]) & (d < dbp[1])

    return holds


def _below(name: str, limit: float) -> Callable[[pd.DataFrame, Floats], Truth]:
    return lambda frame, years: frame[name].to_numpy(np.float64) < limit


def _from(name: str, limit: float) -> Callable[[pd.DataFrame, Floats], Truth]:
    return lambda frame, years: frame[name].to_numpy(np.float64) >= limit


def _above(name: str, limit: float) -> Callable[[pd.DataFrame, Floats], Truth]:
    return lambda frame, years: frame[name].to_numpy(np.float64) > limit


def _fast_pulse_child(frame: pd.DataFrame, years: Floats) -> Truth:
    limit = np.array([180, 140, 130, 110])[np.searchsorted([2, 6, 13], years, "right")]
    return frame["pulse_bpm"].to_numpy(np.float64) > limit


def _fast_breath_child(frame: pd.DataFrame, years: Floats) -> Truth:
    limit = np.array([60, 50, 40])[np.searchsorted([2 / 12, 1], years, "right")]
    return frame["resp_rate_bpm"].to_numpy(np.float64) >= limit


_ENDLESS = np.inf
_BP = ("sbp_mmhg", "dbp_mmhg")
_SIZE = ("height_cm", "weight_kg")


def _child_sizes(sex: str) -> tuple[Definition, ...]:
    return tuple(
        Definition(name, _SIZE, (5, 18), _BMI_CHILD, _bmi_for_age(sex, sds), sex)
        for name, sds in (
            ("thinness (BMI-for-age < -2 SD)", -2),
            ("overweight with obesity (BMI-for-age > +1 SD)", 1),
            ("obesity (BMI-for-age > +2 SD)", 2),
        )
    )


PRESSURE: Final = (
    Definition(
        "elevated blood pressure (120-129 and < 80)",
        _BP,
        ADULT,
        _PRESSURE,
        _pressure((120, 130), (-_ENDLESS, 80), both=True),
    ),
    Definition(
        "hypertension, all stages (≥ 130 or ≥ 80)",
        _BP,
        ADULT,
        _PRESSURE,
        _pressure((130, _ENDLESS), (80, _ENDLESS), both=False),
    ),
    Definition(
        "hypertension, stage 1 (130-139 or 80-89)",
        _BP,
        ADULT,
        _PRESSURE,
        _pressure((130, 140), (80, 90), both=False),
    ),
    Definition(
        "hypertension, stage 2 (≥ 140 or ≥ 90)",
        _BP,
        ADULT,
        _PRESSURE,
        _pressure((140, _ENDLESS), (90, _ENDLESS), both=False),
    ),
)

SIZE: Final = (
    Definition("underweight (BMI < 18.5)", _SIZE, ADULT, _BMI, _bmi_between(0, 18.5)),
    Definition("normal weight (BMI 18.5-24.9)", _SIZE, ADULT, _BMI, _bmi_between(18.5, 25)),
    Definition("overweight (BMI 25-29.9)", _SIZE, ADULT, _BMI, _bmi_between(25, 30)),
    Definition("obesity (BMI ≥ 30)", _SIZE, ADULT, _BMI, _bmi_between(30, _ENDLESS)),
    *_child_sizes("F"),
    *_child_sizes("M"),
    Definition(
        "acute malnutrition (arm < 12.5 cm)",
        ("muac_cm",),
        (0.5, 5),
        _MUAC,
        _below("muac_cm", 12.5),
    ),
)

SIGNS: Final = (
    Definition(
        "fever (≥ 38.0 °C)",
        ("temperature_c",),
        ANY_AGE,
        _FEVER,
        _from("temperature_c", 38.0),
    ),
    Definition(
        "tachycardia (adults, > 100/min)",
        ("pulse_bpm",),
        ADULT,
        _FAST_PULSE_ADULT,
        _above("pulse_bpm", 100),
    ),
    Definition(
        "tachycardia (children, by age)",
        ("pulse_bpm",),
        (0, 18),
        _FAST_PULSE_CHILD,
        _fast_pulse_child,
    ),
    Definition(
        "tachypnoea (adults, > 20/min)",
        ("resp_rate_bpm",),
        ADULT,
        _FAST_BREATH_ADULT,
        _above("resp_rate_bpm", 20),
    ),
    Definition(
        "fast breathing (under 5, by age)",
        ("resp_rate_bpm",),
        (0, 5),
        _FAST_BREATH_CHILD,
        _fast_breath_child,
    ),
    Definition(
        "hypoxaemia (SpO2 < 90 %)", ("spo2_pct",), ANY_AGE, _LOW_OXYGEN, _below("spo2_pct", 90)
    ),
)

DEFINITIONS: Final = PRESSURE + SIZE + SIGNS
"""Left out for want of a source that fits: fast breathing from 5 to 17 years; blood pressure of
children (by height centile); wasting and stunting under 5 (the arm stands for them)."""
