"""Rules of persons and patients: names, dates, identifiers."""

import re
from datetime import UTC, date, datetime

from bridge.sandbox.identifiers import VALIDATORS, Unfitting
from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.store import Record, Store

OLDEST_YEARS = 140


def check_one_person(store: Store, person: Record, findings: Findings) -> None:
    """Check a person that is changed or made by itself; OpenMRS does so twice for a patient."""
    check_person(store, person, findings)
    if person.id is not None and store.one("patient", person.id):
        check_person(store, person, findings)


def check_person(store: Store, person: Record, findings: Findings) -> None:
    """Check a person's names, addresses and dates."""
    names = store.children(person, "names")
    for number, name in enumerate(names):
        _check_name(name, f"names[{number}].", findings)
    if not names and not person.ended:
        findings.add("names", "Person.shouldHaveAtleastOneNonVoidedName")
    for number, address in enumerate(store.children(person, "addresses")):
        _check_lengths(address, f"addresses[{number}].", findings)
    _check_dates(store, person, findings)
    if person["dead"] and not person["causeOfDeath"] and not person["causeOfDeathNonCoded"]:
        findings.add("causeOfDeath", "Person.dead.causeOfDeathAndCauseOfDeathNonCodedNull")


def _check_name(name: Record, place: str, findings: Findings) -> None:
    if not str(name["givenName"] or "").replace('"', "").strip():
        findings.add(f"{place}givenName", "Patient.names.required.given.family")
    _check_lengths(name, place, findings)


def _check_lengths(record: Record, place: str, findings: Findings) -> None:
    for prop in record.type.columns:
        if prop.overflows(record[prop.name]):
            findings.add(
                f"{place}{prop.name}",
                "error.exceededMaxLengthOfField",
                f"This value exceeds the maximum length of {prop.longest} permitted for this"
                " field.",
            )


def _check_dates(store: Store, person: Record, findings: Findings) -> None:
    birthdate = person["birthdate"]
    if birthdate:
        born = date.fromisoformat(birthdate)
        if born > store.today:
            findings.add("birthdate", "error.date.future")
        if (born.year + OLDEST_YEARS, born.month, born.day) < (
            store.today.year,
            store.today.month,
            store.today.day,
        ):
            findings.add("birthdate", "error.date.nonsensical")
    died = person["deathDate"]
    if died and died > store.now:
        findings.add("deathDate", "error.date.future")
    if died and birthdate and datetime.fromtimestamp(died, UTC).date().isoformat() < birthdate:
        findings.add("deathDate", "error.deathdate.before.birthdate")


def check_patient(store: Store, patient: Record, findings: Findings) -> None:
    """Check a patient with the person and the identifiers."""
    person = store.ref(patient, "person")
    if person:
        # OpenMRS runs the person's rules for the person and again for the patient
        check_person(store, person, findings)
        check_person(store, person, findings)
        if not str(person["gender"] or "").strip():
            findings.add("gender", "Person.gender.required")
    identifiers = store.children(patient, "identifiers")
    if not any(one["preferred"] for one in identifiers) and len(identifiers) != 1:
        findings.add("", "error.preferredIdentifier")
    if not findings.faults:
        for identifier in identifiers:
            _check_identifier(store, patient, identifier, findings)
    findings.refuse_any()
    _require_types(store, identifiers)


def _check_identifier(
    store: Store, patient: Record, identifier: Record, findings: Findings
) -> None:
    fault = _identifier_fault(store, patient, identifier)
    if fault:
        findings.add("", fault)


def _identifier_fault(store: Store, patient: Record, identifier: Record) -> str:
    kind = store.ref(identifier, "identifierType")
    value = str(identifier["identifier"] or "")
    if kind is None:
        return "PatientIdentifierType.null"
    if not value.strip():
        return "PatientIdentifier.error.nullOrBlank"
    if kind["format"] and not re.fullmatch(kind["format"], value):
        shown = kind["formatDescription"] or kind["format"]
        return f'Identifier "{value}" does not match : "{shown}"'
    fault = _check_digit_fault(kind["validator"], value)
    if fault:
        return fault
    if not identifier["location"] and kind["locationBehavior"] in (None, "REQUIRED"):
        return f"Identifier Location cannot be null for {value}"
    if kind["uniquenessBehavior"] != "NON_UNIQUE" and _in_use(store, patient, kind, identifier):
        return f"Identifier {value} already in use by another patient"
    return ""


def _check_digit_fault(validator: str | None, value: str) -> str:
    scheme = VALIDATORS.get(validator or "")
    try:
        if scheme and not scheme.accepts(value):
            return f"Invalid check digit for identifier: {value}"
    except Unfitting:
        name = scheme.name if scheme else ""
        return f"Identifier {value} is not appropriate for validation scheme {name}"
    return ""


def _in_use(store: Store, patient: Record, kind: Record, identifier: Record) -> bool:
    where = 'identifier = ? COLLATE NOCASE AND "identifierType" = ? AND ended = 0'
    where += " AND patient IS NOT ?"
    params: list[object] = [identifier["identifier"], kind.id, patient.id]
    if kind["uniquenessBehavior"] == "LOCATION":
        location = store.ref(identifier, "location")
        where += " AND location IS ?"
        params.append(location and location.id)
    return store.count("identifier", where, params) > 0


def _require_types(store: Store, identifiers: list[Record]) -> None:
    given = {kind.id for one in identifiers if (kind := store.ref(one, "identifierType"))}
    required = store.many("patientidentifiertype", "required = 1 AND ended = 0")
    missing = [kind["name"] for kind in required if kind.id not in given]
    if missing:
        raise Broken(
            f"Patient is missing the following required identifier(s): {', '.join(missing)}",
            java="org.openmrs.api.MissingRequiredIdentifierException",
            code="org.openmrs.api.impl.PatientServiceImpl:311",
        )
