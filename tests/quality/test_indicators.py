"""Health indicators and their match."""

import numpy as np
import pandas as pd
import pytest

from bridge.quality.definitions import DEFINITIONS
from bridge.quality.frames import comparable
from bridge.quality.indicators import measure_match
from bridge.quality.matching import trials
from bridge.quality.privacy.rates import wilson
from tests.quality.people import people


def _counted(name: str, sex: str = "", **values: float) -> float:
    definition = next(d for d in DEFINITIONS if d.name.startswith(name) and d.sex == sex)
    applied = definition.applied(pd.DataFrame([values]))
    assert applied is not None
    return float(applied[0])


@pytest.mark.parametrize(
    ("sbp", "dbp", "stage"),
    [
        (118, 78, ""),
        (120, 78, "elevated"),
        (128, 80, "hypertension, stage 1"),
        (130, 70, "hypertension, stage 1"),
        (138, 88, "hypertension, stage 1"),
        (138, 90, "hypertension, stage 2"),
        (140, 70, "hypertension, stage 2"),
    ],
)
def test_a_pressure_is_of_one_stage_and_the_higher_reading_decides(
    sbp: float, dbp: float, stage: str
) -> None:
    """2017 ACC/AHA."""
    for name in ("elevated", "hypertension, stage 1", "hypertension, stage 2"):
        found = _counted(name, age_months=600, sbp_mmhg=sbp, dbp_mmhg=dbp)
        assert found == (name == stage)
    every = _counted("hypertension, all", age_months=600, sbp_mmhg=sbp, dbp_mmhg=dbp)
    assert every == stage.startswith("hypertension")


def test_every_adult_weight_is_of_one_class() -> None:
    """WHO's classes touch and do not overlap."""
    weights = np.arange(40, 130, 0.1)
    adults = pd.DataFrame({"age_months": 600.0, "height_cm": 170.0, "weight_kg": weights})
    names = ("underweight", "normal weight", "overweight (BMI 25", "obesity (BMI ≥")
    counted = [d.applied(adults) for d in DEFINITIONS if d.name.startswith(names)]
    assert (np.sum(counted, axis=0) == 1).all()


@pytest.mark.parametrize(
    ("sex", "months", "thin", "overweight", "obese"),
    [("M", 90, 13.2, 17.2, 19.3), ("F", 150, 14.6, 21.3, 25.6), ("F", 204, 16.4, 24.5, 29.3)],
)
def test_a_childs_bmi_is_judged_by_sex_and_age(
    sex: str, months: float, thin: float, overweight: float, obese: float
) -> None:
    """WHO's -2, +1 and +2 SD, computed from its monthly L, M and S."""
    for name, cut, below in (
        ("thinness", thin, True),
        ("overweight with", overweight, False),
        ("obesity (BMI-for-age", obese, False),
    ):
        for bmi in (cut - 0.15, cut + 0.15):
            found = _counted(name, sex, age_months=months, height_cm=100, weight_kg=bmi)
            assert found == ((bmi < cut) == below)


@pytest.mark.parametrize(
    ("name", "values", "holds"),
    [
        ("fever", {"age_months": 3, "temperature_c": 38.0}, 1),
        ("fever", {"age_months": 3, "temperature_c": 37.94}, 0),
        ("tachycardia (adults", {"age_months": 216, "pulse_bpm": 101}, 1),
        ("tachycardia (children", {"age_months": 23, "pulse_bpm": 180}, 0),
        ("tachycardia (children", {"age_months": 24, "pulse_bpm": 141}, 1),
        ("tachycardia (children", {"age_months": 72, "pulse_bpm": 131}, 1),
        ("tachycardia (children", {"age_months": 156, "pulse_bpm": 110}, 0),
        ("fast breathing", {"age_months": 1, "resp_rate_bpm": 59}, 0),
        ("fast breathing", {"age_months": 2, "resp_rate_bpm": 50}, 1),
        ("fast breathing", {"age_months": 12, "resp_rate_bpm": 40}, 1),
        ("tachypnoea", {"age_months": 400, "resp_rate_bpm": 20}, 0),
        ("hypoxaemia", {"age_months": 400, "spo2_pct": 89}, 1),
        ("acute malnutrition", {"age_months": 6, "muac_cm": 12.4}, 1),
        ("acute malnutrition", {"age_months": 60, "muac_cm": 12.4}, np.nan),
        ("tachycardia (adults", {"age_months": 200, "pulse_bpm": 120}, np.nan),
        ("fever", {"age_months": 3, "temperature_c": np.nan}, np.nan),
    ],
)
def test_a_sign_counts_from_its_limit_on_at_its_age(
    name: str, values: dict[str, float], holds: float
) -> None:
    """Another age, or a value that is missing, counts neither way."""
    assert _counted(name, **values) == pytest.approx(holds, nan_ok=True)


def test_the_interval_is_wilsons() -> None:
    """The textbook's 10 of 50, and it stays within 0 and 1."""
    assert wilson(10, 50)[1:] == pytest.approx((0.1124, 0.3304), abs=5e-4)
    assert wilson(0, 50)[1:] == pytest.approx((0, 0.0713), abs=5e-4)
    assert wilson(50, 50).high == 1.0


def test_people_of_the_same_kind_match_as_a_second_sample_does_and_ill_ones_do_not() -> None:
    """By sex and age band."""
    real, train = people(2000, seed=1), people(2400, seed=3)
    same = people(2000, seed=2)
    for synthetic, near in ((same, True), (same.assign(sbp_mmhg=same.sbp_mmhg + 12), False)):
        samples = comparable(real, synthetic, train)
        match = measure_match(samples, trials(samples, seed=1, repeats=1))
        assert len(match.indicators) > 40
        assert match.floor > 0.7
        assert (match.share > 0.7) == near
        assert (match.at_size > match.floor - 0.15) == near


def test_without_ages_there_are_no_indicators() -> None:
    """Any table can be compared."""
    real = people(300, seed=1).drop(columns="age_months")
    samples = comparable(real, real)
    assert measure_match(samples, trials(samples, seed=1, repeats=1)).indicators == ()
