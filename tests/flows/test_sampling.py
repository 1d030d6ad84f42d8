"""Rows of a model, under conditions drawn or given."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError
from bridge.flows.margins import Groups
from bridge.flows.model import Model
from bridge.flows.sampling import sample, sample_like
from bridge.flows.spec import Spec
from bridge.flows.table import Table, parse_table
from tests.lib.models import drawn_model

SPEC = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]},
            "age": {"kind": "age", "columns": {"age": "year"}, "oldest": 80},
            "triage": {
                "kind": "category",
                "columns": ["triage"],
                "levels": ["urgent", "not"],
                "unknown": True,
            },
            "income": {"kind": "number", "columns": ["income"], "low": 0, "high": 100},
        },
        "outputs": {
            "height_cm": {"columns": ["height"], "step": 0.1, "decimals": 1},
            "smokes": {
                "kind": "category",
                "columns": ["smokes"],
                "levels": ["never", "daily"],
                "measured": {"age": {"from": 216}},
            },
            "parity": {"columns": ["parity"], "measured": {"sex": ["F"]}},
        },
        "fit": {"hidden": [8]},
    }
)


@pytest.fixture(scope="module")
def table() -> Table:
    """Two thirds of them women, of whom half have known triage; one man of 100 is rich."""
    rng = np.random.default_rng(1)
    count = 6_000
    sex = rng.choice(["F", "M"], count, p=[2 / 3, 1 / 3])
    income = rng.uniform(0, 50, count)
    income[0], sex[0] = 99.0, "M"
    return parse_table(
        pd.DataFrame(
            {
                "sex": sex,
                "age": rng.choice([0, 1, 5, 40, 85], count, p=[0.1, 0.1, 0.2, 0.4, 0.2]),
                "triage": np.where(
                    rng.random(count) < 0.5, None, rng.choice(["urgent", "not"], count)
                ),
                "income": income,
                "height": rng.normal(160, 10, count),
                "smokes": rng.choice(["never", "daily"], count),
                "parity": rng.integers(0, 12, count),
            }
        ),
        SPEC,
    )


@pytest.fixture(scope="module")
def model(table: Table) -> Model:
    return drawn_model(table)


def shares(values: pd.Series) -> dict[object, float]:
    return dict((values.fillna("").value_counts() / len(values)).items())


def test_conditions_come_in_the_shares_of_the_data(model: Model) -> None:
    rows = sample(model, 20_000, seed=2)
    assert shares(rows["sex"]) == pytest.approx({"F": 2 / 3, "M": 1 / 3}, abs=0.02)
    expected = {"": 0.5, "urgent": 0.25, "not": 0.25}
    assert shares(rows["triage"]) == pytest.approx(expected, abs=0.02)
    ages = {0: 0.1, 1: 0.1, 5: 0.2, 40: 0.4, 80: 0.2}
    assert shares(rows["age"]) == pytest.approx(ages, abs=0.02)
    assert rows["income"].mean() == pytest.approx(25, abs=1)
    assert rows["income"].between(0, 51).all()


def test_what_is_missing_by_design_is_missing_in_the_rows(model: Model) -> None:
    """And nothing else is."""
    rows = sample(model, 3_000, seed=4)
    assert not rows["height_cm"].isna().any()
    assert (rows["smokes"].isna() == (rows["age"] < 18)).all()
    assert (rows["parity"].isna() == (rows["sex"] == "M")).all()
    assert Counter(rows["smokes"].dropna()).keys() == {"never", "daily"}


def test_what_comes_after_is_told_nothing_of_what_is_missing_by_design(model: Model) -> None:
    """A child's parity does not hang on whether a child smokes; a woman's may."""
    z = np.random.default_rng(5).standard_normal((500, 3))
    other = np.where([False, True, False], -z, z)

    def parity(months: float, base: np.ndarray) -> list[float]:
        people = {
            "sex": np.full(500, "F"),
            "age": np.full(500, months),
            "triage": np.full(500, ""),
            "income": np.full(500, 20.0),
        }
        return list(model.values(base, people)[:, 2])

    assert parity(100, z) == parity(100, other)
    assert parity(300, z) != parity(300, other)


def test_rows_like_other_people_keep_their_order_and_conditions(table: Table, model: Model) -> None:
    given = {name: column[:200] for name, column in table.conditions.items()}
    rows = sample_like(model, given, 200, seed=6)
    assert rows["sex"].tolist() == given["sex"].tolist()
    assert rows["age"].tolist() == (given["age"] // 12).tolist()
    assert rows["triage"].fillna("").tolist() == given["triage"].tolist()
    assert rows["income"].tolist() == given["income"].tolist()


def test_people_alike_differ_as_the_model_says(model: Model) -> None:
    """Each output by a draw of its own from N(0, 1)."""
    people = {
        "sex": np.full(5_000, "F"),
        "age": np.full(5_000, 300.0),
        "triage": np.full(5_000, ""),
        "income": np.full(5_000, 20.0),
    }
    expected = model.values(np.random.default_rng(9).standard_normal((5_000, 3)), people)
    rows = sample_like(model, people, 5_000, seed=9)[["height_cm", "parity"]]
    assert rows.mean().tolist() == pytest.approx(expected[:, [0, 2]].mean(axis=0), rel=0.05)
    assert rows.std().tolist() == pytest.approx(expected[:, [0, 2]].std(axis=0), rel=0.05)


def test_the_same_seed_gives_the_same_rows(model: Model) -> None:
    assert sample(model, 100, seed=7).equals(sample(model, 100, seed=7))
    assert not sample(model, 100, seed=7).equals(sample(model, 100, seed=8))


def test_a_model_that_does_not_say_whom_it_was_fitted_to_needs_people(model: Model) -> None:
    nobody = Groups(cells=model.groups.cells, margins=(), boxes=())
    with pytest.raises(InputError, match=r"give people whose sex and age and triage .* by --like"):
        sample(replace(model, groups=nobody), 10, seed=1)


def test_a_model_without_conditions_needs_no_people() -> None:
    spec = Spec.model_validate({"outputs": {"height_cm": {"columns": ["height"]}}})
    heights = np.random.default_rng(8).normal(160, 10, 500)
    model = drawn_model(parse_table(pd.DataFrame({"height": heights}), spec))
    assert sample(model, 50, seed=1)["height_cm"].notna().sum() == 50
