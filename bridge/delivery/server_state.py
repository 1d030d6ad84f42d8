"""What a server has, as far as a load depends on it. Reads only."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from bridge.delivery.parallel_reads import Question, ask_at_once
from bridge.mapping.model import Mapping, Profile
from bridge.openmrs.capabilities import OVERLAPPING, Capabilities, Probes, capabilities_of
from bridge.openmrs.client import Client
from bridge.openmrs.metadata import (
    PROBES,
    answers,
    count_patients,
    read_attribute_types,
    read_concepts,
    read_core,
    read_identifier_types,
    read_modules,
    read_name,
    read_setting,
)
from bridge.openmrs.models import AttributeType, Concept, IdentifierType

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

IN_TURN = {"providers": "provider", "locations": "location"}
"""The fields of a profile that name several things, which are taken in turn."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """One reading of a server."""

    url: str
    user: str
    privileges: frozenset[str] | None
    """What the user may do; None: everything."""
    time: datetime | None
    capabilities: Capabilities = field(default_factory=Capabilities)
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


SETTINGS = (OVERLAPPING, "patient.nameValidationRegex", "validation.disable")


def read_server_state(client: Client, mapping: Mapping, *, counting: bool = True) -> ServerState:
    """Read from the server what a load under `mapping` depends on.

    Of a user without the privileges only these are read: the rest would be refused. Patients are
    counted if `counting`.
    """
    asked = time.monotonic()
    user = client.user()
    slow = time.monotonic() - asked > LONG_WAIT
    who = ServerState(
        url=client.transport.server.url,
        user=user.name,
        privileges=user.privileges,
        time=user.time,
    )
    if who.missing_privileges:
        return who
    metadata = _metadata(mapping.profiles.values())
    questions = _questions(mapping, metadata, counting=counting)
    found = ask_at_once(client, questions, READERS if slow else 1)
    patients, tags, marked = found["patients"]
    settings = {name: found[name] for name in SETTINGS}
    probes = Probes(**{name: found[name] for name in PROBES})
    return replace(
        who,
        concepts=found["concepts"],
        identifier_types=found["identifier_types"],
        capabilities=capabilities_of(found["core"], found["modules"], settings, probes),
        counted=counting,
        patients=patients,
        tags=tags,
        marked=marked,
        settings=settings,
        metadata={uuid: found[uuid] for uuid in metadata if found[uuid]},
    )


def _questions(
    mapping: Mapping, metadata: dict[str, str], *, counting: bool
) -> dict[str, Question]:
    concepts = [entry.concept for entry in mapping.measurements.values()]
    return {
        "concepts": partial(read_concepts, uuids=concepts),
        "patients": partial(_patients_and_tags, counting=counting),
        "identifier_types": read_identifier_types,
        "core": read_core,
        "modules": read_modules,
        **{name: partial(answers, path=path) for name, path in PROBES.items()},
        **{name: partial(read_setting, name=name) for name in SETTINGS},
        **{
            uuid: partial(read_name, resource=resource, uuid=uuid)
            for uuid, resource in metadata.items()
        },
    }


def _patients_and_tags(
    client: Client, *, counting: bool
) -> tuple[int | None, dict[str, AttributeType], int | None]:
    tags = read_tags(client)
    if not counting:
        return None, tags, None
    patients = count_patients(client)
    return patients, tags, _marked(client, tags, patients)


def _metadata(profiles: Iterable[Profile]) -> dict[str, str]:
    """List what the profiles name, by uuid: the resource each is one of."""
    named: dict[str, str] = {}
    for profile in profiles:
        for name, resource in METADATA.items():
            thing = getattr(profile, name)
            if thing and resource != "patientidentifiertype":
                named[thing.uuid] = resource
        for name, resource in IN_TURN.items():
            named |= {thing.uuid: resource for thing in getattr(profile, name)}
    return named


def read_tags(client: Client) -> dict[str, AttributeType]:
    """Read the attribute types that mark bridge's patients, by name."""
    kinds = read_attribute_types(client)
    return {name: kind for name, kind in kinds.items() if name in (DEMO_TAG, RUN_TAG)}


def _marked(client: Client, tags: dict[str, AttributeType], patients: int | None) -> int | None:
    if DEMO_TAG not in tags:
        return 0
    if not tags[DEMO_TAG].searchable:
        return None
    # The server stops searching at this many.
    most = int(read_setting(client, "person.searchMaxResults") or MOST_FOUND)
    if patients is None or patients >= most:
        return None
    # The search also finds those who are called True, or have another attribute that is true.
    mark = tags[DEMO_TAG].uuid
    return sum(one.attribute(mark) == "true" for one in client.find_patients("true"))
