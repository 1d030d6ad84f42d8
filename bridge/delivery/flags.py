"""How a server flags the values it holds: beyond which limits, at which age.

A core of 2.7 or later stores with each value its verdict and the limits it judged by: those of the
patient's age on the day of the load. An older one gives the concept's limits, and O3 judges by
them in the browser.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bridge.chart import completed_months
from bridge.mapping.model import Mapping

Limits = tuple[float | None, float | None]

NO_LIMITS: Final[Limits] = (None, None)

BANDS: Final = {
    "under 1 month": 1,
    "1-11 months": 12,
    "1-4 years": 5 * 12,
    "5-11 years": 12 * 12,
    "12-17 years": 18 * 12,
    "18-64 years": 65 * 12,
    "65 years on": math.inf,
}
"""The age bands, and the completed months at which each ends."""

MOST_LIMITS: Final = 8
"""How many different limits one cell keeps: a server by the hundred would fill the record."""


class Flag(StrEnum):
    """What a chart says of a value."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    CRITICALLY_LOW = "critically low"
    CRITICALLY_HIGH = "critically high"


CODES: Final = {
    "N": Flag.NORMAL,
    "L": Flag.LOW,
    "H": Flag.HIGH,
    "LL": Flag.CRITICALLY_LOW,
    "HH": Flag.CRITICALLY_HIGH,
}
"""HL7's v3-ObservationInterpretation, as fhir2 writes it."""


class Judgement(NamedTuple):
    """What a server's answer says of one value."""

    flag: Flag | None
    """None: the server has neither a verdict on the value nor limits for it."""
    by_server: bool
    normal: Limits
    critical: Limits


class Reading(NamedTuple):
    """One value that was read back, and how it is judged."""

    measurement: str
    birthdate: date
    day: date
    judgement: Judgement


class Cell(NamedTuple):
    """The values of one measurement in one age band."""

    measurement: str
    unit: str
    band: str
    values: int
    judged: int
    """How many of the values the server has limits for."""
    by_server: int
    """How many of the values have a verdict of the server's own."""
    grown: int
    """How many were taken in this band of patients who had left it on the day of the load."""
    low: int
    high: int
    critically_low: int
    critically_high: int
    normal: tuple[Limits, ...]
    """The normal limits that were seen, up to MOST_LIMITS."""
    critical: tuple[Limits, ...]

    @property
    def outside(self) -> int:
        """Count the values outside the normal limits, critical ones among them."""
        return self.low + self.high + self.beyond

    @property
    def beyond(self) -> int:
        """Count the values outside the critical limits."""
        return self.critically_low + self.critically_high


def band_of(birthdate: date, day: date) -> str:
    """Return the age band of a person on a day."""
    months = completed_months(birthdate, day)
    return next(band for band, end in BANDS.items() if months < end)


def judge(read: dict[str, Any]) -> Judgement:
    """Say how an Observation of FHIR is flagged: by its verdict, else by its limits as in O3."""
    normal, critical = _limits(read, "normal"), _limits(read, "treatment")
    said = next((CODES[code] for code in _codes(read.get("interpretation")) if code in CODES), None)
    if said:
        return Judgement(said, True, normal, critical)
    quantity = read.get("valueQuantity")
    value = _number(quantity.get("value")) if isinstance(quantity, dict) else None
    if value is None or NO_LIMITS == normal == critical:
        return Judgement(None, False, normal, critical)
    return Judgement(assess(value, normal, critical), False, normal, critical)


def assess(value: float, normal: Limits, critical: Limits) -> Flag:
    """Place a value in its limits as O3's charts do where the server has not (assessValue)."""
    if critical[1] is not None and value >= critical[1]:
        return Flag.CRITICALLY_HIGH
    if normal[1] is not None and value > normal[1]:
        return Flag.HIGH
    if critical[0] is not None and value <= critical[0]:
        return Flag.CRITICALLY_LOW
    if normal[0] is not None and value < normal[0]:
        return Flag.LOW
    return Flag.NORMAL


class Tally:
    """Counts readings by measurement and age band; `loaded` is the day the server judged them."""

    def __init__(self, mapping: Mapping, loaded: date) -> None:
        self._mapping = mapping
        self._loaded = loaded
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        self._normal: dict[tuple[str, str], set[Limits]] = {}
        self._critical: dict[tuple[str, str], set[Limits]] = {}

    def add(self, readings: Iterable[Reading]) -> None:
        """Count readings."""
        for reading in readings:
            place = (reading.measurement, band_of(reading.birthdate, reading.day))
            judged = reading.judgement
            counts = self._counts.setdefault(place, Counter())
            counts["values"] += 1
            counts["by_server"] += judged.by_server
            counts["grown"] += band_of(reading.birthdate, self._loaded) != place[1]
            if judged.flag:
                counts["judged"] += 1
                counts[judged.flag] += 1
                _see(self._normal.setdefault(place, set()), judged.normal)
                _see(self._critical.setdefault(place, set()), judged.critical)

    def cells(self) -> tuple[Cell, ...]:
        """Return the counts, in the mapping's order and by age."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[Cell]:
        for name, entry in self._mapping.measurements.items():
            for band in BANDS:
                if counts := self._counts.get((name, band)):
                    yield Cell(
                        measurement=entry.name,
                        unit=entry.unit,
                        band=band,
                        values=counts["values"],
                        judged=counts["judged"],
                        by_server=counts["by_server"],
                        grown=counts["grown"],
                        low=counts[Flag.LOW],
                        high=counts[Flag.HIGH],
                        critically_low=counts[Flag.CRITICALLY_LOW],
                        critically_high=counts[Flag.CRITICALLY_HIGH],
                        normal=_in_order(self._normal.get((name, band), set())),
                        critical=_in_order(self._critical.get((name, band), set())),
                    )


def _see(seen: set[Limits], limits: Limits) -> None:
    if limits != NO_LIMITS and len(seen) < MOST_LIMITS:
        seen.add(limits)


def _in_order(seen: set[Limits]) -> tuple[Limits, ...]:
    return tuple(sorted(seen, key=lambda limits: [-math.inf if x is None else x for x in limits]))


def _limits(read: dict[str, Any], kind: str) -> Limits:
    for one in _objects(read.get("referenceRange")):
        if kind in _codes([one.get("type")]):
            ends = [one.get(end) for end in ("low", "high")]
            low, high = (_number(e.get("value")) if isinstance(e, dict) else None for e in ends)
            return low, high
    return NO_LIMITS


def _codes(concepts: Any) -> list[str]:
    return [
        str(coding.get("code"))
        for concept in _objects(concepts)
        for coding in _objects(concept.get("coding"))
    ]


def _objects(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _number(found: Any) -> float | None:
    real = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
    return found if real else None
