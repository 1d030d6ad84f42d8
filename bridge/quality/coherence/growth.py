"""Rules of bodies: nobody shrinks, nobody leaps, and a pressure's lower number is the lower."""

from collections.abc import Iterator
from itertools import pairwise

from bridge.quality.coherence.judging import Breach, where
from bridge.quality.coherence.model import Growth
from bridge.quality.coherence.timeline import Measured, Timeline

ADULT_MONTHS = 18 * 12
FASTEST_CM_A_MONTH = 5.5
"""A newborn's, with room for a measurement that is off."""


def growth(rule: Growth, line: Timeline) -> Iterator[Breach]:
    """Yield what a body cannot have done between two measurements."""
    if rule.check == "pressure_crossed":
        yield from _crossed(rule, line)
        return
    name = "weight_kg" if rule.check.startswith("weight") else "height_cm"
    values = line.measures.get(name, [])
    for before, after in pairwise(values):
        months = line.months(after.day)
        low, high = rule.over_months or 0, rule.under_months or 10_000
        if low <= months < high and (what := _leap(rule, before, after, line)):
            yield Breach(rule.name, what, where(after.place))


def _leap(rule: Growth, before: Measured, after: Measured, line: Timeline) -> str:
    days = (after.day - before.day).days
    change = after.value - before.value
    numbers = f"{before.value:g} on {before.day}, {after.value:g} on {after.day}"
    if rule.check == "height_falls":
        return f"height in cm falls: {numbers}" if -change > rule.most else ""
    if rule.check == "height_leaps":
        room = rule.most
        if line.months(after.day) < ADULT_MONTHS:
            room += FASTEST_CM_A_MONTH * days / 30
        return f"height in cm leaps: {numbers}" if change > room else ""
    if days > 366 or not before.value:
        return ""
    share = (-change if rule.check == "weight_falls" else abs(change)) / before.value
    return (
        f"weight in kg leaps: {numbers}" if share > rule.most * max(1.0, days / 30) ** 0.5 else ""
    )


def _crossed(rule: Growth, line: Timeline) -> Iterator[Breach]:
    lower = {
        (id(one.place.visit), one.time): one.value for one in line.measures.get("dbp_mmhg", ())
    }
    for upper in line.measures.get("sbp_mmhg", ()):
        low = lower.get((id(upper.place.visit), upper.time))
        if low is not None and upper.value - low < rule.most:
            what = f"a blood pressure of {upper.value:g}/{low:g} mmHg"
            yield Breach(rule.name, what, where(upper.place))
