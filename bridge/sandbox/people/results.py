"""Results of the laboratory: each test with its latest value, its range and its trend."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bridge.sandbox.catalogue.care import numeric_value, obs_text
from bridge.sandbox.fhir.immunizations import GROUP
from bridge.sandbox.people.moments import moment
from bridge.sandbox.people.vitals import MARKS, short_unit
from bridge.sandbox.store import Record, Store

MOST = 2000
WIDTH, HEIGHT, AIR = 120, 28, 4
RESULTS = (
    "person = ? AND ended = 0 AND concept IN (SELECT c.id FROM concept c"
    " JOIN conceptclass k ON k.id = c.\"conceptClass\" WHERE k.name IN ('Test', 'LabSet'))"
    ' AND coalesce("valueNumeric", "valueCoded", "valueText", "valueDatetime") IS NOT NULL'
)
"""Which observations are results: those of the dictionary's tests."""

VACCINATION = GROUP.ljust(36, "A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One result: its words, when, and how it stands to its range."""

    text: str
    time: datetime
    number: float | None
    verdict: str

    @property
    def mark(self) -> str:
        """The arrow beside a value outside its range."""
        return MARKS.get(self.verdict, ("", ""))[0]

    @property
    def spoken(self) -> str:
        """What the arrow says."""
        return MARKS.get(self.verdict, ("", ""))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line of all the numbers, with the normal range as a band behind it."""

    points: str
    last: tuple[float, float]
    band: tuple[float, float] | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test with its values, the latest first."""

    name: str
    unit: str
    range_text: str
    values: tuple[Value, ...]
    spark: Spark | None

    @property
    def latest(self) -> Value:
        """The newest value."""
        return self.values[0]


def tests_of(store: Store, patient: Record) -> tuple[Test, ...]:
    """Take out a patient's results by test, the test with the newest result first."""
    found = store.many("obs", RESULTS, (patient.id,), page=(MOST, 0))
    kept = [one for one in found if not _is_of_vaccination(store, one)]
    by_concept = sorted(kept, key=lambda one: (one["concept"], -one["obsDatetime"]))
    groups = groupby(by_concept, key=lambda one: one["concept"])
    tests = [_test(store, list(group)) for _, group in groups]
    return tuple(sorted(tests, key=lambda one: (-one.latest.time.timestamp(), one.name.lower())))


def _is_of_vaccination(store: Store, obs: Record) -> bool:
    """Tell whether an observation is a part of an immunization, which has a card of its own."""
    group = store.ref(obs, "obsGroup")
    concept = store.ref(group, "concept") if group else None
    return concept is not None and concept.uuid == VACCINATION


def _test(store: Store, taken: Sequence[Record]) -> Test:
    concept = store.held("concept", taken[0]["concept"])
    values = tuple(_value(store, one) for one in taken)
    limits = json.loads(taken[0]["limits"]) if taken[0]["limits"] else {}
    low, high = limits.get("lowNormal"), limits.get("hiNormal")
    unit = short_unit(concept["units"] or "")
    name = store.display(concept)
    return Test(
        name=name,
        unit=unit,
        range_text=_range_text(low, high),
        values=values,
        spark=_spark(name, unit, values, low, high),
    )


def _value(store: Store, obs: Record) -> Value:
    number = numeric_value(store, obs)
    return Value(
        text=f"{number:g}" if number is not None else obs_text(store, obs),
        time=moment(obs["obsDatetime"]),
        number=None if number is None else float(number),
        verdict=obs["interpretation"] or "",
    )


def _range_text(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{low:g}\u2013{high:g}"
    if high is not None:
        return f"\u2264 {high:g}"
    return f"\u2265 {low:g}" if low is not None else ""


def _spark(
    name: str, unit: str, values: Sequence[Value], low: float | None, high: float | None
) -> Spark | None:
    """Draw two numbers or more against time; the range widens what is shown only a little."""
    numbered = ((one.time.timestamp(), one.number) for one in reversed(values))
    drawn = [(time, number) for time, number in numbered if number is not None]
    if len(drawn) < 2 or drawn[0][0] == drawn[-1][0]:
        return None
    numbers = [number for _, number in drawn]
    bottom, top = min(numbers), max(numbers)
    room = max(top - bottom, abs(top) * 0.05, 1e-9)
    bottom, top = bottom - room * 0.15, top + room * 0.15
    first, last = drawn[0][0], drawn[-1][0]

    def across(time: float) -> float:
        return round(AIR + (time - first) / (last - first) * (WIDTH - 2 * AIR), 1)

    def down(number: float) -> float:
        share = (number - bottom) / (top - bottom)
        return round(HEIGHT - AIR - min(max(share, 0), 1) * (HEIGHT - 2 * AIR), 1)

    band = None
    if low is not None or high is not None:
        upper = down(high) if high is not None else float(AIR)
        lower = down(low) if low is not None else float(HEIGHT - AIR)
        band = (upper, round(lower - upper, 1)) if lower > upper else None
    return Spark(
        points=" ".join(f"{across(time)},{down(number)}" for time, number in drawn),
        last=(across(last), down(numbers[-1])),
        band=band,
        summary=f"{name}: {len(drawn)} results from {numbers[0]:g} to {numbers[-1]:g} {unit}",
    )
