"""Records and a mapping to clinical statements; what is not mapped is a result, not an error."""

from datetime import datetime
from typing import NamedTuple

from bridge.chart import Encounter
from bridge.mapping.model import Entry, Mapping


class Statement(NamedTuple):
    """One value of one concept at one time: what becomes an observation."""

    uuid: str
    name: str
    entry: Entry
    value: float
    time: datetime


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
