"""Makes what a server lacks of the content package. What exists is never changed, but on request.

First everything is looked for (`read_standing`), then it is said what would be made
(`plan_content`), then it is made (`make_content`). Begun again after a break, it goes on.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bridge.content.initializer import Addition
from bridge.content.package import Content
from bridge.content.rows import Concept
from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.content_bodies import Bodies, answers_by_rest
from bridge.delivery.content_state import Standing
from bridge.delivery.setup import Made, Missing, create
from bridge.delivery.workers import carry_out
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome

KINDS = {
    "conceptclass": "concept class",
    "conceptsource": "concept source",
    "conceptreferenceterm": "code",
    "concept": "concept",
    "drug": "drug",
    "orderfrequency": "frequency",
    "encountertype": "encounter type",
    "encounterrole": "encounter role",
    "visittype": "visit type",
    "patientidentifiertype": "identifier type",
    "personattributetype": "person attribute type",
    "program": "program",
    "workflow": "workflow",
    "state": "state",
    "appointmentService": "appointment service",
    "systemsetting": "setting",
}
"""What a resource is called, in the order in which things are made."""


WORKERS = 4
"""A server that has just been put up is a small one."""


class Change(NamedTuple):
    """Something that exists and lacks parts that the package has."""

    label: str
    resource: str
    uuid: str
    body: dict[str, object]
    lacking: tuple[str, ...] = ()
    """The names of the parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPlan:
    """What is to be made, in groups that need only what former groups made."""

    groups: tuple[tuple[Missing, ...], ...]
    settings: tuple[Change, ...]
    """Global properties that are empty."""
    extensions: tuple[Change, ...]
    """Sets and questions that lack members and answers; they stay so, unless it is asked for."""
    existing: int
    retired: tuple[str, ...]
    """What exists and is retired: it stays so, and what needs it may be refused."""
    elsewhere: tuple[str, ...]
    """What REST cannot make: the initializer can, or the module it is of."""

    def counts(self) -> dict[str, int]:
        """Count what is to be made, by kind."""
        found = Counter(KINDS[_resource(one)] for group in self.groups for one in group)
        found["setting"] = len(self.settings)
        return {kind: found[kind] for kind in KINDS.values() if found[kind]}

    def __len__(self) -> int:
        return sum(self.counts().values())


def _resource(missing: Missing) -> str:
    return "state" if missing.resource.endswith("/state") else missing.resource


def plan_content(content: Content, standing: Standing) -> ContentPlan:
    """Decide what is to be made. Pure."""
    bodies = Bodies(content, standing.uuids, standing.classes)
    groups = [
        tuple(bodies.classes(standing.lacks)),
        tuple(bodies.sources(standing.lacks)),
        tuple(bodies.terms(standing.lacks, standing.terms)),
        *(tuple(bodies.concepts(wave, standing.lacks, standing.terms)) for wave in content.waves()),
        tuple(bodies.things(standing.lacks)),
        tuple(bodies.workflows(standing.lacks)),
        tuple(bodies.states(standing.lacks)),
        tuple(bodies.services(standing.lacks)) if standing.has_services else (),
    ]
    return ContentPlan(
        groups=tuple(group for group in groups if group),
        settings=tuple(_empty_settings(content, standing)),
        extensions=tuple(_extensions(content, standing)),
        existing=standing.existing,
        retired=standing.retired,
        elsewhere=tuple(_elsewhere(content, standing)),
    )


def additions(content: Content, standing: Standing) -> Iterator[Addition]:
    """Yield the parts that sets and questions of the server lack, by the server's uuids."""
    for concept, field, has, parts in _incomplete(content, standing):
        owner = standing.uuids[concept.uuid]
        for part in parts:
            uuid = standing.uuids.get(part, part)
            if uuid not in has:
                yield Addition(owner, uuid, field == "answers")


def _incomplete(
    content: Content, standing: Standing
) -> Iterator[tuple[Concept, str, tuple[str, ...], tuple[str, ...]]]:
    """Yield what exists and may be extended: what it has, and those of its parts not retired."""
    for concept in content.concepts:
        for field, parts in (("answers", concept.answers), ("setMembers", concept.members)):
            has = standing.parts.get((concept.uuid, field))
            if has is not None and concept.extend and concept.uuid in standing.uuids:
                yield concept, field, has, tuple(p for p in parts if p not in standing.ended)


def _elsewhere(content: Content, standing: Standing) -> Iterator[str]:
    for concept in content.concepts:
        if concept.datatype == "Complex" and standing.lacks(concept.uuid):
            yield f"concept {concept.name}"
        has = standing.parts.get((concept.uuid, "answers"), ())
        by_rest = answers_by_rest(content, concept)
        for uuid in concept.answers:
            if uuid not in by_rest and standing.uuids.get(uuid, uuid) not in has:
                yield f"answer {content.concept(uuid).name} of {concept.name}"
    if not standing.has_services:
        yield from (f"appointment service {service.name}" for service in content.services)


def _empty_settings(content: Content, standing: Standing) -> Iterator[Change]:
    for setting in content.settings:
        if standing.settings.get(setting.name, "not there") is None:
            value = standing.uuids.get(setting.value, setting.value)
            yield Change(setting.name, "systemsetting", setting.name, {"value": value})


def _extensions(content: Content, standing: Standing) -> Iterator[Change]:
    for concept, field, has, parts in _incomplete(content, standing):
        by_rest = {*answers_by_rest(content, concept), *concept.members}
        wanted = [standing.uuids.get(part, part) for part in parts if part in by_rest]
        new = [uuid for uuid in wanted if uuid not in has]
        if new:
            yield Change(
                concept.name,
                "concept",
                standing.uuids[concept.uuid],
                {field: [*has, *new]},
                tuple(_names(content, parts, standing.uuids, new)),
            )


def _names(
    content: Content, parts: tuple[str, ...], uuids: Mapping[str, str], new: list[str]
) -> Iterator[str]:
    for part in parts:
        if uuids.get(part, part) in new:
            yield content.concept(part).name


def make_content(
    plan: ContentPlan,
    connect: Callable[[], Client],
    stop: threading.Event,
    *,
    extend: bool = False,
) -> Iterator[Made]:
    """Make what is planned, over several connections; yield what became of each.

    Sets and questions that exist get the members and answers they lack only to `extend` them.
    """
    limit = ConcurrencyLimit(WORKERS)
    for group in plan.groups:
        yield from carry_out(group, _make, connect, limit, stop)
    changes = [*plan.settings, *(plan.extensions if extend else ())]
    yield from carry_out(changes, _change, connect, limit, stop)


def _make(client: Client, missing: Missing) -> Made:
    made = create(client, missing)
    return made._replace(label=f"{KINDS[_resource(missing)]} {made.label}")


def _change(client: Client, change: Change) -> Made:
    label = f"{KINDS[change.resource]} {change.label}"
    reply = client.update(change.resource, change.uuid, change.body)
    if reply.outcome is Outcome.ACCEPTED:
        return Made(label, "made" if change.resource == "systemsetting" else "extended")
    return Made(label, reply.reason, refused=True)
