"""A medicine's ingredients, strengths and form, out of its name: RxNorm's, or a formulary's.

`Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet` and `250mg+125mg`, a tablet, are one drug.
"""

import re
from fractions import Fraction
from typing import NamedTuple

Strength = tuple[Fraction, str]
"""An amount in mg, units or percent; per millilitre, hour or puff where the unit says so."""


class Product(NamedTuple):
    """What a name says; empty where it does not."""

    ingredients: tuple[str, ...]
    strengths: tuple[Strength, ...]
    form: str


FORMS = (
    "tablet",
    "capsule",
    "suspension",
    "solution",
    "injection",
    "cream",
    "gel",
    "ointment",
    "inhaler",
    "spray",
    "implant",
    "system",
    "suppository",
    "pack",
    "auto-injector",
    "syringe",
)

LONGEST_NAME = 300
"""What is longer is no name of a medicine; its expressions would search it for minutes."""

_NUMBER = r"\d{1,9}(?:\.\d{1,6})?"
_MODIFIED = re.compile(r"extended|delayed|sustained|controlled", re.IGNORECASE)
_MODIFIED_SHORT = re.compile(r"\b(?:er|xr|sr|la|cr|dr)\b", re.IGNORECASE)

# RxNorm writes salts, how long a product works and how much is in a pack before the ingredient.
_BEFORE = re.compile(
    rf"^(?:NDA\d{{1,9}} |Abuse-Deterrent |\d{{1,3}} HR |{_NUMBER} (?:ML|ACTUAT|MG) )*",
    re.IGNORECASE,
)
_BRAND = re.compile(r"\[[^\]]*\]")
_STRENGTH = re.compile(
    rf"(?<![\d.])({_NUMBER})\s?(mg|g|mcg|ug|unt|ui|iu|u|meq|%)"
    rf"(?:/((?:{_NUMBER})?)\s?(ml|g|mg|hr|day|actuat))?(?![a-z])",
    re.IGNORECASE,
)
_UP_TO_STRENGTH = re.compile(rf"(.*?)\s+{_NUMBER}\s?(?:mg|g|mcg|unt|meq|%)", re.IGNORECASE)
_SALTS = {
    "hydrochloride",
    "sodium",
    "potassium",
    "succinate",
    "tartrate",
    "maleate",
    "phosphate",
    "bitartrate",
    "calcium",
    "hyclate",
    "monohydrate",
    "besylate",
    "propionate",
    "mesylate",
    "porcine",
    "(usp)",
}
"""What the ingredient is bound to, and a formulary's name mostly leaves out. A sulfate stays: it
is what ferrous sulfate is."""

_IN_MG = {"mg": Fraction(1), "g": Fraction(1000), "mcg": Fraction(1, 1000), "ug": Fraction(1, 1000)}
_UNITS = {"unt": "unit", "ui": "unit", "iu": "unit", "u": "unit", "meq": "meq", "%": "%"}


def product_of(name: str) -> Product:
    """Return what the name of a medicine says, as RxNorm writes names."""
    plain = _BEFORE.sub("", _BRAND.sub("", name[:LONGEST_NAME])).strip()
    parts = plain.split(" / ")
    ingredients = tuple(filter(None, (_ingredient(part) for part in parts)))
    return Product(ingredients, strengths_of(plain), form_of(plain))


def strengths_of(text: str) -> tuple[Strength, ...]:
    """Return the strengths that `text` says, in their order."""
    found = []
    for amount, unit, per, of in _STRENGTH.findall(text[:LONGEST_NAME]):
        volume = Fraction(per) if per else Fraction(1)
        if not volume:
            continue
        number = Fraction(amount) / volume
        unit = unit.lower()
        number *= _IN_MG.get(unit, 1)
        found.append((number, _UNITS.get(unit, "mg") + (f"/{of.lower()}" if of else "")))
    return tuple(found)


def form_of(text: str) -> str:
    """Return the form that `text` names, with `modified` where it is released slowly or late."""
    words = text[:LONGEST_NAME].casefold()
    form = next((form for form in FORMS if form in words), "")
    if _MODIFIED.search(text) or (form and _MODIFIED_SHORT.search(text)):
        return f"modified {form}".strip()
    return form


def without_salt(ingredient: str) -> str:
    """Return an ingredient's name without what it is bound to."""
    words = ingredient.replace(",", " ").split()
    return " ".join(word for word in words if word not in _SALTS) or ingredient


def is_same_drug(wanted: Product, strength: str, form: str, name: str) -> bool:
    """Tell whether a formulary's drug has the strengths and the form of what is prescribed."""
    own = strengths_of(strength) or strengths_of(name)
    if not wanted.strengths or sorted(wanted.strengths) != sorted(own):
        return False
    own_form = form_of(f"{form} {name}")
    if "modified" in (own_form.partition(" ")[0], wanted.form.partition(" ")[0]):
        return own_form == wanted.form
    return not wanted.form or own_form == wanted.form


def _ingredient(part: str) -> str:
    found = _UP_TO_STRENGTH.match(part)
    return " ".join((found[1] if found else part).casefold().split()).strip(" ,")
