"""Attachments: complex observations of the attachments module, sent as multipart."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Attachment, LeftOut
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Place,
    Sent,
    expect,
    server_time,
    there,
)
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Body, Context, Expected, Found, Fragment, Request
from bridge.mapping.room import bounded
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import Multipart

NAME = "attachments"

IMAGE = "7cac8397-53cd-4f00-a6fe-028e8d743f8e"
OTHER_FILE = "42ed45fd-f3f6-44b6-bfc2-8bde1bb41e00"
"""The concepts that the attachments module makes for itself."""

_FIELDS = "uuid,dateTime,comment,filename"


def render(entry: Attachment, place: Place, context: Context) -> Fragment:
    """Render an attachment: a request of its own, after its encounter's."""
    if not context.capabilities.attachments:
        left = LeftOut(entry.source, NOT_TAKEN, "attachments")
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    caption, unsaid = bounded(entry.caption, f"{entry.source}#caption")
    is_image = entry.media_type.startswith("image/")
    body: Body = {
        "uuid": entry.uuid,
        "person": place.patient.uuid,
        "concept": IMAGE if is_image else OTHER_FILE,
        "obsDatetime": rest_time(entry.time),
        "encounter": place.encounter,
        "comment": caption,
    }
    expected = expect(
        NAME,
        entry.uuid,
        caption or entry.file_name,
        time=entry.time,
        caption=caption,
        file_name=entry.file_name,
    )
    request = Request(
        kind=NAME,
        patient=place.patient.uuid,
        uuid=entry.uuid,
        body=body,
        file=Multipart(body, entry.file_name, entry.media_type, entry.content),
        expected=expected,
        source=entry.source,
    )
    return Fragment(kind=NAME, after=(request,), left_out=unsaid, source=entry.source)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an attachment under our uuid."""
    assert request.file

    def confirm() -> Reply | None:
        return there(client, "obs", request.uuid)

    # OpenMRS takes an observation of a uuid that exists for a change of that one.
    if ask_first and confirm():
        return Sent(request.uuid)
    reply = client.upload("obs", request.file, confirm_created=confirm)
    if reply.outcome is Outcome.ACCEPTED or confirm():
        return Sent(request.uuid)
    return Sent("", reply.reason)


@as_openmrs_has_it("attachments")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's attachments. Their bytes are not compared: the server writes images anew."""
    query = {"patient": patient, "includeEncounterless": "true"}
    return iter([_found(one) for one in client.every("attachment", _FIELDS, **query)])


def _found(attachment: dict[str, Any]) -> Found:
    fields = {
        "time": server_time(attachment["dateTime"]),
        "caption": attachment.get("comment") or "",
        "file_name": attachment.get("filename"),
    }
    return Found(attachment["uuid"], str(attachment.get("filename")), fields)


KIND = EntryKind(name=NAME, entries=(Attachment,), render_within=render, send=send, read=read)
