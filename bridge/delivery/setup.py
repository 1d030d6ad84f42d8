"""Makes the metadata that a bare server lacks, under the Reference Application's own uuids.

What exists stays as it is: each thing is looked for by uuid first, so a second setup makes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from bridge.delivery.preflight import has_idgen
from bridge.delivery.reference_terms import find_term, read_sources
from bridge.delivery.server_state import DEMO_TAG, METADATA, RUN_TAG, ServerState, read_tags
from bridge.errors import Unfit
from bridge.identity import MOD30_ALPHABET, NAMESPACE, part_uuid
from bridge.mapping.model import Entry, Mapping, Profile, Thing
from bridge.openmrs.client import Client
from bridge.openmrs.metadata import read_identifier_types
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome

Body = dict[str, Any]

# Made by every OpenMRS at its first start.
_NUMERIC = "8d4a4488-c2cc-11de-8d13-0010c6dffd0f"
_NO_DATATYPE = "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f"
_FINDING = "8d491a9a-c2cc-11de-8d13-0010c6dffd0f"
_CONVENIENCE_SET = "8d492594-c2cc-11de-8d13-0010c6dffd0f"
_SAME_AS = "35543629-7d8c-11e1-909d-c80aa9edcf4e"

_CIEL_SOURCE = "21ADDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"
_LUHN_MOD_30 = "org.openmrs.module.idgen.validator.LuhnMod30IdentifierValidator"


class Missing(NamedTuple):
    """Something that setup makes: where, under which uuid, and how."""

    label: str
    resource: str
    body: Body


class Made(NamedTuple):
    """What became of it: `made`, `exists`, or the server's reason."""

    label: str
    result: str
    refused: bool = False


def set_up(
    client: Client,
    state: ServerState,
    mapping: Mapping,
    profile: Profile,
    *,
    dry_run: bool = False,
) -> Iterator[Made]:
    """Make what is missing, in an order in which each thing finds what it refers to.

    A dry run says of each what would become of it.
    """
    act = _would_make if dry_run else create
    for missing in [
        *_things(profile),
        *_providers(state, profile),
        *_identifier_type(state, profile),
        *tags(),
    ]:
        yield _explained(client, missing, make(client, missing, act))
    yield from _make_concepts(client, mapping, act)
    yield from _identifier_source(client, state, profile, act)


def make(client: Client, missing: Missing, act: "Act | None" = None) -> Made:
    """Make one thing unless its uuid is there; `act` does something else in place of it."""
    return look(client, missing) or (act or create)(client, missing)


@as_openmrs_has_it("things of a name")
def _explained(client: Client, missing: Missing, made: Made) -> Made:
    """Say of a thing that is refused whether its name is taken by another."""
    if not made.refused or "name" not in missing.body:
        return made
    for found in client.every(missing.resource, "uuid,name"):
        same = str(found["name"]).lower() == missing.body["name"].lower()
        if same and found["uuid"] != missing.body["uuid"]:
            return made._replace(
                result=f"the server has one of that name, {found['uuid']}: name that in a mapping "
                "file"
            )
    return made


@as_openmrs_has_it("what setup makes")
def look(client: Client, missing: Missing) -> Made | None:
    """Tell what is there under the uuid of a thing; None: nothing."""
    uuid, flag = missing.body["uuid"], _ending(missing)
    found = client.fetch(missing.resource, uuid, flag)
    if not found:
        return None
    if found[flag]:
        reason = f"it is {flag} on the server (uuid {uuid}): take that back there"
        return Made(missing.label, reason, refused=True)
    return Made(missing.label, "exists")


def create(client: Client, missing: Missing) -> Made:
    """Make one thing that was not there."""
    reply = client.create(missing.resource, missing.body)
    if reply.outcome is Outcome.ACCEPTED:
        return Made(missing.label, "made")
    # The answer to a first try may have been lost.
    standing = look(client, missing) if "uuid" in missing.body else None
    if standing is None:
        return Made(missing.label, reply.reason, refused=True)
    return standing if standing.refused else Made(missing.label, "made")


def _would_make(client: Client, missing: Missing) -> Made:
    return Made(missing.label, "to be made")


Act = Callable[[Client, Missing], Made]
"""What is done about a thing that is not there."""


def _ending(missing: Missing) -> str:
    return "voided" if missing.resource == "person" else "retired"


def make_tags(client: Client, state: ServerState) -> ServerState:
    """Make the two attribute types that every patient of bridge carries; return the new state."""
    missing = [mark for mark in tags() if mark.body["name"] not in state.tags]
    for mark in missing:
        made = make(client, mark)
        if made.refused:
            raise Unfit(f"the server does not take the {mark.label}: {made.result}")
    return replace(state, tags=read_tags(client)) if missing else state


def tags() -> list[Missing]:
    """Return the attribute types that mark a patient: as a demo patient, and as of a run."""
    return [
        _attribute_type(DEMO_TAG, "java.lang.Boolean", "This is a synthetic patient"),
        _attribute_type(RUN_TAG, "java.lang.String", "The bridge run that made this patient"),
    ]


def _attribute_type(name: str, form: str, description: str) -> Missing:
    body = {
        "uuid": part_uuid(str(NAMESPACE), f"personattributetype/{name}"),
        "name": name,
        "description": description,
        "format": form,
        "searchable": True,
    }
    return Missing(f"mark {name!r}", "personattributetype", body)


def _things(profile: Profile) -> Iterator[Missing]:
    for field in ("encounter_type", "visit_type", "encounter_role", "location"):
        thing: Thing = getattr(profile, field)
        body = {"uuid": thing.uuid, "name": thing.name, "description": thing.name}
        yield Missing(f"{field.replace('_', ' ')} {thing.name}", METADATA[field], body)
    for thing in _others(profile.locations, profile.location):
        body = {"uuid": thing.uuid, "name": thing.name, "description": thing.name}
        yield Missing(f"location {thing.name}", "location", body)


def _others(things: Iterable[Thing], usual: Thing) -> list[Thing]:
    """Return what is taken in turn beside the usual one, each once."""
    return list({thing.uuid: thing for thing in things if thing.uuid != usual.uuid}.values())


def _providers(state: ServerState, profile: Profile) -> Iterator[Missing]:
    usual = profile.provider
    given = usual.name.partition(" ")[0]
    if usual.uuid not in state.metadata:
        yield from _provider(usual, given.upper(), "person of the provider")
    for thing in _others(profile.providers, usual):
        if thing.uuid not in state.metadata:
            # No two providers of a server have one identifier.
            identifier = "-".join(thing.name.upper().split())
            yield from _provider(thing, identifier, f"person of {thing.name}")


def _provider(thing: Thing, identifier: str, label: str) -> Iterator[Missing]:
    # A person of its own: a user whose person has two providers loses their current provider.
    person = part_uuid(thing.uuid, "person")
    given, _, family = thing.name.partition(" ")
    name = {"givenName": given, "familyName": family or given}
    yield Missing(label, "person", {"uuid": person, "gender": "U", "names": [name]})
    body = {"uuid": thing.uuid, "person": person, "identifier": identifier}
    yield Missing(f"provider {thing.name}", "provider", body)


def _identifier_type(state: ServerState, profile: Profile) -> Iterable[Missing]:
    kind = profile.identifier_type
    if not has_idgen(state) or state.identifier_type(kind.uuid):
        return  # without idgen the server cannot check the digit; the plain type will do
    body = {
        "uuid": kind.uuid,
        "name": kind.name,
        "description": f"{kind.name}, with a check digit",
        "required": False,  # other ways of registering patients on this server keep working
        "validator": _LUHN_MOD_30,
        "locationBehavior": "NOT_USED",
        "uniquenessBehavior": "UNIQUE",
    }
    yield Missing(f"identifier type {kind.name}", "patientidentifiertype", body)


def _identifier_source(
    client: Client, state: ServerState, profile: Profile, act: Act
) -> Iterator[Made]:
    """Make a source that issues the identifiers; OpenMRS chooses its uuid."""
    kind = profile.identifier_type
    known = state.identifier_type(kind.uuid)
    if not has_idgen(state) or (known and known.source):
        return
    label = f"identifier source for {kind.name}"
    body = {
        "sourceType": "SequentialIdentifierGenerator",
        "name": f"Generator for {kind.name}",
        "description": f"Generator for {kind.name}",
        "identifierType": kind.uuid,
        "firstIdentifierBase": "100000",
        "baseCharacterSet": MOD30_ALPHABET,
        "minLength": "7",
        "maxLength": "7",
    }
    made = act(client, Missing(label, "idgen/identifiersource", body))
    yield made
    if made.result == "made":
        _issue_automatically(client, kind.uuid)


def _issue_automatically(client: Client, kind: str) -> None:
    """Let the registration desk have identifiers of a type from its new source."""
    sources = {found.uuid: found.source for found in read_identifier_types(client)}
    option = {
        "identifierType": kind,
        "source": sources.get(kind),
        "manualEntryEnabled": False,
        "automaticGenerationEnabled": True,
    }
    client.create("idgen/autogenerationoption", option)


def _make_concepts(client: Client, mapping: Mapping, act: Act) -> Iterator[Made]:
    source = read_sources(client).get("ciel", _CIEL_SOURCE)
    body = {
        "uuid": source,
        "name": "CIEL",
        "description": "Columbia International eHealth Laboratory concept dictionary",
    }
    yield make(client, Missing("concept source CIEL", "conceptsource", body), act)
    for entry in mapping.measurements.values():
        yield from _make_concept(client, entry, source, act)
    yield make(client, _vitals_set(mapping), act)


def _make_concept(client: Client, entry: Entry, source: str, act: Act) -> Iterator[Made]:
    """Make a concept and the term it goes by; where either is there already, it stays."""
    own = part_uuid(str(NAMESPACE), f"CIEL/{entry.ciel}")
    concept = Missing(f"concept {entry.name}", "concept", _concept(entry, own))
    if standing := look(client, concept):
        yield standing
        return
    term = find_term(client, source, entry.ciel) or own
    body = {"uuid": term, "code": entry.ciel, "conceptSource": source}
    yield make(client, Missing(f"CIEL:{entry.ciel}", "conceptreferenceterm", body), act)
    yield act(client, concept._replace(body=_concept(entry, term)))


def _vitals_set(mapping: Mapping) -> Missing:
    body = {
        "uuid": mapping.vitals_set.uuid,
        "names": _names(mapping.vitals_set.name),
        "datatype": _NO_DATATYPE,
        "conceptClass": _CONVENIENCE_SET,
        "set": True,
        "setMembers": [entry.concept for entry in mapping.measurements.values()],
    }
    return Missing(f"concept set {mapping.vitals_set.name}", "concept", body)


def _concept(entry: Entry, term: str) -> Body:
    limits = {
        "lowAbsolute": entry.plausible[0],
        "hiAbsolute": entry.plausible[1],
        "lowCritical": entry.critical[0],
        "hiCritical": entry.critical[1],
        "lowNormal": entry.normal[0],
        "hiNormal": entry.normal[1],
    }
    return {
        "uuid": entry.concept,
        "names": _names(entry.name),
        "datatype": _NUMERIC,
        "conceptClass": _FINDING,
        "mappings": [{"conceptReferenceTerm": term, "conceptMapType": _SAME_AS}],
        "units": entry.unit,
        "allowDecimal": entry.decimals > 0,
        **{name: limit for name, limit in limits.items() if limit is not None},
    }


def _names(name: str) -> list[Body]:
    return [
        {
            "name": name,
            "locale": "en",
            "localePreferred": True,
            "conceptNameType": "FULLY_SPECIFIED",
        }
    ]
