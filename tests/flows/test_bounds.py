"""A model's outputs held within bounds."""

import numpy as np
import pandas as pd
import pytest

from bridge.flows.columns import Floats
from bridge.flows.conditions import Conditions
from bridge.flows.model import Bounds, Model
from bridge.flows.spec import Spec
from bridge.flows.table import parse_table
from tests.lib.models import drawn_model

SPEC = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]},
        },
        "outputs": {
            "hba1c": {"columns": ["hba1c"], "step": 0.1, "decimals": 1},
            "glucose": {"columns": ["glucose"]},
        },
        "fit": {"hidden": [8, 8]},
    }
)
COUNT = 20_000


@pytest.fixture(scope="module")
def model() -> Model:
    rng = np.random.default_rng(2)
    hba1c = np.round(rng.gamma(4, 0.5, 3_000) + 4.5, 1)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], 3_000),
            "hba1c": hba1c,
            "glucose": np.round(20 * hba1c + rng.normal(0, 15, 3_000)),
        }
    )
    return drawn_model(parse_table(frame, SPEC))


def people() -> tuple[Floats, Conditions]:
    rng = np.random.default_rng(3)
    return rng.standard_normal((COUNT, 2)), {"sex": rng.choice(["F", "M"], COUNT)}


def both(low: float, high: float) -> Bounds:
    return {"hba1c": (np.full(COUNT, low), np.full(COUNT, high))}


@pytest.mark.parametrize("bounds", [(np.nan, 6.9), (7.0, np.nan), (6.3, 6.6), (6.3, 6.3)])
def test_every_value_lies_within(model: Model, bounds: tuple[float, float]) -> None:
    values = model.values(*people(), both(*bounds))[:, 0]
    assert np.nanmax([bounds[0], 0]) <= values.min()
    assert values.max() <= np.nanmin([bounds[1], 99])


def test_values_within_bounds_are_alike_to_those_of_the_people_who_are_there(model: Model) -> None:
    free = model.values(*people())
    there = free[free[:, 0] >= 7.0]
    held = model.values(*people(), both(7.0, np.nan))
    for column in (0, 1):
        shares = np.linspace(0.02, 0.98, 25)
        ours, theirs = (np.quantile(of[:, column], shares) for of in (held, there))
        assert np.abs(ours - theirs).max() <= 0.06 * np.ptp(theirs)


def test_who_is_higher_stays_higher_and_the_rest_follows(model: Model) -> None:
    z, of = people()
    z[:, 1], of = 0.0, {"sex": np.full(COUNT, "F")}
    held = model.values(z, of, both(np.nan, 6.9))
    order = np.argsort(z[:, 0])
    assert np.all(np.diff(held[order, 0]) >= 0)
    free = model.values(z, of)
    assert not np.array_equal(held[:, 1], free[:, 1])


def test_bounds_that_are_none_change_nothing(model: Model) -> None:
    z, of = people()
    free = model.values(z, of)
    assert np.array_equal(model.values(z, of, both(np.nan, np.nan)), free)
    assert np.array_equal(model.values(z, of, both(-5.0, 1e6)), free)
    low = np.where(np.arange(COUNT) % 2, 7.0, np.nan)
    held = model.values(z, of, {"hba1c": (low, np.full(COUNT, np.nan))})
    assert np.array_equal(held[::2], free[::2])
