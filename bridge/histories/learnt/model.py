"""A fitted event model as frozen data: its words, moves, masks, weights, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.crowd import Crowd
from bridge.histories.learnt.durations import Durations
from bridge.histories.learnt.masks import Masks
from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.vocabulary import Vocabulary

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventModel:
    """What is needed to make histories, without torch."""

    words: Vocabulary
    moves: Moves
    masks: Masks
    durations: Durations
    crowd: Crowd
    """Of whom histories are made, when nobody says."""
    weights: Weights
    shape: Mapping[str, int]
    provenance: Mapping[str, Any]
    fingerprint: str = ""
