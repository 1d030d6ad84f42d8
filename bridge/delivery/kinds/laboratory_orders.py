"""Test orders ride in their encounter; one whose result is there is completed afterwards."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import LeftOut, TestOrder
from bridge.delivery.kinds.drug_orders import OUTPATIENT
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Place,
    Sent,
    expect,
    server_time,
    uuid_of,
)
from bridge.delivery.rendering import provider_of, rest_time
from bridge.delivery.requests import Body, Context, Expected, Found, Fragment, Request
from bridge.mapping.resolve import NO_CONCEPT
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome

NAME = "test orders"

TEST_ORDER = "52a447d3-a64a-11e3-9aeb-50e549534c5e"
"""The order type, in every OpenMRS from the start."""

_COMPLETED = {"fulfillerStatus": "COMPLETED"}
_FIELDS = "uuid,voided,action,display,dateActivated,concept:(uuid),fulfillerStatus,encounter:(uuid)"


def render(entry: TestOrder, place: Place, context: Context) -> Fragment:
    """Render the order of a test."""
    concept = context.terms.concept(entry.what, "test") if context.capabilities.orders else None
    if concept is None:
        reason = NO_CONCEPT if context.capabilities.orders else NOT_TAKEN
        left = LeftOut(entry.source, reason, entry.what.label)
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    body: Body = {
        "uuid": entry.uuid,
        "type": "testorder",
        "action": "NEW",
        "patient": place.patient.uuid,
        "careSetting": OUTPATIENT,
        "orderer": provider_of(place.encounter, context.target),
        "urgency": "ROUTINE",
        "concept": concept.uuid,
        "dateActivated": rest_time(entry.time),
    }
    expected = expect(
        NAME,
        entry.uuid,
        entry.what.label,
        concept=concept.uuid,
        time=entry.time,
        status="COMPLETED" if entry.is_completed else None,
        encounter=place.encounter,
    )
    done = Request(kind=NAME, patient=place.patient.uuid, uuid=entry.uuid, body=_COMPLETED)
    return Fragment(
        kind=NAME,
        part="orders",
        bodies=(body,),
        expected=(expected,),
        after=(done,) if entry.is_completed else (),
        source=entry.source,
    )


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """Say that the laboratory is done with a test; said twice it changes nothing more."""
    reply = client.act(f"order/{request.uuid}/fulfillerdetails/", request.body)
    if reply.outcome is Outcome.ACCEPTED or _status(client, request.uuid) == "COMPLETED":
        return Sent(request.uuid)
    return Sent("", reply.reason)


@as_openmrs_has_it("a test order")
def _status(client: Client, uuid: str) -> str | None:
    status: str | None = (client.fetch("order", uuid, "fulfillerStatus") or {}).get(
        "fulfillerStatus"
    )
    return status


@as_openmrs_has_it("test orders")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's test orders."""
    query = {"patient": patient, "careSetting": OUTPATIENT, "status": "any"}
    orders = client.every("order", _FIELDS, **query, orderType=TEST_ORDER)
    return iter([_found(order) for order in orders if not order.get("voided")])


def _found(order: dict[str, Any]) -> Found:
    fields = {
        "concept": uuid_of(order["concept"]),
        "time": server_time(order["dateActivated"]),
        "status": order.get("fulfillerStatus"),
        "encounter": uuid_of(order["encounter"]),
    }
    return Found(order["uuid"], str(order.get("display")), fields)


def has_any(client: Client, patient: str) -> bool:
    """Tell whether there is one: it keeps its encounter, and so its patient, in the database."""
    return any(True for _ in read(client, patient, {}))


KIND = EntryKind(
    name=NAME, entries=(TestOrder,), render_within=render, send=send, read=read, undeletable=has_any
)
