"""What a server has, as far as a load depends on it. Reads only."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bridge.delivery.parallel_reads import Question, ask_at_once
from bridge.mapping.model import Mapping, Profile
from bridge.openmrs.client import FHIR, REST, Client
from bridge.openmrs.parsing import as_openmrs_has_it, checked_text, count, number, objects
from bridge.openmrs.replies import Outcome

METADATA = {
    "encounter_type": "encountertype",
    "visit_type": "visittype",
    "location": "location",
    "encounter_role": "encounterrole",
    "provider": "provider",
    "identifier_type": "patientidentifiertype",
    "plain_identifier_type": "patientidentifiertype",
}
"""The fields of a profile, and the REST resource that each names an object of."""

DEMO_TAG = "demo_patient"
"""The person attribute type that OpenMRS's reference demo data module marks its patients with."""

RUN_TAG = "bridge run"
"""bridge's own person attribute type: the run that made a patient."""

PRIVILEGES = (
    "Add Encounters",
    "Add Observations",
    "Add Patients",
    "Add Visits",
    "Delete Patients",
    "Delete Visits",
    "Edit Encounters",
    "Edit Observations",
    "Get Concept Sources",
    "Get Concepts",
    "Get Encounter Roles",
    "Get Encounters",
    "Get Observations",
    "Get Patient Cohorts",
    "Get Patient Identifiers",
    "Get Patients",
    "Get People",
    "Get Providers",
    "Get Users",
    "Get Visit Attribute Types",
    "Get Visit Types",
    "Get Visits",
)
"""What loading, verifying and undoing need: found on a core 2.8.7, leaving out one at a time."""

BATCH_PRIVILEGE = "Generate Batch of Identifiers"

TAG_PRIVILEGE = "Manage Person Attribute Types"
"""What making the tags needs, where a server has not got them."""

MOST_FOUND = 1000
"""How many patients a search finds at most, where the server does not say."""

LONG_WAIT = 0.2
"""From how many seconds an answer on the questions are asked over several connections."""

READERS = 8

_NUMERIC_FIELDS = "uuid,units,allowDecimal,lowAbsolute,hiAbsolute"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierType:
    """A kind of patient identifier, and the idgen source that makes it, if there is one."""

    uuid: str
    name: str
    required: bool
    validator: str | None
    format: str | None
    needs_location: bool
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What the server holds of a mapped concept; limits are the absolute ones in force."""

    display: str
    datatype: str
    units: str | None = None
    allow_decimal: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """A person attribute type."""

    uuid: str
    format: str
    searchable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """One reading of a server."""

    url: str
    user: str
    privileges: frozenset[str] | None
    """What the user may do; None: everything."""
    time: datetime | None
    core: str | None = None
    modules: dict[str, str] = field(default_factory=dict)
    """Versions by name; empty where the user may not see them."""
    metadata: dict[str, str] = field(default_factory=dict)
    """Of all profiles' things, by uuid, the names of those that exist and are in use."""
    identifier_types: tuple[IdentifierType, ...] = ()
    concepts: dict[str, Concept] = field(default_factory=dict)
    tags: dict[str, AttributeType] = field(default_factory=dict)
    settings: dict[str, str | None] = field(default_factory=dict)
    counted: bool = True
    """Whether it was asked how many patients there are: that may take seconds."""
    patients: int | None = None
    marked: int | None = None
    """How many patients carry the demo mark. None, of either: it cannot be counted here."""

    @property
    def missing_privileges(self) -> list[str]:
        """What the user would need beyond what they have."""
        if self.privileges is None:
            return []
        issued = any(kind.source for kind in self.identifier_types)
        needed = (*PRIVILEGES, BATCH_PRIVILEGE) if issued else PRIVILEGES
        return [name for name in needed if name not in self.privileges]

    def identifier_type(self, uuid: str) -> IdentifierType | None:
        """Return the identifier type `uuid`, if the server has it."""
        return next((kind for kind in self.identifier_types if kind.uuid == uuid), None)


SETTINGS = ("visits.allowOverlappingVisits", "patient.nameValidationRegex", "validation.disable")


@as_openmrs_has_it("itself")
def read_server_state(client: Client, mapping: Mapping, *, counting: bool = True) -> ServerState:
    """Read from the server what a load under `mapping` depends on.

    Of a user without the privileges only these are read: the rest would be refused. Patients are
    counted if `counting`.
    """
    asked = time.monotonic()
    session = client.session()
    slow = time.monotonic() - asked > LONG_WAIT
    user = session.body.get("user") or {}
    who = ServerState(
        url=client.transport.server.url,
        user=str(user.get("display")),
        privileges=_privileges(user),
        time=session.date,
    )
    if who.missing_privileges:
        return who
    metadata = _metadata(mapping.profiles.values())
    questions = _questions(mapping, metadata, counting=counting)
    answers = ask_at_once(client, questions, READERS if slow else 1)
    patients, tags, marked = answers["patients"]
    return replace(
        who,
        **{name: answers[name] for name in ("concepts", "identifier_types", "core", "modules")},
        counted=counting,
        patients=patients,
        tags=tags,
        marked=marked,
        settings={name: answers[name] for name in SETTINGS},
        metadata={uuid: answers[uuid] for uuid in metadata if answers[uuid]},
    )


def _questions(
    mapping: Mapping, metadata: dict[str, str], *, counting: bool
) -> dict[str, Question]:
    return {
        "concepts": partial(_concepts, uuids=[e.concept for e in mapping.measurements.values()]),
        "patients": partial(_patients_and_tags, counting=counting),
        "identifier_types": read_identifier_types,
        "core": read_core,
        "modules": _modules,
        **{name: partial(_setting, name=name) for name in SETTINGS},
        **{
            uuid: partial(_name_of, resource=resource, uuid=uuid)
            for uuid, resource in metadata.items()
        },
    }


def _patients_and_tags(
    client: Client, *, counting: bool
) -> tuple[int | None, dict[str, AttributeType], int | None]:
    tags = read_tags(client)
    if not counting:
        return None, tags, None
    patients = _patients(client)
    return patients, tags, _marked(client, tags, patients)


def read_core(client: Client) -> str | None:
    """Read the version of the server's core, where the user may know it."""
    reply = client.probe(f"{REST}/systeminformation")
    found = re.search(r"openmrsVersion': '([^' ]+)", str(reply.body))
    return found[1] if found else None


def _modules(client: Client) -> dict[str, str]:
    reply = client.probe(f"{REST}/module?v=custom:(uuid,version,started)&limit=100")
    found = objects(reply.body.get("results")) if reply.outcome is Outcome.ACCEPTED else ()
    return {module["uuid"]: str(module["version"]) for module in found if module.get("started")}


def _privileges(user: dict[str, Any]) -> frozenset[str] | None:
    roles = {role.get("display") for role in user.get("roles") or ()}
    if "System Developer" in roles:
        return None
    return frozenset(str(p.get("display")) for p in user.get("privileges") or ())


def _metadata(profiles: Iterable[Profile]) -> dict[str, str]:
    """List what the profiles name, by uuid: the resource each is one of."""
    return {
        thing.uuid: resource
        for profile in profiles
        for field, resource in METADATA.items()
        if resource != "patientidentifiertype" and (thing := getattr(profile, field))
    }


def _name_of(client: Client, resource: str, uuid: str) -> str | None:
    body = client.fetch(resource, uuid, "display,retired")
    return str(body.get("display")) if body and not body.get("retired") else None


@as_openmrs_has_it("identifier types")
def read_identifier_types(client: Client) -> tuple[IdentifierType, ...]:
    """Read the identifier types in use, each with the source that issues it, if there is one."""
    sources: dict[str, str] = {}
    reply = client.probe(f"{REST}/idgen/identifiersource?v=default&limit=100")
    for source in objects(reply.body.get("results")) if reply.outcome is Outcome.ACCEPTED else ():
        if "sequential" in str(source.get("type", "")):
            sources.setdefault(checked_text(source["identifierType"]["uuid"]), source["uuid"])
    fields = "uuid,name,required,validator,format,locationBehavior,retired"
    return tuple(
        IdentifierType(
            uuid=found["uuid"],
            name=checked_text(found["name"]),
            required=bool(found.get("required")),
            validator=_text(found.get("validator")),
            format=_text(found.get("format")),
            needs_location=found.get("locationBehavior") != "NOT_USED",
            source=sources.get(found["uuid"]),
        )
        for found in client.every("patientidentifiertype", fields)
        if not found.get("retired")
    )


def _concepts(client: Client, uuids: list[str]) -> dict[str, Concept]:
    references = ",".join(uuids)
    kinds = {
        found["uuid"]: found
        for found in client.every(
            "concept", "uuid,display,datatype:(display)", references=references
        )
    }
    numeric = [uuid for uuid, kind in kinds.items() if kind["datatype"]["display"] == "Numeric"]
    # Only a numeric concept has these fields; asking any other for them is refused.
    limits = (
        {
            found["uuid"]: found
            for found in client.every("concept", _NUMERIC_FIELDS, references=",".join(numeric))
        }
        if numeric
        else {}
    )
    for uuid, (low, high) in reference_ranges(client, numeric).items():
        limits[uuid] = {**limits[uuid], "lowAbsolute": low, "hiAbsolute": high}
    return {
        uuid: Concept(
            display=str(kind["display"]),
            datatype=str(kind["datatype"]["display"]),
            units=_text(limits.get(uuid, {}).get("units")),
            allow_decimal=bool(limits.get(uuid, {}).get("allowDecimal")),
            low=number(limits.get(uuid, {}).get("lowAbsolute")),
            high=number(limits.get(uuid, {}).get("hiAbsolute")),
        )
        for uuid, kind in kinds.items()
    }


def reference_ranges(
    client: Client, concepts: list[str]
) -> dict[str, tuple[float | None, float | None]]:
    """Read the limits that override the concepts' own; a server gives them for a patient only."""
    reply = client.probe(f"{FHIR}/Patient?_count=1")
    entries = reply.body.get("entry") if reply.outcome is Outcome.ACCEPTED else None
    if not entries or not concepts:
        return {}
    patient = checked_text(entries[0]["resource"]["id"])
    query = urlencode({"patient": patient, "concept": ",".join(concepts), "v": "full"})
    reply = client.probe(f"{REST}/conceptreferencerange/?{query}")
    if reply.outcome is not Outcome.ACCEPTED:
        return {}
    return {
        found["concept"]: (found.get("lowAbsolute"), found.get("hiAbsolute"))
        for found in objects(reply.body.get("results"))
        if found.get("concept") in concepts
    }


@as_openmrs_has_it("person attribute types")
def read_tags(client: Client) -> dict[str, AttributeType]:
    """Read the attribute types that mark bridge's patients, by name."""
    return {
        found["name"]: AttributeType(
            uuid=found["uuid"], format=str(found["format"]), searchable=bool(found["searchable"])
        )
        for found in client.every("personattributetype", "uuid,name,format,searchable,retired")
        if found["name"] in (DEMO_TAG, RUN_TAG) and not found["retired"]
    }


def _patients(client: Client) -> int | None:
    reply = client.probe(f"{FHIR}/Patient?_summary=count")
    return count(reply.body.get("total", 0)) if reply.outcome is Outcome.ACCEPTED else None


def _marked(client: Client, tags: dict[str, AttributeType], patients: int | None) -> int | None:
    if DEMO_TAG not in tags:
        return 0
    if not tags[DEMO_TAG].searchable:
        return None
    # The server stops searching at this many.
    most = int(_setting(client, "person.searchMaxResults") or MOST_FOUND)
    if patients is None or patients >= most:
        return None
    # The search also finds those who are called True, or have another attribute that is true.
    fields = "person:(attributes:(value,attributeType:(uuid)))"
    mark = tags[DEMO_TAG].uuid
    return sum(
        any(
            attribute["attributeType"]["uuid"] == mark and attribute.get("value") in (True, "true")
            for attribute in patient["person"]["attributes"]
        )
        for patient in client.every("patient", fields, q="true")
    )


def _setting(client: Client, name: str) -> str | None:
    body = client.fetch("systemsetting", name, "value")
    return None if body is None else _text(body.get("value"))


def _text(value: Any) -> str | None:
    return str(value) if value else None
