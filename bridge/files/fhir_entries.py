"""What stands in a chart as FHIR R4 resources, entry by entry. Pure.

What FHIR has no place for stands under bridge's own names (`urn:bridge:...`), which its reader
knows and others may ignore.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, Final

from bridge.chart import (
    Allergy,
    Appointment,
    Condition,
    Diagnosis,
    DrugOrder,
    Encounter,
    Enrollment,
    Entry,
    Immunization,
    NoKnownAllergies,
    Note,
    Patient,
    PatientEntry,
    ProgramState,
    Quantity,
    Relationship,
    Result,
    TestOrder,
)
from bridge.codes import SNOMED_SYSTEM
from bridge.files.fhir.own import PROGRAM
from bridge.files.fhir_fragments import (
    Resource,
    amount,
    begun,
    category,
    concept,
    dose,
    hl7,
    of,
    period,
    whole,
    within,
)

_UNKNOWN: Final = hl7("data-absent-reason", "unknown")


def entry_resources(patient: Patient, encounter: Encounter) -> Iterator[Resource]:
    """Yield the resources of an encounter's entries, but for its vital signs."""
    last = last_moment(patient)
    for entry in encounter.entries:
        if isinstance(entry, DrugOrder):
            yield _medication_request(patient, encounter, entry, last)
        elif render := _OF_ENCOUNTERS.get(type(entry)):
            yield render(patient, encounter, entry)


def patient_resources(patient: Patient) -> Iterator[Resource]:
    """Yield the resources of what is in the chart beside its visits."""
    for entry in patient.entries:
        yield _OF_PATIENTS[type(entry)](patient, entry)


def last_moment(patient: Patient) -> datetime | None:
    """Return when the patient was last seen."""
    return max((visit.stop or visit.start for visit in patient.visits), default=None)


def _condition(uuid: str, patient: Patient, kind: str, words: str) -> Resource:
    return {
        **begun("Condition", uuid),
        "category": [category("condition-category", kind, words)],
        "subject": of(patient),
    }


def _certainty(is_confirmed: bool | None) -> dict[str, Any]:
    if is_confirmed is None:
        return {}
    said = "confirmed" if is_confirmed else "provisional"
    return {"verificationStatus": hl7("condition-ver-status", said)}


def _diagnosis(patient: Patient, encounter: Encounter, entry: Diagnosis) -> Resource:
    return {
        **_condition(entry.uuid, patient, "encounter-diagnosis", "Encounter Diagnosis"),
        **_certainty(entry.is_confirmed),
        "code": concept(entry.what),
        "encounter": within(encounter),
        "recordedDate": encounter.time.isoformat(),
    }


def _note(patient: Patient, encounter: Encounter, entry: Note) -> Resource:
    text = base64.b64encode(entry.text.encode()).decode()
    return {
        **begun("DocumentReference", entry.uuid),
        "status": "current",
        "type": {"text": "Visit note"},
        "subject": of(patient),
        "date": encounter.time.isoformat(),
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": text}}],
        "context": {"encounter": [within(encounter)]},
    }


def _test_order(patient: Patient, encounter: Encounter, entry: TestOrder) -> Resource:
    laboratory = {"system": SNOMED_SYSTEM, "code": "108252007", "display": "Laboratory procedure"}
    return {
        **begun("ServiceRequest", entry.uuid),
        "status": "completed" if entry.is_completed else "active",
        "intent": "order",
        "category": [{"coding": [laboratory]}],
        "code": concept(entry.what),
        "subject": of(patient),
        "encounter": within(encounter),
        "authoredOn": entry.time.isoformat(),
    }


def _result(patient: Patient, encounter: Encounter, entry: Result) -> Resource:
    made = {
        **begun("Observation", entry.uuid),
        "status": "final",
        "category": [category("observation-category", "laboratory", "Laboratory")],
        "code": concept(entry.what),
        "subject": of(patient),
        "encounter": within(encounter),
        "effectiveDateTime": (entry.time or encounter.time).isoformat(),
    }
    if entry.order:
        made["basedOn"] = [{"reference": f"ServiceRequest/{entry.order}"}]
    if isinstance(entry.value, Quantity):
        return {**made, "valueQuantity": amount(entry.value)}
    assert not isinstance(entry.value, str | bool | date)
    return {**made, "valueCodeableConcept": concept(entry.value)} if entry.value else made


def _medication_request(
    patient: Patient, encounter: Encounter, entry: DrugOrder, last: datetime | None
) -> Resource:
    made = {
        **begun("MedicationRequest", entry.uuid),
        "status": _status(entry, last),
        "intent": "order",
        "medicationCodeableConcept": concept(entry.drug),
        "subject": of(patient),
        "encounter": within(encounter),
        "authoredOn": entry.start.isoformat(),
        "dosageInstruction": [_dosage(entry)],
    }
    if entry.reason:
        made["reasonCode"] = [concept(entry.reason)]
    supply = {}
    if entry.quantity:
        supply["quantity"] = dose(entry.quantity)
    if entry.duration:
        supply["expectedSupplyDuration"] = amount(entry.duration)
    return {**made, "dispenseRequest": supply} if supply else made


def _status(entry: DrugOrder, last: datetime | None) -> str:
    """Say whether a drug is taken, as of when the patient was last seen."""
    if entry.stopped:
        return "stopped"
    return "completed" if entry.end and last and entry.end <= last else "active"


def _dosage(entry: DrugOrder) -> dict[str, Any]:
    repeat: dict[str, Any] = {}
    if entry.stopped:
        repeat["boundsPeriod"] = period(entry.start, entry.stopped)
    elif entry.duration:
        repeat["boundsDuration"] = amount(entry.duration)
    timing: dict[str, Any] = {"repeat": repeat} if repeat else {}
    if entry.frequency:
        timing["code"] = concept(entry.frequency)
    made: dict[str, Any] = {
        "text": entry.instructions,
        "timing": timing,
        "route": concept(entry.route) if entry.route else {},
        "asNeededBoolean": entry.as_needed or None,
    }
    if entry.dose:
        made["doseAndRate"] = [{"doseQuantity": dose(entry.dose)}]
    return {key: said for key, said in made.items() if said}


def _immunization(patient: Patient, encounter: Encounter, entry: Immunization) -> Resource:
    made = {
        **begun("Immunization", entry.uuid),
        "status": "completed",
        "vaccineCode": concept(entry.vaccine),
        "patient": of(patient),
        "encounter": within(encounter),
        "occurrenceDateTime": entry.time.isoformat(),
    }
    if entry.dose_number:
        made["protocolApplied"] = [{"doseNumberPositiveInt": entry.dose_number}]
    return made


_OF_ENCOUNTERS: Final[dict[type[Entry], Callable[[Patient, Encounter, Any], Resource]]] = {
    Diagnosis: _diagnosis,
    Note: _note,
    TestOrder: _test_order,
    Result: _result,
    Immunization: _immunization,
}


def _problem(patient: Patient, entry: Condition) -> Resource:
    made = {
        **_condition(entry.uuid, patient, "problem-list-item", "Problem List Item"),
        "clinicalStatus": hl7("condition-clinical", "active" if entry.is_active else "resolved"),
        **_certainty(entry.is_confirmed),
        "code": concept(entry.what),
    }
    if entry.onset:
        made["onsetDateTime"] = entry.onset.isoformat()
    if entry.end:
        made["abatementDateTime"] = entry.end.isoformat()
    return made


def _allergy_of(patient: Patient, uuid: str) -> Resource:
    return {
        **begun("AllergyIntolerance", uuid),
        "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
        "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
        "patient": of(patient),
    }


def _none_known(patient: Patient, entry: NoKnownAllergies) -> Resource:
    none = {"system": SNOMED_SYSTEM, "code": "716186003", "display": "No known allergy"}
    code = {"coding": [none], "text": "No known allergies"}
    return {**_allergy_of(patient, entry.uuid), "code": code}


_CATEGORIES: Final = {"drug": "medication", "food": "food", "environment": "environment"}


def _allergy(patient: Patient, entry: Allergy) -> Resource:
    made = {**_allergy_of(patient, entry.uuid), "code": concept(entry.allergen)}
    if entry.kind in _CATEGORIES:
        made["category"] = [_CATEGORIES[entry.kind]]
    if entry.reactions or entry.severity:
        shown = [concept(reaction) for reaction in entry.reactions] or [_UNKNOWN]
        severity = {"severity": entry.severity} if entry.severity else {}
        made["reaction"] = [{"manifestation": shown, **severity}]
    return made


def _care_plan(patient: Patient, entry: Enrollment) -> Resource:
    made = {
        **begun("CarePlan", entry.uuid),
        "instantiatesUri": [PROGRAM],
        "status": "completed" if entry.completed else "active",
        "intent": "plan",
        "category": [concept(entry.program)],
        "subject": of(patient),
        "period": _days(entry.enrolled, entry.completed),
    }
    if entry.states:
        made["activity"] = [{"detail": _state(patient, one)} for one in entry.states]
    return made


def _state(patient: Patient, state: ProgramState) -> dict[str, Any]:
    return {
        "code": concept(state.state),
        "status": "completed" if state.end else "in-progress",
        "scheduledPeriod": _days(state.start, state.end),
    }


def _days(start: date, end: date | None) -> dict[str, str]:
    return {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})


_STATUSES: Final = {
    "scheduled": "booked",
    "checked in": "arrived",
    "completed": "fulfilled",
    "missed": "noshow",
    "cancelled": "cancelled",
}


def _appointment(patient: Patient, entry: Appointment) -> Resource:
    return {
        **begun("Appointment", entry.uuid),
        "status": _STATUSES[entry.status],
        "serviceType": [concept(entry.service)],
        "start": entry.start.isoformat(),
        "end": entry.stop.isoformat(),
        "minutesDuration": whole((entry.stop - entry.start).total_seconds() // 60),
        "participant": [{"actor": of(patient), "status": "accepted"}],
    }


_ROLES: Final = {"parent": "PRN", "child": "CHILD", "sibling": "SIB"}


def _related_person(patient: Patient, entry: Relationship) -> Resource:
    """Render a relative; whose Patient they are the identifier tells."""
    return {
        **begun("RelatedPerson", entry.uuid),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{entry.other}"}],
        "patient": of(patient),
        "relationship": [hl7("v3-RoleCode", _ROLES[entry.kind])],
    }


_OF_PATIENTS: Final[dict[type[PatientEntry], Callable[[Patient, Any], Resource]]] = {
    Condition: _problem,
    Allergy: _allergy,
    NoKnownAllergies: _none_known,
    Enrollment: _care_plan,
    Appointment: _appointment,
    Relationship: _related_person,
}
