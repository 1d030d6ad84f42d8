"""A model's file: it comes back as it was written, or says what is wrong with it."""

import io
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.flows.checkpoint import load_checkpoint, load_model, pack, parse_checkpoint
from bridge.flows.spec import shipped_spec

SHIPPED = ("population", "illness", "labs")


def shipped(name: str) -> bytes:
    return (files("bridge.flows") / "shipped" / f"{name}.npz").read_bytes()


def archive(**arrays: np.ndarray) -> bytes:
    """The bytes of a .npz of some arrays."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


def changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> bytes:
    """The population's checkpoint after `change` of its arrays and header."""
    with np.load(io.BytesIO(shipped("population"))) as packed:
        arrays = dict(packed)
    header = json.loads(arrays["header"].tobytes())
    change(arrays, header)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    return archive(**arrays)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_was_packed_is_read_back(name: str) -> None:
    model = load_model(name)
    content = pack(
        model.spec,
        model.columns,
        model.conditionals,
        groups=model.groups,
        provenance=model.provenance,
    )
    again = parse_checkpoint(content, place="again")
    z = np.random.default_rng(0).standard_normal((50, len(model.columns)))
    people = {
        "sex": np.full(50, "M"),
        "age_months": np.linspace(0, 900, 50),
        "immediacy": np.full(50, "3"),
        "diabetes": np.full(50, "yes"),
        "hypertension": np.full(50, ""),
    }
    assert np.array_equal(model.values(z, people), again.values(z, people), equal_nan=True)
    assert (again.spec, again.provenance) == (model.spec, model.provenance)
    assert again.groups.boxes == model.groups.boxes


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_says_where_it_comes_from(name: str) -> None:
    story = load_model(name).provenance
    assert {"data", "rows", "left_out", "selected_on", "seed", "nats", "libraries"} <= set(story)
    assert [len(file["sha256"]) for file in story["data"]] == [64]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_was_fitted_by_the_spec_that_comes_with_it(name: str) -> None:
    model, spec = load_model(name), shipped_spec(name)
    assert model.spec.conditions == spec.conditions
    assert model.spec.outputs == spec.outputs


@pytest.mark.parametrize("name", SHIPPED)
def test_no_group_of_fewer_than_five_people_is_written_down(name: str) -> None:
    """It could be one person's age, sex and triage."""
    model = load_model(name)
    boxes = model.groups.boxes
    assert min(box.people for box in boxes) >= 5
    fitted, stopped_by = model.provenance, model.provenance["selected_on"]
    # Whoever was set aside to stop the fit by may be grouped with the others; counts are by fives.
    aside = stopped_by["rows"] if stopped_by["data"] == fitted["data"] else 0
    grouped = sum(box.people for box in boxes)
    assert 0.98 * fitted["rows"] < grouped < fitted["rows"] + aside + 5


def test_the_shipped_models_are_small() -> None:
    assert sum(len(shipped(name)) for name in SHIPPED) < 1_000_000


def test_other_content_has_another_fingerprint() -> None:
    prints = {load_model(name).fingerprint for name in SHIPPED}
    assert len(prints) == len(SHIPPED)
    assert all(len(fingerprint) == 64 for fingerprint in prints)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"patient_id,visit_id\n",
        shipped("population")[:-100],
        shipped("population")[:50_000] + b"xxxx" + shipped("population")[50_004:],
        Path(__file__).with_name("test_checkpoint.py").read_bytes(),
        archive(numbers=np.arange(3)),
        changed(lambda arrays, header: arrays.pop("weight_kg.bias0")),
        changed(lambda arrays, header: arrays["weight_kg.bias0"].fill(np.nan)),
        changed(lambda arrays, header: arrays.update({"weight_kg.weight1": np.zeros((3, 3))})),
        changed(
            lambda arrays, header: (
                arrays["height_cm.scores"].sort(axis=0)
                or arrays.update({"height_cm.scores": arrays["height_cm.scores"][::-1]})
            )
        ),
        changed(lambda arrays, header: header.pop("spec")),
        changed(lambda arrays, header: header["spec"].pop("outputs")),
        changed(lambda arrays, header: header.pop("groups")),
        changed(lambda arrays, header: header["spec"]["outputs"]["height_cm"].update(colour="red")),
    ],
    ids=[
        "empty",
        "a table",
        "cut short",
        "a byte changed",
        "a text",
        "somebody else's arrays",
        "an array missing",
        "not a number",
        "layers that do not fit",
        "knots that fall",
        "no spec",
        "no outputs",
        "no groups",
        "an unknown property",
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^model\.npz: .*(anew)"):
        parse_checkpoint(content, place="model.npz")


@pytest.mark.parametrize("form", [2, 99])
def test_a_file_of_another_bridge_is_told_from_a_damaged_one(form: int) -> None:
    content = changed(lambda arrays, header: header.update(format=form))
    with pytest.raises(InputError, match=f"has format {form} .* reads 3 and 4; fit the model"):
        parse_checkpoint(content, place="model.npz")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.npz: the model cannot be read"):
        load_checkpoint(tmp_path / "nowhere.npz")


def test_layers_of_one_dimension_are_refused() -> None:
    with pytest.raises(InputError, match="not a whole model checkpoint"):
        name = "height_cm.weight1"
        parse_checkpoint(changed(lambda arrays, _: arrays.update({name: np.zeros(3)})), place="x")
