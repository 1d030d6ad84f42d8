"""Complex observations: images and documents that come as multipart, and the attachments module."""

import json
import mimetypes
from typing import Any, NamedTuple

from bridge.sandbox.conversion import apply
from bridge.sandbox.dates import rest_moment
from bridge.sandbox.refusals import Broken, NotFound, NotSignedIn, Refusal
from bridge.sandbox.rendering import render
from bridge.sandbox.representation import DEFAULT
from bridge.sandbox.rest import Reply, Request, Upload
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

COMPLEX = "8d4a6242-c2cc-11de-8d13-0010c6dffd0f"
"""The uuid of the datatype Complex."""

CONCEPTS = {
    "image": "7cac8397-53cd-4f00-a6fe-028e8d743f8e",
    "other": "42ed45fd-f3f6-44b6-bfc2-8bde1bb41e00",
}
"""What the attachments module keeps images and other files under."""

IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
"""How the images begin that OpenMRS can read."""


class Download(NamedTuple):
    """The bytes of an attachment, as an answer."""

    content: bytes
    media_type: str
    name: str


def answer(store: Store, request: Request) -> Reply | None:
    """Answer a multipart request and what belongs to attachments, or return None."""
    root, _, rest = request.path.partition("/")
    uuid, _, part = rest.partition("/")
    is_value = root == "obs" and part == "value"
    if root != "attachment" and not is_value and request.upload is None:
        return None
    if not request.signed_in:
        raise NotSignedIn("View Attachments")
    if request.upload is not None:
        return _received(store, request.upload, root)
    if is_value or part == "bytes":
        return Reply(200, _download(store, uuid))
    if request.method == "DELETE":
        return _void(store, _attached(store, uuid))
    if uuid:
        return Reply(200, _shown(store, _attached(store, uuid)))
    return Reply(200, {"results": [_shown(store, one) for one in _listed(store, request.given)]})


def _received(store: Store, upload: Upload, root: str) -> Reply:
    if root not in ("obs", "attachment"):
        raise _illegal(f"No upload is supported by {root}")
    obs = store.new("obs")
    if root == "obs":
        apply(store, obs, _parsed(upload.fields.get("json")), whole=True)
    else:
        _fill(store, obs, upload)
    concept = store.ref(obs, "concept")
    datatype = store.ref(concept, "datatype") if concept else None
    if concept is None or datatype is None or datatype.uuid != COMPLEX:
        raise _illegal("Complex concept must be set in order to create a complex obs with data.")
    if concept.uuid == CONCEPTS["image"] and not upload.content.startswith(IMAGES):
        raise _no_image()
    obs["valueComplex"] = f"{upload.name} |{upload.name}"
    save(store, obs)
    _keep(store, obs, upload)
    return Reply(201, render(store, obs, DEFAULT))


def _no_image() -> Broken:
    reason = "Cannot save complex obs where obsId=null because its ComplexData.getData() is null."
    return Broken(
        "java.io.IOException: Failed to write data in parallel",
        "Failed to write data in parallel",
        reason,
        java="java.io.UncheckedIOException",
        code="org.openmrs.obs.handler.ImageHandler:171",
    )


def _parsed(text: str | None) -> dict[str, Any]:
    if text is None:
        raise _illegal("Obs metadata must be included in a request parameter named 'json'.")
    try:
        body = json.loads(text)
    except ValueError as fault:
        raise _illegal(f"JSON parse error: {fault}") from fault
    return body if isinstance(body, dict) else {}


def _fill(store: Store, obs: Record, upload: Upload) -> None:
    """Fill an observation as the attachments module does: a closed visit's stop is its time."""
    patient = store.find("patient", upload.fields.get("patient", ""))
    if patient is None:
        raise _illegal("A patient parameter must be provided when uploading an attachment.")
    family = "image" if upload.media_type.startswith("image/") else "other"
    obs["concept"] = store.find("concept", CONCEPTS[family])
    obs["person"] = store.held("person", patient.id)
    visit = store.find("visit", upload.fields.get("visit", ""))
    obs["encounter"] = store.find("encounter", upload.fields.get("encounter", ""))
    obs["obsDatetime"] = (visit and visit["stopDatetime"]) or store.now
    obs["comment"] = upload.fields.get("fileCaption")


def _keep(store: Store, obs: Record, upload: Upload) -> None:
    data = store.new("complexdata")
    data["obs"], data["title"] = obs, upload.name
    data["mediaType"] = _media_type(upload)
    data["size"], data["content"] = len(upload.content), upload.content
    store.insert(data)


def _media_type(upload: Upload) -> str:
    guessed, _ = mimetypes.guess_type(upload.name)
    return guessed or upload.media_type or "application/octet-stream"


def _attached(store: Store, uuid: str) -> Record:
    obs = store.find("obs", uuid)
    if obs is None or obs["valueComplex"] is None:
        raise NotFound
    return obs


def _download(store: Store, uuid: str) -> Download:
    found = content_of(store, _attached(store, uuid))
    if found is None:
        raise NotFound
    return found


def content_of(store: Store, obs: Record) -> Download | None:
    """Take out the data of a complex observation."""
    found = store.many("complexdata", "obs = ?", (obs.id,))
    if not found:
        return None
    return Download(bytes(found[0]["content"]), found[0]["mediaType"], found[0]["title"])


def _listed(store: Store, given: dict[str, str]) -> list[Record]:
    patient = store.find("patient", given.get("patient", ""))
    if patient is None:
        raise _illegal("A patient parameter must be provided when searching the attachments.")
    where, params = 'person = ? AND ended = 0 AND "valueComplex" IS NOT NULL', [patient.id]
    if given.get("includeEncounterless") == "only":
        where += " AND encounter IS NULL"
    elif given.get("includeEncounterless", "").lower() != "true":
        where += " AND encounter IS NOT NULL"
    return store.many("obs", where, params)


def _shown(store: Store, obs: Record) -> dict[str, Any]:
    query = 'SELECT title, "mediaType" FROM complexdata WHERE obs = ?'
    title, media_type = store.connection.execute(query, (obs.id,)).fetchone() or ("", "")
    uri = f"{store.base}/ws/rest/v1/attachment/{obs.uuid}"
    return {
        "uuid": obs.uuid,
        "dateTime": rest_moment(obs["obsDatetime"]),
        "filename": title,
        "comment": obs["comment"],
        "bytesMimeType": media_type,
        "bytesContentFamily": _family(media_type),
        "links": [{"rel": "self", "uri": uri, "resourceAlias": "attachment"}],
        "resourceVersion": "1.8",
    }


def _family(media_type: str) -> str:
    if media_type.startswith("image/"):
        return "IMAGE"
    return "PDF" if media_type == "application/pdf" else "OTHER"


def _void(store: Store, obs: Record) -> Reply:
    store.end("obs", "id = ?", (obs.id,), "REST web service")
    return Reply(204)


def _illegal(text: str) -> Refusal:
    return Refusal(
        400,
        [text],
        java="org.openmrs.module.webservices.rest.web.response.IllegalRequestException",
        code="org.openmrs.module.webservices.rest.web.v1_0.controller.MainResourceController:118",
    )
