"""A prescription in numbers: which drugs, how much of each a day, from when to when.

Strengths are parsed from what the product is called: `Amoxicillin 250 mg`, `125mg/5ml`,
`300mg/300mg/50mg`, RxNorm's `Acetaminophen 300 MG / Codeine 15 MG`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from bridge.chart import FREQUENCY_SYSTEM, CodeableConcept, DrugOrder
from bridge.mapping.dosing import DOSE_UNITS, TIMES_A_DAY
from bridge.quality.coherence.vocabulary import Ingredient, Vocabulary, whole_words

_TIMES = {
    "once daily": 1.0,
    "twice daily": 2.0,
    "thrice daily": 3.0,
    "every hour": 24.0,
    "every two hours": 12.0,
    "every three hours": 8.0,
    "every four hours": 6.0,
    "every six hours": 4.0,
    "every eight hours": 3.0,
    "every twelve hours": 2.0,
    "every twenty-four hours": 1.0,
    "every forty-eight hours": 0.5,
    "once daily, at bedtime": 1.0,
    "once daily, in the evening": 1.0,
    "once daily, in the morning": 1.0,
    "weekly": 1 / 7,
    "monthly": 1 / 30,
    "one time": 1.0,
    "once": 1.0,
    "stat": 1.0,
    "single dose": 1.0,
}
"""How many times a day, by CIEL's names of frequencies; what is given once counts for its day."""

_MG = {"Milligram": 1.0, "Gram": 1000.0, "Microgram": 0.001, "Unit": 1.0}
_COUNTED = {"Tablet", "Capsule", "Suppository", "Vial", "Ampule(s)", "Packets", "Each", "Sachet"}
_LOCAL = whole_words(
    (
        *("cream", "creme", "crème", "gel", "ointment", "onguent", "lotion", "shampoo"),
        *("ophth?alm\\w*", "eye", "otic", "ear", "nasal", "spray", "inhal\\w*", "inhaler", "pump"),
        *("pompe", "flexhaler", "actuat", "nebuli\\w*", "vaginal\\w*", "ovules?", "pessary"),
        *("patch", "transdermal", "topical", "implant", "intrauterine", "mouthwash", "gargle"),
    )
)
_PERCENT = re.compile(r"\d\s?%")
_ENTERAL_ROUTES = {"oral", "intravenous", "intramuscular", "subcutaneous", "rectally", "rectal"}
_LOCAL_ROUTES = whole_words(
    (
        *(
            "inhalation",
            "topical",
            "ophthalmic",
            "otic",
            "intranasal",
            "nasal",
            "in (?:left|right)",
        ),
        *("in both", "vaginally", "vaginal", "transdermal", "cutaneous"),
    )
)
_STRENGTH = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(mg|g|mcg|ug|µg|iu|ui|miu|unt|u)\b"
    r"(?:\s*/\s*(\d*(?:\.\d+)?)\s*(ml|l)\b)?",
    re.IGNORECASE,
)
_IN_MG = {"mg": 1.0, "g": 1000.0, "mcg": 0.001, "ug": 0.001, "µg": 0.001, "miu": 1e6}


@dataclass(frozen=True, slots=True)
class Product:
    """What a product is: its drugs, milligrams of each in one of it or in one millilitre."""

    drugs: frozenset[str]
    classes: frozenset[str]
    each: dict[str, float]
    per_ml: dict[str, float]
    is_local: bool


class Products:
    """What products are, by their concept; each is looked at once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[CodeableConcept, Product] = {}

    def of(self, concept: CodeableConcept) -> Product:
        """Return what a product is."""
        found = self._known.get(concept)
        if found is None:
            found = self._known[concept] = self._made(concept)
        return found

    def _made(self, concept: CodeableConcept) -> Product:
        keys = self._vocabulary.drugs.keys(concept)
        known = self._vocabulary.words.drugs
        text = max((concept.text, *(code.display for code in concept.codes)), key=len)
        each, per_ml = _strengths(text, {key: known[key] for key in keys})
        classes = frozenset(name for key in keys for name in known[key].classes)
        local = bool(_LOCAL.search(text) or (_PERCENT.search(text) and not _injected(text)))
        return Product(keys, classes, each, per_ml, local)


def _injected(text: str) -> bool:
    return bool(re.search(r"inject|mgso4|dextrose|saline", text, re.IGNORECASE))


def _strengths(
    text: str, drugs: dict[str, Ingredient]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return milligrams of each drug in one piece, and in a millilitre, as a name says them."""
    found = list(_STRENGTH.finditer(text))
    each: dict[str, float] = {}
    per_ml: dict[str, float] = {}
    for key, strength in _whose(text, found, drugs):
        amount = float(strength[1].replace(",", "")) * _IN_MG.get(strength[2].lower(), 1.0)
        if not strength[4]:
            each[key] = each.get(key, 0.0) + amount
            continue
        volume = float(strength[3] or 1) * (1000 if strength[4].lower() == "l" else 1)
        if volume:
            per_ml[key] = amount / volume
    if not found:
        for key, drug in drugs.items():
            for letters, amount in drug.fixed.items():
                if whole_words((letters,)).search(text):
                    each[key] = amount
    return each, per_ml


def _whose(
    text: str, found: list[re.Match[str]], drugs: dict[str, Ingredient]
) -> list[tuple[str, re.Match[str]]]:
    """Give each strength to its drug: in the order in which both stand, or all to the only one."""
    total = [key for key, drug in drugs.items() if drug.strength == "total"]
    if total:
        return [(total[0], one) for one in found]
    places = {key: _place(text, drug) for key, drug in drugs.items()}
    named = sorted(
        (key for key, at in places.items() if at is not None), key=lambda k: places[k] or 0
    )
    if len(named) == 1 and len(drugs) == 1 and found:
        before = [one for one in found if one.start() > (places[named[0]] or 0)] or found
        return [(named[0], before[0])]
    if len(drugs) == 1 and found:
        return [(next(iter(drugs)), found[0])]
    if len(named) == len(found):
        return list(zip(named, found, strict=True))
    return []


def _place(text: str, drug: Ingredient) -> int | None:
    match = whole_words(drug.words).search(text) if drug.words else None
    return match.start() if match else None


@lru_cache(maxsize=10_000)
def times_a_day(frequency: CodeableConcept | None) -> float | None:
    """Return how often a day, or None where that is not said."""
    if frequency is None:
        return None
    for code in frequency.codes:
        if code.system == FREQUENCY_SYSTEM:
            return float(code.code)
    for text in (frequency.text, *(code.display for code in frequency.codes)):
        word = text.strip().casefold()
        if word in _TIMES:
            return _TIMES[word]
        if word in TIMES_A_DAY:
            return float(TIMES_A_DAY[word])
    return None


def is_once(order: DrugOrder) -> bool:
    """Tell whether it is given a single time."""
    frequency = order.frequency
    texts = (frequency.text, *(c.display for c in frequency.codes)) if frequency else ()
    return any(
        text.strip().casefold() in ("one time", "once", "stat", "single dose") for text in texts
    )


def is_local(order: DrugOrder, product: Product) -> bool:
    """Tell whether it works where it is put: a cream, drops, a spray; the route says it first."""
    route = order.route.label if order.route else ""
    if route and _LOCAL_ROUTES.search(route):
        return True
    return product.is_local and route.casefold() not in _ENTERAL_ROUTES


def milligrams(order: DrugOrder, product: Product) -> dict[str, float]:
    """Return how many milligrams (units of insulin) of each drug a dose has, where that is said."""
    dose = order.dose
    if dose is None or not product.drugs:
        return {}
    unit = DOSE_UNITS.get(dose.unit, (dose.unit,))[0]
    if unit in _COUNTED:
        return {key: amount * dose.value for key, amount in product.each.items()}
    if unit in ("Milliliter", "Millilitre"):
        return {key: amount * dose.value for key, amount in product.per_ml.items()}
    if unit in ("International units", "Unit", "Million units") or unit in _MG:
        factor = 1e6 if unit == "Million units" else _MG.get(unit, 1.0)
        return _shared(dose.value * factor, product)
    return {}


def _shared(amount: float, product: Product) -> dict[str, float]:
    """Say of an amount in milligrams how much each drug of a product has of it."""
    if len(product.drugs) == 1:
        return {next(iter(product.drugs)): amount}
    strengths = product.each or product.per_ml
    whole = sum(strengths.values())
    return {key: amount * part / whole for key, part in strengths.items()} if whole else {}
