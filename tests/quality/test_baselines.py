"""The generators of the comparison: what they draw lies on the table's grid and goes together."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bridge.flows.spec import Spec
from bridge.quality.baselines.copula import GaussianCopula
from bridge.quality.baselines.generator import FittedGenerator, Generator
from bridge.quality.baselines.independent import IndependentColumns
from bridge.quality.baselines.scores import fit_margins, fit_scores, settled
from bridge.quality.frames import ComparedColumn

COLUMNS = (
    ComparedColumn("sex", "category", True, levels=("F", "M")),
    ComparedColumn("age_years", "number", True, 1.0),
    ComparedColumn("height_cm", "number", False, 0.1),
    ComparedColumn("pulse_bpm", "number", False, 2.0),
    ComparedColumn("ratio", "number", False, None),
)


def made(count: int = 900, seed: int = 1) -> pd.DataFrame:
    """People: men 13 cm taller, the pulse (even numbers only) falls with height."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(2, size=count).astype(np.float64)
    z = rng.standard_normal(count)
    height = np.round(162 + 13 * sex + 6 * z, 1)
    pulse = 2 * np.round((74 - 6 * z + 5 * rng.standard_normal(count)) / 2)
    age = rng.integers(20, 80, size=count).astype(np.float64)
    return pd.DataFrame(
        {
            "sex": sex,
            "age_years": age,
            "height_cm": height,
            "pulse_bpm": pulse,
            "ratio": rng.random(count),
        }
    )


def plain_flow(quick: int) -> Generator:
    from bridge.quality.baselines.plain_flow import PlainFlow

    return PlainFlow(epochs=quick)


def gan(quick: int) -> Generator:
    from bridge.quality.baselines.gan import AdversarialNet

    return AdversarialNet(steps=25 * quick)


def vae(quick: int) -> Generator:
    from bridge.quality.baselines.vae import VariationalAutoencoder

    return VariationalAutoencoder(steps=25 * quick)


def own(quick: int) -> Generator:
    from bridge.quality.baselines.own_flow import OwnFlow

    return OwnFlow(_QUICK)


_QUICK = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["gender"], "levels": ["F", "M"]},
            "age_years": {"kind": "age", "columns": {"years": "year"}},
        },
        "outputs": {
            "height_cm": {"columns": ["tall"], "step": 0.1, "decimals": 1, "low": 100},
            "pulse_bpm": {
                "columns": ["pulse"],
                "step": 2,
                "measured": {"age_years": {"from": 480}},
            },
            "ratio": {"columns": ["ratio"], "step": 0.001, "decimals": 3},
            "not_there": {"columns": ["not_there"]},
        },
        "fit": {"hidden": [16], "epochs": 3, "batch": 128, "decay": 0.9},
    }
)

MAKERS: dict[str, Callable[[int], Generator]] = {
    "independent": lambda quick: IndependentColumns(),
    "copula": lambda quick: GaussianCopula(),
    "plain flow": plain_flow,
    "GAN": gan,
    "VAE": vae,
    "bridge": own,
}


def maker(name: str) -> Callable[[int], Generator]:
    if name in ("plain flow", "GAN", "VAE", "bridge"):
        pytest.importorskip("torch", reason="the train extra is not installed")
        pytest.importorskip("nflows", reason="the train extra is not installed")
    return MAKERS[name]


@functools.cache
def learnt(name: str) -> FittedGenerator:
    """Learn the people for long enough that the nets know what goes together."""
    return maker(name)(10).fit(made(), COLUMNS, seed=1)


@pytest.mark.parametrize("name", MAKERS)
def test_rows_lie_on_the_grid_and_within_what_was_learnt(name: str) -> None:
    """A value off the instrument's grid gives a generator away for no good reason."""
    table = made()
    drawn = learnt(name).sample(300, seed=2)
    assert list(drawn) == [column.name for column in COLUMNS]
    assert drawn.shape == (300, 5)
    assert not drawn.isna().any().any()
    assert (drawn >= table.min()).all().all() and (drawn <= table.max()).all().all()
    assert set(drawn["sex"]) <= {0.0, 1.0}
    assert (drawn["pulse_bpm"] % 2 == 0).all()
    assert (drawn["height_cm"] == drawn["height_cm"].round(1)).all()


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_seeds_draw_the_same_rows_and_others_do_not(name: str) -> None:
    table = made(300)
    fitted = maker(name)(1).fit(table, COLUMNS, seed=1)
    again = maker(name)(1).fit(table, COLUMNS, seed=1)
    pd.testing.assert_frame_equal(fitted.sample(50, seed=2), again.sample(50, seed=2))
    assert not fitted.sample(50, seed=2).equals(fitted.sample(50, seed=3))


@pytest.mark.parametrize("name", ["copula", "plain flow", "GAN", "VAE", "bridge"])
def test_columns_go_together_as_they_do_in_the_table(name: str) -> None:
    """Sex with height (a category with a number) and height with pulse."""
    table = made()
    drawn = learnt(name).sample(2_000, seed=2)
    for first, second in (("sex", "height_cm"), ("height_cm", "pulse_bpm")):
        real, own = (frame[first].corr(frame[second]) for frame in (table, drawn))
        assert own == pytest.approx(real, abs=0.2)


def test_bridge_is_asked_for_people_as_old_as_those_it_learnt() -> None:
    """Each once before any twice, in the unit of the column."""
    ages = learnt("bridge").sample(900, seed=2)["age_years"]
    assert sorted(ages) == sorted(made()["age_years"])


def test_independent_columns_keep_their_shapes_and_nothing_else() -> None:
    table = made()
    drawn = IndependentColumns().fit(table, COLUMNS, seed=1).sample(3_000, seed=2)
    assert abs(drawn["sex"].corr(drawn["height_cm"])) < 0.06
    assert drawn["height_cm"].std() == pytest.approx(table["height_cm"].std(), rel=0.05)


def test_scores_are_normal_and_lead_back_to_the_value() -> None:
    table = made()
    scores = fit_scores(table, COLUMNS)
    numbers = scores.numbers(table, np.random.default_rng(0))
    assert numbers.mean(axis=0) == pytest.approx(0, abs=0.02)
    assert numbers.std(axis=0) == pytest.approx(1, abs=0.03)
    back = scores.frame(numbers, scores.codes(table))
    pd.testing.assert_frame_equal(back, table[list(back)], atol=1e-5)


def test_nothing_is_drawn_in_a_gap_and_heaps_stay_heaps() -> None:
    """Readings end in 0 and 5 where people round: a smooth curve would be told at once."""
    rng = np.random.default_rng(0)
    heaped = pd.DataFrame({"x": rng.choice([100.0, 105.0, 140.0], 1_000, p=[0.2, 0.7, 0.1])})
    scores = fit_scores(heaped, (ComparedColumn("x", "number", False, 1.0),))
    drawn = scores.frame(rng.standard_normal((5_000, 1)), np.empty((5_000, 0), dtype=np.int64))
    shares = drawn["x"].value_counts(normalize=True)
    assert set(shares.index) == {100.0, 105.0, 140.0}
    assert shares[105.0] == pytest.approx(0.7, abs=0.04)


def test_a_column_of_very_many_values_is_learnt_through_quantiles() -> None:
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"x": np.round(rng.gamma(2.0, 1_000.0, 20_000), 2)})
    scores = fit_scores(many, (ComparedColumn("x", "number", False, 0.01),))
    drawn = scores.frame(rng.standard_normal((20_000, 1)), np.empty((20_000, 0), dtype=np.int64))
    shares = [0.01, 0.25, 0.5, 0.75, 0.99]
    assert drawn["x"].quantile(shares).to_numpy() == pytest.approx(
        many["x"].quantile(shares).to_numpy(), rel=0.06
    )


def test_a_net_whose_columns_lie_wrong_is_settled() -> None:
    rng = np.random.default_rng(0)
    skew = np.exp(rng.standard_normal((4_000, 2)))
    moved = settled(skew, fit_margins(skew))
    assert moved.mean(axis=0) == pytest.approx(0, abs=0.02)
    assert moved.std(axis=0) == pytest.approx(1, abs=0.03)
    assert (np.argsort(moved[:, 0])[100:-100] == np.argsort(skew[:, 0])[100:-100]).all()
