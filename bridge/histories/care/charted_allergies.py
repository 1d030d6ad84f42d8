"""The allergies that stand in people's charts, and whose chart says that there is none."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.allergies import Allergen, allergens
from bridge.histories.care.clients import Clients
from bridge.histories.care.course import Whole
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.histories.care.situation import Flags

ASKED: Final = 0.5
"""Share of the people without an allergy whose chart says so (a choice)."""


class Allergies(NamedTuple):
    """Allergies (k,), ordered by person; where there is no allergen none is known."""

    person: Whole
    allergen: NDArray[np.object_]
    """Each an Allergen, or None."""
    reaction: NDArray[np.object_]
    """`512 Rash`, or empty."""
    severity: NDArray[np.object_]

    def by_allergen(self, count: int) -> dict[str, Flags]:
        """Return by allergen who (n,) is allergic to it."""
        flags: dict[str, Flags] = {}
        for person, allergen in zip(self.person.tolist(), self.allergen, strict=True):
            if allergen:
                flags.setdefault(allergen.key, np.zeros(count, dtype=bool))[person] = True
        return flags


def drawn_allergies(clients: Clients) -> Allergies:
    """Draw the allergies of people, and who was asked and has none."""
    rows: dict[tuple[int, str], tuple[Allergen | None, str, str]] = {}
    for allergen in allergens(clients.country):
        if allergen.has:
            continue
        keys = derived(clients.keys, f"allergy {allergen.key}")
        old = (clients.years >= allergen.years[0]) & (clients.years < allergen.years[1])
        for person in np.flatnonzero(old & (uniforms(keys, "has") < allergen.prevalence)).tolist():
            one = keys[person : person + 1]
            reaction, severity = _of(allergen.reactions, one), _of(allergen.severity, one)
            rows[person, allergen.key] = allergen, reaction, severity
    allergic = {person for person, _ in rows}
    for person in np.flatnonzero(uniforms(clients.keys, "asked for allergies") < ASKED).tolist():
        if person not in allergic:
            rows[person, ""] = None, "", ""
    ordered = sorted(rows)
    columns = [np.empty(len(ordered), dtype=object) for _ in range(3)]
    for place, key in enumerate(ordered):
        for column, value in zip(columns, rows[key], strict=True):
            column[place] = value
    return Allergies(np.array([person for person, _ in ordered], dtype=np.int64), *columns)


def _of(shares: Mapping[str, float], key: Keys) -> str:
    """Draw one of several by their shares; empty where what is left is drawn."""
    draw, below = float(uniforms(key, " ".join(shares))[0]), 0.0
    for name, share in shares.items():
        below += share
        if draw < below:
            return name
    return ""
