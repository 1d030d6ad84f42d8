"""AllergyIntolerances. Pure."""

from collections.abc import Iterator
from typing import Literal

from bridge.chart import Allergy
from bridge.files.fhir.elements import codeable, codes_of, notes
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import NotTaken, Resource

_KINDS: dict[str, Literal["drug", "food", "environment"]] = {
    "medication": "drug",
    "food": "food",
    "environment": "environment",
}
Severity = Literal["mild", "moderate", "severe"]
_SEVERITIES: tuple[Severity, ...] = ("mild", "moderate", "severe")


def read_allergies(record: Record) -> Iterator[Allergy]:
    """Read a patient's allergies; "no known allergies" is one of its own code."""
    for resource in record.of("AllergyIntolerance"):
        with record.reading(resource):
            yield _allergy(record, resource)


def _allergy(record: Record, resource: Resource) -> Allergy:
    body = resource.body
    said = codes_of(body.get("clinicalStatus") or {})
    verified = codes_of(body.get("verificationStatus") or {})
    for refused in ("entered-in-error", "refuted"):
        if refused in verified:
            raise NotTaken(f"status is {refused}")
    for over in ("resolved", "inactive"):
        if over in said:  # OpenMRS's list has those that hold only
            raise NotTaken(f"status is {over}")
    reactions = [one for one in body.get("reaction") or () if isinstance(one, dict)]
    substance = next((one["substance"] for one in reactions if one.get("substance")), None)
    kinds = [_KINDS[name] for name in body.get("category") or () if name in _KINDS]
    severities = {one.get("severity") for one in reactions}
    return Allergy(
        uuid=record.uuid_of(resource),
        allergen=codeable(body.get("code") or substance),
        kind=kinds[0] if kinds else "other",
        reactions=tuple(
            dict.fromkeys(
                codeable(shown) for one in reactions for shown in one.get("manifestation") or ()
            )
        ),
        severity=next((s for s in reversed(_SEVERITIES) if s in severities), None),
        comment=notes(body),
        source=resource.source,
    )
