"""From the unit a value is in to the unit a concept is in: exactly, or not at all.

OpenMRS writes a concept's unit in words of its own (`DEG C`, `mmHg`); FHIR has UCUM. Conversion is
pint's, with UCUM's definitions from ucumvert, in decimal arithmetic. Between mass and amount of
substance (mg/dL, mmol/L) lies a molar mass: only where the concept says of what (MOLAR_MASS).
"""

import re
import threading
from contextlib import suppress
from decimal import Decimal
from functools import cache, lru_cache
from math import isfinite
from typing import Any, NamedTuple

from bridge.unit_words import known_unit

UCUM_OF_WORDS = {
    "%": "%",
    "10^3/ul": "10*3/uL",
    "10^3/ml": "10*3/mL",
    "10^6/ul": "10*6/uL",
    "10^6/ml": "10*6/mL",
    "10^9/l": "10*9/L",
    "10^12/l": "10*12/L",
    "x10^3/ul": "10*3/uL",
    "x10^6/ul": "10*6/uL",
    "arb'u/ml": "[arb'U]/mL",
    "beats/min": "/min",
    "beats/minute": "/min",
    "bpm": "/min",
    "breaths/min": "/min",
    "breaths/minute": "/min",
    "/min": "/min",
    "cells/ml": "/mL",
    "cells/mml": "/uL",
    "cells/mm3": "/uL",
    "cells/mm^3": "/uL",
    "cells/ul": "/uL",
    "cm": "cm",
    "copies/ml": "/mL",
    "days": "d",
    "deg c": "Cel",
    "deg f": "[degF]",
    "fl": "fL",
    "g/dl": "g/dL",
    "g/l": "g/L",
    "hours": "h",
    # Said of enzymes, whose international unit is UCUM's U; [IU] is that of a substance's effect.
    "iu/l": "U/L",
    "iu/ml": "[IU]/mL",
    "miu/l": "m[IU]/L",
    "miu/ml": "m[IU]/mL",
    "uiu/ml": "u[IU]/mL",
    "kg": "kg",
    "kg/m2": "kg/m2",
    "mcg/dl": "ug/dL",
    "mcg/l": "ug/L",
    "meq/l": "meq/L",
    "mg/dl": "mg/dL",
    "mg/g": "mg/g",
    "mg/l": "mg/L",
    "mg/ml": "mg/mL",
    "minute": "min",
    "minutes": "min",
    "ml": "mL",
    "ml/min": "mL/min",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "mm": "mm",
    "mm/hr": "mm/h",
    "mm/h": "mm/h",
    "mmhg": "mm[Hg]",
    "mmol/l": "mmol/L",
    "mmol/mol": "mmol/mol",
    "months": "mo",
    "ng/dl": "ng/dL",
    "ng/ml": "ng/mL",
    "pg": "pg",
    "pg/ml": "pg/mL",
    "seconds": "s",
    "u/l": "U/L",
    "ug/dl": "ug/dL",
    "ug/l": "ug/L",
    "umol/l": "umol/L",
    "weeks": "wk",
    "years": "a",
}
"""UCUM of the words OpenMRS's concepts have, in lower case. What is not in here converts nothing
(an optical density, a dilution); a value in the very same words is taken as it is."""

MISLABELLED = {"729AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": "10*3/uL"}
"""Concepts whose unit says another thing than their limits do. CIEL's platelets are labelled
10^3/mL, with a normal range of 134 to 419: that is thousands per microlitre."""

MOLAR_MASS = {
    "1006AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("386.65"),  # cholesterol, C27H46O
    "1007AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("386.65"),  # of HDL
    "1008AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("386.65"),  # of LDL
    "1298AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("386.65"),  # of VLDL
    "1009AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("885.43"),  # triglycerides: as triolein
    "857AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("28.014"),  # urea nitrogen: two N a urea
    "655AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("584.67"),  # bilirubin, C33H36N4O6
    "1297AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("584.67"),  # direct
    "163001AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("584.67"),  # indirect
    "887AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("180.16"),  # glucose, C6H12O6
    "1458AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("180.16"),
    "790AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("113.12"),  # creatinine, C4H7N3O
    "164364AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": Decimal("113.12"),
}
"""Grams a mole of what CIEL's concepts measure, from IUPAC's standard atomic weights."""

UCUM_OF_SPELLINGS = {
    "mmHg": "mm[Hg]",
    "mm Hg": "mm[Hg]",
    "C": "Cel",
    "degC": "Cel",
    "°C": "Cel",
    "F": "[degF]",
    "degF": "[degF]",
    "°F": "[degF]",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "in": "[in_i]",
    "beats/min": "/min",
    "beats/minute": "/min",
    "breaths/min": "/min",
    "breaths/minute": "/min",
    "[IU]/L": "U/L",
    "[iU]/L": "U/L",
    "IU/L": "U/L",
    "10^3/uL": "10*3/uL",
    "10^6/uL": "10*6/uL",
    "10^9/L": "10*9/L",
    "10^12/L": "10*12/L",
    "mcg/dL": "ug/dL",
    "mcg/L": "ug/L",
    "pH": "[pH]",
}
"""UCUM of what some write in its place. An [IU] per litre without a substance is an enzyme's."""


LONGEST_UNIT = 60

_BRACKETS = re.compile(r"\[[^\]]*\]")
_PHYSICAL = {"[Hg]", "[H2O]", "[degF]", "[lb_av]", "[oz_av]", "[in_i]", "[ft_i]"}
# An equivalent is a mole by its dimension only: of calcium it is half a one.
_EQUIVALENTS = re.compile(r"(?<![A-Za-z])[a-zA-Z]?(eq|osm)(?![a-z])")


class Converted(NamedTuple):
    """A value in the concept's unit; whether it was in another one before."""

    value: float
    is_changed: bool


def ucum_of_concept(uuid: str, units: str | None) -> str | None:
    """Return the UCUM unit of a concept's own words; empty where it has none, None: unknown."""
    if uuid in MISLABELLED:
        return MISLABELLED[uuid]
    words = " ".join((units or "").casefold().split())
    return UCUM_OF_WORDS.get(words) or known_unit(words) or None if words else ""


def convert(value: float, unit: str, concept: str, units: str | None) -> Converted | None:
    """Return `value`, which is in UCUM's `unit`, in the unit of a concept; None: it cannot be.

    A value without a unit is taken by a concept without one only; a unit that is a mere remark
    (`{score}`) is none, and so is that of the pH, which concepts have not got.
    """
    target = ucum_of_concept(concept, units)
    source = UCUM_OF_SPELLINGS.get(unit, unit)
    if unit == units or source == target:
        return Converted(value, is_changed=False)
    if _is_unity(source) and target is not None and _is_unity(target):
        return Converted(value, is_changed=False)
    if not target or _is_unity(source):
        return None
    return _by_library(value, source, target, MOLAR_MASS.get(concept))


def _is_unity(unit: str) -> bool:
    return unit in ("", "1", "[pH]") or (unit.startswith("{") and unit.find("}") == len(unit) - 1)


def _by_library(
    value: float, source: str, target: str, molar_mass: Decimal | None
) -> Converted | None:
    """Convert by pint; None where the units are of different kinds, or one is unknown to UCUM."""
    if _arbitrary(source) != _arbitrary(target):
        return None
    given = Decimal(repr(value))
    # Patients are planned by many workers at once, and neither the parser nor the registry can be
    # used by two: a unit would be taken for unknown, and its value be left out.
    with _ONE_AT_A_TIME:
        here, there = _unit(source), _unit(target)
        if here is None or there is None:
            return None
        converted = _magnitude(given, here, there, molar_mass)
    if converted is None or not isfinite(float(converted)):
        return None
    return Converted(float(converted), is_changed=converted != given)


_ONE_AT_A_TIME = threading.Lock()


def _magnitude(given: Decimal, here: Any, there: Any, molar_mass: Decimal | None) -> Decimal | None:
    """Return `given` in the other unit, by way of moles if need be."""
    quantity = _registry().Quantity(given, here)
    by = [quantity]
    if molar_mass:
        gram_a_mole = _registry().Quantity(molar_mass, "gram / mole")
        with suppress(Exception):  # an offset unit is multiplied by nothing
            by += [quantity * (1 / gram_a_mole), quantity * gram_a_mole]
    for one in by:
        with suppress(Exception):  # pint has several for units of different kinds
            magnitude: Decimal = one.to(there).magnitude
            return magnitude
    return None


def _arbitrary(unit: str) -> list[str]:
    """List the parts that UCUM lets convert to nothing else, which pint takes for mere numbers."""
    brackets = [atom for atom in _BRACKETS.findall(unit) if atom not in _PHYSICAL]
    return sorted(brackets + _EQUIVALENTS.findall(unit))


@lru_cache(maxsize=256)
def _unit(ucum: str) -> Any:
    """Return pint's unit of a UCUM code; None where it is none."""
    if len(ucum) > LONGEST_UNIT:
        return None
    try:
        found = _registry().from_ucum(ucum)
    except Exception:  # lark's and ucumvert's own, a dozen of them
        return None
    # of remarks alone (`{a}{b}`) it gives the words, which pint would read in its own way
    return None if isinstance(found, str) else found


@cache
def _registry() -> Any:
    """Return UCUM's units: half a second to make, so only once two units differ."""
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry(non_int_type=Decimal)
