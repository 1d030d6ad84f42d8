"""From an event table to a checkpoint: words, masks, fit, and the moves to what was learnt from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.histories.events import TEST, EventTable
from bridge.histories.learnt.batches import LONGEST, Batches
from bridge.histories.learnt.calibrating import ROUNDS, calibrated
from bridge.histories.learnt.crowd import crowd_of
from bridge.histories.learnt.durations import durations_of
from bridge.histories.learnt.masks import (
    Masks,
    Rules,
    masks_of,
    narrowed,
    own_rules,
    proposals,
    without_forbidden,
)
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.moves import Moves, moves_of
from bridge.histories.learnt.records import Records, encode
from bridge.histories.learnt.vocabulary import LEAST, Vocabulary, vocabulary_of

if TYPE_CHECKING:
    from bridge.histories.learnt.fitting import Epoch, Settings

FEWEST: Final = 500
"""People without whom a fit says more of each than of all (histories study, section 6)."""

FULL: Final = 400
"""Codes up to which the triangle of what follows what is full; beyond, it is of low rank."""

_RANK: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a fit is made of, and what was left out of the table on the way."""

    words: Vocabulary
    masks: Masks
    records: Records
    moves: Moves
    dropped: Mapping[str, int]
    proposals: Sequence[str]
    """Rules that the data would propose, for whoever reads them."""


class Learnt(NamedTuple):
    """A fitted model, and how its epochs went."""

    model: EventModel
    epochs: "Sequence[Epoch]"


def material_of(
    table: EventTable,
    *,
    rules: Rules | None = None,
    least: int = LEAST,
    panelled: Sequence[str] = (TEST,),
) -> Material:
    """Put a table into words; raise InputError where fewer than 500 people have events."""
    check_enough(len(np.unique(table.owner)))
    words = vocabulary_of(table, least=least, panelled=panelled)
    records = encode(table, words)
    dropped = dict(table.dropped) | dict(records.dropped)
    masks = masks_of(words, rules or own_rules())
    first = without_forbidden(records, masks)
    masks = narrowed(masks, first.records, words)
    kept = without_forbidden(first.records, masks)
    for reason, many in (*first.dropped.items(), *kept.dropped.items()):
        dropped[reason] = dropped.get(reason, 0) + many
    if not words.kinds:
        raise InputError("no kind of visit is of five people or more: there is nothing to learn")
    return Material(
        words=words,
        masks=masks,
        records=kept.records,
        moves=moves_of(kept.records),
        dropped=dropped,
        proposals=proposals(kept.records, words, masks),
    )


def check_enough(people: int) -> None:
    """Refuse to learn from few people."""
    if people < FEWEST:
        raise InputError(
            f"has events of {people} people, and {FEWEST} are the fewest: a model of fewer repeats "
            "them and knows no rare thing. Take bridge's own (--histories learnt), or care modules"
        )


def learn(
    table: EventTable,
    material: Material,
    *,
    seed: int,
    settings: "Settings | None" = None,
    widths: Mapping[str, int] | None = None,
    provenance: Mapping[str, Any] | None = None,
    rounds: int = ROUNDS,
    longest: int = LONGEST,
    progress: "Callable[[Epoch], None]" = lambda _: None,
) -> Learnt:
    """Fit a model: the same table, settings and seed give the same weights."""
    from bridge.histories.learnt.fitting import Settings, fit
    from bridge.histories.learnt.net import Shape

    batches = Batches(material.records, material.moves, material.masks, longest)
    shape = Shape(**(shape_of(material) | dict(widths or {})))
    fitted = fit(batches, shape, settings or Settings(), seed=seed, progress=progress)
    epoch = min(fitted.epochs, key=lambda one: one.select)
    model = EventModel(
        words=material.words,
        moves=material.moves,
        masks=material.masks,
        durations=durations_of(table, material.words),
        crowd=crowd_of(material.records.given),
        weights=dense(fitted.weights),
        shape=shape.header(),
        provenance=dict(provenance or {}) | _facts(table, material, seed, epoch),
    )
    rng = np.random.default_rng([seed, 1])
    moved = calibrated(model, material.records, rng, rounds=rounds)
    return Learnt(moved, fitted.epochs)


def shape_of(material: Material) -> dict[str, int]:
    """Return what the words and moves say of a net's shape."""
    codes = len(material.words.codes)
    return {
        "kinds": len(material.words.kinds),
        "codes": codes,
        "moves": len(material.moves),
        "rank": 0 if codes <= FULL else _RANK,
    }


def _facts(table: EventTable, material: Material, seed: int, epoch: "Epoch") -> dict[str, Any]:
    return {
        "people": len(material.records),
        "events": len(table.owner),
        "seed": seed,
        "epochs": epoch.number,
        "nats_a_person_of_the_tenth": round(epoch.select, 3),
        "dropped": dict(material.dropped),
    }


def dense(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return a net's weights as the sampler has them: the triangle as one matrix, `lower`."""
    kept = {name: one for name, one in weights.items() if not name.startswith("lower.")}
    if "lower.weight" in weights:
        kept["lower"] = np.tril(weights["lower.weight"], -1)
    else:
        up, down = weights["lower.up"], weights["lower.down"]
        kept |= {"lower.up": up, "lower.down": down, "lower": np.tril(up @ down.T, -1)}
    return kept
