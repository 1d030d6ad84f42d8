"""Codes of the coding systems bridge writes, as checked types: a wrong one cannot travel."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from bridge.identity import MOD10_ALPHABET, check_digit

CIEL_SYSTEM = "https://cielterminology.org"
LOINC_SYSTEM = "http://loinc.org"
UCUM_SYSTEM = "http://unitsofmeasure.org"
SNOMED_SYSTEM = "http://snomed.info/sct"
ICD10_SYSTEM = "http://hl7.org/fhir/sid/icd-10"
ICD10_CM_SYSTEM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM_SYSTEM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX_SYSTEM = "http://hl7.org/fhir/sid/cvx"
ATC_SYSTEM = "http://www.whocc.no/atc"

_OTHER_NAMES = {
    "http://snomed.info/sct/": SNOMED_SYSTEM,
    "https://snomed.info/sct": SNOMED_SYSTEM,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED_SYSTEM,
    "https://loinc.org": LOINC_SYSTEM,
    "http://loinc.org/": LOINC_SYSTEM,
    "urn:oid:2.16.840.1.113883.6.1": LOINC_SYSTEM,
    "http://hl7.org/fhir/sid/icd-10-who": ICD10_SYSTEM,
    "urn:oid:2.16.840.1.113883.6.3": ICD10_SYSTEM,
    "urn:oid:2.16.840.1.113883.6.90": ICD10_CM_SYSTEM,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM_SYSTEM,
    "http://hl7.org/fhir/sid/cvx/": CVX_SYSTEM,
    "urn:oid:2.16.840.1.113883.12.292": CVX_SYSTEM,
    "http://cielterminology.org": CIEL_SYSTEM,
    "https://cielterminology.org/": CIEL_SYSTEM,
    "https://openconceptlab.org/orgs/CIEL/sources/CIEL": CIEL_SYSTEM,
    "https://api.openconceptlab.org/orgs/CIEL/sources/CIEL": CIEL_SYSTEM,
}

_LOINC = re.compile(r"(\d{1,7})-(\d)")
_CIEL_UUID = re.compile(r"\d{1,6}A{30,35}")
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


def canonical_system(system: str) -> str:
    """Return a code system's usual FHIR URI for any that stands for it."""
    return _OTHER_NAMES.get(system, system)


def ciel_uuid(number: str) -> str:
    """Return the uuid that CIEL gives its concept: the number padded with A."""
    return number.ljust(36, "A")


def as_ciel_uuid(code: str) -> str | None:
    """Return `code` if it is a uuid of CIEL's, under whichever system it was written."""
    return code if len(code) == 36 and _CIEL_UUID.fullmatch(code) else None


def loinc_fits(code: str) -> bool:
    """Tell whether a LOINC code's check digit fits it."""
    try:
        return bool(_loinc(code))
    except ValueError:
        return False


Loinc = Annotated[str, AfterValidator(_loinc)]
Ucum = Annotated[str, AfterValidator(_ucum)]
Ciel = Annotated[str, StringConstraints(pattern=r"^\d{1,6}$")]
OpenmrsUuid = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{36,38}$")]
"""OpenMRS's own uuids are not all RFC 4122: CIEL numbers padded with A are among them."""

GENDERS = {"F": "female", "M": "male", "O": "other", "U": "unknown"}
"""OpenMRS's genders in FHIR's words."""
