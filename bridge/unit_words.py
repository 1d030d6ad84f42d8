"""Units as people write them, in UCUM. Pure.

Only what is sure stands here: a unit that is not known stays as it was written.
"""

import re
import unicodedata

_SPELLINGS = {
    "kg": ("kg", "kgs", "kilogram", "kilograms", "kilogramme", "kilogrammes", "kilo", "kilos"),
    "g": ("gram", "grams", "gm"),
    "mg": ("milligram", "milligrams"),
    "ug": ("mcg", "\u00b5g", "\u03bcg", "microgram", "micrograms"),
    "[lb_av]": ("lb", "lbs", "pound", "pounds", "livres", "libras"),
    "[oz_av]": ("oz", "ounce", "ounces"),
    "m": ("meter", "metre", "meters", "metres"),
    "cm": ("cm", "cms", "centimeter", "centimetre", "centimeters", "centimetres"),
    "mm": ("millimeter", "millimetre", "millimeters", "millimetres"),
    "[in_i]": ("in", "inch", "inches"),
    "[ft_i]": ("ft", "foot", "feet"),
    "mm[Hg]": (
        *("mmhg", "mm hg", "mm of hg", "mm(hg)", "mm/hg"),
        *("millimeters of mercury", "millimetres of mercury"),
    ),
    "kPa": ("kpa",),
    "Cel": (
        *("c", "\u00b0c", "\u00b0 c", "cel", "celsius", "centigrade"),
        *("deg c", "degc", "deg celsius", "degrees c", "degree c"),
        *("degrees celsius", "degree celsius", "\u00b0celsius"),
    ),
    "[degF]": (
        *("f", "\u00b0f", "\u00b0 f", "fahrenheit"),
        *("deg f", "degf", "deg fahrenheit", "degrees f", "degree f"),
        *("degrees fahrenheit", "degree fahrenheit", "\u00b0fahrenheit"),
    ),
    "K": ("kelvin",),
    "/min": (
        *("bpm", "beats/min", "beats/minute", "beats per minute", "{beats}/min", "{beat}/min"),
        *("beats per min", "beat/min", "b/min", "pulse/min", "battements/min", "latidos/min"),
        *("breaths/min", "breaths/minute", "breaths per minute", "{breaths}/min", "1/min"),
        *("breaths per min", "breath/min", "br/min", "respirations/min", "resp/min", "cycles/min"),
        *("per minute", "per min", "/minute", "rpm", "brpm", "min-1", "min^-1"),
    ),
    "%": ("percent", "pct", "per cent", "percentage", "% sat", "%sat"),
    "mg/dL": ("mg/dl",),
    "g/dL": ("g/dl",),
    "mg/L": ("mg/l",),
    "g/L": ("g/l",),
    "mmol/L": ("mmol/l",),
    "U/L": ("u/l",),
    "[IU]/L": ("iu/l",),
    "/uL": ("/ul", "/\u00b5l", "/\u03bcl", "cells/ul", "cells/\u00b5l", "cells/\u03bcl"),
    "umol/L": ("umol/l", "\u00b5mol/l", "\u03bcmol/l"),
    "kg/m2": ("kg/m2", "kg/m^2"),
    "ug/dL": ("ug/dl", "mcg/dl"),
    "d": ("day", "days"),
    "wk": ("week", "weeks"),
    "mo": ("month", "months"),
    "a": ("year", "years"),
    "h": ("hour", "hours", "hr", "hrs"),
    "min": ("minute", "minutes"),
    "mL": ("ml", "milliliter", "millilitre"),
    "L": ("l", "liter", "litre"),
}
_CANONICAL = {spelling: ucum for ucum, ways in _SPELLINGS.items() for spelling in ways}
_EXACT = {ucum: ucum for ucum in _SPELLINGS}


def in_ucum(unit: str) -> str:
    """Return a unit as UCUM writes it, or as it is where that is not known."""
    return known_unit(unit) or unit


def contradict(words: str, code: str) -> bool:
    """Tell whether a unit's words and its code are two different known units."""
    first, second = known_unit(words), known_unit(code)
    return bool(first and second and first != second)


def ways_to_write(ucum: str) -> str:
    """List some ways to write a unit, for messages."""
    return ", ".join(dict.fromkeys([ucum, *_SPELLINGS.get(ucum, ())[:3]]))


def known_unit(unit: str) -> str:
    """Return the UCUM of a unit that is known, else nothing.

    UCUM minds capitals, people do not: its own way of writing comes first. Blanks beside a stroke,
    the dot of an abbreviation and what UCUM has in braces say nothing.
    """
    if unit in _EXACT:
        return unit
    words = unicodedata.normalize("NFKC", unit.translate(_DEGREES))
    for said in (words, _REMARK.sub("", words)):
        plain = " ".join(said.replace(".", " ").split()).replace(" /", "/").replace("/ ", "/")
        known = _EXACT.get(plain) or _CANONICAL.get(plain) or _CANONICAL.get(plain.casefold())
        if known:
            return known
    return ""


_DEGREES = str.maketrans(dict.fromkeys("\u00ba\u02da\u2218", "\u00b0"))
"""Signs that are taken for the degree's: the ordinal's, a ring, an operator."""

_REMARK = re.compile(r"\{[^{}]*\}")


def same_unit(one: str | None, other: str | None) -> bool:
    """Tell whether two labels say one unit: Kg and kg, DEG C and °C; never kg and lbs."""
    if one == other:
        return True
    first, second = known_unit(one or ""), known_unit(other or "")
    return bool(first) and first == second
