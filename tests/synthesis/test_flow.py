"""The triangular flow in numpy, and that it is the one which nflows fits."""

import subprocess
import sys

import numpy as np
import pytest
from bridge.synthesis.context import Context
from hypothesis import given
from hypothesis import strategies as st

from bridge.synthesis.checkpoint import load_model
from bridge.synthesis.flow import Conditional, spline, spline_inverse
from bridge.synthesis.model import Model

BINS, BOUND = 8, 5.0


def parameters(seed: int, count: int, size: float = 2.0) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal((3 * BINS - 1, count))


def people(count: int, seed: int = 0, **fields: object) -> Context:
    rng = np.random.default_rng(seed)
    given = {"sex": rng.choice(["F", "M"], count), "age_months": rng.uniform(0, 1_000, count)}
    return Context(**{**given, **fields})  # type: ignore[arg-type]


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
    from bridge.synthesis.hyperparameters import Hyperparameters

    from bridge.synthesis.coupling import ConditionalCoupling

    torch.manual_seed(3)
    coupling = ConditionalCoupling(4, Hyperparameters(hidden=(16, 16), bins=BINS, bound=BOUND))
    for weight in coupling.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    rows = 2 * torch.randn(500, 5)
    conditional = Conditional(layers=coupling.layers(), bound=BOUND)
    inputs = rows[:, :4].numpy().T.astype(np.float64)
    with torch.no_grad():
        z = coupling(rows)[0][:, -1].numpy()
        x = coupling.inverse(rows)[0][:, -1].numpy()
    last = rows[:, 4].numpy().astype(np.float64)
    assert np.allclose(conditional.forward(last, inputs), z, atol=1e-4)
    assert np.allclose(conditional.inverse(last, inputs), x, atol=1e-4)


@pytest.mark.parametrize("k", range(6))
def test_a_measurement_rises_with_its_own_coordinate(population: Model, k: int) -> None:
    """That is what makes a coordinate belong to a measurement."""
    z = np.zeros((200, 6))
    z[:, k] = np.linspace(-4, 4, 200)
    ages = np.full(200, 400.0)
    values = population.values(z, people(200, sex=np.full(200, "F"), age_months=ages))
    assert np.all(np.diff(values[:, k]) >= 0)
    assert np.all(values[:, :k] == values[:1, :k])


def test_what_is_not_measured_at_an_age_is_not_invented(population: Model) -> None:
    ages = np.array([1.9, 2.1, 95.9, 96.1])
    values = population.values(np.zeros((4, 6)), people(4, age_months=ages))
    measured = dict(zip(population.measurements, ~np.isnan(values.T), strict=True))
    assert measured["height_cm"].tolist() == [True, True, True, True]
    assert measured["muac_cm"].tolist() == [False, True, True, True]
    assert measured["sbp_mmhg"].tolist() == [False, False, False, True]
    assert measured["dbp_mmhg"].tolist() == [False, False, False, True]


def test_given_values_are_kept_and_followed(illness: Model) -> None:
    """A fast pulse brings fast breath and fever in a child."""
    z = np.random.default_rng(1).standard_normal((4_000, 4))
    context = people(4_000, age_months=np.full(4_000, 40.0), immediacy=np.full(4_000, 3))
    slow, fast = (
        illness.values(z, context, {"pulse_bpm": np.full(4_000, pulse)}) for pulse in (95.0, 165.0)
    )
    assert np.all(slow[:, 0] == 95) and np.all(fast[:, 0] == 165)
    more = fast[:, 1:3].mean(axis=0) - slow[:, 1:3].mean(axis=0)
    assert np.all(more > [0.5, 3])


def test_a_given_value_means_what_the_same_value_drawn_means(illness: Model) -> None:
    """Values that the model drew, given back to it, bring the same people."""
    z = np.random.default_rng(2).standard_normal((4_000, 4))
    context = people(4_000, immediacy=np.full(4_000, 4))
    drawn = illness.values(z, context)
    again = illness.values(z, context, {"pulse_bpm": drawn[:, 0]})
    assert np.mean(np.abs(drawn - again) > [0, 0.2, 1, 1]) < 0.01


def test_only_leading_measurements_can_be_given(population: Model) -> None:
    with pytest.raises(ValueError, match="must be the first"):
        population.values(np.zeros((1, 6)), people(1), {"weight_kg": np.array([60.0])})


def test_nobody_depends_on_who_else_is_asked_for(population: Model) -> None:
    z, context = np.random.default_rng(3).standard_normal((5_000, 6)), people(5_000)
    some = slice(2_500, 2_600)
    together, alone = population.values(z, context)[some], population.values(z[some], context[some])
    assert np.array_equal(together, alone, equal_nan=True)


def test_nobody_gives_no_rows(population: Model) -> None:
    assert population.values(np.empty((0, 6)), people(0)).shape == (0, 6)


def test_values_stay_in_range_for_coordinates_far_out(population: Model) -> None:
    z = np.random.default_rng(4).choice([-50.0, 50.0], (500, 6))
    values = population.values(z, people(500))
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    for k, column in enumerate(population.columns):
        assert column.values[0] <= low[k] <= high[k] <= column.values[-1]


def test_children_grow_along_their_own_curve(population: Model) -> None:
    """At constant coordinates, but for the step from lying length to standing height."""
    ages = np.arange(0, 240, 1.0)
    z = np.random.default_rng(5).standard_normal((20, 6))
    for sex in "FM":
        for person in z:
            context = people(240, sex=np.full(240, sex), age_months=ages)
            height = population.values(np.tile(person, (240, 1)), context)[:, 0]
            falls = np.maximum.accumulate(height) - height
            assert falls.max() <= 1.5


def test_sampling_loads_neither_torch_nor_pandas() -> None:
    """A base installation has no torch, and pandas is half the time to the first patient."""
    program = (
        "import sys, numpy as np\n"
        "from bridge.synthesis.checkpoint import load_model\n"
        "from bridge.synthesis.context import Context\n"
        "context = Context(sex=np.array(['F']), age_months=np.array([30.0]))\n"
        "load_model('population').values(np.zeros((1, 6)), context)\n"
        "sys.exit(', '.join({'torch', 'nflows', 'pandas', 'scipy'} & sys.modules.keys()) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
