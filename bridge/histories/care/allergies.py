"""Who is allergic to what."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.clients import Clients
from bridge.histories.care.randomness import uniforms
from bridge.histories.care.situation import Flags


class Allergies(NamedTuple):
    """Allergies (k,), ordered by person; an empty allergen says that none is known."""

    person: NDArray[np.int64]
    allergen: NDArray[np.object_]
    reaction: NDArray[np.object_]
    severity: NDArray[np.object_]

    def by_allergen(self, count: int) -> dict[str, Flags]:
        """Return by allergen who (n,) is allergic to it."""
        return {}


def drawn_allergies(clients: Clients) -> Allergies:
    """Draw the allergies of people."""
    asked = np.flatnonzero(uniforms(clients.keys, "asked for allergies") < 0.5)
    none = np.full(len(asked), "", dtype=object)
    return Allergies(asked, none, none, none)
