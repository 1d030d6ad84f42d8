"""Rules of conditions, diagnoses, allergies and enrolments."""

import re

from bridge.sandbox.catalogue.problems import OTHER_NON_CODED
from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.store import Record, Store

_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")


def check_condition(store: Store, condition: Record, findings: Findings) -> None:
    """Check that a condition says whether it still is; of what, OpenMRS does not ask."""
    if condition["clinicalStatus"] is None:
        code = "Condition.clinicalStatusShouldNotBeNull"
        findings.add("clinicalStatus", code, "The clinical status is required")


def check_diagnosis(store: Store, diagnosis: Record, findings: Findings) -> None:
    """Check that a diagnosis has all its parts."""
    if diagnosis["encounter"] is None:
        findings.add("encounter", "error.null")
    if diagnosis["coded"] is None and diagnosis["nonCoded"] is None:
        findings.add("diagnosis", "error.null")
    for name in ("certainty", "rank"):
        if diagnosis[name] is None:
            findings.add(name, "error.null")
    if diagnosis["rank"] is not None and diagnosis["rank"] < 0:
        findings.add("rank", "error.rank.notPositiveInteger")


def check_allergy(store: Store, allergy: Record, findings: Findings) -> None:
    """Check what a patient is allergic to, and that it is not said twice."""
    if allergy["allergenType"] is None:
        findings.add("allergen", "allergyapi.allergenType.required")
    said = (one["reactionNonCoded"] for one in store.children(allergy, "reactions"))
    if _NUMBER.fullmatch(next(filter(None, said), "")):
        code = "error.allergyapi.allergy.ReactionNonCoded.cannotBeNumeric"
        findings.add("reactionNonCoded", code)
    coded = store.ref(allergy, "coded")
    words = str(allergy["nonCoded"] or "").strip()
    if coded is None and words and not findings.faults:
        raise Broken(
            "not-null property references a null or transient value :"
            " org.openmrs.Allergy.allergen.codedAllergen",
            java="org.hibernate.PropertyValueException",
            code="org.hibernate.engine.internal.Nullability:122",
        )
    if coded is None and not words:
        code = "allergyapi.allergen.codedOrNonCodedAllergen.required"
        findings.add("allergen", code)
    elif coded and coded.uuid == OTHER_NON_CODED and not words:
        findings.add("allergen", "allergyapi.allergen.nonCodedAllergen.required")
    elif allergy.id is None and _is_known(store, allergy, coded, words):
        findings.add("allergen", "allergyapi.message.duplicateAllergen")


def _is_known(store: Store, allergy: Record, coded: Record | None, words: str) -> bool:
    patient = store.ref(allergy, "patient")
    where = "patient = ? AND ended = 0 AND coded IS ?"
    params: list[object] = [patient and patient.id, coded and coded.id]
    if coded and coded.uuid == OTHER_NON_CODED:
        where += ' AND "nonCoded" = ? COLLATE NOCASE'
        params.append(words)
    return store.count("allergy", where, params) > 0


def check_enrollment(store: Store, enrollment: Record, findings: Findings) -> None:
    """Check a program's times and the states that were gone through."""
    enrolled, completed = enrollment["dateEnrolled"], enrollment["dateCompleted"]
    for name in ("patient", "program"):
        if enrollment[name] is None:
            findings.add(name, "error.required")
    if enrolled is None:
        findings.add("dateEnrolled", "error.patientProgram.enrolledDateEmpty")
    elif enrolled > store.now:
        code = "error.patientProgram.enrolledDateDateCannotBeInFuture"
        findings.add("dateEnrolled", code)
    if completed is not None and completed > store.now:
        findings.add("dateCompleted", "error.patientProgram.completionDateCannotBeInFuture")
    if completed is not None and enrolled is not None and completed < enrolled:
        code = "error.patientProgram.enrolledDateShouldBeBeforecompletionDate"
        findings.add("dateCompleted", code)
    if not findings.faults:
        _check_states(store, enrollment, findings)


def _check_states(store: Store, enrollment: Record, findings: Findings) -> None:
    program = store.ref(enrollment, "program")
    standing: set[object] = set()
    left: dict[object, int] = {}
    """When the former state of each workflow ended."""
    states = store.children(enrollment, "states")
    for one in sorted(states, key=lambda state: state["startDate"] or 0):
        state = store.ref(one, "state")
        workflow = store.ref(state, "programWorkflow") if state else None
        start, end = one["startDate"], one["endDate"]
        if workflow is None or workflow["program"] != (program and program.id):
            findings.add("states", "PatientState.error.invalidPatientState")
        elif end is not None and start is not None and end < start:
            findings.add("states", "PatientState.error.endDateCannotBeBeforeStartDate")
        elif end is None and workflow.id in standing:
            findings.add("states", "PatientProgram.error.cannotBeInMultipleStates")
        elif start is not None and start < left.get(workflow.id, start):
            findings.add("states", "PatientProgram.error.foundOverlappingStates")
        else:
            standing |= {workflow.id} if end is None else set()
            left |= {workflow.id: end} if end is not None else {}
            continue
        return
