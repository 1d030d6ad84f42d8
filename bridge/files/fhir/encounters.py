"""Encounters: which are visits, and which stand within one. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.chart import EncounterKind, VisitKind
from bridge.files.fhir.elements import line, status, words
from bridge.files.fhir.own import own_kind
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import Body, NotTaken, Resource, names_of, reference
from bridge.identity import part_uuid

_STATUSES = ("finished", "in-progress", "arrived", "triaged", "onleave", "unknown")
_KINDS: dict[str, VisitKind] = {
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "EMER": "emergency",
    "HH": "home",
}


@dataclass(slots=True, kw_only=True)
class Contact:
    """An encounter while its chart is put together: one contact with care."""

    uuid: str
    visit_uuid: str
    """The visit's, where the contact makes one."""
    start: datetime
    stop: datetime | None
    """None: not said, or it goes on."""
    kind: VisitKind = "facility"
    own_kind: EncounterKind | None = None
    """What it is, where bridge has written it."""
    is_open: bool = False
    location: str = ""
    provider: str = ""
    source: str = ""
    parent: "Contact | None" = None
    children: "list[Contact]" = field(default_factory=list)
    is_visit_only: bool = False
    """Others stand within it, so without entries it is no encounter itself."""
    entries: list[Any] = field(default_factory=list)
    entries_until: datetime | None = None
    """When the last entry of a visit without an end was made."""


def read_encounters(record: Record, now: datetime | None) -> dict[str, Contact]:
    """Read the Encounters of a patient; return the contacts by what references call them."""
    found: dict[str, Contact] = {}
    parents: list[tuple[Contact, str]] = []
    for resource in record.of("Encounter"):
        with record.reading(resource):
            contact = _contact(record, resource, now)
            for name in names_of(resource):
                found.setdefault(name, contact)
            parents.append((contact, reference(resource.body.get("partOf"))))
    for contact, name in parents:
        _join(contact, found.get(name))
    return found


def _contact(record: Record, resource: Resource, now: datetime | None) -> Contact:
    body = resource.body
    said = status(body, *_STATUSES)
    period = body.get("period")
    start = record.time(period, "start") if isinstance(period, dict) else None
    if start is None or not isinstance(period, dict):
        raise NotTaken("has no time")
    stop = record.time(period, "end")
    if stop and stop < start:
        raise NotTaken("ends before it begins", f"{start.isoformat()}, {stop.isoformat()}")
    if now and max(start, stop or start) > now:
        raise NotTaken("is in the future", start.isoformat())
    uuid = record.uuid_of(resource)
    return Contact(
        # an Encounter that turns out to stand within another keeps its uuid: see _join
        uuid=part_uuid(uuid, "encounter"),
        visit_uuid=uuid,
        start=start,
        stop=stop,
        kind=_kind(body),
        own_kind=own_kind(body),
        is_open=said in ("in-progress", "arrived", "triaged", "onleave") and stop is None,
        location=_location(body),
        provider=_provider(body),
        source=resource.source,
    )


def _join(contact: Contact, parent: Contact | None) -> None:
    """Put a contact into the visit that it is part of, where it lies within that one's time."""
    seen = {id(contact)}
    while parent and parent.parent and id(parent) not in seen:
        seen.add(id(parent))
        parent = parent.parent
    if parent is None or parent is contact or contact.children:
        return
    ends = contact.stop or contact.start
    if contact.start < parent.start or (parent.stop and ends > parent.stop):
        return  # a visit of its own, rather than another time
    contact.uuid, contact.parent = contact.visit_uuid, parent
    parent.children.append(contact)
    parent.is_visit_only = True


def _kind(body: Body) -> VisitKind:
    coded = body.get("class")
    code = coded.get("code") if isinstance(coded, dict) else None
    return _KINDS.get(str(code), "facility")


def _location(body: Body) -> str:
    for place in body.get("location") or ():
        if name := line(place["location"].get("display")):
            return name
    service = body.get("serviceProvider")
    return line(service.get("display")) if isinstance(service, dict) else ""


def _provider(body: Body) -> str:
    for one in body.get("participant") or ():
        person = one.get("individual") or one.get("actor")
        if isinstance(person, dict) and (name := line(person.get("display"))):
            return name
    return ""


def encounter_words(body: Body) -> str:
    """Return what an Encounter is called."""
    return next(filter(None, map(words, body.get("type") or ())), "")
