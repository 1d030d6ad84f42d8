"""A model's file: it comes back as it was written, or says what is wrong with it."""

import io
import json
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.flows.checkpoint import load_checkpoint, load_model, pack, parse_checkpoint
from bridge.flows.spec import shipped_spec

SHIPPED = ("population", "illness")


def shipped(name: str) -> bytes:
    return (files("bridge.flows") / "shipped" / f"{name}.npz").read_bytes()


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
    }
    assert np.array_equal(model.values(z, people), again.values(z, people), equal_nan=True)
    assert (again.spec, again.provenance) == (model.spec, model.provenance)
    assert list(again.groups) == list(model.groups)


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
    assert all(len(group) == len(model.spec.conditions) + 1 for group in model.groups)
    assert min(group[-1] for group in model.groups) >= 5
    assert 0.98 < sum(group[-1] for group in model.groups) / model.provenance["rows"] <= 1


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
    with pytest.raises(InputError, match=f"has format {form} .* reads 3; fit the model anew or"):
        parse_checkpoint(content, place="model.npz")


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.npz: the model cannot be read"):
        load_checkpoint(tmp_path / "nowhere.npz")


def zipped(**members: bytes) -> bytes:
    """An archive of raw members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def array_head(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    """What stands before an array's numbers."""
    file = io.BytesIO()
    about = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, about)
    return file.getvalue()


HOSTILE = {
    "a bomb": lambda: zipped(header=bytes(2**21)),
    "a size that is not there": lambda: zipped(header=array_head((10**12,)) + b"1234"),
    "a size beyond all": lambda: zipped(header=array_head((10**18, 10**18)) + b"1234"),
    "no size": lambda: zipped(header=array_head((-1,)) + b"1234"),
    "objects": lambda: zipped(header=array_head((1,), "|O") + pickle.dumps(Path("/"))),
    "no array": lambda: zipped(header=b"hello"),
    "deep": lambda: changed_header(b"[" * 100_000),
    "a list": lambda: changed_header(b"[]"),
    "huge": lambda: changed_header(b'{"format": ' + b"9" * 5000 + b"}"),
}


def changed_header(text: bytes) -> bytes:
    """An archive of a header only."""
    return zipped(header=array_head((len(text),), "|u1") + text)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is unpacked beyond what a model may be, and nothing is run."""
    monkeypatch.setattr("bridge.flows.checkpoint.MOST_BYTES", 2**20)
    content = HOSTILE[kind]()
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="not a whole model checkpoint"):
            parse_checkpoint(content, place="model.npz")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_layers_of_one_dimension_are_refused() -> None:
    with pytest.raises(InputError, match="not a whole model checkpoint"):
        name = "height_cm.weight1"
        parse_checkpoint(changed(lambda arrays, _: arrays.update({name: np.zeros(3)})), place="x")
