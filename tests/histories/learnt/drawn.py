"""Event models that were not fitted: random weights, for which torch is not needed."""

import numpy as np

from bridge.histories.events import EventTable
from bridge.histories.learnt.batches import GAPS
from bridge.histories.learnt.crowd import crowd_of
from bridge.histories.learnt.durations import durations_of
from bridge.histories.learnt.features import (
    AGE_CLASSES,
    LEFT_CLASSES,
    MEMORIES,
    NUMBERS,
    SINCE_CLASSES,
)
from bridge.histories.learnt.learning import Material
from bridge.histories.learnt.masks import masks_of, own_rules, without_forbidden
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.moves import moves_of
from bridge.histories.learnt.records import FIRST_KIND, encode
from bridge.histories.learnt.vocabulary import vocabulary_of


def material(table: EventTable) -> Material:
    """Put a table of few people into words, which `material_of` would refuse."""
    words = vocabulary_of(table)
    masks = masks_of(words, own_rules())
    records = without_forbidden(encode(table, words), masks).records
    return Material(
        words=words,
        masks=masks,
        records=records,
        moves=moves_of(records),
        dropped={},
        proposals=(),
    )


def drawn_model(table: EventTable, seed: int = 0) -> EventModel:
    """Return a model of a table's words with small random weights."""
    of, rng = material(table), np.random.default_rng(seed)
    kinds, codes, moves = len(of.words.kinds), len(of.words.codes), len(of.moves)
    words, embedding, remembered, hidden = kinds + codes, 6, 4, 8
    state = hidden + remembered + NUMBERS
    shapes = {
        "kind_in.weight": (FIRST_KIND + kinds, embedding),
        "codes_in.weight": (embedding, codes),
        "remember.weight": (remembered, MEMORIES * words),
        "remember.bias": (remembered,),
        "gru.weight_ih_l0": (3 * hidden, embedding + NUMBERS + remembered),
        "gru.weight_hh_l0": (3 * hidden, hidden),
        "gru.bias_ih_l0": (3 * hidden,),
        "gru.bias_hh_l0": (3 * hidden,),
        "move_kind.weight": (FIRST_KIND + kinds, moves),
        "move_age.weight": (AGE_CLASSES, moves),
        "move_left.weight": (LEFT_CLASSES, moves),
        "since.weight": (words * SINCE_CLASSES, 1),
        "age.weight": (AGE_CLASSES, words),
        "code_kind.weight": (FIRST_KIND + kinds, codes),
        "lower": (codes, codes),
    }
    for name, out, more in (
        ("move", moves, 0),
        ("kind", kinds, GAPS),
        ("code", codes, GAPS + embedding),
    ):
        shapes |= {f"{name}_layer.weight": (7, state + more), f"{name}_layer.bias": (7,)}
        shapes |= {f"{name}_out.weight": (out, 7), f"{name}_out.bias": (out,)}
    weights = {n: rng.normal(0, 0.3, s).astype(np.float32) for n, s in shapes.items()}
    weights["lower"] = np.tril(weights["lower"], -1)
    weights["kind_out.bias"][of.masks.certifies] += 3  # by chance it may never be drawn
    return EventModel(
        words=of.words,
        moves=of.moves,
        masks=of.masks,
        durations=durations_of(table, of.words),
        crowd=crowd_of(of.records.given),
        weights=weights,
        shape={"kinds": kinds, "codes": codes, "moves": moves},
        provenance={"seed": seed},
    )
