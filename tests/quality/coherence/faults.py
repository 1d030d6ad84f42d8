"""Planted faults of all kinds, in turn."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from bridge.chart import Patient
from tests.quality.coherence.chart import Chart
from tests.quality.coherence.planted import medicines, notes, numbers, people, story
from tests.quality.coherence.planting import Draw, Planted

Kind = Callable[[Draw], Planted]

KINDS: tuple[Kind, ...] = tuple(
    value
    for module in (people, medicines, story, numbers, notes)
    for value in vars(module).values()
    if getattr(value, "__module__", "") == module.__name__
    and getattr(value, "__annotations__", {}).get("return") == Planted
)

FUTURE = datetime(2024, 1, 1, tzinfo=UTC)
"""A day on which none of the charts has happened."""


class Fault(NamedTuple):
    """A planted fault: its kind, the chart, and the rule that is to find it."""

    kind: str
    patient: Patient
    rule: str


def faults(count: int, seed: int) -> Iterator[Fault]:
    """Yield planted faults, the kinds in turn."""
    rng = Draw(seed)
    for index in range(count):
        rng.turn = index // len(KINDS)
        yield _planted(KINDS[index % len(KINDS)], rng)


def each_row(seed: int) -> Iterator[Fault]:
    """Yield a fault of every kind, and of every row of its table where it has one."""
    rng = Draw(seed)
    for kind in KINDS:
        rng.turn, rng.rows = 0, 1
        while rng.turn < rng.rows:
            yield _planted(kind, rng)
            rng.turn += 1


def _planted(kind: Kind, rng: Draw) -> Fault:
    made, rule = kind(rng)
    patient = made.patient() if isinstance(made, Chart) else made
    return Fault(kind.__name__, patient, rule)
