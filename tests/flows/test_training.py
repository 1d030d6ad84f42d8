"""Fitting: that a fit learns what is there, by the same seed the same."""

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridge.errors import InputError, MissingExtra
from bridge.flows.checkpoint import parse_checkpoint
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.flows.spec import Fit, Spec
from bridge.flows.table import Table, parse_table
from bridge.flows.training import Loss, best, fit, split, train

SPEC = Spec.model_validate(
    {
        "conditions": {
            "sex": {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]},
            "ward": {
                "kind": "category",
                "columns": ["ward"],
                "levels": ["A", "B"],
                "unknown": True,
            },
            "age": {"kind": "age", "columns": {"age": "year"}, "oldest": 80},
        },
        "outputs": {
            "height_cm": {
                "columns": ["height"],
                "step": 0.1,
                "decimals": 1,
                "spread": "digits",
                "low": 50,
            },
            "pulse_bpm": {"columns": ["pulse"], "step": 2, "measured": {"age": {"from": 480}}},
            "weight_kg": {"columns": ["weight"], "step": 0.1, "decimals": 1},
            "smokes": {"kind": "category", "columns": ["smokes"], "levels": ["no", "yes"]},
        },
        "fit": {"hidden": [16], "epochs": 8, "batch": 128, "decay": 0.95},
    }
)
QUICK = SPEC.model_copy(
    update={
        "outputs": {"height_cm": SPEC.outputs["height_cm"]},
        "fit": Fit(hidden=(4,), epochs=1, batch=128, decay=0.9),
    }
)


def people(count: int, seed: int, spec: Spec = SPEC) -> Table:
    """People whose weight goes with their height, r = .8, and whose sexes differ in height.

    From 40 years on they have a pulse, and weight goes with that as well; half of the smokers'
    wards are unknown.
    """
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], count)
    age = rng.choice([20, 30, 50, 60], count)
    tall, heavy, quick = rng.standard_normal((3, count))
    ward = rng.choice(["A", "B", ""], count)
    smokes = rng.random(count) < np.select([ward == "A", ward == "B"], [0.1, 0.5], 0.8)
    return parse_table(
        pd.DataFrame(
            {
                "sex": sex,
                "age": age,
                "ward": ward,
                "height": 165 + 7 * np.where(sex == "M", 1, -1) + 6 * tall,
                "pulse": np.where(age < 40, np.nan, 72 + 8 * quick),
                "weight": 70 + 10 * (0.8 * tall + 0.6 * np.where(age < 40, heavy, quick)),
                "smokes": np.where(smokes, "yes", "no"),
            }
        ),
        spec,
    )


def given(count: int, **changes: object) -> dict[str, Any]:
    usual = {"sex": "F", "ward": "A", "age": 366.0}
    return {name: np.full(count, value) for name, value in {**usual, **changes}.items()}


def base(count: int, outputs: int) -> Floats:
    return np.random.default_rng(0).standard_normal((count, outputs))


@pytest.fixture(scope="module")
def torch() -> None:
    pytest.importorskip("torch", reason="the train extra is not installed")
    pytest.importorskip("nflows", reason="the train extra is not installed")


@pytest.fixture(scope="module")
def model(torch: None) -> Model:
    return parse_checkpoint(train(people(4_000, 1), people(1_000, 2), seed=1), place="made")


def test_a_fit_learns_who_is_tall_and_that_the_tall_are_heavy(model: Model) -> None:
    sex = np.repeat(["F", "M"], 3_000)
    height, _, weight, _ = model.values(base(6_000, 4), given(6_000) | {"sex": sex}).T
    assert height[sex == "M"].mean() - height[sex == "F"].mean() == pytest.approx(14, abs=1)
    assert height[sex == "M"].std() == pytest.approx(6, abs=0.5)
    for one in "FM":
        r = np.corrcoef(height[sex == one], weight[sex == one])[0, 1]
        assert r == pytest.approx(0.8, abs=0.05)


def test_a_fit_learns_from_whom_an_output_is_missing_by_design(model: Model) -> None:
    """Where it is measured later outputs follow it; where it is not they are as they were."""
    young, old = (
        dict(zip(model.outputs, model.values(base(3_000, 4), given(3_000, age=age)).T, strict=True))
        for age in (366.0, 606.0)
    )
    assert np.isnan(young["pulse_bpm"]).all()
    assert np.corrcoef(old["pulse_bpm"], old["weight_kg"])[0, 1] == pytest.approx(0.6, abs=0.1)
    for of in (young, old):
        assert np.corrcoef(of["height_cm"], of["weight_kg"])[0, 1] == pytest.approx(0.8, abs=0.1)
        assert of["weight_kg"].mean() == pytest.approx(70, abs=1.5)
        assert of["weight_kg"].std() == pytest.approx(10, abs=1)
    assert model.provenance["nats"]["height_cm"]["rows"] == 4_000
    assert 1_900 < model.provenance["nats"]["pulse_bpm"]["rows"] < 2_100


@pytest.mark.parametrize(("ward", "share"), [("A", 0.1), ("B", 0.5), ("", 0.8)])
def test_a_fit_learns_a_category_by_another(model: Model, ward: str, share: float) -> None:
    """An unknown level is one as well."""
    smokes = model.values(base(3_000, 4), given(3_000, ward=ward))[:, 3]
    assert set(smokes) == {0, 1}
    assert smokes.mean() == pytest.approx(share, abs=0.07)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(torch: None) -> None:
    def fitted(seed: int) -> bytes:
        return train(people(600, 1, QUICK), people(300, 2, QUICK), seed=seed)

    def weights(content: bytes) -> bytes:
        found = parse_checkpoint(content, place="made").conditionals
        return b"".join(w.tobytes() for of in found for layer in of.layers for w in layer)

    once = fitted(1)
    assert fitted(1) == once
    assert weights(fitted(2)) != weights(once)


def test_a_model_says_where_it_comes_from(model: Model) -> None:
    story = model.provenance
    assert (story["rows"], story["selected_on"]["rows"], story["seed"]) == (4_000, 1_000, 1)
    assert list(story["nats"]) == list(SPEC.outputs)
    assert {"numpy", "torch", "nflows", "python"} <= story["libraries"].keys()
    assert model.spec == SPEC


def test_without_others_a_tenth_is_set_aside(torch: None) -> None:
    story = parse_checkpoint(train(people(2_000, 3, QUICK), None, seed=1), place="made").provenance
    assert story["rows"] + story["selected_on"]["rows"] == 2_000
    assert 150 < story["selected_on"]["rows"] < 250


def test_the_epoch_that_is_best_on_others_is_kept(
    torch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the fit ends when patience does."""
    on_others = [3.0, 2.0, 2.5, 1.0, 1.5, 1.4, 1.3, 0.5]
    monkeypatch.setattr("bridge.flows.coupling.Fitter", lambda *_: Scripted(iter(on_others)))
    patient = Fit(hidden=(4,), epochs=8, patience=2, batch=64)
    spec = QUICK.model_copy(update={"fit": patient})
    told: list[Loss] = []
    (fitted,) = fit(
        people(200, 4, spec),
        people(100, 5, spec),
        seed=1,
        progress=lambda _, loss: told.append(loss),
    )
    ((weight, _),) = fitted.conditional.layers
    assert weight.tolist() == [[4.0]]
    assert [loss.select for loss in fitted.losses] == on_others[:7]
    assert told == fitted.losses
    assert best(fitted.losses).select == 1.0


class Scripted:
    """A fitter whose losses are known before, and whose one weight is the epoch."""

    def __init__(self, on_others: Any) -> None:
        self._on_others = on_others
        self._epoch = 0

    def epoch(self, rows: Floats) -> float:
        self._epoch += 1
        return 0.0

    def nats(self, rows: Floats) -> float:
        return float(next(self._on_others))

    def layers(self) -> tuple[tuple[Floats, Floats], ...]:
        return ((np.full((1, 1), float(self._epoch)), np.zeros(1)),)


def test_too_few_people_are_said_so_before_the_fit(torch: None) -> None:
    with pytest.raises(InputError, match=r"needs 100 rows with each output.* height_cm in 60 of"):
        train(people(60, 1), None, seed=1)


def test_the_batch_follows_the_rows(torch: None) -> None:
    """120 people are fewer than a batch of the spec, and are learnt from all the same."""
    table = people(120, 1, QUICK)
    assert QUICK.fit.batch > len(table)
    model = parse_checkpoint(train(table, None, seed=1), place="here")
    assert model.provenance["nats"]["height_cm"]["rows"] > 90


def test_an_output_that_nobody_has_is_said_so(torch: None) -> None:
    young = people(
        1_000, 1, SPEC.model_copy(update={"outputs": {"pulse_bpm": SPEC.outputs["pulse_bpm"]}})
    )
    young = young[young.conditions["age"] < 480]
    with pytest.raises(InputError, match="nobody has a pulse_bpm"):
        fit(young, young, seed=1)


def test_fitting_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "bridge.flows.coupling", raising=False)
    with pytest.raises(MissingExtra, match=r"openmrs-bridge\[train\]"):
        fit(people(300, 1), people(300, 2), seed=1)


def test_a_split_parts_the_people() -> None:
    table = people(1_000, 3)
    kept, out = split(table, 0.1, 1)
    assert len(kept) + len(out) == 1_000
    assert 60 < len(out) < 140
    both = np.concatenate([kept.values, out.values])[:, 0]
    assert sorted(both) == sorted(table.values[:, 0])
