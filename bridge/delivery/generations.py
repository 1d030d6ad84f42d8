"""The same patient under other uuids, since OpenMRS never frees a voided one. Pure."""

from dataclasses import replace
from typing import TypeVar

from bridge.chart import (
    Entry,
    Finding,
    Patient,
    PatientEntry,
    Relationship,
    Result,
    Visit,
)
from bridge.identity import reissue

_Some = TypeVar("_Some", bound=Entry | PatientEntry)


def reissue_patient(patient: Patient, generation: int) -> Patient:
    """Give the patient and every part the uuids of a later generation; 0 is as made."""
    if generation == 0:
        return patient
    return replace(
        patient,
        uuid=reissue(patient.uuid, generation),
        visits=tuple(_reissue_visit(visit, generation) for visit in patient.visits),
        entries=tuple(_reissue_entry(entry, generation) for entry in patient.entries),
    )


def _reissue_visit(visit: Visit, generation: int) -> Visit:
    encounters = tuple(
        replace(
            encounter,
            uuid=reissue(encounter.uuid, generation),
            entries=tuple(_reissue_entry(entry, generation) for entry in encounter.entries),
        )
        for encounter in visit.encounters
    )
    return replace(visit, uuid=reissue(visit.uuid, generation), encounters=encounters)


def _reissue_entry(entry: _Some, generation: int) -> _Some:
    """Reissue an entry, and what it refers to of the same patient or another of the cohort."""

    def again(uuid: str | None) -> str | None:
        return reissue(uuid, generation) if uuid else None

    changes: dict[str, object] = {"uuid": again(entry.uuid)}
    if isinstance(entry, Finding | Result):
        changes["members"] = tuple(_reissue_entry(part, generation) for part in entry.members)
    if isinstance(entry, Result):
        changes["order"] = again(entry.order)
    if isinstance(entry, Relationship):
        changes["other"] = again(entry.other)
    return replace(entry, **changes)  # type: ignore[arg-type]
