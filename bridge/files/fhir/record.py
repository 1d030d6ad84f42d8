"""The resources of one patient while they are read: who is called what, and what becomes of each.

`Record` finds what references mean, names the parts, and keeps the account of what is left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from bridge.chart import CodeableConcept, Entry, LeftOut, PatientEntry
from bridge.files.account import TWICE
from bridge.files.fhir.elements import codeable, moment
from bridge.files.fhir.resources import (
    MISREAD,
    NOT_FHIR,
    TAKEN,
    Body,
    NotTaken,
    Resource,
    names_of,
    reference,
)
from bridge.files.uuids import is_uuid
from bridge.identity import part_uuid

Find = Callable[[str], Resource | None]
"""Finds what stands outside the patient's own resources, by reference."""


class Placed(NamedTuple):
    """An entry, in which Encounter it was written, and when it was made, as far as is said."""

    entry: Entry
    encounter: str
    """A reference, or nothing."""
    time: datetime | None


Made = Placed | PatientEntry


class Outside(NamedTuple):
    """What a record needs to know of the other files."""

    find: Find
    """Finds a shared resource (Medication, Binary)."""
    patient_uuid: Callable[[str], str | None]
    """The uuid of another patient, by a reference to them."""
    is_repeated: Callable[[str, str], bool]
    """Whether a type and id stand with several patients."""


class Record:
    """One patient's resources, by what they are called."""

    def __init__(
        self, uuid: str, owner: Resource, resources: Iterable[Resource], outside: Outside
    ) -> None:
        self.uuid = uuid
        self.owner = owner
        self.outside = outside
        self.left_out: list[LeftOut] = []
        self.assumed: Counter[str] = Counter()
        self._by_name: dict[str, Resource] = {}
        self._by_kind: dict[str, list[Resource]] = {}
        self._uuids: dict[str, str] = {}
        self._taken_uuids: set[str] = {uuid}
        self._seen: set[tuple[str, str]] = set()
        for resource in resources:
            self._add(resource)

    def of(self, *kinds: str) -> list[Resource]:
        """Return the resources of some types, in the order of the files."""
        return [resource for kind in kinds for resource in self._by_kind.get(kind, ())]

    def find(self, value: object, within: Body | None = None) -> Resource | None:
        """Return what a Reference means: what is contained, the patient's own, or what is shared.

        `within` is the body of the resource that has it.
        """
        name = reference(value)
        if name.startswith("#"):
            return _contained(within or {}, name[1:])
        return self._by_name.get(name) or (self.outside.find(name) if name else None)

    def uuid_of(self, resource: Resource) -> str:
        """Return the uuid of what a resource becomes: its own id where that is one, and is free."""
        known = self._uuids.get(resource.source)
        if known:
            return known
        free = is_uuid(resource.id) and resource.id not in self._taken_uuids
        if free and not self.outside.is_repeated(resource.kind, resource.id):
            made = resource.id
        else:
            made = part_uuid(self.uuid, f"{resource.kind}/{resource.id}")
        self._taken_uuids.add(made)
        self._uuids[resource.source] = made
        return made

    def time(self, body: Body, *keys: str) -> datetime | None:
        """Return the first of several times that a body has; a period counts by its start."""
        for key in keys:
            value = body.get(key)
            if isinstance(value, dict):
                value = value.get("start")
            if value:
                read = moment(value)
                if read.assumed:
                    self.assumed[read.assumed] += 1
                return read.time
        return None

    def assume(self, what: str) -> None:
        """Count something that had to be assumed."""
        self.assumed[what] += 1

    def leave_out(self, resource: Resource, reason: str, detail: object = "") -> None:
        """Leave a resource out."""
        self.left_out.append(LeftOut(resource.source, reason, str(detail)[:200]))

    def leave_part_out(self, resource: Resource, part: str, fault: NotTaken) -> None:
        """Leave a part of a resource out."""
        self.left_out.append(LeftOut(f"{resource.source}#{part}", fault.reason, fault.detail))

    @contextmanager
    def reading(self, resource: Resource) -> Iterator[None]:
        """Leave a resource out when what is done with it fails; nothing else is harmed."""
        try:
            yield
        except NotTaken as fault:
            self.leave_out(resource, fault.reason, fault.detail)
        except MISREAD as error:
            self.leave_out(resource, NOT_FHIR, f"{type(error).__name__}: {error}")

    def _add(self, resource: Resource) -> None:
        if resource.kind in TAKEN and (resource.kind, resource.id) in self._seen:
            self.leave_out(resource, TWICE)
            return
        self._seen.add((resource.kind, resource.id))
        if resource.kind in TAKEN and resource.body.get("modifierExtension"):
            self.leave_out(resource, "has a modifierExtension")
            return
        self._by_kind.setdefault(resource.kind, []).append(resource)
        for name in names_of(resource):
            self._by_name.setdefault(name, resource)


def _contained(body: Body, name: str) -> Resource | None:
    for one in body.get("contained") or ():
        if isinstance(one, dict) and one.get("id") == name:
            return Resource(str(one.get("resourceType")), name, one)
    return None


def concept_or_reference(
    record: Record, body: Body, concept: str, referred: str, inner: str = "code"
) -> CodeableConcept:
    """Read `medicationCodeableConcept` or what `medicationReference` refers to."""
    if body.get(concept):
        return codeable(body[concept])
    found = record.find(body[referred], body)
    if found is None:
        display = body[referred].get("display")
        if not display:
            raise NotTaken("refers to what is not in the files", reference(body[referred]))
        return codeable({"text": display})
    return codeable(found.body.get(inner))
