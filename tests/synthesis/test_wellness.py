"""Blood pressure at 3 to 7 years, and well vitals: the published figures come back."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.synthesis.wellness import (
    Curves,
    WellnessFigures,
    blood_pressure,
    figures,
    well_vitals,
)
from bridge.yaml_files import parse_yaml

Floats = NDArray[np.float64]

EVEN = np.array([NormalDist().inv_cdf(place) for place in (np.arange(2000) + 0.5) / 2000])
"""As many people as make a normal distribution without chance."""

SEXES = ("M", "F")
SCORES = st.floats(-8, 8)


def _pressures(
    z_sbp: Floats, z_dbp: Floats, *, sex: str, months: float, tall: float = 0.0
) -> tuple[Floats, Floats]:
    """Draw children of one sex and age who are `tall` SD taller than the median."""
    heights = figures().height
    growth = heights.male if sex == "M" else heights.female
    median = float(np.interp(months, heights.months, growth.median_cm))
    variation = float(np.interp(months, heights.months, growth.variation))
    n = len(z_sbp)
    return blood_pressure(
        z_sbp,
        z_dbp,
        np.full(n, median * (1 + variation * tall)),
        np.full(n, sex),
        np.full(n, months),
    )


def _well(z: Floats, months: float) -> tuple[Floats, ...]:
    return tuple(well_vitals(z, z, z, np.full(len(z), months)))


@pytest.mark.parametrize("sex", SEXES)
@pytest.mark.parametrize("months", [42.0, 54.0, 66.0, 78.0, 90.0])
def test_pressure_rises_with_age_as_published_from_the_level_of_the_survey(
    sex: str, months: float
) -> None:
    """The mean at each published age, less the last one, is the paper's."""
    of = figures().blood_pressure
    mixed = np.random.default_rng(1).permutation(EVEN)
    drawn = _pressures(EVEN, mixed, sex=sex, months=months)
    for pressure, table in zip(drawn, (of.systolic, of.diastolic), strict=True):
        rows = table.male if sex == "M" else table.female
        expected = rows.at_8 + rows.mean[of.months.index(months)] - rows.mean[-1]
        assert pressure.mean() == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize("sex", SEXES)
def test_pressure_varies_as_published_once_heights_vary_too(sex: str) -> None:
    """The published SD is that of all children of an age, the short and the tall."""
    rng = np.random.default_rng(2)
    n, months = 100_000, 66.0
    heights = figures().height
    growth = heights.male if sex == "M" else heights.female
    median = float(np.interp(months, heights.months, growth.median_cm))
    variation = float(np.interp(months, heights.months, growth.variation))
    height = median * (1 + variation * rng.standard_normal(n))
    sbp, dbp = blood_pressure(
        rng.standard_normal(n),
        rng.standard_normal(n),
        height,
        np.full(n, sex),
        np.full(n, months),
    )
    of = figures().blood_pressure
    for pressure, table in ((sbp, of.systolic), (dbp, of.diastolic)):
        rows = table.male if sex == "M" else table.female
        assert pressure.std() == pytest.approx(rows.sd[2], rel=0.03)


@pytest.mark.parametrize("sex", SEXES)
def test_at_the_eighth_birthday_the_survey_is_met(sex: str) -> None:
    """The survey's mean is that of 8.5 years: half a year's rise is at most 1.1 mmHg."""
    of = figures().blood_pressure
    mixed = np.random.default_rng(3).permutation(EVEN)
    drawn = _pressures(EVEN, mixed, sex=sex, months=95.99)
    for pressure, table in zip(drawn, (of.systolic, of.diastolic), strict=True):
        at_8 = (table.male if sex == "M" else table.female).at_8
        assert 0 < at_8 - pressure.mean() < 1.3


def test_both_pressures_go_together_as_in_the_survey() -> None:
    """From independent scores, at one sex, age and height."""
    rng = np.random.default_rng(4)
    scores = rng.standard_normal((2, 100_000))
    pressures = _pressures(scores[0], scores[1], sex="F", months=66.0)
    expected = figures().blood_pressure.correlation
    assert np.corrcoef(*pressures)[0, 1] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("sex", SEXES)
def test_taller_children_have_higher_pressure(sex: str) -> None:
    """By the Fourth Report's 2 to 3 mmHg of systolic pressure per SD of height."""
    short, _ = _pressures(EVEN, EVEN, sex=sex, months=66.0, tall=-1.0)
    tall, _ = _pressures(EVEN, EVEN, sex=sex, months=66.0, tall=1.0)
    assert 1.9 < (tall.mean() - short.mean()) / 2 < 2.7


def test_there_is_a_pressure_from_three_years_until_eight() -> None:
    """And none before, when it is seldom taken, nor after, when the survey has it."""
    months = np.array([0.0, 35.9, 36.0, 60.0, 95.9, 96.0, 400.0])
    zeros = np.zeros(7)
    drawn = blood_pressure(zeros, zeros, np.full(7, 110.0), np.full(7, "M"), months)
    for pressure in drawn:
        assert np.isnan(pressure).tolist() == [True, True, False, False, False, True, True]


@given(
    scores=st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=20),
    height=st.floats(60, 180),
    months=st.floats(36, 95.9),
    sex=st.sampled_from(SEXES),
)
def test_no_pressure_is_impossible(
    scores: list[tuple[float, float]], height: float, months: float, sex: str
) -> None:
    """Nobody has to be drawn again, and all is read off the manometer's marks."""
    z = np.array(scores)
    n = len(z)
    sbp, dbp = blood_pressure(
        z[:, 0], z[:, 1], np.full(n, height), np.full(n, sex), np.full(n, months)
    )
    assert sbp.shape == dbp.shape == (n,)
    assert (sbp >= 70).all() and (dbp >= 30).all() and (sbp - dbp >= 14).all()
    assert (sbp <= 150).all()
    assert (sbp % 2 == 0).all() and (dbp % 2 == 0).all()


@given(first=SCORES, second=SCORES, other=SCORES, months=st.floats(36, 95.9))
def test_a_pressure_never_falls_while_its_own_score_rises(
    first: float, second: float, other: float, months: float
) -> None:
    """So that a person's latent vector orders their visits."""
    own, fixed = np.array(sorted([first, second])), np.array([other, other])
    sbp, _ = _pressures(own, fixed, sex="M", months=months)
    _, dbp = _pressures(fixed, own, sex="M", months=months)
    assert sbp[0] <= sbp[1]
    assert dbp[0] <= dbp[1]


def test_published_centiles_of_respiration_come_back() -> None:
    """Each at the age it was published for, to a whole breath."""
    for curve in figures().respiration.curves:
        z = np.array([NormalDist().inv_cdf(percent / 100) for percent in curve.percent])
        for months in curve.months:
            _, breaths, _ = _well(z, months)
            assert breaths.tolist() == np.rint(curve.value).tolist()


@pytest.mark.parametrize(
    ("months", "low"), [(216.0, 0.054), (600.0, 0.054), (780.0, 0.109), (960.0, 0.155)]
)
def test_as_many_adults_read_up_to_95_as_in_the_source(months: float, low: float) -> None:
    """Tromso: 5.4 % under 60 years, 10.9 % at 60-69, 15.5 % from 70."""
    _, _, saturation = _well(EVEN, months)
    assert np.mean(saturation <= 95) == pytest.approx(low, abs=0.001)
    assert np.median(saturation) == 98


def test_pupils_read_what_pupils_read() -> None:
    """Los Angeles: 97, 98 and 99 % in 6.5, 18.3 and 74.8 of 100, and hardly 100 %."""
    _, _, saturation = _well(EVEN, 120.0)
    assert np.mean(saturation <= 97) == pytest.approx(0.065, abs=0.001)
    assert np.mean(saturation == 98) == pytest.approx(0.183, abs=0.001)
    assert np.mean(saturation == 99) == pytest.approx(0.748, abs=0.001)


@pytest.mark.parametrize(
    ("years", "mean", "sd"), [(0.5, 36.8, 0.46), (9.0, 36.7, 0.46), (52.7, 36.64, 0.35)]
)
def test_published_temperatures_come_back(years: float, mean: float, sd: float) -> None:
    """Mean and SD, where they were published."""
    temperature, _, _ = _well(EVEN, years * 12)
    assert temperature.mean() == pytest.approx(mean, abs=0.005)
    assert temperature.std() == pytest.approx(sd, rel=0.01)


def test_the_old_are_cooler() -> None:
    """By .021 degC a decade."""
    young, old = (_well(EVEN, years * 12)[0].mean() for years in (20.0, 80.0))
    assert young - old == pytest.approx(6 * 0.021, abs=0.01)


@given(z=st.lists(SCORES, min_size=1, max_size=30), months=st.floats(0, 1400))
def test_well_people_have_possible_vitals_that_rise_with_their_scores(
    z: list[float], months: float
) -> None:
    """On the grids of a thermometer, a watch and an oximeter, and no visit of theirs is urgent."""
    scores = np.sort(np.array(z))
    found = _well(scores, months)
    for values, (low, high) in zip(found, ((35, 39), (8, 75), (90, 100)), strict=True):
        assert values.shape == scores.shape
        assert (values >= low).all() and (values <= high).all()
        assert (np.diff(values) >= 0).all()
    assert np.array_equal(found[0], np.round(found[0], 1))
    assert all(np.array_equal(values, np.rint(values)) for values in found[1:])


def test_each_vital_has_a_score_of_its_own() -> None:
    """Otherwise the breath of the feverish would be decided by the oximeter."""
    zeros, ages = np.zeros(1), np.full(1, 300.0)
    median = well_vitals(zeros, zeros, zeros, ages)
    for place in range(3):
        z = [zeros, zeros, zeros]
        z[place] = np.array([-2.0])
        moved = well_vitals(*z, ages)
        assert [bool(a < b) for a, b in zip(moved, median, strict=True)] == [
            place == k for k in range(3)
        ]


def test_between_two_ages_a_value_lies_between_theirs() -> None:
    """Nobody's breath jumps on a birthday."""
    months = np.arange(0.0, 300.0, 0.5)
    for score in (-1.3, 0.0, 1.3):
        z = np.full(len(months), score)
        _, breaths, _ = well_vitals(z, z, z, months)
        changes = np.diff(breaths)
        assert (changes[months[1:] <= 198] <= 0).all()
        assert (changes >= -2).all() and (changes <= 1).all()


def test_well_adults_are_counted_awake() -> None:
    """None under 12, and 17.6 on average: nobody is asleep in a clinic."""
    z = np.random.default_rng(1).standard_normal((3, 100_000))
    _, breaths, _ = well_vitals(*z, np.full(100_000, 480.0))
    assert breaths.min() >= 12 and breaths.max() <= 24
    assert abs(breaths.mean() - 17.6) < 0.1 and abs(breaths.std() - 2.1) < 0.1


def test_the_order_of_people_does_not_matter() -> None:
    """Each gets the value of own scores, sex, age and height."""
    rng = np.random.default_rng(5)
    n = 50
    z = rng.standard_normal((3, n))
    months, height = rng.uniform(30, 100, n), rng.uniform(90, 130, n)
    sex = rng.choice(SEXES, n)
    order = rng.permutation(n)
    straight = (*blood_pressure(z[0], z[1], height, sex, months), *well_vitals(*z, months))
    shuffled = (
        *blood_pressure(z[0][order], z[1][order], height[order], sex[order], months[order]),
        *well_vitals(*z[:, order], months[order]),
    )
    for one, other in zip(straight, shuffled, strict=True):
        assert np.array_equal(one[order], other, equal_nan=True)


def test_every_block_says_whose_figures_it_holds() -> None:
    """A figure without a source is not used."""
    for name in WellnessFigures.model_fields:
        assert len(getattr(figures(), name).source) > 100


def test_a_percentage_without_a_value_is_a_fault() -> None:
    """The file's place is named."""
    text = "source: x\ncurves:\n  - {months: [1], percent: [5, 50, 95], value: [1, 2]}\n"
    with pytest.raises(InputError, match=r"figures.yaml:3.*one number for each percent"):
        parse_yaml(text, Curves, place="figures.yaml")
