"""What a clinic sets up once: places, people who care, types of visits and identifiers."""

import re
from typing import Any

from bridge.sandbox.refusals import Conversion
from bridge.sandbox.resource_types import (
    Property,
    ResourceType,
    flag,
    integer,
    moment,
    real,
    ref,
    refs,
    text,
    texts,
)
from bridge.sandbox.store import Record, Store

NAMED = "uuid,display,name,description,retired"
LOCATION_LINES = (
    "address1,address2,cityVillage,stateProvince,country,postalCode,latitude,longitude,"
    "countyDistrict,address3,address4,address5,address6"
)
LATER_LINES = ",".join(f"address{number}" for number in range(7, 16))


def name_of(store: Store, record: Record) -> Any:
    """Show a record by its name."""
    return record["name"]


def plain(
    name: str, java: str, version: str, privilege: str, *, unique: bool = False, named: bool = False
) -> ResourceType:
    """Define a kind that is no more than a name and a description."""
    return ResourceType(
        name=name,
        java=java,
        version=version,
        privilege=privilege,
        properties=(text("name", unique=unique), text("description", 1024)),
        creatable="name! description!",
        default=NAMED,
        full=f"{NAMED},auditInfo",
        ending="retired",
        also_by="name" if named else "",
        getters={"display": name_of},
    )


def child_locations(store: Store, record: Record) -> list[Record] | None:
    """List the locations inside this one; of one that is just being made OpenMRS says null."""
    if not record.original:
        return None
    return store.many("location", '"parentLocation" = ? AND ended = 0', (record.id,))


def provider_display(store: Store, record: Record) -> str:
    """Show a provider as its identifier and the person's name."""
    person = store.ref(record, "person")
    return f"{record['identifier']} - {store.display(person) if person else ''}"


def setting_display(store: Store, record: Record) -> str:
    """Show a setting as OpenMRS does: `Visits - Allow Overlapping Visits = true`."""
    if not record["property"]:
        what = 'because the return value of "org.openmrs.GlobalProperty.getProperty()" is null'
        raise Conversion(
            "display on class org.openmrs.GlobalProperty",
            f'Cannot invoke "String.indexOf(String)" {what}',
        )
    section, dot, rest = record["property"].partition(".")
    title = (
        f"{_words(section)} - {_words(rest)}" if dot else f"General Settings - {_words(section)}"
    )
    value = record["value"]
    return f"{title} = {'null' if value is None else value}"


def _words(name: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[._]", " ", name)
    return " ".join(word[:1].upper() + word[1:] for word in parted.split(" "))


def source_display(store: Store, source: Record) -> str:
    """Show an identifier source by its type, its name and its class."""
    kind = store.ref(source, "identifierType")
    return f"{kind['name'] if kind else ''} - {source['name']} - {source.type.java}"


IDENTIFIER_TYPE = (
    "uuid,display,name,description,format,formatDescription,required,validator,"
    "locationBehavior,uniquenessBehavior,retired"
)
ATTRIBUTE_TYPE = (
    "uuid,display,name,description,format,foreignKey,sortWeight,searchable,editPrivilege,retired"
)
SOURCE = (
    "uuid,name,description,baseCharacterSet,prefix,suffix,firstIdentifierBase,minLength,maxLength,"
    "identifierType:default"
)
SETTING = "uuid,property,value,description,display"
LOCATION = f"uuid,display,name,description,{LOCATION_LINES}"

RESOURCE_TYPES = (
    plain("locationtag", "org.openmrs.LocationTag", "1.8", "Location Tags"),
    plain("visittype", "org.openmrs.VisitType", "1.9", "Visit Types", named=True),
    plain(
        "encountertype",
        "org.openmrs.EncounterType",
        "1.8",
        "Encounter Types",
        unique=True,
        named=True,
    ),
    plain("encounterrole", "org.openmrs.EncounterRole", "1.8", "Encounter Roles"),
    plain("form", "org.openmrs.Form", "1.9", "Forms"),
    ResourceType(
        name="location",
        java="org.openmrs.Location",
        version="2.0",
        privilege="Locations",
        properties=(
            *texts(f"name description {LOCATION_LINES} {LATER_LINES}".replace(",", " ")),
            refs("tags", "locationtag"),
            ref("parentLocation", "location"),
        ),
        creatable=f"name! description {LOCATION_LINES} tags parentLocation {LATER_LINES}".replace(
            ",", " "
        ),
        default=f"{LOCATION},tags:ref,parentLocation:ref,childLocations:ref,retired,attributes,"
        f"{LATER_LINES}",
        full=f"{LOCATION},tags:default,parentLocation:default,childLocations:default,retired,"
        f"auditInfo,attributes,{LATER_LINES}",
        ending="retired",
        also_by="name",
        getters={
            "display": name_of,
            "childLocations": child_locations,
            "attributes": lambda store, record: [],
        },
    ),
    ResourceType(
        name="provider",
        java="org.openmrs.Provider",
        version="2.8",
        privilege="Providers",
        properties=(ref("person"), text("identifier")),
        creatable="person! identifier!",
        default="uuid,display,person:ref,identifier,attributes,retired,providerRole",
        full="uuid,display,person:default,identifier,attributes,retired,auditInfo,providerRole",
        ending="retired",
        getters={
            "display": provider_display,
            "attributes": lambda store, record: [],
            "providerRole": lambda store, record: None,
        },
    ),
    ResourceType(
        name="patientidentifiertype",
        java="org.openmrs.PatientIdentifierType",
        version="2.0",
        privilege="Identifier Types",
        properties=(
            *texts("name description format formatDescription"),
            flag("required"),
            *texts("validator locationBehavior uniquenessBehavior"),
        ),
        creatable="name! description! format formatDescription required validator"
        " locationBehavior uniquenessBehavior",
        default=IDENTIFIER_TYPE,
        full=f"{IDENTIFIER_TYPE},auditInfo",
        ending="retired",
        also_by="name",
        order="name",
        getters={"display": name_of},
    ),
    ResourceType(
        name="personattributetype",
        java="org.openmrs.PersonAttributeType",
        version="1.8",
        privilege="Person Attribute Types",
        properties=(
            *texts("name description format"),
            integer("foreignKey"),
            real("sortWeight"),
            flag("searchable"),
            text("editPrivilege"),
        ),
        creatable="name! description! format foreignKey sortWeight searchable editPrivilege",
        default=ATTRIBUTE_TYPE,
        full=f"{ATTRIBUTE_TYPE},concept,auditInfo",
        ending="retired",
        order='"sortWeight"',
        getters={"display": name_of, "concept": lambda store, record: None},
    ),
    ResourceType(
        name="systemsetting",
        java="org.openmrs.GlobalProperty",
        version="1.9",
        privilege="Global Properties",
        properties=(
            text("property", unique=True),
            text("value", None),
            text("description", None),
            *texts("datatypeClassname datatypeConfig preferredHandlerClassname handlerConfig"),
        ),
        creatable="property! value description datatypeClassname datatypeConfig"
        " preferredHandlerClassname handlerConfig",
        default=SETTING,
        full=f"{SETTING},datatypeClassname,datatypeConfig,preferredHandlerClassname,handlerConfig",
        ending="retired",
        also_by="property",
        order="property",
        getters={"display": setting_display},
    ),
    ResourceType(
        name="identifiersource",
        java="org.openmrs.module.idgen.SequentialIdentifierGenerator",
        version="1.8",
        path="idgen/identifiersource",
        privilege="Identifier Sources",
        properties=(
            *texts("name description baseCharacterSet prefix suffix firstIdentifierBase"),
            integer("minLength"),
            integer("maxLength"),
            ref("identifierType", "patientidentifiertype"),
            Property(name="issued", type="integer", default=0),
        ),
        creatable="name description identifierType baseCharacterSet prefix suffix"
        " firstIdentifierBase minLength maxLength",
        reference="uuid,display,baseCharacterSet,identifierType:ref",
        default=SOURCE,
        full=SOURCE.replace("identifierType:default", "identifierType:full"),
        ending="retired",
        type_name="sequentialidentifiergenerator",
        full_link=False,
        getters={"display": source_display},
    ),
    ResourceType(
        name="autogenerationoption",
        java="org.openmrs.module.idgen.AutoGenerationOption",
        version="1.8",
        path="idgen/autogenerationoption",
        privilege="Auto Generation Options",
        properties=(
            ref("identifierType", "patientidentifiertype"),
            ref("location"),
            ref("source", "identifiersource"),
            flag("manualEntryEnabled", default=True),
            flag("automaticGenerationEnabled"),
        ),
        creatable="identifierType! location source! manualEntryEnabled automaticGenerationEnabled",
        default="uuid,identifierType:default,location:ref,source:default,manualEntryEnabled,"
        "automaticGenerationEnabled",
        full="uuid,identifierType:default,location:default,source:default,manualEntryEnabled,"
        "automaticGenerationEnabled,auditInfo",
        ending="retired",
        full_link=False,
        getters={"display": lambda store, record: record.uuid},
    ),
    ResourceType(
        name="user",
        java="org.openmrs.User",
        version="1.8",
        privilege="Users",
        properties=(text("username"), text("systemId"), ref("person"), moment("lastLogin")),
        creatable="username! person!",
        default="uuid,display,username,systemId,person:ref,retired",
        full="uuid,display,username,systemId,person:default,retired,auditInfo",
        ending="retired",
        getters={"display": lambda store, record: record["systemId"]},
    ),
)
