"""The triangular flow in numpy, and that it is the one which nflows fits."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.checkpoint import load_model
from bridge.flows.conditions import Conditions
from bridge.flows.flow import Conditional, spline, spline_inverse
from bridge.flows.model import Model

BINS, BOUND = 8, 5.0


def parameters(seed: int, count: int, size: float = 2.0) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal((3 * BINS - 1, count))


def people(count: int, seed: int = 0, **fields: np.ndarray) -> Conditions:
    rng = np.random.default_rng(seed)
    given = {"sex": rng.choice(["F", "M"], count), "age_months": rng.uniform(0, 1_000, count)}
    return {**given, **fields}


@pytest.fixture(scope="module")
def population() -> Model:
    return load_model("population")


@pytest.fixture(scope="module")
def illness() -> Model:
    return load_model("illness")


@given(seed=st.integers(0, 10_000), size=st.floats(0, 8))
def test_the_spline_and_its_inverse_undo_each_other(seed: int, size: float) -> None:
    z = np.random.default_rng(seed).uniform(-7, 7, 200)
    raw = parameters(seed, 200, size)
    assert np.allclose(spline(spline_inverse(z, raw, BOUND), raw, BOUND), z, atol=1e-6)


@given(seed=st.integers(0, 10_000))
def test_the_inverse_rises_and_is_the_identity_outside_its_bounds(seed: int) -> None:
    z = np.linspace(-8, 8, 1_000)
    y = spline_inverse(z, np.repeat(parameters(seed, 1), 1_000, axis=1), BOUND)
    assert np.all(np.diff(y) > 0)
    assert np.array_equal(y[np.abs(z) > BOUND], z[np.abs(z) > BOUND])


def test_numpy_and_nflows_agree() -> None:
    """The transform that samples is the one that was fitted, both ways."""
    torch = pytest.importorskip("torch", reason="the train extra is not installed")
    pytest.importorskip("nflows", reason="the train extra is not installed")
    from bridge.flows.coupling import ConditionalSpline
    from bridge.flows.spec import Fit

    torch.manual_seed(3)
    fitted = ConditionalSpline(4, Fit(hidden=(16, 16), bins=BINS, bound=BOUND))
    for weight in fitted.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    rows = 2 * torch.randn(500, 5)
    conditional = Conditional(layers=fitted.layers(), bound=BOUND)
    inputs = rows[:, :4].numpy().T.astype(np.float64)
    with torch.no_grad():
        z = fitted(rows)[0].numpy()
        x = fitted.inverse(rows).numpy()
    last = rows[:, 4].numpy().astype(np.float64)
    assert np.allclose(conditional.forward(last, inputs), z, atol=1e-4)
    assert np.allclose(conditional.inverse(last, inputs), x, atol=1e-4)


@pytest.mark.parametrize("k", range(7))
def test_a_measurement_rises_with_its_own_coordinate(population: Model, k: int) -> None:
    """That is what makes a coordinate belong to a measurement."""
    z = np.zeros((200, 7))
    z[:, k] = np.linspace(-4, 4, 200)
    baby = population.outputs[k] == "head_circ_cm"
    ages = np.full(200, 4.0 if baby else 400.0)
    values = population.values(z, people(200, sex=np.full(200, "F"), age_months=ages))
    assert np.all(np.diff(values[:, k]) >= 0)
    assert values[-1, k] > values[0, k]
    assert np.array_equal(values[:, :k], np.tile(values[:1, :k], (200, 1)), equal_nan=True)


def test_what_is_not_measured_at_an_age_is_not_invented(population: Model) -> None:
    ages = np.array([1.9, 2.1, 6.9, 7.1, 95.9, 96.1])
    values = population.values(np.zeros((6, 7)), people(6, age_months=ages))
    measured = dict(zip(population.outputs, (~np.isnan(values.T)).tolist(), strict=True))
    assert measured["height_cm"] == [True] * 6
    assert measured["muac_cm"] == [False] + [True] * 5
    assert measured["head_circ_cm"] == [True] * 3 + [False] * 3
    assert measured["sbp_mmhg"] == measured["dbp_mmhg"] == [False] * 5 + [True]


def test_what_is_not_measured_tells_nothing_to_what_comes_after(population: Model) -> None:
    """An adult's pressure does not hang on the head circumference that nobody took."""
    z = np.random.default_rng(6).standard_normal((300, 7))
    other, head = z.copy(), population.outputs.index("head_circ_cm")
    other[:, head] = -other[:, head]
    ages = np.linspace(7, 1_000, 300)
    adults, babies = people(300, age_months=ages), people(300, age_months=ages / 200)
    drawn, again = population.values(z, adults), population.values(other, adults)
    assert np.array_equal(drawn, again, equal_nan=True)
    assert not np.array_equal(
        population.values(z, babies), population.values(other, babies), equal_nan=True
    )


def test_a_fast_pulse_goes_with_fast_breath_and_fever(illness: Model) -> None:
    """In children of one age and one triage level."""
    z = np.random.default_rng(1).standard_normal((4_000, 4))
    asked = people(4_000, age_months=np.full(4_000, 40.0), immediacy=np.full(4_000, "3"))
    drawn = illness.values(z, asked)
    slow, fast = drawn[drawn[:, 0] < 105], drawn[drawn[:, 0] > 150]
    more = fast[:, 1:3].mean(axis=0) - slow[:, 1:3].mean(axis=0)
    assert np.all(more > [0.5, 3])


def test_unknown_triage_is_a_level_of_its_own(illness: Model) -> None:
    """Neither the most urgent nor the least."""
    z = np.random.default_rng(7).standard_normal((2_000, 4))
    pulse = {
        level: illness.values(z, people(2_000, immediacy=np.full(2_000, level)))[:, 0].mean()
        for level in ("", "1", "5")
    }
    assert len(set(pulse.values())) == 3
    assert pulse["5"] < pulse[""] < pulse["1"]


def test_nobody_depends_on_who_else_is_asked_for(population: Model) -> None:
    z, asked = np.random.default_rng(3).standard_normal((5_000, 7)), people(5_000)
    some = slice(2_500, 2_600)
    alone = population.values(z[some], {name: column[some] for name, column in asked.items()})
    together = population.values(z, asked)[some]
    assert np.array_equal(together, alone, equal_nan=True)


def test_nobody_gives_no_rows(population: Model) -> None:
    assert population.values(np.empty((0, 7)), people(0)).shape == (0, 7)


def test_values_stay_in_range_for_coordinates_far_out(population: Model) -> None:
    z = np.random.default_rng(4).choice([-50.0, 50.0], (500, 7))
    values = population.values(z, people(500))
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    for k, column in enumerate(population.columns):
        assert column.values[0] <= low[k] <= high[k] <= column.values[-1]


def test_children_grow_along_their_own_curve(population: Model) -> None:
    """At constant coordinates, but for the step from lying length to standing height."""
    ages = np.arange(0, 240, 1.0)
    z = np.random.default_rng(5).standard_normal((20, 7))
    for sex in "FM":
        for person in z:
            asked = people(240, sex=np.full(240, sex), age_months=ages)
            height = population.values(np.tile(person, (240, 1)), asked)[:, 0]
            falls = np.maximum.accumulate(height) - height
            assert falls.max() <= 1.5


def test_sampling_loads_neither_torch_nor_pandas() -> None:
    """A base installation has no torch, and pandas is half the time to the first patient."""
    program = (
        "import sys, numpy as np\n"
        "from bridge.flows.checkpoint import load_model\n"
        "woman = {'sex': np.array(['F']), 'age_months': np.array([30.0])}\n"
        "load_model('population').values(np.zeros((1, 7)), woman)\n"
        "sys.exit(', '.join({'torch', 'nflows', 'pandas', 'scipy'} & sys.modules.keys()) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
