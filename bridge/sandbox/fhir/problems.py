"""Conditions, diagnoses of encounters and allergies as FHIR resources."""

from bridge.sandbox.dates import fhir_moment
from bridge.sandbox.fhir.observations import concept_coding
from bridge.sandbox.fhir.terms import EXTENSION, TERMINOLOGY, Resource, recorder, reference, subject
from bridge.sandbox.store import Record, Store

RANK = "http://fhir.openmrs.org/R4/StructureDefinition/diagnosis-rank"
ALLERGY = f"{TERMINOLOGY}allergyintolerance-"
CLINICAL = {"ACTIVE": "active", "INACTIVE": "inactive", "HISTORY_OF": "inactive"}
ALLERGEN_CATEGORIES = {
    "DRUG": "medication",
    "FOOD": "food",
    "ENVIRONMENT": "environment",
}
SEVERITIES = {
    "1498": ("mild", "low"),
    "1499": ("moderate", "unable-to-assess"),
    "1500": ("severe", "high"),
}
"""How severe a reaction is, and how critical the allergy, by the CIEL code of the severity."""


def condition_resource(store: Store, condition: Record) -> Resource:
    """Show an entry of the problem list."""
    status = CLINICAL.get(str(condition["clinicalStatus"]), "unknown")
    verified = condition["verificationStatus"]
    onset, end = condition["onsetDate"], condition["endDate"]
    return {
        "extension": _words(condition) or None,
        "clinicalStatus": _coding("condition-clinical", status),
        "verificationStatus": _coding("condition-ver-status", verified.lower(), verified)
        if verified
        else None,
        "category": [_coding("condition-category", "problem-list-item", "Problem List Item")],
        "code": _code(store, condition),
        "subject": subject(store, condition["patient"]),
        "onsetDateTime": fhir_moment(onset) if onset is not None else None,
        "abatementDateTime": fhir_moment(end) if end is not None else None,
        "recordedDate": fhir_moment(condition["created"]),
        "recorder": recorder(store),
    }


def diagnosis_resource(store: Store, diagnosis: Record) -> Resource:
    """Show a diagnosis of an encounter, which FHIR knows as a condition too."""
    encounter = store.ref(diagnosis, "encounter")
    certainty = str(diagnosis["certainty"] or "").lower()
    rank = [{"url": RANK, "valueInteger": diagnosis["rank"]}]
    return {
        "extension": [*_words(diagnosis), *rank],
        "clinicalStatus": _coding("condition-clinical", "unknown", "Unknown"),
        "verificationStatus": _coding("condition-ver-status", certainty, certainty.title()),
        "category": [_coding("condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
        "code": _code(store, diagnosis),
        "subject": subject(store, diagnosis["patient"]),
        "encounter": reference("Encounter", encounter) if encounter else None,
        "recordedDate": fhir_moment(encounter["encounterDatetime"]) if encounter else None,
        "recorder": recorder(store),
    }


def _words(record: Record) -> list[Resource]:
    words = record["nonCoded"]
    return [{"url": f"{EXTENSION}non-coded-condition", "valueString": words}] if words else []


def _code(store: Store, record: Record) -> Resource | None:
    coded = store.ref(record, "coded")
    return concept_coding(store, coded) if coded else None


def _coding(system: str, code: str, display: str = "") -> Resource:
    shown = {"system": f"{TERMINOLOGY}{system}", "code": code}
    return {"coding": [shown | ({"display": display} if display else {})]}


def allergy_resource(store: Store, allergy: Record) -> Resource:
    """Show an allergy with its reactions."""
    allergen = _allergen(store, allergy)
    severity = store.ref(allergy, "severity")
    word, critical = SEVERITIES.get(severity.uuid.rstrip("A") if severity else "", ("", ""))
    category = ALLERGEN_CATEGORIES.get(str(allergy["allergenType"]))
    found = [_manifestation(store, one) for one in store.children(allergy, "reactions")]
    reaction = {"substance": allergen, "manifestation": found or None, "severity": word or None}
    comment = allergy["comment"]
    return {
        "clinicalStatus": _status("clinical", "active", "Active"),
        "verificationStatus": _status("verification", "confirmed", "Confirmed"),
        "type": "allergy",
        "category": [category] if category else None,
        "criticality": critical or None,
        "code": allergen,
        "patient": subject(store, allergy["patient"]),
        "recordedDate": fhir_moment(allergy["created"]),
        "recorder": recorder(store),
        "note": [{"text": comment}] if comment else None,
        "reaction": [{name: part for name, part in reaction.items() if part is not None}],
    }


def _status(name: str, code: str, display: str) -> Resource:
    coding = {"system": f"{ALLERGY}{name}", "code": code, "display": display}
    return {"coding": [coding], "text": display}


def _allergen(store: Store, allergy: Record) -> Resource:
    coded = store.ref(allergy, "coded")
    words = allergy["nonCoded"]
    shown = concept_coding(store, coded) if coded else {}
    return shown | ({"text": words} if words else {})


def _manifestation(store: Store, one: Record) -> Resource:
    concept = store.ref(one, "reaction")
    shown = concept_coding(store, concept) if concept else {}
    words = one["reactionNonCoded"]
    return shown | ({"text": words} if words else {})
