"""Appointments of Bahmni's module: the server mints the id."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from bridge.chart import Appointment, LeftOut, Patient
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Sent,
    expect,
    minted,
    request_of,
    server_time,
    uuid_of,
)
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Body, Context, Expected, Found, Request
from bridge.mapping.room import bounded
from bridge.openmrs.client import REST, Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import ConfirmCreated

NAME = "appointments"

IDENTIFYING = ("service", "start", "stop")

STEPS: dict[str, tuple[str, ...]] = {
    "scheduled": (),
    "checked in": ("CheckedIn",),
    "completed": ("CheckedIn", "Completed"),
    "missed": ("Missed",),
    "cancelled": ("Cancelled",),
}
"""The changes of status that lead from `Scheduled`, the one that a new appointment has."""

STEPS_TO = {steps[-1]: steps for steps in STEPS.values() if steps}

_EARLIEST = "1900-01-01T00:00:00.000+0000"


def render(entry: Appointment, patient: Patient, context: Context) -> Request | LeftOut:
    """Render an appointment with one of the server's services."""
    if not context.capabilities.appointments:
        return LeftOut(entry.source, NOT_TAKEN, "appointments")
    service = context.terms.service(entry.service)
    if service is None:
        return LeftOut(entry.source, "no appointment service on the server", entry.service.label)
    target = context.target
    comment, left_out = bounded(entry.comment, f"{entry.source}#comment")
    status = (STEPS[entry.status] or ("Scheduled",))[-1]
    body: Body = {
        "patientUuid": patient.uuid,
        "serviceUuid": service,
        "startDateTime": rest_time(entry.start),
        "endDateTime": rest_time(entry.stop),
        "appointmentKind": "Scheduled",
        "status": status,
        "locationUuid": target.location,
        "providers": [{"uuid": target.provider, "response": "ACCEPTED"}],
        "comments": comment,
    }
    expected = expect(
        NAME,
        entry.uuid,
        entry.service.label,
        service=service,
        start=entry.start,
        stop=entry.stop,
        status=status,
        comment=comment,
        location=target.location,
    )
    return request_of(entry, patient, body, expected, left_out)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an appointment with its status; where the server makes it a new one, go on by steps."""
    meant = request.expected
    assert meant
    said: list[Reply] = []

    def post(confirm: ConfirmCreated) -> Reply:
        said.append(
            client.create("appointment", request.body, confirm_created=confirm, wait_out=1.0)
        )
        return said[-1]

    sent = minted(
        request,
        IDENTIFYING,
        post,
        lambda: read(client, request.patient, {request.uuid: meant}),
        ask_first=ask_first,
        taken=taken,
    )
    wanted = str(meant.fields["status"])
    if sent.refusal or any(_says(reply, wanted) for reply in said):
        return sent
    return _moved_on(client, request.patient, sent, wanted)


def _says(reply: Reply, status: str) -> bool:
    return isinstance(reply.body, dict) and reply.body.get("status") == status


def _moved_on(client: Client, patient: str, sent: Sent, wanted: str) -> Sent:
    """Bring an appointment to its status; steps taken already are not repeated."""
    status = _status(client, patient, sent.uuid)
    steps: tuple[str, ...] = () if status == wanted else STEPS_TO.get(wanted, ())
    for step in steps:
        reply = client.act(f"appointments/{sent.uuid}/status-change", {"toStatus": step})
        if reply.outcome is not Outcome.ACCEPTED:
            status = _status(client, patient, sent.uuid)
            if status not in (step, wanted):
                return Sent(sent.uuid, f"its status stays {status}: {reply.reason}")
    return sent


def _status(client: Client, patient: str, uuid: str) -> str:
    found = (one for one in read(client, patient, {}) if one.uuid == uuid)
    return next((str(one.fields["status"]) for one in found), "unknown")


@as_openmrs_has_it("appointments")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's appointments, past and to come."""
    found = client.search("appointments/search", {"patientUuid": patient, "startDate": _EARLIEST})
    if len(found) >= MOST_FOUND:
        found = [one for meant in expected.values() for one in _on_day_of(client, patient, meant)]
    by_uuid = {one["uuid"]: one for one in found if not one.get("voided")}
    return iter([_found(one) for one in by_uuid.values()])


MOST_FOUND = 50
"""How many appointments a search gives at most, however many there are."""


def _on_day_of(client: Client, patient: str, meant: Expected) -> list[dict[str, Any]]:
    start, stop = meant.fields["start"], meant.fields["stop"]
    assert isinstance(start, datetime)
    assert isinstance(stop, datetime)
    asked = {"patientUuid": patient, "startDate": rest_time(start), "endDate": rest_time(stop)}
    return client.search("appointments/search", asked)


def _found(appointment: dict[str, Any]) -> Found:
    service = appointment["service"]
    start: datetime | None = server_time(appointment["startDateTime"])
    fields = {
        "service": service["uuid"],
        "start": start,
        "stop": server_time(appointment["endDateTime"]),
        "status": appointment["status"],
        "comment": appointment.get("comments") or "",
        "location": uuid_of(appointment.get("location")),
    }
    return Found(appointment["uuid"], f"{service.get('name')}", fields)


def has_any(client: Client, patient: str) -> bool:
    """Tell whether there is one: no request deletes or voids it, and it keeps its patient."""
    has_module = client.probe(f"{REST}/appointmentService/all/default")
    return has_module.outcome is Outcome.ACCEPTED and any(True for _ in read(client, patient, {}))


KIND = EntryKind(
    name=NAME, entries=(Appointment,), render=render, send=send, read=read, undeletable=has_any
)
