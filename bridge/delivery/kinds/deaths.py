"""That a patient died, when and of what: the last thing that is said of them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Death, Patient
from bridge.delivery.kinds.kind import (
    EntryKind,
    Sent,
    coded,
    cut_words,
    expect,
    server_time,
    uuid_of,
)
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Body, Context, Expected, Found, Request
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome, Reply

NAME = "deaths"

UNKNOWN = "unknown"
"""OpenMRS wants a cause for everybody who is dead."""

_FIELDS = "uuid,dead,deathDate,causeOfDeath:(uuid),causeOfDeathNonCoded"


def render(death: Death, patient: Patient, context: Context) -> Request:
    """Render a death; a cause without a concept goes as free text."""
    concept, text = coded(death.cause, "cause", context) if death.cause else (None, "")
    text = None if concept else text or UNKNOWN
    cause = {"causeOfDeath": concept.uuid} if concept else {"causeOfDeathNonCoded": text}
    body: Body = {"dead": True, **cause}
    if death.time:
        body["deathDate"] = rest_time(death.time)
    expected = expect(
        NAME,
        patient.uuid,
        "death",
        time=death.time,
        cause=concept.uuid if concept else None,
        text=text,
    )
    return Request(
        kind=NAME,
        patient=patient.uuid,
        uuid=patient.uuid,
        body=body,
        expected=expected,
        left_out=tuple(cut_words(death.source, (death.cause, concept))) if death.cause else (),
        source=death.source,
    )


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """Say that a person is dead; said twice it changes nothing more."""

    def confirm() -> Reply | None:
        dead = next(read(client, request.patient, {}), None) is not None
        return Reply(Outcome.ACCEPTED, 200, None, "") if dead else None

    reply = client.update("person", request.patient, request.body)
    if reply.outcome is Outcome.ACCEPTED or confirm():
        return Sent(request.uuid)
    return Sent("", reply.reason)


@as_openmrs_has_it("a death")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read whether a person is dead."""
    person: dict[str, Any] = client.fetch("person", patient, _FIELDS) or {}
    if not person.get("dead"):
        return iter(())
    fields = {
        "time": server_time(person["deathDate"]),
        "cause": uuid_of(person.get("causeOfDeath")),
        "text": person.get("causeOfDeathNonCoded") or None,
    }
    return iter([Found(patient, "death", fields)])


KIND = EntryKind(name=NAME, entries=(Death,), render=render, send=send, read=read)
