"""Reads a run back, through FHIR where O3's charts do, and compares it with what was meant."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bridge.chart import Patient
from bridge.codes import GENDERS
from bridge.delivery.flags import Reading
from bridge.delivery.generations import reissue_patient
from bridge.delivery.kinds import KINDS, observations, relationships
from bridge.delivery.kinds.kind import server_time, uuid_of
from bridge.delivery.ledger import Row
from bridge.delivery.plan import plan_patient
from bridge.delivery.relating import unmade
from bridge.delivery.requests import Context, Expected, Field, Found, PatientPlan, of_kind
from bridge.delivery.send import PendingPatient
from bridge.openmrs.client import FHIR, Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome
from bridge.unit_words import same_unit
from bridge.wording import singular

ENCOUNTER_FIELDS = (
    "uuid,voided,encounterDatetime,encounterType:(uuid),location:(uuid),visit:(uuid),"
    "encounterProviders:(provider:(uuid),encounterRole:(uuid))"
)
VISIT_FIELDS = (
    "uuid,voided,startDatetime,stopDatetime,visitType:(uuid),location:(uuid),patient:(uuid),"
    f"encounters:({ENCOUNTER_FIELDS})"
)


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
    counts: Mapping[str, int] = {}
    """How many entries of each other kind were compared."""


def verify_patient(client: Client, pending: PendingPatient, context: Context) -> Verdict:
    """Read one patient with the whole chart back, and compare."""
    row = pending.row
    patient = reissue_patient(pending.patient, row.generation)
    reply = client.transport.send("GET", f"{FHIR}/Patient/{patient.uuid}")
    if reply.outcome is not Outcome.ACCEPTED:
        gone = Difference(patient.number, "patient", patient.uuid, reply.reason)
        return Verdict(0, (gone,))
    plan = plan_patient(patient, context)
    with as_openmrs_has_it("a patient's visits"):
        differences = list(_compare_person(patient, context.target.identifier_types, reply.body))
        differences += _compare_visits(client, patient, plan)
    readings: list[Reading] = []
    counts = {}
    for name, expected in _expected_by_kind(plan).items():
        read = next(kind.read for kind in KINDS if kind.name == name)
        found = list(read(client, patient.uuid, expected))
        if name == relationships.NAME:
            expected, found = _between_those_made(row, expected, found)
        if name == observations.NAME:
            found = _without_parts(found, expected, plan)
        differences += compare(patient.number, expected, found, row.minted)
        readings += _readings(patient, found, expected, context)
        counts[name] = len(expected)
    return Verdict(counts.pop("observations", 0), tuple(differences), tuple(readings), counts)


def _expected_by_kind(plan: PatientPlan) -> dict[str, dict[str, Expected]]:
    """Return what is expected, kind by kind."""
    expected = list(plan.expected())
    return {
        name: kept
        for name in dict.fromkeys(kind.name for kind in KINDS)
        if (kept := of_kind(expected, name))
    }


def _between_those_made(
    row: Row, expected: dict[str, Expected], found: list[Found]
) -> tuple[dict[str, Expected], list[Found]]:
    """Leave out the relationships to persons who were not made, and those that others state."""
    own = {one.uuid for one in found} & expected.keys()
    if len(expected) - len(own) == unmade(row):
        expected = {key: one for key, one in expected.items() if key in own}
    return expected, [one for one in found if one.uuid in own]


def _without_parts(
    found: list[Found], expected: Mapping[str, Expected], plan: PatientPlan
) -> list[Found]:
    """Leave out the observations that an entry of another kind consists of."""
    bodies = [one.body for visit in plan.visits for one in visit.encounters]
    parts = {
        member["uuid"]
        for body in bodies
        for obs in body["obs"]
        for member in (obs, *obs.get("groupMembers", ()))
    }
    return [one for one in found if one.uuid in expected or one.uuid not in parts]


def compare(
    number: int,
    expected: Mapping[str, Expected],
    found: list[Found],
    minted: Mapping[str, str],
) -> Iterator[Difference]:
    """Yield where what was read of one kind is not what patient `number` was meant to have."""
    there = {one.uuid: one for one in found}
    for meant in expected.values():
        read = there.pop(minted.get(meant.key, meant.key), None)
        if read is None:
            what = ", ".join(str(v) for v in meant.fields.values() if v is not None)
            yield Difference(number, f"{singular(meant.kind)} {meant.label}", what, "nothing")
        else:
            yield from _compare_fields(number, meant, read.fields)
    for extra in there.values():
        what = f"{singular(next(iter(expected.values())).kind)} {extra.label}"
        yield Difference(number, what, "nothing", _shown(extra))


def _compare_fields(
    number: int, meant: Expected, read: Mapping[str, Field]
) -> Iterator[Difference]:
    when = meant.fields.get("time") or meant.fields.get("start") or ""
    for name, value in meant.fields.items():
        if not _is_same(name, value, read.get(name)):
            what = f"{name} of {meant.label}" + (f" at {when}" if when else "")
            yield Difference(number, what, str(value), str(read.get(name)))


def _is_same(name: str, meant: Field, read: Field) -> bool:
    """Tell whether a field says what was meant; a unit may be written in other words."""
    if name == "unit" and isinstance(meant, str) and isinstance(read, str):
        return same_unit(meant, read)
    return meant == read


def _shown(extra: Found) -> str:
    value = extra.fields.get("value", extra.uuid)
    when = extra.fields.get("time") or extra.fields.get("start")
    return f"{value} at {when}" if when else str(value)


def _readings(
    patient: Patient, found: list[Found], expected: Mapping[str, Expected], context: Context
) -> Iterator[Reading]:
    names = {entry.concept: name for name, entry in context.mapping.measurements.items()}
    for one in found:
        name = names.get(str(one.fields.get("concept")))
        meant = expected.get(one.uuid)
        if name and meant and one.judgement:
            time = meant.fields["time"]
            assert isinstance(time, datetime)
            yield Reading(name, patient.birthdate, time.date(), one.judgement)


def _compare_person(
    patient: Patient, known: Collection[str], found: dict[str, Any]
) -> Iterator[Difference]:
    name = (found.get("name") or [{}])[0]
    address = (found.get("address") or [{}])[0]
    given = " ".join(filter(None, (patient.given_name, patient.middle_name)))
    pairs: dict[str, tuple[str, str]] = {
        "sex": (GENDERS[patient.sex], found.get("gender", "")),
        "birthdate": _birthdates(patient, found.get("birthDate", "")),
        "given name": (given, " ".join(name.get("given") or ())),
        "family name": (patient.family_name, name.get("family", "")),
    }
    if patient.address:
        meant = patient.address
        pairs |= {
            "town": (meant.city_village, address.get("city", "")),
            "province": (meant.state_province, address.get("state", "")),
            "country": (meant.country, address.get("country", "")),
            "postal code": (meant.postal_code, address.get("postalCode", "")),
        }
    held = {str(one.get("value")) for one in found.get("identifier") or ()}
    # Those that the server issues may be others than the record says: a power cut can cost it that.
    for identifier in (one.value for one in patient.identifiers if one.type in known):
        pairs[f"identifier {identifier}"] = (identifier, identifier if identifier in held else "")
    for what, (wanted, read) in pairs.items():
        if wanted != (read or ""):
            yield Difference(patient.number, what, wanted, str(read))


def _birthdates(patient: Patient, read: str) -> tuple[str, str]:
    """Return the birthdate meant and read; FHIR shows an estimated one as far as it is known."""
    meant = patient.birthdate.isoformat()
    shortened = patient.is_birthdate_estimated and read and meant.startswith(read)
    return meant, meant if shortened else read


def _compare_visits(client: Client, patient: Patient, plan: PatientPlan) -> Iterator[Difference]:
    """Compare visits and encounters over REST, as O3 reads them; others' beside them may be.

    Visit by visit: for each page of a patient's encounters OpenMRS would load all of them.
    """
    if not plan.visits:
        return
    visits = {
        visit["uuid"]: visit
        for visit in client.every(
            "visit", VISIT_FIELDS, patient=patient.uuid, includeInactive="true"
        )
    }
    encounters = {
        encounter["uuid"]: encounter
        for visit in visits.values()
        for encounter in visit.get("encounters") or ()
        if not encounter.get("voided")
    }
    for visit in plan.visits:
        yield from _compare_stay(patient.number, "visit", visit.body, visits.get(visit.uuid))
        for encounter in visit.encounters:
            found = encounters.get(encounter.uuid)
            yield from _compare_stay(patient.number, "encounter", encounter.body, found)


def _providers(meant: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return who is meant to have seen the patient, in which role, beside whom the server names."""
    if "encounterProviders" not in meant:
        return {}
    (wanted,) = meant["encounterProviders"]
    read: dict[str, Any] = next(iter(found.get("encounterProviders") or ()), {})
    names = ("provider", "encounterRole")
    return {name: (wanted[name], uuid_of(read.get(name))) for name in names}


_REFERENCES = ("visitType", "encounterType", "location", "visit")
_TIMES = ("startDatetime", "encounterDatetime")


def _compare_stay(
    number: int, what: str, meant: dict[str, Any], found: dict[str, Any] | None
) -> Iterator[Difference]:
    if found is None:
        yield Difference(number, what, meant["uuid"], "nothing")
        return
    pairs = {name: (meant[name], uuid_of(found.get(name))) for name in _REFERENCES if name in meant}
    times = {
        name: (server_time(meant[name]), server_time(found.get(name)))
        for name in _TIMES
        if name in meant
    }
    if "startDatetime" in meant:  # a visit without an end goes on
        times["stopDatetime"] = (
            server_time(meant.get("stopDatetime")),
            server_time(found.get("stopDatetime")),
        )
    for name, (wanted, read) in {**pairs, **times, **_providers(meant, found)}.items():
        if wanted != read:
            yield Difference(number, f"{name} of {what} {meant['uuid']}", str(wanted), str(read))
