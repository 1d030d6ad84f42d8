"""How a drug is taken, for how long and how much of it, as OpenMRS's orders have it. Pure."""

from collections.abc import Iterator
from typing import TypeGuard

from bridge.chart import FREQUENCY_SYSTEM, CodeableConcept, DrugOrder, LeftOut, Quantity
from bridge.delivery.requests import Context, Field
from bridge.mapping.resolve import NO_CONCEPT, Change
from bridge.mapping.room import bounded_text

_SIMPLE = "org.openmrs.SimpleDosingInstructions"
_FREE_TEXT = "org.openmrs.FreeTextDosingInstructions"


def dosing_of(
    entry: DrugOrder, context: Context, *, name: str = ""
) -> tuple[dict[str, Field], tuple[LeftOut, ...]]:
    """Return how a drug is taken, by its parts where all are known, else in words; and the rest.

    The rest is what of the words there is no room for. They begin with the drug's `name` where it
    is known by words alone: O3's list of medications shows nothing else of such an order.
    """
    terms = context.terms
    unit = terms.dose_unit(entry.dose.unit) if entry.dose else None
    route = terms.route(entry.route) if entry.route else None
    frequency = terms.frequency(entry.frequency) if entry.frequency else None
    known: dict[str, Field] = {
        "dose": entry.dose.value if entry.dose and unit else None,
        "doseUnits": unit,
        "route": route,
        "frequency": frequency,
    }
    if all(known.values()):
        kind, words = _SIMPLE, entry.instructions
    else:
        known = dict.fromkeys(known)
        said = dict.fromkeys(filter(None, (dosing_words(entry), entry.instructions)))
        kind, words = _FREE_TEXT, "; ".join(said) or "as directed"
    words = ": ".join(filter(None, (name, words)))
    words, left_out = bounded_text(words, f"{entry.source}#instructions")
    return {**known, "dosingType": kind, "dosingInstructions": words or None}, left_out


def dosing_words(entry: DrugOrder) -> str:
    """Say in words how a drug is taken, as far as the order does."""
    dose = f"{entry.dose.value:g} {entry.dose.unit}".strip() if entry.dose else ""
    route = entry.route.label if entry.route else ""
    often = _how_often(entry.frequency) if entry.frequency else ""
    return ", ".join(filter(None, (dose, route, often)))


def _how_often(frequency: CodeableConcept) -> str:
    """Say how often a drug is taken, also where that is told by a number alone."""
    counts = [code.code for code in frequency.codes if code.system == FREQUENCY_SYSTEM]
    if frequency.text or not counts:
        return frequency.label
    try:
        times = float(counts[0])
    except ValueError:
        return frequency.label
    if times < 1:
        return f"once in {1 / times:.0f} days" if times > 0 else ""
    return "once a day" if times == 1 else f"{times:g} times a day"


NO_QUANTITY = "no quantity: sent as 1, since the server asks for one"


def amount_of(entry: DrugOrder, context: Context) -> tuple[dict[str, Field], tuple[Change, ...]]:
    """Return for how long and how much, and whether the server insisted on what nobody said."""
    terms = context.terms
    unit = terms.duration_unit(entry.duration.unit) if _is_whole(entry.duration) else None
    given = entry.quantity
    quantity_unit = terms.quantity_unit(given.unit) if given else None
    amount: dict[str, Field] = {
        "duration": int(entry.duration.value) if entry.duration and unit else None,
        "durationUnits": unit,
        "quantity": given.value if given and quantity_unit else None,
        "quantityUnits": quantity_unit,
    }
    if amount["quantity"] is None and (unit := context.target.required_quantity_unit):
        change = Change(entry.source, NO_QUANTITY, entry.drug.label)
        return {**amount, "quantity": 1.0, "quantityUnits": unit}, (change,)
    return amount, ()


def _is_whole(duration: Quantity | None) -> TypeGuard[Quantity]:
    """Tell whether OpenMRS can hold a duration: it counts whole days, weeks or months."""
    return duration is not None and float(duration.value).is_integer()


NOT_WHOLE = "a duration is in whole numbers"


def unsent_parts(entry: DrugOrder, context: Context) -> Iterator[LeftOut]:
    """Yield the parts of an order that the server has no words for."""
    terms, duration, quantity = context.terms, entry.duration, entry.quantity
    if duration and not (_is_whole(duration) and terms.duration_unit(duration.unit)):
        reason = NO_CONCEPT if _is_whole(duration) else NOT_WHOLE
        detail = f"duration {duration.value:g} {duration.unit}"
        yield LeftOut(f"{entry.source}#duration", reason, detail)
    if quantity and not terms.quantity_unit(quantity.unit):
        detail = f"quantity {quantity.value:g} {quantity.unit}".strip()
        yield LeftOut(f"{entry.source}#quantity", NO_CONCEPT, detail)
