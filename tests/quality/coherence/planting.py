"""Faults that are planted into charts that hold together: each says which rules may find it.

A fault changes what stands there, or adds a thing that a careless generator would add. Numbers,
drugs and lives are drawn, so that two faults of a kind are not the same chart.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any, TypeVar

from bridge.chart import (
    DrugOrder,
    Encounter,
    Measurement,
    Patient,
    Quantity,
)
from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    Chart,
)
from tests.quality.coherence.lives import DAY, days

Change = Callable[[Any], Any]
T = TypeVar("T")

Planted = tuple[Chart | Patient, str]
"""A chart with a fault, and the rule that is to find it."""


class Draw(Random):
    """Random numbers, and a table's rows in turn: round after round, all of them."""

    turn = 0
    rows = 1
    """How many rows the table has that was picked from."""

    def pick(self, rows: Sequence[T]) -> T:
        """Return the row whose turn it is."""
        self.rows = len(rows)
        return rows[self.turn % len(rows)]


def changed(patient: Patient, change: Change) -> Patient:
    """Return a patient with every entry of every visit passed through `change`."""

    def encounter(one: Encounter) -> Encounter:
        return replace(one, entries=tuple(change(entry) for entry in one.entries))

    visits = tuple(
        replace(visit, encounters=tuple(encounter(one) for one in visit.encounters))
        for visit in patient.visits
    )
    return replace(patient, visits=visits)


def measured(patient: Patient, name: str, value: Callable[[float], float]) -> Patient:
    """Return a patient with all values of a vital sign changed."""

    def change(entry: Any) -> Any:
        is_it = isinstance(entry, Measurement) and entry.name == name
        return replace(entry, value=value(entry.value)) if is_it else entry

    return changed(patient, change)


def dosed(patient: Patient, label: str, times: float) -> Patient:
    """Return a patient with the dose of a drug multiplied."""

    def change(entry: Any) -> Any:
        if not (isinstance(entry, DrugOrder) and label in entry.drug.label and entry.dose):
            return entry
        return replace(entry, dose=Quantity(entry.dose.value * times, entry.dose.unit))

    return changed(patient, change)


def whole(patient: Patient, kind: type, change: Change) -> Patient:
    """Return a patient with the first entry of the whole patient of a kind changed."""
    entries = list(patient.entries)
    index = next(i for i, entry in enumerate(entries) if isinstance(entry, kind))
    entries[index] = change(entries[index])
    return replace(patient, entries=tuple(entries))


def any_life(rng: Draw) -> Patient:
    """Return one of the clean charts."""
    return rng.choice(lives.LIVES)().patient()


def adult(rng: Draw, sex: str = "") -> Chart:
    """Begin the chart of a grown-up who has nothing."""
    which = sex or rng.choice("FM")
    born = date(rng.randint(1960, 2002), rng.randint(1, 12), rng.randint(1, 28))
    return Chart("F" if which == "F" else "M", born=born, name=f"adult{rng.random()}")


def child(rng: Draw, low: int, high: int) -> Chart:
    """Begin the chart of a child of some months at DAY."""
    months = rng.randint(low, high)
    return Chart(
        "F" if rng.random() < 0.5 else "M",
        born=DAY - days(30.5 * months + 5),
        name=f"child{rng.random()}",
    )
