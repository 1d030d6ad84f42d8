"""Codes of the coding systems bridge writes, as checked types: a wrong one cannot travel."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from bridge.identity import MOD10_ALPHABET, check_digit

CIEL_SYSTEM = "https://cielterminology.org"
LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"

_LOINC = re.compile(r"(\d{1,7})-(\d)")
_UCUM = re.compile(r"[!-~]+")


def _loinc(code: str) -> str:
    match = _LOINC.fullmatch(code)
    if not match:
        raise ValueError("a LOINC code is up to seven digits, a hyphen and a check digit: 8480-6")
    number, check = match.groups()
    if check_digit(number, MOD10_ALPHABET) != check:
        raise ValueError(f"{code} is no LOINC code: its check digit does not fit")
    return code


def _ucum(unit: str) -> str:
    if not _UCUM.fullmatch(unit):
        raise ValueError("a UCUM unit is printable ASCII without blanks: mm[Hg]")
    return unit


Loinc = Annotated[str, AfterValidator(_loinc)]
Ucum = Annotated[str, AfterValidator(_ucum)]
Ciel = Annotated[str, StringConstraints(pattern=r"^\d{1,6}$")]
OpenmrsUuid = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{36,38}$")]
"""OpenMRS's own uuids are not all RFC 4122: CIEL numbers padded with A are among them."""

GENDERS = {"F": "female", "M": "male", "O": "other", "U": "unknown"}
"""OpenMRS's genders in FHIR's words."""
