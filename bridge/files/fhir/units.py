"""Units as people write them, in UCUM. Pure.

Only what is sure stands here: a unit that is not known stays as it was written.
"""

_SPELLINGS = {
    "kg": ("kg", "kgs", "kilogram", "kilograms", "kilo", "kilos"),
    "g": ("gram", "grams", "gm"),
    "mg": ("milligram", "milligrams"),
    "ug": ("mcg", "\u00b5g", "\u03bcg", "microgram", "micrograms"),
    "[lb_av]": ("lb", "lbs", "pound", "pounds"),
    "[oz_av]": ("oz", "ounce", "ounces"),
    "m": ("meter", "metre", "meters", "metres"),
    "cm": ("cm", "centimeter", "centimetre", "centimeters", "centimetres"),
    "mm": ("millimeter", "millimetre"),
    "[in_i]": ("in", "inch", "inches"),
    "[ft_i]": ("ft", "foot", "feet"),
    "mm[Hg]": ("mmhg", "mm hg"),
    "kPa": ("kpa",),
    "Cel": ("c", "\u00b0c", "celsius", "deg c", "degc", "degrees c", "degrees celsius"),
    "[degF]": ("f", "\u00b0f", "fahrenheit", "deg f", "degf", "degrees f", "degrees fahrenheit"),
    "/min": (
        *("bpm", "beats/min", "beats/minute", "beats per minute", "{beats}/min", "{beat}/min"),
        *("breaths/min", "breaths/minute", "breaths per minute", "{breaths}/min", "1/min"),
        *("per minute", "/minute", "rpm"),
    ),
    "%": ("percent", "pct"),
    "mg/dL": ("mg/dl",),
    "g/dL": ("g/dl",),
    "mmol/L": ("mmol/l",),
    "umol/L": ("umol/l", "\u00b5mol/l", "\u03bcmol/l"),
    "kg/m2": ("kg/m\u00b2", "kg/m^2"),
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
    return _known(unit) or unit


def contradict(words: str, code: str) -> bool:
    """Tell whether a unit's words and its code are two different known units."""
    first, second = _known(words), _known(code)
    return bool(first and second and first != second)


def _known(unit: str) -> str:
    """UCUM minds capitals, people do not: its own way of writing comes first."""
    return _EXACT.get(unit) or _CANONICAL.get(unit) or _CANONICAL.get(unit.lower(), "")
