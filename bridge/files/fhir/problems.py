"""Conditions: diagnoses of an encounter, and problems of the patient's list. Pure.

What is said to be a diagnosis of an encounter becomes one there. It becomes a problem of the list
too where its course is told (a clinical status) and the list itself has no such problem: Synthea
and others write every problem as a diagnosis of an encounter, and O3's Conditions tab would stay
empty.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from bridge.chart import CodeableConcept, Condition, Diagnosis
from bridge.files.fhir.elements import codeable, codes_of, day
from bridge.files.fhir.encounters import Contact
from bridge.files.fhir.record import Made, Placed, Record
from bridge.files.fhir.resources import Body, NotTaken, Resource, reference
from bridge.identity import part_uuid

_ACTIVE = {"active", "recurrence", "relapse"}
_INACTIVE = {"inactive", "remission", "resolved"}
_UNSURE = {"provisional", "differential", "unconfirmed"}


class _Problem(NamedTuple):
    resource: Resource
    condition: Condition
    has_course: bool
    is_diagnosis: bool
    encounter: str


def read_conditions(record: Record, contacts: dict[str, Contact]) -> Iterator[Made]:
    """Read a patient's Conditions."""
    read = []
    for resource in record.of("Condition"):
        with record.reading(resource):
            read.append(_problem(record, resource, contacts))
    listed = {_key(one.condition.what) for one in read if not one.is_diagnosis}
    ranks = _ranks(record)
    seen: set[str] = set()
    for one in read:
        if not one.is_diagnosis:
            yield one.condition
            continue
        rank = ranks.get(one.resource.source) or (2 if one.encounter in seen else 1)
        seen.add(one.encounter)
        yield Placed(
            Diagnosis(
                uuid=one.condition.uuid,
                what=one.condition.what,
                is_confirmed=one.condition.is_confirmed is not False,
                rank=rank,
                source=one.resource.source,
            ),
            one.encounter,
            None,
        )
        if one.has_course and _key(one.condition.what) not in listed:
            yield replace(one.condition, uuid=part_uuid(one.condition.uuid, "condition"))


def _problem(record: Record, resource: Resource, contacts: dict[str, Contact]) -> _Problem:
    body = resource.body
    verified = codes_of(body.get("verificationStatus") or {})
    for refused in ("entered-in-error", "refuted"):
        if refused in verified:
            raise NotTaken(f"status is {refused}")
    onset, end = _date(record, resource, "onset"), _date(record, resource, "abatement")
    if onset and end and end < onset:
        raise NotTaken("ends before it begins", f"{onset}, {end}")
    clinical = codes_of(body.get("clinicalStatus") or {})
    is_active = not clinical & _INACTIVE and not (end and not clinical & _ACTIVE)
    if end and clinical & _ACTIVE:
        raise NotTaken("status and end contradict each other", f"{sorted(clinical)}, {end}")
    encounter = reference(body.get("encounter"))
    condition = Condition(
        uuid=record.uuid_of(resource),
        what=codeable(body.get("code")),
        is_active=is_active,
        is_confirmed=_certainty(verified),
        onset=onset,
        end=end,
        source=resource.source,
    )
    diagnosed = "encounter-diagnosis" in codes_of(body.get("category") or [])
    is_listed = "problem-list-item" in codes_of(body.get("category") or [])
    return _Problem(
        resource,
        condition,
        bool(clinical & (_ACTIVE | _INACTIVE)),
        diagnosed and not is_listed and encounter in contacts,
        encounter,
    )


def _certainty(verified: set[str]) -> bool | None:
    if "confirmed" in verified:
        return True
    return False if verified & _UNSURE else None


def _date(record: Record, resource: Resource, what: str) -> date | None:
    """Read an onset or an end; one that is no date is left out, and the rest stays."""
    body = resource.body
    keys = [key for key in body if key.startswith(what)]
    if not keys or isinstance(body[keys[0]], bool):
        return None
    value = body[keys[0]]
    if keys[0] == f"{what}Period":
        value = value.get("start" if what == "onset" else "end")
    if not isinstance(value, str) or keys[0] == f"{what}String":
        record.leave_part_out(resource, what, NotTaken("is not said as a date", keys[0]))
        return None
    said = day(value)
    if said.is_estimated:
        record.assume("date of a condition known to the year or month: its first day")
    return said.date


def _ranks(record: Record) -> dict[str, int]:
    """Return the ranks that Encounters give their diagnoses, by the Condition's source."""
    ranks: dict[str, int] = {}
    for encounter in record.of("Encounter"):
        given = encounter.body.get("diagnosis")
        for one in given if isinstance(given, list) else ():
            found = record.find(one.get("condition")) if isinstance(one, dict) else None
            rank = one.get("rank") if isinstance(one, dict) else None
            if found and isinstance(rank, int) and 0 < rank < 100:
                ranks[found.source] = rank
    return ranks


def _key(what: CodeableConcept) -> frozenset[str]:
    return frozenset(code.code for code in what.codes) or frozenset([what.text.lower()])


def reason_of(record: Record, body: Body) -> CodeableConcept | None:
    """Return why something was done: a code, or the Condition that it refers to."""
    try:
        for concept in body.get("reasonCode") or ():
            return codeable(concept)
        for referred in body.get("reasonReference") or ():
            found = record.find(referred, body)
            if found and found.kind == "Condition":
                return codeable(found.body.get("code"))
    except (NotTaken, TypeError, AttributeError):
        return None
    return None
