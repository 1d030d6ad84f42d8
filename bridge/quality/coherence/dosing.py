"""Rules of doses: milligrams per kilogram and day, by drug, weight and age."""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.quality.coherence.judging import Breach, where, who
from bridge.quality.coherence.model import Dose, DoseLimit, Span
from bridge.quality.coherence.prescribed import is_once, times_a_day
from bridge.quality.coherence.timeline import Ordered, Timeline


class Amount(NamedTuple):
    """What is given of a drug; `times` is None where nobody says how often."""

    drug: str
    dose: float
    times: float | None
    kg: float | None
    months: int


def doses(rule: Dose, line: Timeline) -> Iterator[Breach]:
    """Yield orders of too much or too little."""
    for one in line.orders:
        if one.is_local or not one.dose:
            continue
        kg = weight_at(rule, one, line)
        for drug, dose in one.dose.items():
            times = 1.0 if is_once(one.order) else times_a_day(one.order.frequency)
            amount = Amount(drug, dose, times, kg, line.months(one.first))
            if wrong := _wrong(rule, amount, one):
                what = f"{one.label} in {who(line, one.first)}: {wrong}"
                yield Breach(rule.name, what, where(one.place))
                break


def weight_at(rule: Dose, one: Ordered, line: Timeline) -> float | None:
    """Return the weight nearest to an order, if it is fresh enough for the age."""
    child = line.months(one.first) < 60
    most = rule.weight_days_child if child else rule.weight_days
    weights = [
        (abs((measured.day - one.first).days), -index, measured.value)
        for index, measured in enumerate(line.measures.get("weight_kg", ()))
    ]
    nearest = min(weights, default=None)
    return nearest[2] if nearest and nearest[0] <= most else None


def _wrong(rule: Dose, amount: Amount, one: Ordered) -> str:
    for limit in rule.limits:
        if limit.drug == amount.drug and _is_for(limit, amount, one):
            return _against(limit, amount, rule.tolerance)
    return ""


def _is_for(limit: DoseLimit, amount: Amount, one: Ordered) -> bool:
    if limit.reason and not one.reason.intersection(limit.reason):
        return False
    if limit.named not in one.label.casefold():
        return False
    if limit.months and not limit.months[0] <= amount.months < limit.months[1]:
        return False
    if limit.kg is None:
        return True
    return amount.kg is not None and limit.kg[0] <= amount.kg < limit.kg[1]


def _against(limit: DoseLimit, amount: Amount, tolerance: float) -> str:
    day = amount.dose * amount.times if amount.times is not None else None
    checks: list[tuple[Span | None, float | None, str]] = [
        (limit.mg_dose, amount.dose, "a dose"),
        (limit.mg_day, day, "a day"),
    ]
    if amount.kg:
        checks.append((limit.mg_kg_dose, amount.dose / amount.kg, "per kg and dose"))
        checks.append((limit.mg_kg_day, day and day / amount.kg, "per kg and day"))
    is_enough = day is not None and limit.enough_mg_day and day >= limit.enough_mg_day
    for span, value, per in checks:
        if not span or value is None or _within(span, value, tolerance):
            continue
        if value > span[1] or not is_enough:
            weight = f" at {amount.kg:g} kg" if amount.kg else ""
            low, high = span
            name = amount.drug.replace("_", " ")
            return f"{value:.4g} mg of {name} {per}{weight}, not {low:g} to {high:g}"
    return ""


def _within(span: Span, value: float, tolerance: float) -> bool:
    return span[0] * (1 - tolerance) <= value <= span[1] * (1 + tolerance)
