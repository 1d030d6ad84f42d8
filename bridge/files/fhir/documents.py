"""Texts and files: reports, documents and what they hold, as notes and attachments. Pure."""

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from bridge.chart import Attachment, Entry, LeftOut, Note
from bridge.files.fhir.elements import line, status, text, words
from bridge.files.fhir.observations import FINAL
from bridge.files.fhir.record import Placed, Record
from bridge.files.fhir.resources import Body, NotTaken, Resource, reference
from bridge.identity import part_uuid

_TYPES = {
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "application/pdf": "pdf",
}
MOST_BYTES = 10_000_000
"""Of one attachment. An arbitrary bound: OpenMRS's own is 5 MB as it comes."""


class _Content(NamedTuple):
    media_type: str
    data: bytes
    title: str


def read_reports(record: Record, panels: set[str]) -> Iterator[Placed]:
    """Read the texts of DiagnosticReports; `panels` are those that stand as panels already."""
    for resource in record.of("DiagnosticReport"):
        with record.reading(resource):
            body = resource.body
            status(body, *FINAL)
            time = record.time(body, "effectiveDateTime", "effectivePeriod", "issued")
            made = list(_entries(record, resource, body.get("presentedForm") or [], time))
            if not made and line(body.get("conclusion")):
                uuid = part_uuid(record.uuid_of(resource), "text")
                said = text(body["conclusion"])
                made = [Note(uuid=uuid, text=said, source=resource.source)]
            if not made and resource.source not in panels:
                raise NotTaken("has neither a result that was taken nor a text")
            yield from (Placed(e, reference(body.get("encounter")), time) for e in made)


def read_documents(record: Record) -> Iterator[Placed]:
    """Read DocumentReferences: texts as notes, images and PDFs as attachments."""
    for resource in record.of("DocumentReference"):
        with record.reading(resource):
            body = resource.body
            status(body, "current")
            if body.get("docStatus"):
                status(body, *FINAL, key="docStatus")
            context = body.get("context")
            context = context if isinstance(context, dict) else {}
            met = context.get("encounter") or [{}]
            time = record.time(body, "date") or record.time(context, "period")
            held = [one["attachment"] for one in body.get("content") or ()]
            made = list(_entries(record, resource, held, time))
            if not made:
                raise NotTaken("holds nothing")
            yield from (Placed(entry, reference(met[0]), time) for entry in made)


def without_repeats(record: Record, placed: list[Placed]) -> Iterator[Placed]:
    """Drop a document whose text stands as a note of the same encounter already.

    Synthea writes each note as a report and as a document.
    """
    seen: dict[tuple[str, str], str] = {}
    for one in placed:
        if isinstance(one.entry, Note):
            key = (one.encounter, one.entry.text)
            first = seen.setdefault(key, one.entry.source)
            if first != one.entry.source:
                record.left_out.append(
                    LeftOut(one.entry.source, "its text stands in another resource", first)
                )
                continue
        yield one


def _entries(
    record: Record, resource: Resource, held: list[Body], time: datetime | None
) -> Iterator[Entry]:
    uuid = record.uuid_of(resource)
    for place, one in enumerate(held):
        try:
            content = _content(record, one)
            part = part_uuid(uuid, f"content/{place}")
            if content.media_type.startswith("text/plain"):
                said = text(content.data.decode(_charset(content.media_type)))
                if said:
                    yield Note(uuid=part, text=said, source=resource.source)
            else:
                yield _attachment(resource, content, part, time)
        except NotTaken:
            raise
        except (UnicodeDecodeError, LookupError) as error:
            raise NotTaken("text is not in the letters that it says", error) from error


def _attachment(
    resource: Resource, content: _Content, uuid: str, time: datetime | None
) -> Attachment:
    kind = content.media_type.partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise NotTaken("kind of document is not taken", kind)
    if time is None:
        raise NotTaken("has no time")
    body = resource.body
    caption = content.title or line(body.get("description")) or words(body.get("type"))
    return Attachment(
        uuid=uuid,
        content=content.data,
        media_type="image/jpeg" if kind == "image/jpg" else kind,
        file_name=f"{uuid}.{_TYPES[kind]}",
        time=time,
        caption=caption,
        source=resource.source,
    )


def _content(record: Record, attachment: Body) -> _Content:
    media_type, data = line(attachment.get("contentType")), attachment.get("data")
    if data is None:
        url = attachment.get("url")
        found = record.find({"reference": url}) if isinstance(url, str) else None
        if found is None or found.kind != "Binary":
            raise NotTaken("its content is not in the files", line(url)[:100] if url else "")
        media_type, data = line(found.body.get("contentType")) or media_type, found.body.get("data")
    if not isinstance(data, str):
        raise TypeError("data")
    if len(data) > MOST_BYTES * 4 / 3:
        raise NotTaken("document is larger than 10 MB")
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("data") from error
    return _Content(media_type, content, line(attachment.get("title")))


def _charset(media_type: str) -> str:
    return media_type.partition("charset=")[2].strip('"; ') or "utf-8"
