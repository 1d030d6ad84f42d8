"""Rules of visits, encounters and observations, with the verdict OpenMRS stores beside a number."""

import math
import uuid
from datetime import UTC, date, datetime
from typing import Any

from bridge.sandbox.catalogue.concepts import LIMITS
from bridge.sandbox.dates import age_on
from bridge.sandbox.refusals import Findings
from bridge.sandbox.store import Record, Store

ESTIMATE_YEARS = 1
ESTIMATE_SHARE = 0.5
"""How far before an estimated birthdate a visit may start: a share of the age, at least a year."""

OVERLAP_SETTING = "visits.allowOverlappingVisits"
VALUE_COLUMNS = {
    "NM": "valueNumeric",
    "CWE": "valueCoded",
    "BIT": "valueCoded",
    "ST": "valueText",
    "DT": "valueDatetime",
    "TM": "valueDatetime",
    "TS": "valueDatetime",
    "ED": "valueComplex",
}
"""Where a value stands, by the HL7 abbreviation of its concept's datatype."""


def check_visit(store: Store, visit: Record, findings: Findings) -> None:
    """Check a visit's patient, type and times, against its encounters and the other visits."""
    patient = store.ref(visit, "patient")
    if patient is None:
        findings.add("patient", "Visit.error.patient.required")
    if store.ref(visit, "visitType") is None:
        findings.add("visitType", "Visit.error.visitType.required")
    start, stop = visit["startDatetime"], visit["stopDatetime"]
    if stop is not None and start > stop:
        findings.add("stopDatetime", "Visit.error.endDateBeforeStartDate")
    _check_its_encounters(store, visit, findings)
    if patient is None:
        return
    if _overlaps(store, visit, patient):
        findings.add("startDatetime", "Visit.visitCannotOverlapAnotherVisitOfTheSamePatient")
    born = _earliest_start(store, patient)
    if born is not None and start < born:
        code = "Visit.startDateCannotFallBeforeTheBirthDateOfTheSamePatient"
        findings.add("startDatetime", code)


def _check_its_encounters(store: Store, visit: Record, findings: Findings) -> None:
    if visit.id is None:
        return
    for encounter in store.many("encounter", "visit = ? AND ended = 0", (visit.id,)):
        if encounter["encounterDatetime"] < visit["startDatetime"]:
            findings.add("startDatetime", "Visit.encountersCannotBeBeforeStartDate")
            return
        if visit["stopDatetime"] and encounter["encounterDatetime"] > visit["stopDatetime"]:
            findings.add("stopDatetime", "Visit.encountersCannotBeAfterStopDate")
            return


def _overlaps(store: Store, visit: Record, patient: Record) -> bool:
    if not store.count("systemsetting", f"property = '{OVERLAP_SETTING}' AND value = 'false'"):
        return False
    if _is_ending(visit):
        return False
    where = (
        "patient = ? AND ended = 0 AND id IS NOT ?"
        ' AND ("stopDatetime" IS NULL OR "stopDatetime" >= ?)'
        ' AND "startDatetime" <= coalesce(?, "startDatetime")'
    )
    params = (patient.id, visit.id, visit["startDatetime"], visit["stopDatetime"])
    return store.count("visit", where, params) > 0


def _is_ending(visit: Record) -> bool:
    """Tell whether an open visit is being closed, which OpenMRS allows whatever it overlaps."""
    before = visit.original
    return (
        bool(before)
        and before["stopDatetime"] is None
        and visit["stopDatetime"] is not None
        and before["startDatetime"] == visit["startDatetime"]
    )


def _earliest_start(store: Store, patient: Record) -> int | None:
    person = store.held("person", patient.id)
    if not person["birthdate"]:
        return None
    born = date.fromisoformat(person["birthdate"])
    if person["birthdateEstimated"]:
        grace = max(ESTIMATE_YEARS, int(age_on(born, store.today) * ESTIMATE_SHARE))
        born = date(born.year - grace, born.month, min(born.day, 28))
    return int(datetime(born.year, born.month, born.day, tzinfo=UTC).timestamp())


def check_encounter(store: Store, encounter: Record, findings: Findings) -> None:
    """Check an encounter's type, its patient, and its time against now and the visit."""
    if store.ref(encounter, "encounterType") is None:
        findings.add("encounterType", "Encounter.error.encounterType.required")
    patient = store.ref(encounter, "patient")
    if patient is None:
        findings.add("patient", "Encounter.error.patient.required")
    visit = store.ref(encounter, "visit")
    owner = store.ref(visit, "patient") if visit else None
    if visit and patient and (owner is None or owner.id != patient.id):
        findings.add("visit", "Encounter.visit.patients.dontMatch")
    time = encounter["encounterDatetime"]
    if time > store.now:
        findings.add("encounterDatetime", "Encounter.datetimeShouldBeBeforeCurrent")
    if visit and not _within(visit, time):
        findings.add("encounterDatetime", "Encounter.datetimeShouldBeInVisitDatesRange")


def _within(visit: Record, time: int) -> bool:
    stop = visit["stopDatetime"]
    return bool(visit["startDatetime"] <= time and (stop is None or time <= stop))


def covering_visit(store: Store, encounter: Record) -> Record | None:
    """Find the patient's visit that covers an encounter's time and place, newest first."""
    patient = store.ref(encounter, "patient")
    if patient is None:
        return None
    place = store.ref(encounter, "location")
    places = {place.id for place in _ancestry(store, place)}
    for visit in store.many("visit", "patient = ? AND ended = 0", (patient.id,)):
        if _within(visit, encounter["encounterDatetime"]) and (
            visit["location"] is None or visit["location"] in places
        ):
            return visit
    return None


def _ancestry(store: Store, place: Record | None) -> list[Record]:
    found: list[Record] = []
    while place is not None and place not in found:
        found.append(place)
        place = store.ref(place, "parentLocation")
    return found


def check_obs(store: Store, obs: Record, findings: Findings) -> None:
    """Check an observation and the members of its group; note its limits and the verdict."""
    _check_one_obs(store, obs, findings, member=False)
    if not findings.faults:
        for child in store.children(obs, "groupMembers"):
            _check_one_obs(store, child, findings, member=True)


def _check_one_obs(store: Store, obs: Record, findings: Findings, *, member: bool) -> None:
    if obs["person"] is None:
        findings.add("person", "error.null")
    if obs["obsDatetime"] is None:
        findings.add("obsDatetime", "error.null")
    concept = store.ref(obs, "concept")
    group = bool(store.children(obs, "groupMembers"))
    if not group and all(obs[column] is None for column in VALUE_COLUMNS.values()):
        findings.add("", "error.noValue")
    if concept is None:
        findings.add("concept", "error.null")
    elif group:
        for column in dict.fromkeys(VALUE_COLUMNS.values()):
            if obs[column] is not None:
                findings.add(column, "error.not.null")
    else:
        for column, code in _value_faults(store, obs, concept):
            if member:
                findings.add("groupMembers", "Obs.error.inGroupMember")
            else:
                findings.add(column, code)


def _value_faults(store: Store, obs: Record, concept: Record) -> list[tuple[str, str]]:
    datatype = store.ref(concept, "datatype")
    column = VALUE_COLUMNS.get(datatype["hl7Abbreviation"] if datatype else "")
    if column is None:
        return []
    if obs[column] is None:
        return [(column, "error.null")]
    if column == "valueNumeric":
        return [(column, code) for code in _numeric_faults(obs, concept)]
    if column == "valueText" and obs.type.by_name[column].overflows(obs[column]):
        return [(column, "error.exceededMaxLengthOfField")]
    return []


def _numeric_faults(obs: Record, concept: Record) -> list[str]:
    value = obs["valueNumeric"]
    faults = []
    if not concept["allowDecimal"] and value != math.ceil(value):
        faults.append("Obs.error.precision")
    if concept["hiAbsolute"] is not None and value > concept["hiAbsolute"]:
        faults.append("error.value.outOfRange.high")
    if concept["lowAbsolute"] is not None and value < concept["lowAbsolute"]:
        faults.append("error.value.outOfRange.low")
    obs["limits"] = {"uuid": str(uuid.uuid4()), **{name: concept[name] for name in LIMITS}}
    obs["interpretation"] = verdict(concept.values, value)
    return faults


def verdict(limits: dict[str, Any], value: float) -> str | None:
    """Place a value in its concept's limits as OpenMRS does.

    Where only one side has limits, a value within them gets no verdict at all.
    """
    low, high = limits["lowNormal"], limits["hiNormal"]
    lowest, highest = limits["lowCritical"], limits["hiCritical"]
    if highest is not None and value >= highest:
        return "CRITICALLY_HIGH"
    if None not in (high, highest) and value > high:
        return "HIGH"
    if None not in (low, lowest) and lowest < value < low:
        return "LOW"
    if None not in (low, high) and low <= value <= high:
        return "NORMAL"
    if lowest is not None and value <= lowest:
        return "CRITICALLY_LOW"
    return None
