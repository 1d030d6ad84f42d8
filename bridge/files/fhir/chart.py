"""One patient's resources, put together to a chart. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from bridge.chart import (
    CodeableConcept,
    Death,
    Entry,
    Finding,
    LeftOut,
    Note,
    Patient,
    PatientEntry,
    Result,
)
from bridge.files.account import settled, sources_of
from bridge.files.fhir.allergies import read_allergies
from bridge.files.fhir.documents import read_documents, read_reports, without_repeats
from bridge.files.fhir.encounters import Contact, read_encounters
from bridge.files.fhir.immunizations import read_immunizations
from bridge.files.fhir.medications import read_medications
from bridge.files.fhir.observations import read_observations
from bridge.files.fhir.person import Person, read_person
from bridge.files.fhir.plans import (
    read_appointments,
    read_procedures,
    read_programs,
    read_test_orders,
)
from bridge.files.fhir.problems import read_conditions
from bridge.files.fhir.record import Outside, Placed, Record
from bridge.files.fhir.relatives import read_relatives
from bridge.files.fhir.resources import Resource
from bridge.files.fhir.visits import make_visits, place_entries
from bridge.files.options import FileOptions

_CAUSE_OF_DEATH = "69453-9"
"""LOINC: cause of death on a certificate; Synthea writes it as an observation."""


class Chart(NamedTuple):
    """A patient, and what of their resources did not come into the chart."""

    patient: Patient
    left_out: tuple[LeftOut, ...]
    assumed: Counter[str]


def chart_of(
    uuid: str,
    owner: Resource,
    resources: Iterable[Resource],
    outside: Outside,
    options: FileOptions,
) -> Chart:
    """Read a patient's resources; raise NotTaken when no patient can be made of them.

    The number is the caller's to give.
    """
    record = Record(uuid, owner, resources, outside)
    person = read_person(record, keep_names=options.keep_names)
    contacts = read_encounters(record, options.now)
    placed, entries = _entries(record, contacts)
    visits = make_visits(place_entries(record, contacts, placed, options.now))
    patient = Patient(
        number=0,
        uuid=uuid,
        sex=person.sex,
        birthdate=person.birthdate,
        given_name=person.given_name,
        middle_name=person.middle_name,
        family_name=person.family_name,
        address=person.address,
        phone=person.phone,
        identifiers=person.identifiers,
        is_birthdate_estimated=person.is_birthdate_estimated,
        visits=visits,
        entries=tuple(entries),
        death=_death(person, placed),
        source=owner.source,
    )
    patient = _called_as_in_chart(patient, owner, person)
    used = set(sources_of(patient))
    patient, too_old = options.narrowed(patient)
    return Chart(patient, (*settled(record.left_out, used), *too_old), record.assumed)


def _entries(
    record: Record, contacts: dict[str, Contact]
) -> tuple[list[Placed], list[PatientEntry]]:
    observed = list(read_observations(record))
    panels = {source for one in observed for source in sources_of(one.entry)}
    written = [*read_reports(record, panels), *read_documents(record)]
    placed = [
        *observed,
        *read_procedures(record),
        *read_test_orders(record, contacts),
        *read_medications(record, contacts),
        *read_immunizations(record),
        *without_repeats(record, written),
    ]
    entries: list[PatientEntry] = []
    for made in read_conditions(record, contacts):
        if isinstance(made, Placed):
            placed.append(made)
        else:
            entries.append(made)
    entries.extend(read_allergies(record))
    entries.extend(read_programs(record))
    entries.extend(read_appointments(record))
    entries.extend(read_relatives(record))
    return placed, entries


def _death(person: Person, placed: list[Placed]) -> Death | None:
    if person.death is None:
        return None
    return replace(person.death, cause=person.death.cause or _cause(one.entry for one in placed))


def _cause(entries: Iterable[Entry]) -> CodeableConcept | None:
    for entry in entries:
        if isinstance(entry, Finding | Result):
            is_cause = any(code.code == _CAUSE_OF_DEATH for code in entry.what.codes)
            if is_cause and isinstance(entry.value, CodeableConcept):
                return entry.value
            if entry.members and (found := _cause(entry.members)):
                return found
    return None


def _called_as_in_chart(patient: Patient, owner: Resource, person: Person) -> Patient:
    """Write a name of Synthea's in the notes as it stands in the chart, without its digits."""
    names = [name for name in owner.body.get("name") or () if isinstance(name, dict)]
    written = {part for name in names for part in name.get("given") or () if isinstance(part, str)}
    written |= {name["family"] for name in names if isinstance(name.get("family"), str)}
    plain = {old: old.rstrip("0123456789") for old in written}
    kept = {*person.given_name.split(), *person.middle_name.split(), *person.family_name.split()}
    changed = {old: new for old, new in plain.items() if new and old != new and new in kept}
    if not changed:
        return patient
    return replace(
        patient,
        visits=tuple(
            replace(
                visit,
                encounters=tuple(
                    replace(e, entries=tuple(_renamed(entry, changed) for entry in e.entries))
                    for e in visit.encounters
                ),
            )
            for visit in patient.visits
        ),
    )


def _renamed(entry: Entry, changed: dict[str, str]) -> Entry:
    if not isinstance(entry, Note):
        return entry
    said = entry.text
    for old, new in sorted(changed.items(), key=lambda name: (-len(name[0]), name)):
        said = said.replace(old, new)
    return replace(entry, text=said)
