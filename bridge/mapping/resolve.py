"""Records and a mapping to clinical statements; what is not mapped is a result, not an error."""

from datetime import date, datetime
from typing import NamedTuple

from bridge.chart import Encounter, Finding, LeftOut, Measurement, Result
from bridge.mapping.model import Entry, Mapping
from bridge.mapping.terms import ServerConcept, Terms


class Statement(NamedTuple):
    """One value of one concept at one time: what becomes an observation."""

    uuid: str
    name: str
    entry: Entry
    value: float
    time: datetime


class ObservationStatement(NamedTuple):
    """A finding or a result in the server's concepts."""

    uuid: str
    concept: ServerConcept
    value: float | int | str | bool | datetime | date | None
    time: datetime | None
    comment: str
    members: tuple["ObservationStatement", ...]
    label: str
    order: str | None


def observation(
    entry: Finding | Result, terms: Terms
) -> tuple[ObservationStatement | None, tuple[LeftOut, ...]]:
    return None, (LeftOut(entry.source, "no concept on the server", entry.what.label),)


def statement_of(measurement: Measurement, time: datetime, mapping: Mapping) -> Statement | None:
    """Return what a measurement says in the mapping's concepts, None if that leaves it out."""
    entry = mapping.measurements.get(measurement.name)
    if entry is None:
        return None
    value = _to_decimals(measurement.value, entry.decimals)
    return Statement(measurement.uuid, measurement.name, entry, value, time)


def statements(encounter: Encounter, mapping: Mapping) -> tuple[Statement, ...]:
    """Return what `encounter` says in the mapping's concepts, each value to the mapped decimals."""
    return tuple(
        Statement(
            measurement.uuid,
            measurement.name,
            entry,
            _to_decimals(measurement.value, entry.decimals),
            encounter.time,
        )
        for measurement in encounter.measurements
        if (entry := mapping.measurements.get(measurement.name))
    )


def _to_decimals(value: float, decimals: int) -> float:
    """Round; without decimals to an int, as a concept for whole numbers asks."""
    return round(value, decimals) if decimals else round(value)
