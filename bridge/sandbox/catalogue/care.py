"""What happens to patients: visits, encounters, who provided them, and observations."""

from datetime import UTC, datetime
from typing import Any

from bridge.sandbox.catalogue.metadata import name_of
from bridge.sandbox.dates import rest_moment
from bridge.sandbox.observation_values import set_value
from bridge.sandbox.resource_types import Property, ResourceType, children, moment, ref, text
from bridge.sandbox.store import Record, Store


def visit_display(store: Store, visit: Record) -> str:
    """Show a visit as `Facility Visit @ Outpatient Clinic - 03/04/2025 09:00 AM`."""
    kind = store.ref(visit, "visitType")
    place = store.ref(visit, "location")
    start = _american(visit["startDatetime"], "%m/%d/%Y %I:%M %p")
    where = f"@ {place['name']}" if place else "?"
    return f"{kind['name'] if kind else '?'} {where} - {start}"


def encounter_display(store: Store, encounter: Record) -> str:
    """Show an encounter as `Vitals 03/04/2025`."""
    kind = store.ref(encounter, "encounterType")
    day = _american(encounter["encounterDatetime"], "%m/%d/%Y")
    return f"{kind['name'] if kind else '?'} {day}"


def _american(seconds: int | None, pattern: str) -> str:
    """Write a time as the display does; an encounter that a request names may have none."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime(pattern)


def provider_display(store: Store, entry: Record) -> str:
    """Show who took part in an encounter, and as what."""
    provider = store.ref(entry, "provider")
    role = store.ref(entry, "encounterRole")
    person = store.ref(provider, "person") if provider else None
    name = store.display(person) if person else ""
    return f"{name}: {name_of(store, role) if role else ''}"


def obs_value(store: Store, obs: Record) -> Any:
    """Give an observation's value: a whole number where its concept takes no decimals."""
    if obs["valueCoded"] is not None:
        return store.ref(obs, "valueCoded")
    if obs["valueDatetime"] is not None:
        written = rest_moment(obs["valueDatetime"])
        return written[:10] if _is_day(store, obs) else written
    if obs["valueText"] is not None:
        return obs["valueText"]
    if obs["valueComplex"] is not None:
        uri = f"{store.base}/ws/rest/v1/obs/{obs.uuid}/value"
        return {"display": "raw file", "links": {"rel": "self", "uri": uri}}
    return numeric_value(store, obs)


def _is_day(store: Store, obs: Record) -> bool:
    concept = store.ref(obs, "concept")
    datatype = store.ref(concept, "datatype") if concept else None
    return datatype is not None and datatype["hl7Abbreviation"] == "DT"


def numeric_value(store: Store, obs: Record) -> int | float | None:
    """Give a numeric observation's value, whole where its concept takes no decimals."""
    number = obs["valueNumeric"]
    concept = store.ref(obs, "concept")
    if number is None or (concept and concept["allowDecimal"]):
        return None if number is None else float(number)
    return int(number)


def obs_display(store: Store, obs: Record) -> str:
    """Show an observation as `Pulse: 76`; a group as its members' values."""
    concept = store.ref(obs, "concept")
    members = store.children(obs, "groupMembers")
    if members:
        shown = ", ".join(obs_text(store, member) for member in members)
    else:
        shown = obs_text(store, obs)
    return f"{store.display(concept) if concept else ''}: {shown}"


def obs_text(store: Store, obs: Record) -> str:
    """Write a value out, as OpenMRS does in a display."""
    value = obs_value(store, obs)
    if isinstance(value, dict):
        return str(value["display"])
    return (
        store.display(value) if isinstance(value, Record) else str("" if value is None else value)
    )


def obs_encounters(store: Store, encounter: Record) -> list[Record]:
    """List an encounter's observations that stand in no group."""
    return [obs for obs in store.children(encounter, "obs") if not obs["obsGroup"]]


def person_or_patient(store: Store, obs: Record) -> Record | None:
    """Find whose observation it is; OpenMRS shows the patient where the person is one."""
    person = store.ref(obs, "person")
    return (store.find("patient", person.uuid) if person else None) or person


OBS = (
    "uuid,display,concept:{ref},person:ref,obsDatetime,accessionNumber,obsGroup:{ref},"
    "valueCodedName:ref,groupMembers:{full},comment,location:{ref},order:ref,encounter:{ref},"
    "voided,{audit}value,valueModifier,formFieldPath,formFieldNamespace,status,interpretation,"
    "referenceRange"
)

RESOURCE_TYPES = (
    ResourceType(
        name="visit",
        java="org.openmrs.Visit",
        version="1.9",
        privilege="Visits",
        properties=(
            ref("patient"),
            ref("visitType", "visittype"),
            ref("location"),
            moment("startDatetime"),
            moment("stopDatetime"),
            ref("indication", "concept"),
            children("encounters", "encounter", "visit", kept=False),
        ),
        creatable="patient! visitType! startDatetime location indication stopDatetime encounters",
        default="uuid,display,patient:ref,visitType:ref,indication:ref,location:ref,startDatetime,"
        "stopDatetime,encounters:ref,attributes,voided",
        full="uuid,display,patient:ref,visitType:ref,indication:ref,location:ref,startDatetime,"
        "stopDatetime,encounters:default,attributes,voided,auditInfo",
        ending="voided",
        settled=frozenset({"patient"}),
        order='"startDatetime" DESC, id DESC',
        indexes=("patient",),
        getters={"display": visit_display, "attributes": lambda store, record: []},
    ),
    ResourceType(
        name="encounter",
        java="org.openmrs.Encounter",
        version="2.2",
        privilege="Encounters",
        properties=(
            moment("encounterDatetime"),
            ref("patient"),
            ref("encounterType", "encountertype"),
            ref("location"),
            ref("form"),
            Property(name="visit", type="ref", of="visit", may_be_new=True),
            children("obs", "obs", "encounter"),
            children("encounterProviders", "encounterprovider", "encounter"),
            children("diagnoses", "diagnosis", "encounter"),
            children("orders", "order", "encounter"),
        ),
        creatable="encounterDatetime patient! encounterType! location form obs orders visit"
        " encounterProviders diagnoses",
        default="uuid,display,encounterDatetime,patient:ref,location:ref,form:ref,"
        "encounterType:ref,obs:ref,orders:ref,voided,visit:ref,encounterProviders:ref,"
        "diagnoses:ref",
        full="uuid,display,encounterDatetime,patient:ref,location:default,form:default,"
        "encounterType:default,obs:default,orders:default,voided,auditInfo,visit:default,"
        "encounterProviders:default,diagnoses:default",
        ending="voided",
        order='"encounterDatetime", id',
        indexes=("patient", "visit"),
        getters={
            "display": encounter_display,
            "obs": obs_encounters,
        },
    ),
    ResourceType(
        name="encounterprovider",
        java="org.openmrs.EncounterProvider",
        version="1.9",
        path="encounter/encounterprovider",
        owner="encounter",
        privilege="Encounters",
        properties=(
            ref("encounter"),
            ref("provider", nullable=False),
            ref("encounterRole", "encounterrole"),
        ),
        creatable="provider! encounterRole!",
        default="uuid,provider:ref,encounterRole:ref,voided",
        full="uuid,provider:default,encounterRole:default,voided,auditInfo",
        ending="voided",
        indexes=("encounter",),
        getters={"display": provider_display},
    ),
    ResourceType(
        name="obs",
        java="org.openmrs.Obs",
        version="2.7",
        privilege="Observations",
        properties=(
            ref("person"),
            ref("concept"),
            ref("encounter"),
            moment("obsDatetime"),
            ref("location"),
            ref("obsGroup", "obs"),
            text("accessionNumber"),
            text("comment"),
            Property(name="valueNumeric", type="real"),
            text("valueText", 65535),
            ref("valueCoded", "concept"),
            moment("valueDatetime"),
            text("valueModifier", 2),
            text("formFieldPath"),
            text("formFieldNamespace"),
            Property(name="status", type="text", default="FINAL"),
            text("interpretation"),
            Property(name="limits", type="json"),
            ref("previousVersion", "obs"),
            ref("order"),
            text("valueComplex", 1000),
            children("groupMembers", "obs", "obsGroup"),
        ),
        creatable="person! obsDatetime! concept! location order encounter accessionNumber"
        " groupMembers"
        " comment value valueModifier formFieldPath formFieldNamespace status interpretation",
        default=OBS.format(ref="ref", full="default", audit=""),
        full=OBS.format(ref="default", full="full", audit="auditInfo,"),
        ending="voided",
        order='"obsDatetime" DESC, id',
        indexes=(
            "encounter",
            '"obsGroup"',
            '"previousVersion"',
            'person, concept, "obsDatetime"',
        ),
        getters={
            "display": obs_display,
            "person": person_or_patient,
            "value": obs_value,
            "groupMembers": lambda store, record: store.children(record, "groupMembers") or None,
            "valueCodedName": lambda store, record: None,
        },
        setters={"value": set_value},
    ),
)
