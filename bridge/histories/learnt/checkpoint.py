"""An event model's file: one .npz of plain arrays with a JSON header; nothing in it is code.

header            UTF-8 JSON as bytes: format, words, shape, provenance
weight.<name>     the net's weights in half precision; of the triangle only what is below
moves.<name>, masks.<name>, durations.<name>, crowd.<name>   what the dataclass of the name holds
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows import archive
from bridge.histories.learnt.crowd import Crowd
from bridge.histories.learnt.durations import Durations
from bridge.histories.learnt.features import (
    AGE_CLASSES,
    LEFT_CLASSES,
    MEMORIES,
    NUMBERS,
    SINCE_CLASSES,
)
from bridge.histories.learnt.gaps import Spans
from bridge.histories.learnt.masks import Masks
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.records import FIRST_KIND
from bridge.histories.learnt.vocabulary import Vocabulary

KIND: Final = "histories"
"""What a header says it is of, so that no other model of bridge is taken for one."""

FORMAT: Final = 1
"""Rises when the header, the arrays or the features of a step change their meaning."""

_DAMAGED: Final = (*archive.DAMAGED, TypeError, AttributeError)

Arrays = Mapping[str, NDArray[Any]]


def is_event_model(content: bytes) -> bool:
    """Tell whether a file's bytes are a checkpoint of this kind."""
    try:
        return bool(archive.unpack_header(content).get("kind") == KIND)
    except (*_DAMAGED, OSError):
        return False


def shipped_model(name: str = "us") -> EventModel:
    """Return a model that comes with bridge."""
    return load_checkpoint(files("bridge.histories.learnt") / "shipped" / f"{name}.npz")


def load_checkpoint(path: Path | Traversable) -> EventModel:
    """Return the model in a checkpoint; an InputError says why it cannot be used."""
    return parse_checkpoint(archive.read_content(path), place=str(path))


def parse_checkpoint(content: bytes, *, place: str) -> EventModel:
    """Return the model that a checkpoint's bytes hold; `place` names them in an InputError."""
    advice = "fit the model anew with bridge train --kind histories"
    try:
        header, arrays = archive.unpack(content)
        if header.get("kind") != KIND:
            raise InputError("is a model, but none of histories", place=place)
        if header["format"] != FORMAT:
            raise InputError(
                f"the model has format {header['format']} and this bridge reads {FORMAT}; "
                "fit it anew or install the bridge that wrote it",
                place=place,
            )
        return _model(header, arrays, hashlib.sha256(content).hexdigest())
    except _DAMAGED as error:
        raise InputError(
            f"not a whole model of histories ({error}); {advice}", place=place
        ) from error


def pack(model: EventModel) -> bytes:
    """Return the checkpoint of a model."""
    words = model.words
    header = {
        "kind": KIND,
        "format": FORMAT,
        "kinds": words.kinds,
        "codes": words.codes,
        "members": [[*token, codes] for token, codes in words.members.items()],
        "display": [[*token, said] for token, said in words.display.items()],
        "shape": dict(model.shape),
        "until_death": model.moves.until_death,
        "crowd": {"longest": model.crowd.longest, "last": model.crowd.last},
        "provenance": model.provenance,
    }
    arrays: dict[str, NDArray[Any]] = {
        "moves.spans": np.stack([model.moves.spans.least, model.moves.spans.most]),
        "moves.earlier": np.stack([model.moves.earlier.least, model.moves.earlier.most]),
        "crowd.groups": model.crowd.groups.astype(np.int16),
        "crowd.counts": model.crowd.counts,
        "durations.open": model.durations.open.astype(np.float16),
        "durations.hours": model.durations.hours.astype(np.float32),
    }
    arrays |= {f"masks.{f.name}": getattr(model.masks, f.name) for f in fields(Masks)}
    narrow = "lower.up" in model.weights
    for name, weight in model.weights.items():
        if name == "lower" and narrow:
            continue
        packed = weight[np.tril_indices(len(weight), -1)] if name == "lower" else weight
        arrays[f"weight.{name}"] = packed.astype(np.float16)
    return archive.pack(header, arrays)


def _model(header: Mapping[str, Any], arrays: Arrays, fingerprint: str) -> EventModel:
    words = Vocabulary(
        kinds=tuple(header["kinds"]),
        codes=tuple((kind, code) for kind, code in header["codes"]),
        members={(kind, code): tuple(codes) for kind, code, codes in header["members"]},
        display={(kind, code): said for kind, code, said in header["display"]},
    )
    spans = (Spans(least=a[0], most=a[1]) for a in (arrays[f"moves.{n}"] for n in _SPANS))
    until = bool(header["until_death"])
    moves = Moves(**dict(zip(_SPANS, spans, strict=True)), until_death=until)
    weights = _weights(arrays, len(words.codes))
    _check(words, moves, weights)
    return EventModel(
        words=words,
        moves=moves,
        masks=Masks(**{f.name: arrays[f"masks.{f.name}"] for f in fields(Masks)}),
        durations=Durations(
            open=arrays["durations.open"].astype(np.float64),
            hours=arrays["durations.hours"].astype(np.float64),
        ),
        crowd=Crowd(
            groups=arrays["crowd.groups"].astype(np.int64),
            counts=arrays["crowd.counts"].astype(np.float64),
            longest=header["crowd"]["longest"],
            last=header["crowd"]["last"],
        ),
        weights=weights,
        shape=header["shape"],
        provenance=header["provenance"],
        fingerprint=fingerprint,
    )


_SPANS: Final = ("spans", "earlier")


def _weights(arrays: Arrays, codes: int) -> dict[str, NDArray[np.float32]]:
    weights = {
        name.removeprefix("weight."): array.astype(np.float32)
        for name, array in arrays.items()
        if name.startswith("weight.")
    }
    if "lower" in weights:
        lower = np.zeros((codes, codes), dtype=np.float32)
        lower[np.tril_indices(codes, -1)] = weights["lower"]
        weights["lower"] = lower
    else:
        weights["lower"] = np.tril(weights["lower.up"] @ weights["lower.down"].T, -1)
    return weights


def _check(words: Vocabulary, moves: Moves, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Raise ValueError where weights do not fit the words, the moves or one another."""
    kinds, codes = len(words.kinds), len(words.codes)
    state = weights["gru.weight_hh_l0"].shape[1]
    remembered, embedding = len(weights["remember.bias"]), weights["kind_in.weight"].shape[1]
    wanted = {
        "remember.weight": (remembered, MEMORIES * (kinds + codes)),
        "gru.weight_ih_l0": (3 * state, embedding + NUMBERS + remembered),
        "move_kind.weight": (FIRST_KIND + kinds, len(moves)),
        "move_left.weight": (LEFT_CLASSES, len(moves)),
        "since.weight": ((kinds + codes) * SINCE_CLASSES, 1),
        "age.weight": (AGE_CLASSES, kinds + codes),
        "code_kind.weight": (FIRST_KIND + kinds, codes),
        "codes_in.weight": (embedding, codes),
        "lower": (codes, codes),
    }
    for name, shape in wanted.items():
        if weights[name].shape != shape:
            raise ValueError(f"the weights {name} do not fit")
    if not all(np.isfinite(one).all() for one in weights.values()):
        raise ValueError("a weight is not a number")
