"""AllergyIntolerances. Pure."""

from collections.abc import Iterator
from typing import Literal

from bridge.chart import Allergy, NoKnownAllergies
from bridge.files.fhir.elements import codeable, codes_of, notes
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import Body, NotTaken, Resource

_KINDS: dict[str, Literal["drug", "food", "environment"]] = {
    "medication": "drug",
    "food": "food",
    "environment": "environment",
}
Severity = Literal["mild", "moderate", "severe"]
_SEVERITIES: tuple[Severity, ...] = ("mild", "moderate", "severe")


_NONE_AT_ALL = {
    "716186003",
    "160244002",
    "no-known-allergies",
    "no known allergies",
    "no known allergy",
}
"""SNOMED CT's codes, today's and the one before, that of FHIR's IPS, and plain words."""

_NONE_OF_A_KIND = {
    "409137002",
    "428607008",
    "429625007",
    "1003774007",
    "no-known-medication-allergies",
    "no-known-environmental-allergies",
    "no-known-food-allergies",
}
"""Of drugs, of the environment, of food, of latex: OpenMRS has no place for it."""

_NOTHING_KNOWN = {"no-allergy-info"}


def read_allergies(record: Record) -> Iterator[Allergy | NoKnownAllergies]:
    """Read a patient's allergies; that there are none is said by a code of its own."""
    for resource in record.of("AllergyIntolerance"):
        with record.reading(resource):
            yield _read(record, resource)


def _read(record: Record, resource: Resource) -> Allergy | NoKnownAllergies:
    body = resource.body
    _refuse_what_does_not_hold(body)
    codes = {code.lower() for code in codes_of(body.get("code") or {})}
    if codes & _NONE_OF_A_KIND:
        raise NotTaken("says that there is no allergy of one kind only")
    if codes & _NOTHING_KNOWN:
        raise NotTaken("says that nothing is known")
    if codes & _NONE_AT_ALL:
        return NoKnownAllergies(uuid=record.uuid_of(resource), source=resource.source)
    return _allergy(record, resource)


def _refuse_what_does_not_hold(body: Body) -> None:
    said = codes_of(body.get("clinicalStatus") or {})
    verified = codes_of(body.get("verificationStatus") or {})
    for refused in ("entered-in-error", "refuted"):
        if refused in verified:
            raise NotTaken(f"status is {refused}")
    for over in ("resolved", "inactive"):
        if over in said:  # OpenMRS's list has those that hold only
            raise NotTaken(f"status is {over}")


_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def _is_unknown(shown: Body) -> bool:
    """Tell whether a manifestation only says that none is known: FHIR wants one with a severity."""
    systems = {coding.get("system") for coding in shown.get("coding") or ()}
    return systems == {_ABSENT}


def _allergy(record: Record, resource: Resource) -> Allergy:
    body = resource.body
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
                codeable(shown)
                for one in reactions
                for shown in one.get("manifestation") or ()
                if not _is_unknown(shown)
            )
        ),
        severity=next((s for s in reversed(_SEVERITIES) if s in severities), None),
        comment=notes(body),
        source=resource.source,
    )
