"""The codec between an instrument's grid and the flow's scores."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.synthesis.columns import ROWS_AT_THE_ENDS, Scale, fit_column

SCALES = {
    "cuff": Scale(name="sbp_mmhg", step=2, decimals=0, spread="ranks"),
    "thermometer": Scale(name="temperature_c", step=1 / 18, decimals=2, spread="ranks"),
    "tape": Scale(name="muac_cm", step=0.1, decimals=1, spread="digits", cuts=(22.0,)),
}
scales = pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES.keys())

CENTRE = {"sbp_mmhg": 120.0, "temperature_c": 36.8, "muac_cm": 30.0}
SPREAD = {"sbp_mmhg": 18.0, "temperature_c": 0.6, "muac_cm": 5.0}


def readings(scale: Scale, seed: int, count: int = 2_000) -> np.ndarray:
    """Values as an instrument would show them."""
    drawn = np.random.default_rng(seed).normal(CENTRE[scale.name], SPREAD[scale.name], count)
    return np.round(np.rint(drawn / scale.step) * scale.step, scale.decimals)


@scales
@given(seed=st.integers(0, 10_000), place=st.floats(0.01, 0.99))
def test_values_come_back_as_they_went_in(scale: Scale, seed: int, place: float) -> None:
    """Wherever in its cell a value is put; the outermost few come back as the last value kept."""
    values = readings(scale, seed, 200)
    column = fit_column(scale, values)
    kept = np.sort(values)[[ROWS_AT_THE_ENDS - 1, -ROWS_AT_THE_ENDS]]
    assert np.array_equal(column.decode(column.encode(values, place)), np.clip(values, *kept))


@scales
@given(score=st.floats(-40, 40))
def test_any_score_gives_a_value_on_the_grid_within_the_data(scale: Scale, score: float) -> None:
    values = readings(scale, 1)
    (value,) = fit_column(scale, values).decode(np.array([score]))
    assert values.min() <= value <= values.max()
    assert value == np.round(np.rint(value / scale.step) * scale.step, scale.decimals)


@scales
def test_a_higher_score_is_never_a_lower_value(scale: Scale) -> None:
    decoded = fit_column(scale, readings(scale, 2)).decode(np.linspace(-6, 6, 5_000))
    assert np.all(np.diff(decoded) >= 0)


@scales
def test_no_one_persons_extreme_is_written_down(scale: Scale) -> None:
    values = np.append(readings(scale, 3), 3 * CENTRE[scale.name])
    assert fit_column(scale, values).values.max() < 2 * CENTRE[scale.name]


def test_ranks_give_normal_scores_even_where_a_cell_holds_half_the_people() -> None:
    """SpO2 is 98 to 100 for most."""
    scale = Scale(name="spo2_pct", step=1, decimals=0, spread="ranks")
    rng = np.random.default_rng(4)
    values = rng.choice([97.0, 98.0, 99.0, 100.0], 20_000, p=[0.1, 0.2, 0.2, 0.5])
    scores = np.sort(fit_column(scale, values).encode(values, rng.random(len(values))))
    expected = [NormalDist().inv_cdf((i + 0.5) / 20) for i in range(20)]
    assert np.allclose(scores[500::1000], expected, atol=0.05)


def test_heaps_on_half_centimetres_come_out_as_they_went_in() -> None:
    """A cell read twice as often is twice as wide for a smooth flow to hit."""
    values = readings(SCALES["tape"], 5, 40_000)
    heaped = np.where(
        np.random.default_rng(5).random(40_000) < 0.2, np.rint(values * 2) / 2, values
    )
    smooth = np.random.default_rng(6).normal(30, 5, 40_000)
    column = fit_column(SCALES["tape"], heaped)
    logs = np.log(np.rint(heaped * 10))
    drawn = column.decode((np.log(smooth * 10) - logs.mean()) / logs.std())

    def on_halves(v: np.ndarray) -> float:
        return float(np.mean(np.rint(v * 10) % 5 == 0))

    assert on_halves(drawn) == pytest.approx(on_halves(heaped), abs=0.01)


def test_what_was_not_measured_stays_not_measured() -> None:
    column = fit_column(SCALES["cuff"], np.append(readings(SCALES["cuff"], 7), np.nan))
    assert np.isnan(column.encode(np.array([np.nan]))).all()


def test_later_measurements_are_told_on_which_side_of_a_cut_a_value_is() -> None:
    column = fit_column(SCALES["tape"], readings(SCALES["tape"], 8))
    scores = column.encode(np.array([21.9, 22.0]))
    assert column.passed_on(np.zeros(2), scores)[2].tolist() == [0.0, 1.0]
