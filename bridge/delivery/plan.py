"""Patients to the requests that make them. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from bridge.chart import Encounter, Patient, Visit
from bridge.delivery.rendering import Body, encounter_body, patient_body, visit_body
from bridge.delivery.target import Target
from bridge.identity import reissue
from bridge.mapping.model import Mapping
from bridge.mapping.resolve import statements


class EncounterPlan(NamedTuple):
    """One POST of an encounter with its observations; `body["visit"]` is its visit's uuid."""

    uuid: str
    body: Body
    observations: int


class VisitPlan(NamedTuple):
    """A visit, and the encounters within it."""

    uuid: str
    body: Body
    encounters: tuple[EncounterPlan, ...]

    @property
    def observations(self) -> int:
        """Count the observations of the whole visit."""
        return sum(encounter.observations for encounter in self.encounters)


class PatientPlan(NamedTuple):
    """All requests that make one patient whole."""

    uuid: str
    body: Body
    visits: tuple[VisitPlan, ...]


def plan_patient(
    patient: Patient, identifiers: Iterable[str], mapping: Mapping, target: Target, *, run: str
) -> PatientPlan:
    """Plan what makes `patient` on the server that `target` describes."""
    return PatientPlan(
        patient.uuid,
        patient_body(patient, identifiers, target, run=run),
        tuple(_plan_visit(patient, visit, mapping, target) for visit in patient.visits),
    )


def _plan_visit(patient: Patient, visit: Visit, mapping: Mapping, target: Target) -> VisitPlan:
    encounters = []
    for encounter in visit.encounters:
        said = statements(encounter, mapping)
        body = encounter_body(patient, visit.uuid, encounter, said, target)
        encounters.append(EncounterPlan(encounter.uuid, body, len(said)))
    return VisitPlan(visit.uuid, visit_body(patient, visit, target), tuple(encounters))


def reissue_patient(patient: Patient, generation: int) -> Patient:
    """Give the patient and every part the uuids of a later generation; generation 0 is as made."""
    if generation == 0:
        return patient
    return replace(
        patient,
        uuid=reissue(patient.uuid, generation),
        visits=tuple(
            replace(
                visit,
                uuid=reissue(visit.uuid, generation),
                encounters=tuple(_reissue_encounter(e, generation) for e in visit.encounters),
            )
            for visit in patient.visits
        ),
    )


def _reissue_encounter(encounter: Encounter, generation: int) -> Encounter:
    return replace(
        encounter,
        uuid=reissue(encounter.uuid, generation),
        entries=tuple(
            replace(measurement, uuid=reissue(measurement.uuid, generation))
            for measurement in encounter.entries
        ),
    )
