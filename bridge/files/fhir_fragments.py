"""What bridge's FHIR resources have in common: marks, codes, references, times. Pure."""

from datetime import datetime
from typing import Any, Final

from bridge.chart import CodeableConcept, Encounter, Patient, Quantity
from bridge.codes import UCUM_SYSTEM
from bridge.unit_words import in_ucum

Resource = dict[str, Any]

SYNTHETIC: Final = {
    "security": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": "HTEST",
            "display": "test health data",
        }
    ]
}
"""The mark of test data that every resource has."""

_HL7: Final = "http://terminology.hl7.org/CodeSystem"


def hl7(system: str, code: str) -> dict[str, Any]:
    """Return a code of one of HL7's own systems as a CodeableConcept."""
    return {"coding": [{"system": f"{_HL7}/{system}", "code": code}]}


def category(system: str, code: str, display: str) -> dict[str, Any]:
    """Return a category with its words."""
    return {"coding": [{"system": f"{_HL7}/{system}", "code": code, "display": display}]}


def begun(kind: str, uuid: str) -> Resource:
    """Return what every resource begins with."""
    return {"resourceType": kind, "id": uuid, "meta": SYNTHETIC}


def of(patient: Patient) -> dict[str, str]:
    """Return a reference to a patient."""
    return {"reference": f"Patient/{patient.uuid}"}


def within(encounter: Encounter) -> dict[str, str]:
    """Return a reference to an encounter."""
    return {"reference": f"Encounter/{encounter.uuid}"}


def concept(what: CodeableConcept) -> dict[str, Any]:
    """Render a concept; a code of the server's own has no system."""
    codings = [
        {
            key: said
            for key, said in (("system", c.system), ("code", c.code), ("display", c.display))
            if said
        }
        for c in what.codes
    ]
    found: dict[str, Any] = {"coding": codings} if codings else {}
    return found | ({"text": what.text} if what.text else {})


def amount(value: Quantity) -> dict[str, Any]:
    """Render a quantity whose unit is UCUM's."""
    found: dict[str, Any] = {"value": whole(value.value)}
    if value.unit:
        found |= {"unit": value.unit, "system": UCUM_SYSTEM, "code": value.unit}
    return found


def dose(value: Quantity) -> dict[str, Any]:
    """Render a dose: Milliliter is one of UCUM's units, Tablet is a word."""
    known = in_ucum(value.unit)
    found: dict[str, Any] = {"value": whole(value.value), "unit": value.unit}
    return found if known == value.unit else {**found, "system": UCUM_SYSTEM, "code": known}


def whole(number: float) -> float | int:
    """Return a number as JSON writes it: without decimals where it has none."""
    return int(number) if number == int(number) else number


def period(start: datetime, stop: datetime | None) -> dict[str, str]:
    """Render a span of time."""
    return {"start": start.isoformat()} | ({"end": stop.isoformat()} if stop else {})
