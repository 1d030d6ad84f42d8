"""A private fit: what it spends, what it refuses, and that no row counts for more than it may."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from bridge.cli.train import train as train_command
from bridge.errors import InputError, MissingExtra
from bridge.flows.budget import Mechanism, PrivacyTarget, plan, spent
from bridge.flows.cells import public_cells
from bridge.flows.checkpoint import parse_checkpoint
from bridge.flows.noisy import all_groups, noisy_column, noisy_groups
from bridge.flows.private import budget_of, train_private
from bridge.flows.sampling import sample
from bridge.flows.spec import Condition, Output, Spec, spec_text
from bridge.flows.table import Table, parse_table

CUFF = Output.model_validate({"columns": ["sbp"], "step": 2, "low": 70, "high": 270})
TAPE = Output.model_validate(
    {"columns": ["h"], "step": 0.1, "decimals": 1, "low": 100, "high": 220, "spread": "digits"}
)
SPEC = Spec.model_validate(
    {
        "conditions": {"sex": {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]}},
        "outputs": {
            "tall": {"columns": ["tall"], "low": -5, "high": 5, "step": 0.1, "decimals": 1},
            "heavy": {"columns": ["heavy"], "low": -5, "high": 5, "step": 0.1, "decimals": 1},
        },
        "fit": {"bins": 4},
    }
)


def people(count: int, seed: int = 1) -> Table:
    """Those who are tall are heavy, r = .9, and men are taller."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], count)
    tall = rng.standard_normal(count)
    heavy = 0.9 * tall + np.sqrt(1 - 0.81) * rng.standard_normal(count)
    frame = pd.DataFrame({"sex": sex, "tall": tall + (sex == "M"), "heavy": heavy})
    return parse_table(frame.round(1), SPEC)


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def opacus() -> None:
    pytest.importorskip("opacus", reason="the train extra is not installed")


@pytest.fixture(scope="module")
def loud() -> bytes:
    """The checkpoint of a fit whose epsilon is so large that it may learn what there is."""
    pytest.importorskip("opacus", reason="the train extra is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bridge.flows.private.EPOCHS", 6)
        return fitted(epsilon=20.0)


@pytest.fixture
def one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opacus", reason="the train extra is not installed")
    monkeypatch.setattr("bridge.flows.private.EPOCHS", 1)


def fitted(epsilon: float, seed: int = 1, secret: bool = False, count: int = 3_000) -> bytes:
    table = people(count)
    budget = budget_of(SPEC, count, PrivacyTarget(epsilon, 1e-5))
    return train_private(table, budget, seed=seed, secret=secret)


@pytest.mark.parametrize("epsilon", [0.5, 8.0])
@pytest.mark.usefixtures("opacus")
def test_all_looks_together_come_to_no_more_than_was_asked(epsilon: float) -> None:
    budget = plan(PrivacyTarget(epsilon, 1e-5), groups=True, outputs=3, rate=0.05, steps=900)
    assert set(budget.mechanisms) == {"groups", "columns", "weights"}
    assert 0.99 * epsilon < budget.epsilon <= epsilon
    assert budget.epsilon == spent(list(budget.mechanisms.values()), 1e-5)
    assert all(budget.alone(name) < budget.epsilon for name in budget.mechanisms)


@pytest.mark.usefixtures("opacus")
def test_a_single_count_has_the_noise_that_the_textbook_gives() -> None:
    """Mironov 2017: order a costs a / (2 noise^2), and epsilon adds log(1 / delta) / (a - 1)."""
    noise, delta = 4.0, 1e-5
    textbook = 1 / (2 * noise**2) + np.sqrt(2 * np.log(1 / delta)) / noise
    assert 0.75 * textbook < spent([Mechanism(noise, 1.0, 1)], delta) < textbook


@pytest.mark.usefixtures("opacus")
def test_a_smaller_epsilon_and_more_looks_need_more_noise() -> None:
    def noise(epsilon: float, steps: int) -> float:
        target = PrivacyTarget(epsilon, 1e-5)
        return (
            plan(target, groups=True, outputs=2, rate=0.05, steps=steps).mechanisms["weights"].noise
        )

    assert noise(1, 500) > noise(3, 500) < noise(3, 2_000)


@pytest.mark.parametrize("output", [CUFF, TAPE], ids=["ranks", "digits"])
@pytest.mark.parametrize("noise", [0.1, 30.0, 1000.0])
def test_noisy_knots_rise_and_keep_to_the_bounds(output: Output, noise: float) -> None:
    values = np.round(stream(1).normal(160, 20, 500) / output.step) * output.step
    column = noisy_column("x", output, values, 500, noise, stream())
    assert np.all(np.diff(column.scores) > 0) and np.all(np.diff(column.values) > 0)
    assert column.values[0] >= (output.low or 0) - output.step
    assert column.values[-1] <= (output.high or 0) + output.step


@pytest.mark.parametrize("output", [CUFF, TAPE], ids=["ranks", "digits"])
def test_knots_depend_on_the_noise_and_hardly_where_there_is_little(output: Output) -> None:
    values = np.round(stream(1).normal(160, 20, 5_000) / output.step) * output.step

    def scores(noise: float, seed: int) -> np.ndarray:
        column = noisy_column("x", output, values, 5_000, noise, stream(seed))
        return column.encode(np.array([130.0, 150.0, 160.0, 170.0, 190.0]))

    assert not np.array_equal(scores(20, 1), scores(20, 2))
    assert np.allclose(scores(0.1, 1), [-1.5, -0.5, 0, 0.5, 1.5], atol=0.35)


def test_noise_does_not_people_the_empty_tails() -> None:
    """Cut off at zero alone, 100 cells of noise would add 400 people to the tails of 2,000."""
    values = np.round(stream(1).normal(120, 10, 2_000) / 2) * 2
    column = noisy_column("sbp", CUFF, values, 2_000, 10.0, stream())
    assert column.encode(np.array([150.0]))[0] > 1.3


def test_groups_are_noisy_and_add_up_to_about_the_rows() -> None:
    table = people(1_000)
    groups = [noisy_groups(SPEC, table.conditions, 1_000, 20.0, stream(s)) for s in range(5)]
    assert len({some.boxes for some in groups}) > 1
    assert all(abs(sum(box.people for box in some.boxes) - 1_000) < 100 for some in groups)


def test_a_group_that_nobody_is_in_may_come_out_as_one_with_people() -> None:
    """Else that a group is there would tell that somebody is in it."""
    nobody = {"sex": np.array(["F"] * 200)}
    found = [noisy_groups(SPEC, nobody, 200, 300.0, stream(s)) for s in range(10)]
    assert any(box.places == ((1,),) for some in found for box in some.boxes)


def test_groups_are_the_coarser_the_more_noise_is_on_each() -> None:
    """With years of age in 600 rows the noise was twice as large as what it was added to."""
    age = Condition.model_validate({"kind": "age", "columns": {"age": "month"}, "oldest": 80})
    spec = SPEC.model_copy(update={"conditions": {"age": age}})
    sizes = [public_cells(spec, 600, noise)[0].size for noise in (0.1, 2.0, 5.0, 10.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 2
    assert all(public_cells(spec, 600, noise)[0].edges[-2] == 960 for noise in (0.1, 10.0))


def test_groups_are_counted_for_levels_that_are_not_known_too() -> None:
    condition = SPEC.conditions["sex"].model_copy(update={"unknown": True})
    spec = SPEC.model_copy(update={"conditions": {"sex": condition}})
    assert all_groups(public_cells(spec, 1_000, 1.0)) == [((0,),), ((1,),), ((2,),)]


def test_more_groups_than_can_be_counted_are_refused() -> None:
    number = Condition.model_validate({"kind": "number", "columns": ["x"], "low": 0, "high": 1})
    spec = SPEC.model_copy(update={"conditions": {f"x{k}": number for k in range(4)}})
    with pytest.raises(InputError, match="160,000 groups are too many"):
        all_groups(public_cells(spec, 1_000, 0.0))


@pytest.mark.usefixtures("opacus")
def test_a_number_without_bounds_is_refused_by_name() -> None:
    outputs = {**SPEC.outputs, "heavy": SPEC.outputs["heavy"].model_copy(update={"high": None})}
    with pytest.raises(InputError, match=r"outputs\.heavy: .* needs low and high"):
        budget_of(SPEC.model_copy(update={"outputs": outputs}), 1_000, PrivacyTarget(1, 1e-5))


@pytest.mark.parametrize(("rows", "delta", "said"), [(100, 1e-5, "too few"), (1_000, 0.01, "1 /")])
@pytest.mark.usefixtures("opacus")
def test_too_few_rows_and_too_large_a_delta_are_refused(rows: int, delta: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        budget_of(SPEC, rows, PrivacyTarget(1, delta))


def test_without_opacus_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opacus.accountants", None)
    with pytest.raises(MissingExtra, match=r"openmrs-bridge\[train\]"):
        budget_of(SPEC, 1_000, PrivacyTarget(1, 1e-5))


def test_a_large_epsilon_learns_that_the_tall_are_heavy(loud: bytes) -> None:
    rows = sample(parse_checkpoint(loud, place="made"), 4_000, seed=1)
    men = rows["sex"] == "M"
    assert 0.8 < np.corrcoef(rows["tall"][men], rows["heavy"][men])[0, 1] < 0.96
    assert rows["tall"][men].mean() - rows["tall"][~men].mean() == pytest.approx(1, abs=0.2)


def test_the_checkpoint_says_what_it_keeps_to_and_nothing_else_of_the_data(loud: bytes) -> None:
    story = parse_checkpoint(loud, place="made").provenance
    facts = story["privacy"]
    assert facts["epsilon"] <= facts["asked"]["epsilon"] == 20.0
    assert set(facts["looks"]) == {"groups", "columns", "weights"}
    assert set(story) == {"rows", "seed", "privacy", "libraries"}


@pytest.mark.usefixtures("one_epoch")
def test_the_same_seed_gives_the_same_model_and_another_other_noise() -> None:
    first, again, other = (fitted(1.0, seed=seed, count=300) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.usefixtures("one_epoch")
def test_a_secret_seed_is_not_written_down() -> None:
    content = fitted(1.0, seed=987_654_321, secret=True, count=300)
    assert "987654321" not in json.dumps(dict(parse_checkpoint(content, place="x").provenance))


@pytest.mark.parametrize("huge", [1e3, 1e30, np.inf])
@pytest.mark.usefixtures("opacus")
def test_one_row_moves_the_summed_gradient_by_no_more_than_the_clip(huge: float) -> None:
    from bridge.flows.private_coupling import PrivateFitter

    rows = stream(2).standard_normal((50, 4))
    strange = np.full((1, 4), huge)

    def summed(data: np.ndarray) -> np.ndarray:
        import torch

        settings = SPEC.fit.model_copy(update={"hidden": (8,), "batch": 50})
        fitter = PrivateFitter(3, 50, settings, noise=0.0, clip=0.5, rng=stream())
        with torch.no_grad():  # all weights count, those of the first layer too
            for weight in fitter._step.parameters():
                weight += torch.from_numpy(stream(3).normal(0, 0.3, weight.shape)).float()
        fitter._take_apart(torch.from_numpy(data.astype(np.float32)))
        fitter._optimizer.clip_and_accumulate()
        return np.concatenate([w.summed_grad.numpy().ravel() for w in fitter._optimizer.params])

    plain = summed(rows)
    moved = np.linalg.norm(summed(np.concatenate([rows, strange])) - plain)
    assert np.isfinite(moved) and moved <= 0.5 + 1e-4
    assert np.linalg.norm(plain) > 0.5


@pytest.mark.usefixtures("opacus")
def test_a_step_without_rows_still_adds_noise() -> None:
    """Else that nothing moves would tell that nobody has the output."""
    from bridge.flows.private_coupling import PrivateFitter

    settings = SPEC.fit.model_copy(update={"hidden": (4,), "batch": 20, "epochs": 1})
    fitter = PrivateFitter(3, 200, settings, noise=1.0, clip=1.0, rng=stream())
    before = fitter.layers()
    fitter.pass_over(np.empty((0, 4)))
    assert not np.array_equal(before[0][0], fitter.layers()[0][0])


def test_the_command_refuses_an_inferred_spec(tmp_path: Path) -> None:
    place = tmp_path / "people.csv"
    pd.DataFrame({"tall": [1.0, 2.0]}).to_csv(place)
    asked = ["--data", str(place), "--out", str(tmp_path / "m.npz"), "--epsilon", "1"]
    run = CliRunner().invoke(train_command, asked)
    assert isinstance(run.exception, InputError)
    assert "--epsilon needs --spec" in str(run.exception)
    assert not (tmp_path / "m.spec.yaml").exists()


@pytest.mark.usefixtures("one_epoch")
def test_the_command_prints_the_budget_and_keeps_its_seed_to_itself(tmp_path: Path) -> None:
    frame = people(300).frame(stream())
    frame.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "spec.yaml").write_text(spec_text(SPEC))
    asked = ["--data", "people.csv", "--out", "m.npz", "--spec", "spec.yaml", "--epsilon", "1"]
    asked = [str(tmp_path / word) if "." in word else word for word in asked]
    run = CliRunner().invoke(train_command, asked, standalone_mode=False)
    assert run.exception is None
    assert re.search(r"together: epsilon (1\.000|0\.99\d) at delta 1e-05", run.output)
    story = parse_checkpoint((tmp_path / "m.npz").read_bytes(), place="m").provenance
    assert story["seed"] is None
