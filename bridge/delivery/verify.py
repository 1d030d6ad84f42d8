"""Reads a run back through FHIR, as O3's charts do, and compares it with what was meant."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from bridge.chart import Patient
from bridge.codes import GENDERS
from bridge.delivery.flags import Reading, judge
from bridge.delivery.plan import reissue_patient
from bridge.delivery.send import PendingPatient
from bridge.mapping.model import Mapping
from bridge.mapping.resolve import Statement, statements
from bridge.openmrs.client import FHIR, PAGE, Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome


class Difference(NamedTuple):
    """One thing that is not on the server as it was meant."""

    patient: int
    what: str
    meant: str
    found: str


class Verdict(NamedTuple):
    """What reading one patient back has shown."""

    observations: int
    differences: tuple[Difference, ...]
    readings: tuple[Reading, ...] = ()


@as_openmrs_has_it("a patient's observations")
def verify_patient(client: Client, task: PendingPatient, mapping: Mapping) -> Verdict:
    """Read one patient and its observations back, and compare."""
    patient = reissue_patient(task.patient, task.row.generation)
    reply = client.transport.send("GET", f"{FHIR}/Patient/{patient.uuid}")
    if reply.outcome is not Outcome.ACCEPTED:
        gone = Difference(patient.number, "patient", patient.uuid, reply.reason)
        return Verdict(0, (gone,))
    codes = ",".join(entry.concept for entry in mapping.measurements.values())
    query = f"Observation?subject:Patient={patient.uuid}&code={codes}"
    found = list(client.fhir_search(f"{query}&_summary=data&_sort=-date&_count={PAGE}"))
    meant = [
        (statement, encounter.uuid)
        for encounter in patient.encounters()
        for statement in statements(encounter, mapping)
    ]
    return Verdict(
        len(meant),
        (
            *_compare_person(patient, reply.body),
            *compare_observations(patient.number, meant, found),
        ),
        tuple(_readings(patient, meant, found)),
    )


def _readings(
    patient: Patient, meant: list[tuple[Statement, str]], found: Iterable[dict[str, Any]]
) -> Iterator[Reading]:
    statements_by_uuid = {statement.uuid: statement for statement, _ in meant}
    for read in found:
        if statement := statements_by_uuid.get(read["id"]):
            yield Reading(statement.name, patient.birthdate, statement.time.date(), judge(read))


def _compare_person(patient: Patient, found: dict[str, Any]) -> Iterator[Difference]:
    name = (found.get("name") or [{}])[0]
    pairs = {
        "sex": (GENDERS[patient.sex], found.get("gender")),
        "birthdate": (patient.birthdate.isoformat(), found.get("birthDate")),
        "given name": (patient.given_name, " ".join(name.get("given") or ())),
        "family name": (patient.family_name, name.get("family", "")),
    }
    for what, (meant, read) in pairs.items():
        if meant != read:
            yield Difference(patient.number, what, meant, str(read))


def compare_observations(
    number: int, meant: list[tuple[Statement, str]], found: Iterable[dict[str, Any]]
) -> Iterator[Difference]:
    there = {observation["id"]: observation for observation in found}
    for statement, encounter in meant:
        read = there.pop(statement.uuid, None)
        if read is None:
            wanted = f"{statement.value} {statement.entry.unit}"
            yield Difference(number, f"{statement.name} at {statement.time}", wanted, "nothing")
        else:
            yield from compare_observation(number, statement, encounter, read)
    for extra in there.values():
        value = (extra.get("valueQuantity") or {}).get("value")
        label = (extra.get("code") or {}).get("text")
        yield Difference(
            number, f"{label} at {extra.get('effectiveDateTime')}", "nothing", f"{value}"
        )


def compare_observation(
    number: int, statement: Statement, encounter: str, read: dict[str, Any]
) -> Iterator[Difference]:
    """Yield where an Observation that was read is not what patient `number` was meant to have."""
    quantity = read.get("valueQuantity") or {}
    pairs = {
        "value": (statement.value, quantity.get("value")),
        "unit": (statement.entry.unit, quantity.get("unit")),
        "time": (statement.time, _time(read.get("effectiveDateTime"))),
        "concept": (statement.entry.concept, _concept(read)),
        "encounter": (encounter, _encounter(read)),
    }
    for what, (meant, there) in pairs.items():
        if meant != there:
            label = f"{what} of {statement.name} at {statement.time}"
            yield Difference(number, label, str(meant), str(there))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _concept(read: dict[str, Any]) -> str | None:
    codings = (read.get("code") or {}).get("coding") or ()
    return next((coding["code"] for coding in codings if "system" not in coding), None)


def _encounter(read: dict[str, Any]) -> str:
    reference = str((read.get("encounter") or {}).get("reference"))
    return reference.rpartition("/")[2]
