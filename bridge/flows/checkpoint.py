"""A model's file: one .npz of plain arrays with a JSON header; nothing in it is code.

header                 UTF-8 JSON as bytes: format, spec, groups of people, provenance
<name>.scores, .values the knots of a column
<name>.weight0, .bias0 the layers of its net, from the inputs to the outputs
"""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows import archive
from bridge.flows.columns import Column, Floats
from bridge.flows.flow import Conditional
from bridge.flows.margins import Groups, groups_from, header_of
from bridge.flows.model import Model
from bridge.flows.spec import Output, Spec, spec_from

FORMAT: Final = 4
"""Rises when the header, the arrays or the features of a context change their meaning."""

READ: Final = (3, FORMAT)
"""In 3 groups are a list of single cells (margins.py)."""


def load_model(name: str) -> Model:
    """Return a model that comes with bridge: `population`, `illness` or `labs`."""
    folder = files("bridge.flows") / "shipped"
    return load_checkpoint(folder / f"{name}.npz")


def load_checkpoint(path: Path | Traversable) -> Model:
    """Return the model in a checkpoint; an InputError says why it cannot be used."""
    return parse_checkpoint(archive.read_content(path), place=str(path))


def parse_checkpoint(content: bytes, *, place: str) -> Model:
    """Return the model that a checkpoint's bytes hold; `place` names them in an InputError."""
    advice = "take the file from bridge's installation or fit the model anew"
    try:
        header, arrays = archive.unpack(content)
        if header["format"] not in READ:
            raise InputError(
                f"the model has format {header['format']} and this bridge reads "
                f"{' and '.join(map(str, READ))}; "
                "fit the model anew or install the bridge that wrote it",
                place=place,
            )
        return _model(header, arrays, fingerprint=hashlib.sha256(content).hexdigest())
    except archive.DAMAGED as error:
        raise InputError(
            f"not a whole model checkpoint ({error}); {advice}", place=place
        ) from error


def pack(
    spec: Spec,
    columns: Sequence[Column],
    conditionals: Sequence[Conditional],
    *,
    groups: Groups,
    provenance: Mapping[str, Any],
) -> bytes:
    """Return the checkpoint of a fitted flow; weights are kept in single precision."""
    header = {
        "format": FORMAT,
        "spec": spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "groups": header_of(groups),
        "provenance": provenance,
    }
    arrays: dict[str, NDArray[Any]] = {}
    for column, conditional in zip(columns, conditionals, strict=True):
        name = column.name
        arrays |= {f"{name}.scores": column.scores, f"{name}.values": column.values}
        for i, (weight, bias) in enumerate(conditional.layers):
            arrays[f"{name}.weight{i}"] = weight.astype(np.float32)
            arrays[f"{name}.bias{i}"] = bias.astype(np.float32)
    return archive.pack(header, arrays)


def _model(
    header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], fingerprint: str
) -> Model:
    spec = spec_from(header["spec"])
    return Model(
        spec=spec,
        columns=tuple(_column(name, output, arrays) for name, output in spec.outputs.items()),
        conditionals=tuple(
            Conditional(layers=_layers(name, arrays), bound=spec.fit.bound) for name in spec.outputs
        ),
        groups=groups_from(header["groups"], spec),
        provenance=header["provenance"],
        fingerprint=fingerprint,
    )


def _column(name: str, output: Output, arrays: Mapping[str, NDArray[Any]]) -> Column:
    scores = arrays[f"{name}.scores"].astype(np.float64)
    values = arrays[f"{name}.values"].astype(np.float64)
    for knots in (scores, values):
        if knots.shape != scores.shape or not np.all(np.diff(knots) > 0):
            raise ValueError(f"the knots of {name} do not rise")
    return Column(name=name, output=output, scores=scores, values=values)


def _layers(name: str, arrays: Mapping[str, NDArray[Any]]) -> tuple[tuple[Floats, Floats], ...]:
    depth = sum(key.startswith(f"{name}.weight") for key in arrays)
    layers = tuple(
        (
            arrays[f"{name}.weight{i}"].astype(np.float64),
            arrays[f"{name}.bias{i}"].astype(np.float64),
        )
        for i in range(depth)
    )
    wide = [len(bias) for _, bias in layers]
    if not layers or [weight.shape[1] for weight, _ in layers[1:]] != wide[:-1]:
        raise ValueError(f"the layers of {name} do not fit together")
    if not all(np.isfinite(array).all() for layer in layers for array in layer):
        raise ValueError(f"a weight of {name} is not a number")
    return layers
