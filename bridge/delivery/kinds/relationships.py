"""Relationships between two patients of a cohort, such as a mother and her child."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import LeftOut, Patient, Relationship
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Sent,
    created,
    expect,
    request_of,
    uuid_of,
)
from bridge.delivery.requests import Body, Context, Expected, Found, Ref, Request
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "relationships"
RESOURCE = "relationship"

PARENT_CHILD = "8d91a210-c2cc-11de-8d13-0010c6dffd0f"
SIBLING = "8d91a01c-c2cc-11de-8d13-0010c6dffd0f"
"""The types that every OpenMRS starts with; person A is the parent."""

_FIELDS = "uuid,voided,personA:(uuid),personB:(uuid),relationshipType:(uuid,display)"


def render(entry: Relationship, patient: Patient, context: Context) -> Request | LeftOut:
    """Render a relationship; the other person must be on the server before it is sent."""
    if not context.capabilities.relationships:
        return LeftOut(entry.source, NOT_TAKEN, "relationships")
    first, second = patient.uuid, entry.other
    if entry.kind == "parent":
        first, second = second, first
    kind = SIBLING if entry.kind == "sibling" else PARENT_CHILD
    body: Body = {
        "uuid": entry.uuid,
        "personA": first,
        "personB": second,
        "relationshipType": kind,
    }
    expected = expect(NAME, entry.uuid, entry.kind, a=first, b=second, type=kind)
    return request_of(entry, patient, body, expected)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST a relationship under our uuid."""
    return created(client, RESOURCE, request, ask_first=ask_first)


@as_openmrs_has_it("relationships")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read how a person is related to others."""
    found = client.every(RESOURCE, _FIELDS, person=patient)
    return iter([_found(one) for one in found if not one.get("voided")])


def _found(relationship: dict[str, Any]) -> Found:
    kind = relationship["relationshipType"]
    fields = {
        "a": uuid_of(relationship["personA"]),
        "b": uuid_of(relationship["personB"]),
        "type": kind["uuid"],
    }
    return Found(relationship["uuid"], str(kind.get("display")), fields)


@as_openmrs_has_it("relationships")
def left_behind(client: Client, patient: str) -> Iterator[Ref]:
    """List a person's relationships: a void of the patient does not take them along."""
    return iter([Ref(RESOURCE, one.uuid) for one in read(client, patient, {})])


KIND = EntryKind(
    name=NAME,
    entries=(Relationship,),
    render=render,
    send=send,
    read=read,
    left_behind=left_behind,
    resource=RESOURCE,
)
