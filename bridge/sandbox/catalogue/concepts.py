"""The dictionary: concepts with their names, mappings, answers, members and limits."""

from functools import partial
from typing import Any

from bridge.sandbox.catalogue.metadata import name_of, plain
from bridge.sandbox.conversion import convert
from bridge.sandbox.refusals import NoSetter
from bridge.sandbox.resource_types import (
    Property,
    ResourceType,
    children,
    flag,
    integer,
    real,
    ref,
    refs,
    text,
)
from bridge.sandbox.store import Record, Store

LIMITS = ("hiNormal", "hiAbsolute", "hiCritical", "lowNormal", "lowAbsolute", "lowCritical")
NUMERIC_PROPERTIES = (*LIMITS, "units", "allowDecimal", "displayPrecision")
NUMERIC = "8d4a4488-c2cc-11de-8d13-0010c6dffd0f"
"""The uuid of the datatype Numeric."""


def set_limit(name: str, store: Store, concept: Record, value: Any) -> None:
    """Set what only a numeric concept has; the datatype must have been set before."""
    datatype = store.ref(concept, "datatype")
    if datatype is None or datatype.uuid != NUMERIC:
        raise NoSetter
    concept[name] = convert(concept.type.by_name[name], value)


def preferred_name(store: Store, concept: Record) -> Record | None:
    """Choose the name that a concept goes by: the preferred one in English, else the first."""
    names = store.children(concept, "names")
    in_english = [name for name in names if str(name["locale"]).startswith("en")]
    for name in (*in_english, *names):
        if name["localePreferred"]:
            return name
    return names[0] if names else None


def concept_display(store: Store, concept: Record) -> str:
    """Show a concept by its preferred name."""
    name = preferred_name(store, concept)
    return name["name"] if name else ""


def short_name(store: Store, concept: Record) -> Record | None:
    """Find the short name."""
    names = store.children(concept, "names")
    return next((name for name in names if name["conceptNameType"] == "SHORT"), None)


def term_display(store: Store, term: Record) -> str:
    """Show a reference term as `CIEL: 5085`."""
    source = store.ref(term, "conceptSource")
    return f"{source['name'] if source else ''}: {term['code']}"


def mapping_display(store: Store, mapping: Record) -> str:
    """Show a mapping by its term."""
    term = store.ref(mapping, "conceptReferenceTerm")
    return store.display(term) if term else ""


NAME = "display,uuid,name,locale,localePreferred,conceptNameType"
MAPPING = "display,uuid,conceptReferenceTerm:{rep},conceptMapType:{rep}"
DESCRIPTION = "display,uuid,description,locale"
DATATYPE = "uuid,display,name,description,hl7Abbreviation,retired"
TERM = "uuid,display,name,conceptSource:{rep},description,code,version,retired"

RESOURCE_TYPES = (
    ResourceType(
        name="conceptsource",
        java="org.openmrs.ConceptSource",
        version="2.1",
        privilege="Concept Sources",
        properties=(text("name"), text("description"), text("hl7Code"), text("uniqueId")),
        creatable="name! description! hl7Code uniqueId",
        default="uuid,display,name,description,hl7Code,retired,uniqueId",
        full="uuid,display,name,description,hl7Code,retired,auditInfo,uniqueId",
        ending="retired",
        also_by="name",
        getters={"display": name_of},
    ),
    plain("conceptclass", "org.openmrs.ConceptClass", "1.8", "Concept Classes", named=True),
    plain("conceptmaptype", "org.openmrs.ConceptMapType", "1.9", "Concept Map Types", named=True),
    ResourceType(
        name="conceptdatatype",
        java="org.openmrs.ConceptDatatype",
        version="1.8",
        privilege="Concept Datatypes",
        properties=(text("name"), text("description"), text("hl7Abbreviation")),
        creatable="name! description!",
        default=DATATYPE,
        full=f"{DATATYPE},auditInfo",
        ending="retired",
        also_by="name",
        getters={"display": name_of},
    ),
    ResourceType(
        name="conceptreferenceterm",
        java="org.openmrs.ConceptReferenceTerm",
        version="1.9",
        privilege="Concept Reference Terms",
        properties=(
            text("code"),
            text("name"),
            ref("conceptSource", "conceptsource"),
            text("description"),
            text("version"),
        ),
        creatable="code! conceptSource! name description version",
        default=TERM.format(rep="ref"),
        full=TERM.format(rep="default") + ",auditInfo",
        ending="retired",
        indexes=("code",),
        getters={"display": term_display},
    ),
    ResourceType(
        name="concept",
        java="org.openmrs.Concept",
        version="2.0",
        privilege="Concepts",
        properties=(
            ref("datatype", "conceptdatatype"),
            ref("conceptClass", "conceptclass"),
            flag("set"),
            text("version"),
            *(real(limit) for limit in LIMITS),
            text("units"),
            Property(name="allowDecimal", type="flag"),
            integer("displayPrecision"),
            refs("answers", "concept"),
            refs("setMembers", "concept"),
            children("names", "conceptname", "concept"),
            children("descriptions", "conceptdescription", "concept"),
            children("mappings", "conceptmapping", "concept"),
        ),
        creatable="datatype! conceptClass! names! descriptions set version mappings answers"
        " setMembers hiNormal hiAbsolute hiCritical lowNormal lowAbsolute lowCritical units"
        " allowDecimal displayPrecision",
        default="uuid,display,name:default,datatype:ref,conceptClass:ref,set,version,retired,"
        "names:ref,descriptions:ref,mappings:ref,answers:ref,setMembers:ref,attributes",
        full="uuid,display,name:default,datatype:default,conceptClass:default,set,version,retired,"
        "names:default,descriptions:default,mappings:default,answers:default,setMembers:default,"
        "shortName:ref,auditInfo,"
        f"{','.join(NUMERIC_PROPERTIES)},attributes",
        ending="retired",
        getters={
            "display": concept_display,
            "name": preferred_name,
            "shortName": short_name,
            "attributes": lambda store, record: [],
            "referenceRanges": lambda store, record: [],  # nobody can make any here
        },
        setters={name: partial(set_limit, name) for name in NUMERIC_PROPERTIES},
    ),
    ResourceType(
        name="conceptname",
        java="org.openmrs.ConceptName",
        version="1.9",
        path="concept/name",
        owner="concept",
        privilege="Concepts",
        properties=(
            ref("concept"),
            text("name"),
            text("locale"),
            flag("localePreferred"),
            text("conceptNameType"),
        ),
        creatable="name! locale! localePreferred conceptNameType",
        default=NAME,
        full=f"{NAME},auditInfo",
        ending="voided",
        indexes=("concept", "name COLLATE NOCASE"),
        getters={"display": name_of},
    ),
    ResourceType(
        name="conceptdescription",
        java="org.openmrs.ConceptDescription",
        version="1.8",
        path="concept/description",
        owner="concept",
        privilege="Concepts",
        properties=(ref("concept"), text("description", None), text("locale")),
        creatable="description! locale!",
        default=DESCRIPTION,
        full=f"{DESCRIPTION},auditInfo",
        ending="voided",
        indexes=("concept",),
        getters={"display": lambda store, record: record["description"]},
    ),
    ResourceType(
        name="conceptmapping",
        java="org.openmrs.ConceptMap",
        version="1.9",
        path="concept/mapping",
        owner="concept",
        privilege="Concepts",
        properties=(
            ref("concept"),
            ref("conceptReferenceTerm", "conceptreferenceterm"),
            ref("conceptMapType", "conceptmaptype"),
        ),
        creatable="conceptReferenceTerm! conceptMapType!",
        default=MAPPING.format(rep="ref"),
        full=MAPPING.format(rep="default") + ",auditInfo",
        ending="voided",
        indexes=("concept", '"conceptReferenceTerm"'),
        getters={"display": mapping_display},
    ),
)
