"""What a server has of the content package. Reads only, over several connections.

A thing is looked for by its uuid, then by what else it is known by: a concept by its CIEL code
and by its name, class and datatype, a reference term by its source and code, a frequency by its
concept, anything else by its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bridge.content.package import Content
from bridge.content.rows import Concept, Drug, Named, Term
from bridge.delivery.parallel_reads import Question, ask_at_once
from bridge.delivery.reference_terms import find_term, read_sources
from bridge.delivery.server_state import READERS
from bridge.openmrs.client import PAGE, REST, Client
from bridge.openmrs.parsing import as_openmrs_has_it, objects
from bridge.openmrs.replies import Outcome

Found = list[dict[str, Any]]

_PARTS = "answers:(uuid),setMembers:(uuid)"
_CODES = "mappings:(conceptReferenceTerm:(code,conceptSource:(name)),conceptMapType:(display))"
_LISTS = {
    "conceptclass": "uuid,name,retired",
    "encountertype": "uuid,name,retired",
    "encounterrole": "uuid,name,retired",
    "visittype": "uuid,name,retired",
    "personattributetype": "uuid,name,retired",
    "patientidentifiertype": "uuid,name,retired",
    "drug": "uuid,name,retired",
    "orderfrequency": "uuid,retired,concept:(uuid)",
    "program": "uuid,name,retired,allWorkflows:(uuid,retired,states:(uuid,retired))",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was found, by the package's uuids."""

    classes: dict[str, str]
    """All concept classes of the server, by name."""
    settings: dict[str, str | None]
    """The global properties that exist; None: empty."""
    has_services: bool
    """Whether the server has the module of appointments."""
    uuids: dict[str, str] = field(default_factory=dict)
    """The server's uuid of each thing that exists and is in use."""
    ended: dict[str, str] = field(default_factory=dict)
    """The names of what exists and is retired."""
    parts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The server's `answers` and `setMembers` of each concept that exists."""
    terms: dict[Term, str] = field(default_factory=dict)
    """The reference terms that exist, of the concepts that do not."""

    def lacks(self, uuid: str) -> bool:
        """Tell whether a thing of the package is not there at all."""
        return uuid not in self.uuids and uuid not in self.ended

    @property
    def existing(self) -> int:
        """How many things exist."""
        return len(self.uuids)

    @property
    def retired(self) -> tuple[str, ...]:
        """The names of what is retired."""
        return tuple(self.ended.values())

    def note(self, uuid: str, found: Mapping[str, Any], name: str) -> None:
        """Take note of a thing of the package, and of what the server calls it."""
        if found.get("retired"):
            self.ended.setdefault(uuid, name)
        else:
            self.ended.pop(uuid, None)
            self.uuids[uuid] = found["uuid"]


@as_openmrs_has_it("its content")
def read_standing(client: Client, content: Content) -> Standing:
    """Look for all that the package has."""
    lists = ask_at_once(client, dict(_questions(content)), READERS)
    standing = Standing(
        classes={row["name"]: row["uuid"] for row in lists["conceptclass"]},
        settings={
            setting.name: found.get("value") or None
            for setting in content.settings
            if (found := lists[f"setting {setting.name}"]) is not None
        },
        has_services=lists["services"] is not None,
    )
    _note_concepts(content, lists, standing)
    _note_concepts_by_code(client, content, lists["sources"], standing)
    _note_concepts_by_name(client, content, standing)
    _note_lists(content, lists, standing)
    services = ((row.uuid, row.name) for row in content.services)
    _note_listed(services, lists["services"] or [], _name, "service", standing)
    standing.terms.update(_terms(client, content, standing))
    return standing


def _questions(content: Content) -> Iterator[tuple[str, Question]]:
    yield "sources", read_sources
    yield "services", _services
    for resource, fields in _LISTS.items():
        yield resource, partial(_every, resource=resource, fields=fields)
    for number, some in enumerate(_portions([concept.uuid for concept in content.concepts])):
        yield f"concepts {number}", partial(_concepts, references=some, fields=_PARTS)
    for setting in content.settings:
        yield (
            f"setting {setting.name}",
            partial(Client.fetch, resource="systemsetting", uuid=setting.name, fields="value"),
        )


def _every(client: Client, resource: str, fields: str) -> Found:
    return list(client.every(resource, fields, includeAll="true"))


def _concepts(client: Client, references: Iterable[str], fields: str) -> Found:
    asked = ",".join(references)
    return list(client.every("concept", f"uuid,retired,{fields}", references=asked))


def _services(client: Client) -> Found | None:
    reply = client.probe(f"{REST}/appointmentService/all/default")
    accepted = reply.outcome is Outcome.ACCEPTED and isinstance(reply.body, list)
    return objects(reply.body) if accepted else None


def _portions(listed: list[str], size: int = PAGE) -> Iterator[list[str]]:
    return (listed[start : start + size] for start in range(0, len(listed), size))


def _note_concepts(content: Content, lists: Mapping[str, Any], standing: Standing) -> None:
    found = {
        concept["uuid"]: concept
        for name, portion in lists.items()
        if name.startswith("concepts ")
        for concept in portion
    }
    for concept in content.concepts:
        if concept.uuid in found:
            _note_concept(concept, found[concept.uuid], standing)


def _note_concept(concept: Concept, found: Mapping[str, Any], standing: Standing) -> None:
    standing.note(concept.uuid, found, f"concept {concept.name}")
    for name in ("answers", "setMembers"):
        parts = tuple(part["uuid"] for part in objects(found.get(name)))
        standing.parts[concept.uuid, name] = parts


def _note_concepts_by_code(
    client: Client, content: Content, sources: Mapping[str, str], standing: Standing
) -> None:
    """Find what a later import of CIEL brought under other uuids."""
    for source in content.sources:
        if source.name.lower() in sources:
            standing.uuids[source.uuid] = sources[source.name.lower()]
    wanted = {c.code: c for c in content.concepts if c.code and standing.lacks(c.uuid)}
    if not wanted or "ciel" not in sources:
        return
    questions = {
        some[0]: partial(
            _concepts, references=[f"CIEL:{code}" for code in some], fields=f"{_PARTS},{_CODES}"
        )
        for some in _portions(list(wanted))
    }
    for portion in ask_at_once(client, questions, READERS).values():
        for found in portion:
            for code in _ciel_codes(found):
                if code in wanted:
                    _note_concept(wanted[code], found, standing)


def _ciel_codes(concept: Mapping[str, Any]) -> Iterator[str]:
    for mapping in objects(concept.get("mappings")):
        term = mapping["conceptReferenceTerm"]
        same = mapping["conceptMapType"]["display"] == "SAME-AS"
        if same and term["conceptSource"]["name"].lower() == "ciel":
            yield term["code"]


def _note_concepts_by_name(client: Client, content: Content, standing: Standing) -> None:
    """Find what a server's own dictionary calls the same: it takes no second one of a name."""
    wanted = {c.name: c for c in content.concepts if standing.lacks(c.uuid)}
    questions: dict[str, Question] = {name: partial(_called, name=name) for name in wanted}
    for name, listed in ask_at_once(client, questions, READERS).items():
        for found in listed:
            kind = found["conceptClass"]["name"], found["datatype"]["name"]
            if kind == (wanted[name].concept_class, wanted[name].datatype):
                _note_concept(wanted[name], found, standing)


def _called(client: Client, name: str) -> Found:
    fields = f"uuid,retired,conceptClass:(name),datatype:(name),{_PARTS}"
    query = {"name": name, "searchType": "equals", "v": f"custom:({fields})", "limit": "100"}
    reply = client.probe(f"{REST}/concept?{urlencode(query)}")
    # A name that is somebody's synonym is refused: no concept is called so.
    return objects(reply.body.get("results")) if reply.outcome is Outcome.ACCEPTED else []


def _note_lists(content: Content, lists: Mapping[str, Any], standing: Standing) -> None:
    named: dict[str, tuple[Named | Drug, ...]] = {
        "conceptclass": content.classes,
        "encountertype": content.encounter_types,
        "encounterrole": content.encounter_roles,
        "visittype": content.visit_types,
        "personattributetype": content.attribute_types,
        "patientidentifiertype": content.identifier_types,
        "drug": content.drugs,
        "program": content.programs,
    }
    for resource, rows in named.items():
        keys = ((row.uuid, row.name) for row in rows)
        _note_listed(keys, lists[resource], _name, resource, standing)
    frequencies = (
        (row.uuid, standing.uuids.get(row.concept, row.concept)) for row in content.frequencies
    )
    _note_listed(
        frequencies,
        lists["orderfrequency"],
        lambda found: (found.get("concept") or {}).get("uuid"),
        "frequency",
        standing,
    )
    for workflow in (w for program in lists["program"] for w in objects(program["allWorkflows"])):
        standing.note(workflow["uuid"], workflow, "workflow of a program")
        for state in objects(workflow["states"]):
            standing.note(state["uuid"], state, "state of a program")


def _note_listed(
    wanted: Iterable[tuple[str, str]],
    listed: Found,
    key_of: Any,
    kind: str,
    standing: Standing,
) -> None:
    by_uuid = {found["uuid"]: found for found in listed}
    by_key = {key_of(found): found for found in listed if not found.get("retired")}
    for uuid, key in wanted:
        found = by_uuid.get(uuid) or by_key.get(key)
        if found:
            standing.note(uuid, found, f"{kind} {key}")


def _name(found: Mapping[str, Any]) -> str:
    return str(found["name"])


def _terms(client: Client, content: Content, standing: Standing) -> dict[Term, str]:
    """Find the terms of the concepts to be made, where their source exists."""
    sources = {
        row.name: standing.uuids[row.uuid] for row in content.sources if row.uuid in standing.uuids
    }
    wanted = {
        f"{term.source}:{term.code}": term._replace(relation="same")
        for concept in content.concepts
        if standing.lacks(concept.uuid)
        for term in concept.codes
        if term.source in sources
    }
    questions: dict[str, Question] = {
        name: partial(find_term, source=sources[term.source], code=term.code)
        for name, term in wanted.items()
    }
    found = ask_at_once(client, questions, READERS)
    return {wanted[name]: uuid for name, uuid in found.items() if uuid}
