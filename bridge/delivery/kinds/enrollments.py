"""Enrollments in programs, with the states of their workflows."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bridge.chart import Enrollment, LeftOut, Patient
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Sent,
    created,
    expect,
    midnight,
    request_of,
    server_date,
    uuid_of,
)
from bridge.delivery.requests import Body, Context, Expected, Found, Ref, Request
from bridge.identity import part_uuid
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome

NAME = "enrollments"
RESOURCE = "programenrollment"

NO_STATE = "no such state in the program on the server"

_FIELDS = (
    "uuid,voided,dateEnrolled,dateCompleted,location:(uuid),program:(uuid,display),"
    "states:(uuid,voided,startDate,endDate,state:(uuid))"
)


def render(entry: Enrollment, patient: Patient, context: Context) -> Request | LeftOut:
    """Render an enrollment; states that the program's workflows do not have are left out."""
    if not context.capabilities.programs:
        return LeftOut(entry.source, NOT_TAKEN, "programs")
    program = context.terms.program(entry.program)
    if program is None:
        return LeftOut(entry.source, "no program on the server", entry.program.label)
    known = [(state, program.state(state.state)) for state in entry.states]
    body: Body = {
        "uuid": entry.uuid,
        "patient": patient.uuid,
        "program": program.uuid,
        "dateEnrolled": midnight(entry.enrolled),
        "location": context.target.location,
    }
    if entry.completed:
        body["dateCompleted"] = midnight(entry.completed)
    if states := [(state, uuid) for state, uuid in known if uuid]:
        body["states"] = [
            {
                "uuid": part_uuid(entry.uuid, f"state/{place}"),
                "state": uuid,
                "startDate": midnight(state.start),
                **({"endDate": midnight(state.end)} if state.end else {}),
            }
            for place, (state, uuid) in enumerate(states)
        ]
    expected = expect(
        NAME,
        entry.uuid,
        entry.program.label,
        program=program.uuid,
        enrolled=entry.enrolled,
        completed=entry.completed,
        location=context.target.location,
        states="; ".join(f"{uuid} {s.start}..{s.end or ''}" for s, uuid in states),
    )
    lost = (state.state.label for state, uuid in known if not uuid)
    left_out = tuple(LeftOut(f"{entry.source}#state", NO_STATE, label) for label in lost)
    return replace(request_of(entry, patient, body, expected), left_out=left_out)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an enrollment under our uuid; one of several states is completed by a second request.

    OpenMRS takes the day of completion first, and gives it to each state as its end: one that
    begins before that day would overlap the former, and be refused.
    """
    body, completion = _parted(request.body)
    sent = created(client, RESOURCE, replace(request, body=body), ask_first=ask_first)
    if completion and not sent.refusal:
        reply = client.update(RESOURCE, sent.uuid, completion)
        if reply.outcome is not Outcome.ACCEPTED:
            return Sent(sent.uuid, f"it is not completed: {reply.reason}")
    return sent


def _parted(body: Body) -> tuple[Body, Body]:
    """Return what is posted at once, and what completes it once its states are there."""
    if "dateCompleted" not in body or len(body.get("states", ())) < 2:
        return body, {}
    first = {name: value for name, value in body.items() if name != "dateCompleted"}
    return first, {name: body[name] for name in ("dateEnrolled", "dateCompleted")}


@as_openmrs_has_it("enrollments")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's enrollments."""
    found = client.every(RESOURCE, _FIELDS, patient=patient)
    return iter([_found(one) for one in found if not one.get("voided")])


def _found(enrollment: dict[str, Any]) -> Found:
    states = [s for s in enrollment.get("states") or () if not s.get("voided")]
    rows = sorted(
        (server_date(s["startDate"]), uuid_of(s["state"]), server_date(s["endDate"]))
        for s in states
    )
    program = enrollment["program"]
    fields = {
        "program": program["uuid"],
        "enrolled": server_date(enrollment["dateEnrolled"]),
        "completed": server_date(enrollment["dateCompleted"]),
        "location": uuid_of(enrollment["location"]),
        "states": "; ".join(f"{uuid} {start}..{end or ''}" for start, uuid, end in rows),
    }
    return Found(enrollment["uuid"], str(program.get("display")), fields)


@as_openmrs_has_it("enrollments")
def left_behind(client: Client, patient: str) -> Iterator[Ref]:
    """List a patient's enrollments: a void of the patient does not take them along."""
    return iter([Ref(RESOURCE, one.uuid) for one in read(client, patient, {})])


KIND = EntryKind(
    name=NAME,
    entries=(Enrollment,),
    render=render,
    send=send,
    read=read,
    left_behind=left_behind,
    resource=RESOURCE,
)
