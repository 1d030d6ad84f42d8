"""Persons and patients, with the names, addresses, attributes and identifiers that they carry."""

from datetime import date
from typing import Any

from bridge.sandbox.dates import age_on
from bridge.sandbox.refusals import Conversion
from bridge.sandbox.resource_types import (
    Property,
    ResourceType,
    children,
    flag,
    moment,
    ref,
    text,
)
from bridge.sandbox.store import Record, Store

NAME_PARTS = "givenName middleName familyName familyName2"
NAME_ORNAMENTS = "prefix familyNamePrefix familyNameSuffix degree"
LINES = (
    "address1,address2,cityVillage,stateProvince,country,postalCode,countyDistrict,"
    "address3,address4,address5,address6,startDate,endDate,latitude,longitude"
)
LATER_LINES = ",".join(f"address{number}" for number in range(7, 16))
SHORT = dict.fromkeys(("country", "postalCode", "latitude", "longitude"), 50)
"""The columns of an address that take less than the others."""


def full_name(store: Store, name: Record) -> str:
    """Write a name out as OpenMRS does."""
    parts = "prefix givenName middleName familyNamePrefix familyName familyName2 familyNameSuffix"
    return " ".join(name[part] for part in f"{parts} degree".split() if name[part])


def preferred(store: Store, owner: Record, name: str) -> Record | None:
    """Choose the preferred of some children, or the first."""
    found = store.children(owner, name)
    return next((child for child in found if child["preferred"]), found[0] if found else None)


def person_display(store: Store, person: Record) -> str:
    """Show a person by the preferred name; nothing once the names are voided."""
    name = preferred(store, person, "names")
    return full_name(store, name) if name else ""


def person_age(store: Store, person: Record) -> int | None:
    """Count the years from birth to today, or to death."""
    if not person["birthdate"]:
        return None
    return age_on(date.fromisoformat(person["birthdate"]), store.today)


def patient_display(store: Store, patient: Record) -> str:
    """Show a patient as the identifier and the name; nothing once they are voided."""
    identifier = preferred(store, patient, "identifiers")
    person = store.held("person", patient.id)
    return f"{identifier['identifier']} - {person_display(store, person)}" if identifier else ""


def identifier_display(store: Store, identifier: Record) -> str:
    """Show an identifier as `OpenMRS ID = 10000A9`."""
    kind = store.ref(identifier, "identifierType")
    return f"{kind['name'] if kind else ''} = {identifier['identifier']}"


def attribute_value(store: Store, attribute: Record) -> Any:
    """Give an attribute its type's form: a Boolean reads as true or false, not as text."""
    kind = store.ref(attribute, "attributeType")
    if kind and kind["format"] == "java.lang.Boolean":
        return attribute["value"] == "true"
    return attribute["value"]


def refuse_nested_person(store: Store, patient: Record, value: Any) -> None:
    """Refuse a person inside a patient inside something else, which OpenMRS cannot convert."""
    if value is not None:
        raise Conversion(
            'Cannot invoke "org.openmrs.module.webservices.rest.web.resource.api.Converter'
            '.getByUniqueId(String)" because "converter" is null'
        )


PERSON = (
    "uuid,display,gender,age,birthdate,birthdateEstimated,dead,deathDate,causeOfDeath:{ref},"
    "preferredName:{ref},preferredAddress:{ref}"
)

RESOURCE_TYPES = (
    ResourceType(
        name="person",
        java="org.openmrs.Person",
        version="1.11",
        privilege="Persons",
        properties=(
            text("gender", 50),
            Property(name="birthdate", type="date"),
            flag("birthdateEstimated"),
            flag("dead"),
            moment("deathDate"),
            ref("causeOfDeath", "concept"),
            text("causeOfDeathNonCoded"),
            Property(name="birthtime", type="text"),
            flag("deathdateEstimated"),
            children("names", "personname", "person"),
            children("addresses", "personaddress", "person"),
            children("attributes", "personattribute", "person"),
        ),
        creatable="names! gender! birthdate birthdateEstimated dead deathDate causeOfDeath"
        " causeOfDeathNonCoded addresses attributes birthtime deathdateEstimated",
        default=PERSON.format(ref="ref") + ",attributes:ref,voided,birthtime,deathdateEstimated",
        full=PERSON.format(ref="default")
        + ",names:default,addresses:default,attributes:default,voided,auditInfo,birthtime,"
        "deathdateEstimated,causeOfDeathNonCoded",
        ending="voided",
        getters={
            "display": person_display,
            "age": person_age,
            "preferredName": lambda store, record: preferred(store, record, "names"),
            "preferredAddress": lambda store, record: preferred(store, record, "addresses"),
        },
    ),
    ResourceType(
        name="personname",
        java="org.openmrs.PersonName",
        version="1.8",
        path="person/name",
        owner="person",
        privilege="Persons",
        properties=(
            ref("person"),
            *(text(part, 50) for part in f"{NAME_PARTS} {NAME_ORNAMENTS}".split()),
            flag("preferred"),
        ),
        creatable=f"givenName! familyName! middleName familyName2 preferred {NAME_ORNAMENTS}",
        default=f"display,uuid,{NAME_PARTS},voided".replace(" ", ","),
        full=f"display,uuid,{NAME_PARTS},preferred,{NAME_ORNAMENTS},voided,auditInfo".replace(
            " ", ","
        ),
        ending="voided",
        indexes=(
            "person",
            '"givenName" COLLATE NOCASE',
            '"middleName" COLLATE NOCASE',
            '"familyName" COLLATE NOCASE',
            '"familyName2" COLLATE NOCASE',
        ),
        getters={"display": full_name},
    ),
    ResourceType(
        name="personaddress",
        java="org.openmrs.PersonAddress",
        version="2.0",
        path="person/address",
        owner="person",
        privilege="Persons",
        properties=(
            ref("person"),
            *(text(part, SHORT.get(part, 255)) for part in f"{LINES},{LATER_LINES}".split(",")),
            flag("preferred"),
        ),
        creatable=f"preferred {LINES} {LATER_LINES}".replace(",", " "),
        default=f"display,uuid,preferred,{LINES},voided,{LATER_LINES}",
        full=f"display,uuid,preferred,{LINES},voided,auditInfo,{LATER_LINES}",
        ending="voided",
        indexes=("person",),
        getters={"display": lambda store, record: record["address1"]},
    ),
    ResourceType(
        name="personattribute",
        java="org.openmrs.PersonAttribute",
        version="1.8",
        path="person/attribute",
        owner="person",
        privilege="Persons",
        properties=(
            ref("person"),
            ref("attributeType", "personattributetype", must_exist=True),
            text("value", 50),
        ),
        creatable="attributeType! value",
        default="display,uuid,value,attributeType:ref,voided",
        full="display,uuid,value,attributeType:full,voided,auditInfo",
        ending="voided",
        indexes=("person", "value COLLATE NOCASE"),
        getters={"display": lambda store, record: record["value"], "value": attribute_value},
    ),
    ResourceType(
        name="patient",
        java="org.openmrs.Patient",
        version="1.8",
        privilege="Patients",
        properties=(ref("person"), children("identifiers", "identifier", "patient")),
        creatable="person! identifiers!",
        default="uuid,display,identifiers:ref,person:default,voided",
        full="uuid,display,identifiers:default,person:full,voided,auditInfo",
        ending="voided",
        takes_uuid=False,
        getters={"display": patient_display},
        setters={"person": refuse_nested_person},
    ),
    ResourceType(
        name="identifier",
        java="org.openmrs.PatientIdentifier",
        version="1.8",
        path="patient/identifier",
        owner="patient",
        privilege="Patient Identifiers",
        properties=(
            ref("patient"),
            text("identifier", 50),
            ref("identifierType", "patientidentifiertype", must_exist=True),
            ref("location"),
            flag("preferred"),
        ),
        creatable="identifier! identifierType! location preferred",
        default="display,uuid,identifier,identifierType:ref,location:ref,preferred,voided",
        full="display,uuid,identifier,identifierType:default,location:default,preferred,voided,"
        "auditInfo",
        ending="voided",
        indexes=("patient", "identifier COLLATE NOCASE"),
        getters={"display": identifier_display},
    ),
)
