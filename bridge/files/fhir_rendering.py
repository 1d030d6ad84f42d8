"""Patients, visits and statements as FHIR R4 resources. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bridge.chart import Death, Diagnosis, Encounter, EncounterKind, Patient, Visit
from bridge.codes import CIEL_SYSTEM, GENDERS, LOINC_SYSTEM, UCUM_SYSTEM
from bridge.files.fhir.own import CAUSE_OF_DEATH, ENCOUNTER_KIND
from bridge.files.fhir_entries import entry_resources, patient_resources
from bridge.files.fhir_fragments import SYNTHETIC, Resource, category, concept, of, period
from bridge.mapping.model import Entry, Mapping
from bridge.mapping.resolve import Statement, statements

_AMBULATORY = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "AMB",
    "display": "ambulatory",
}
_INPATIENT = {**_AMBULATORY, "code": "IMP", "display": "inpatient encounter"}
_VITAL_SIGNS = category("observation-category", "vital-signs", "Vital Signs")
_CALLED: dict[EncounterKind, str] = {
    "vitals": "Vitals",
    "note": "Visit note",
    "order": "Order",
    "laboratory": "Laboratory results",
    "immunization": "Immunizations",
}


def fhir_resources(patient: Patient, mapping: Mapping) -> Iterator[Resource]:
    """Yield the Patient, its Encounters (visits, and those within them) and all that is in them."""
    yield fhir_patient(patient)
    yield from patient_resources(patient)
    for visit in patient.visits:
        yield fhir_visit(patient, visit)
        for encounter in visit.encounters:
            yield fhir_encounter(patient, visit, encounter)
            for statement in statements(encounter, mapping):
                yield fhir_observation(patient, encounter, statement)
            yield from entry_resources(patient, encounter)


def fhir_patient(patient: Patient) -> Resource:
    """Render a Patient, marked as test data."""
    resource: Resource = {
        "resourceType": "Patient",
        "id": patient.uuid,
        "meta": SYNTHETIC,
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{patient.uuid}"}],
        "name": [{"use": "usual", "family": patient.family_name, "given": [patient.given_name]}],
        "gender": GENDERS[patient.sex],
        "birthDate": _birthdate(patient),
    }
    resource["identifier"] += [
        {"type": {"text": one.type}, "value": one.value} for one in patient.identifiers
    ]
    if patient.death:
        resource |= _deceased(patient.death)
    if patient.address:
        resource["address"] = [
            {
                "use": "home",
                "city": patient.address.city_village,
                "state": patient.address.state_province,
                "country": patient.address.country,
            }
        ]
    return resource


def _deceased(death: Death) -> Resource:
    time = death.time.isoformat() if death.time else None
    found: Resource = {"deceasedDateTime": time} if time else {"deceasedBoolean": True}
    if death.cause:
        cause = {"url": CAUSE_OF_DEATH, "valueCodeableConcept": concept(death.cause)}
        found["extension"] = [cause]
    return found


def _birthdate(patient: Patient) -> str:
    """Write a birthdate as far as it is known, as OpenMRS does with an estimated one."""
    born = patient.birthdate
    if not patient.is_birthdate_estimated or born.day != 1:
        return born.isoformat()
    return f"{born:%Y}" if born.month == 1 else f"{born:%Y-%m}"


def fhir_visit(patient: Patient, visit: Visit) -> Resource:
    """Render a visit as an Encounter."""
    return _encounter(patient, visit, visit.uuid, {"text": "Visit"}, (visit.start, visit.stop))


def fhir_encounter(patient: Patient, visit: Visit, encounter: Encounter) -> Resource:
    """Render an encounter as an Encounter within its visit."""
    kind = {
        "coding": [{"system": ENCOUNTER_KIND, "code": encounter.kind}],
        "text": _CALLED.get(encounter.kind, encounter.kind),
    }
    times = (encounter.time, None)
    resource = _encounter(patient, visit, encounter.uuid, kind, times)
    ranked = [
        {"condition": {"reference": f"Condition/{one.uuid}"}, "rank": one.rank}
        for one in encounter.entries
        if isinstance(one, Diagnosis)
    ]
    found = {"diagnosis": ranked} if ranked else {}
    return {**resource, **found, "partOf": {"reference": f"Encounter/{visit.uuid}"}}


def fhir_observation(patient: Patient, encounter: Encounter, statement: Statement) -> Resource:
    """Render a statement as an Observation with LOINC and CIEL codings and a UCUM unit."""
    return {
        "resourceType": "Observation",
        "id": statement.uuid,
        "meta": SYNTHETIC,
        "status": "final",
        "category": [_VITAL_SIGNS],
        "code": {"coding": list(_codings(statement.entry)), "text": statement.entry.name},
        "subject": {"reference": f"Patient/{patient.uuid}"},
        "encounter": {"reference": f"Encounter/{encounter.uuid}"},
        "effectiveDateTime": statement.time.isoformat(),
        "valueQuantity": {
            "value": statement.value,
            "unit": statement.entry.unit,
            "system": UCUM_SYSTEM,
            "code": statement.entry.ucum,
        },
    }


def concept_map(mapping: Mapping, *, date: str) -> Resource:
    """Render a mapping as a ConceptMap: measurements to the server's concepts, CIEL and LOINC."""
    return {
        "resourceType": "ConceptMap",
        "url": "urn:bridge:conceptmap:measurements",
        "name": "BridgeMeasurements",
        "title": "bridge's measurements as OpenMRS concepts, CIEL and LOINC",
        "status": "active",
        "date": date,
        "sourceUri": "urn:bridge:measurements",
        "targetUri": "http://openmrs.org/concept",
        "group": [
            _group(mapping, "http://openmrs.org/concept", "concept"),
            _group(mapping, CIEL_SYSTEM, "ciel"),
            _group(mapping, LOINC_SYSTEM, "loinc"),
        ],
    }


def _group(mapping: Mapping, system: str, field: str) -> dict[str, Any]:
    return {
        "source": "urn:bridge:measurements",
        "target": system,
        "element": [
            {
                "code": name,
                "display": entry.name,
                "target": [{"code": code, "equivalence": "equivalent"}],
            }
            for name, entry in mapping.measurements.items()
            if (code := getattr(entry, field))
        ],
    }


def _encounter(
    patient: Patient,
    visit: Visit,
    uuid: str,
    kind: dict[str, Any],
    times: tuple[datetime, datetime | None],
) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": uuid,
        "meta": SYNTHETIC,
        "status": "finished" if visit.stop else "in-progress",
        "class": _INPATIENT if visit.kind == "inpatient" else _AMBULATORY,
        "type": [kind],
        "subject": of(patient),
        "period": period(*times),
    }


def _codings(entry: Entry) -> Iterator[dict[str, str]]:
    if entry.loinc:
        yield {"system": LOINC_SYSTEM, "code": entry.loinc}
    yield {"system": CIEL_SYSTEM, "code": entry.ciel, "display": entry.name}
