"""The codec between an instrument's grid and the flow's scores."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.columns import ROWS_AT_THE_ENDS, Column
from bridge.flows.columns import fit_column as fitted
from bridge.flows.spec import Output

INSTRUMENTS = {
    "cuff": Output(columns=["sbp"], step=2),
    "thermometer": Output(columns=["temp"], step=1 / 18, decimals=2),
    "tape": Output(columns=["muac"], step=0.1, decimals=1, spread="digits", low=5, cuts=(22.0,)),
}
instruments = pytest.mark.parametrize("name", INSTRUMENTS)

CENTRE = {"cuff": 120.0, "thermometer": 36.8, "tape": 30.0}
SPREAD = {"cuff": 18.0, "thermometer": 0.6, "tape": 5.0}


def on_grid(name: str, values: np.ndarray) -> np.ndarray:
    """Values as an instrument would show them."""
    step, decimals = INSTRUMENTS[name].step, INSTRUMENTS[name].decimals
    return np.round(np.rint(values / step) * step, decimals)


def readings(name: str, seed: int, count: int = 2_000) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(CENTRE[name], SPREAD[name], count)
    return on_grid(name, drawn)


def fit_column(name: str, values: np.ndarray) -> Column:
    return fitted(name, INSTRUMENTS[name], values)


@instruments
@given(seed=st.integers(0, 10_000), place=st.floats(0.01, 0.99))
def test_values_come_back_as_they_went_in(name: str, seed: int, place: float) -> None:
    """Wherever in its cell a value is put; the outermost few come back as the last value kept."""
    values = readings(name, seed, 200)
    column = fit_column(name, values)
    kept = np.sort(values)[[ROWS_AT_THE_ENDS - 1, -ROWS_AT_THE_ENDS]]
    assert np.array_equal(column.decode(column.encode(values, place)), np.clip(values, *kept))


@instruments
@given(score=st.floats(-40, 40))
def test_any_score_gives_a_value_on_the_grid_within_the_data(name: str, score: float) -> None:
    values = readings(name, 1)
    (value,) = fit_column(name, values).decode(np.array([score]))
    assert values.min() <= value <= values.max()
    assert value == on_grid(name, value)


@instruments
def test_a_higher_score_is_never_a_lower_value(name: str) -> None:
    decoded = fit_column(name, readings(name, 2)).decode(np.linspace(-6, 6, 5_000))
    assert np.all(np.diff(decoded) >= 0)


@instruments
def test_no_one_persons_extreme_is_written_down(name: str) -> None:
    values = np.append(readings(name, 3), 3 * CENTRE[name])
    assert fit_column(name, values).values.max() < 2 * CENTRE[name]


def test_ranks_give_normal_scores_even_where_a_cell_holds_half_the_people() -> None:
    """SpO2 is 98 to 100 for most."""
    rng = np.random.default_rng(4)
    values = rng.choice([97.0, 98.0, 99.0, 100.0], 20_000, p=[0.1, 0.2, 0.2, 0.5])
    scores = np.sort(
        fitted("spo2_pct", Output(columns=["spo2"]), values).encode(values, rng.random(len(values)))
    )
    expected = [NormalDist().inv_cdf((i + 0.5) / 20) for i in range(20)]
    assert np.allclose(scores[500::1000], expected, atol=0.05)


def test_heaps_on_half_centimetres_come_out_as_they_went_in() -> None:
    """A cell read twice as often is twice as wide for a smooth flow to hit."""
    values = readings("tape", 5, 40_000)
    heaped = np.where(
        np.random.default_rng(5).random(40_000) < 0.2, np.rint(values * 2) / 2, values
    )
    smooth = np.random.default_rng(6).normal(30, 5, 40_000)
    column = fit_column("tape", heaped)
    logs = np.log(np.rint(heaped * 10))
    drawn = column.decode((np.log(smooth * 10) - logs.mean()) / logs.std())

    def on_halves(v: np.ndarray) -> float:
        return float(np.mean(np.rint(v * 10) % 5 == 0))

    assert on_halves(drawn) == pytest.approx(on_halves(heaped), abs=0.01)


def test_what_was_not_measured_stays_not_measured() -> None:
    column = fit_column("cuff", np.append(readings("cuff", 7), np.nan))
    assert np.isnan(column.encode(np.array([np.nan]))).all()


def test_later_measurements_are_told_on_which_side_of_a_cut_a_value_is() -> None:
    column = fit_column("tape", readings("tape", 8))
    scores = column.encode(np.array([21.9, 22.0]))
    assert column.passed_on(np.zeros(2), scores)[2].tolist() == [0.0, 1.0]


def test_a_category_comes_back_and_later_outputs_are_told_its_level() -> None:
    output = Output(kind="category", columns=["smoker"], levels=["never", "former", "daily"])
    places = np.random.default_rng(9).choice([0.0, 1.0, 2.0], 500, p=[0.6, 0.1, 0.3])
    column = fitted("smoker", output, places)
    rng = np.random.default_rng(10)
    assert np.array_equal(column.decode(column.encode(places, rng.random(500))), places)
    told = column.passed_on(np.zeros(3), column.encode(np.array([0.0, 1.0, 2.0])))
    assert told[2:].T.tolist() == [[0, 0], [1, 0], [1, 1]]
