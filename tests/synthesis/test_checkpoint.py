"""A model's file: it comes back as it was written, or says what is wrong with it."""

import io
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bridge.synthesis.context import Context

from bridge.errors import InputError
from bridge.synthesis.checkpoint import load_checkpoint, load_model, pack, parse_checkpoint

SHIPPED = ("population", "illness")


def shipped(name: str) -> bytes:
    return (files("bridge.synthesis") / "models" / f"{name}.npz").read_bytes()


def changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> bytes:
    """The population's checkpoint after `change` of its arrays and header."""
    with np.load(io.BytesIO(shipped("population"))) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    change(arrays, header)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_was_packed_is_read_back(name: str) -> None:
    model = load_model(name)
    again = parse_checkpoint(
        pack(model.columns, model.conditionals, model.provenance), place="again"
    )
    z = np.random.default_rng(0).standard_normal((50, len(model.columns)))
    context = Context(
        sex=np.full(50, "M"),
        age_months=np.linspace(0, 900, 50),
        immediacy=np.full(50, 3) if name == "illness" else None,
    )
    assert np.array_equal(model.values(z, context), again.values(z, context), equal_nan=True)
    assert again.provenance == model.provenance


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_says_where_it_comes_from(name: str) -> None:
    story = load_model(name).provenance
    assert {"data", "rows", "left_out", "settings", "nats", "libraries", "date", "commit"} <= set(
        story
    )
    assert len(story["data"]["sha256"]) == 64


def test_the_shipped_models_are_small() -> None:
    assert sum(len(shipped(name)) for name in SHIPPED) < 1_000_000


def test_other_content_has_another_fingerprint() -> None:
    prints = {load_model(name).fingerprint for name in SHIPPED}
    assert len(prints) == 2
    assert all(len(fingerprint) == 64 for fingerprint in prints)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"patient_id,visit_id\n",
        shipped("population")[:-100],
        shipped("population")[:50_000] + b"xxxx" + shipped("population")[50_004:],
        changed(lambda arrays, header: arrays.pop("weight_kg.bias0")),
        changed(lambda arrays, header: arrays["weight_kg.bias0"].fill(np.nan)),
        changed(lambda arrays, header: arrays.update({"weight_kg.weight1": np.zeros((3, 3))})),
        changed(
            lambda arrays, header: (
                arrays["height_cm.scores"].sort(axis=0)
                or arrays.update({"height_cm.scores": arrays["height_cm.scores"][::-1]})
            )
        ),
        changed(lambda arrays, header: header.pop("columns")),
        changed(lambda arrays, header: header["columns"][0].update(colour="red")),
    ],
    ids=[
        "empty",
        "a table",
        "cut short",
        "a byte changed",
        "an array missing",
        "not a number",
        "layers that do not fit",
        "knots that fall",
        "no columns",
        "an unknown property",
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^model\.npz: .*(anew)"):
        parse_checkpoint(content, place="model.npz")


def test_a_file_of_a_later_bridge_is_told_from_a_damaged_one() -> None:
    content = changed(lambda arrays, header: header.update(format=99))
    with pytest.raises(InputError, match="has format 99"):
        parse_checkpoint(content, place="model.npz")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.npz: the model cannot be read"):
        load_checkpoint(tmp_path / "nowhere.npz")
