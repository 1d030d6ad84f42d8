"""The REST resources: one engine that reads, lists, makes, changes and takes away every kind."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bridge.sandbox import voiding
from bridge.sandbox.catalogue import BY_PATH
from bridge.sandbox.conversion import to_whole, unique
from bridge.sandbox.creating import create, create_part, update
from bridge.sandbox.identifiers import create_source, issue
from bridge.sandbox.refusals import (
    Broken,
    Conversion,
    NotFound,
    NotSignedIn,
    UnknownResource,
    Unsupported,
)
from bridge.sandbox.rendering import render
from bridge.sandbox.representation import DEFAULT, REF, Representation, parse_parameter
from bridge.sandbox.resource_types import ResourceType
from bridge.sandbox.saving import set_allergy_status
from bridge.sandbox.searches import select
from bridge.sandbox.store import Record, Store

DEFAULT_LIMIT = 50
MOST = 100
DEEPEST = 100
MOST_WHOLE = 2**31  # what Java reads as an int, and more than any table has rows
DEFAULT_REASON = "web service call"
NO_KNOWN_ALLERGIES = "No known allergies"
ALLERGIES = (
    "org.openmrs.module.webservices.rest.web.v1_0.resource.openmrs2_0.PatientAllergyResource2_0"
)
FULFILLER = "org.openmrs.module.webservices.rest.web.v1_0.resource.openmrs2_3.FulfillerDetails2_3"
FULFILLER_STATUSES = ("RECEIVED", "IN_PROGRESS", "EXCEPTION", "ON_HOLD", "DECLINED", "COMPLETED")


class Upload(NamedTuple):
    """A file of a multipart body, with the form's other fields."""

    name: str
    media_type: str
    content: bytes
    fields: dict[str, str]


class Request(NamedTuple):
    """One REST request, taken out of the web framework."""

    method: str
    path: str
    """Below /ws/rest/v1/, without a slash at the end."""
    query: tuple[tuple[str, str], ...]
    body: Mapping[str, Any]
    signed_in: bool
    upload: Upload | None = None
    """The file of a multipart body."""

    @property
    def given(self) -> dict[str, str]:
        """The parameters by name."""
        return dict(self.query)


class Reply(NamedTuple):
    """The status and, where there is one, the JSON of an answer."""

    status: int
    body: Any = None


class Place(NamedTuple):
    """What a path stands for: a kind, perhaps one of its records, perhaps below an owner."""

    type: ResourceType
    owner: str
    uuid: str


def locate(path: str) -> Place:
    """Find what stands at a path.

    Raises UnknownResource where nothing does.
    """
    parts = path.split("/")
    depth = 2 if parts[0] == "idgen" else 1
    kind = BY_PATH.get("/".join(parts[:depth]))
    rest = parts[depth:]
    if kind and len(rest) <= 1 and not kind.owner:
        return Place(kind, "", rest[0] if rest else "")
    part = BY_PATH.get(f"{parts[0]}/{rest[1]}") if kind and len(rest) in (2, 3) else None
    if part and part.owner:
        return Place(part, rest[0], rest[2] if len(rest) == 3 else "")
    raise UnknownResource(path)


def answer(store: Store, request: Request) -> Reply:
    """Answer a request, or raise the refusal."""
    if request.path.startswith("idgen/") and request.path.endswith("/identifier"):
        return _issue_one(store, request)
    if request.path.startswith("order/") and request.path.endswith("/fulfillerdetails"):
        return _fulfil(store, request)
    place = locate(request.path)
    _require_sign_in(request, place.type)
    owner = _owner(store, place)
    if place.type.name == "allergy" and owner and not place.uuid:
        special = _allergies(store, request, owner)
        if special:
            return special
    if request.method == "GET":
        return _read(store, request, place, owner)
    if request.method == "DELETE":
        return _take_away(store, request, place)
    return _write(store, request, place, owner)


def _fulfil(store: Store, request: Request) -> Reply:
    """Note what became of an order; OpenMRS answers with nothing."""
    order = store.find("order", request.path.split("/")[1]) if request.signed_in else None
    if order is None:
        raise NotFound if request.signed_in else NotSignedIn("Edit Orders")
    for name in ("fulfillerStatus", "fulfillerComment", "accessionNumber"):
        if request.body.get(name) is not None:
            order[name] = str(request.body[name])
    status = order["fulfillerStatus"]
    if status not in (None, *FULFILLER_STATUSES):
        raise Conversion(
            f"fulfillerStatus on class {FULFILLER}",
            f"No enum constant org.openmrs.Order.FulfillerStatus.{status}",
        )
    store.update(order)
    return Reply(201)


def _allergies(store: Store, request: Request, patient: Record) -> Reply | None:
    """Answer for a patient's allergies as a whole: unknown, none, or those in the list."""
    known = store.count("allergy", "patient = ? AND ended = 0", (patient.id,))
    if request.method == "DELETE":
        reason = request.given.get("reason") or DEFAULT_REASON
        store.end("allergy", "patient = ?", (patient.id,), reason)
        return Reply(204)
    if request.method == "PUT":
        if request.body or known:
            raise Unsupported(f"{ALLERGIES}:308")
        set_allergy_status(store, patient.id or 0, NO_KNOWN_ALLERGIES)
        return Reply(204)
    said = store.count("allergystatus", "patient = ? AND status <> 'Unknown'", (patient.id,))
    if request.method == "GET" and not known and not said:
        return Reply(204)
    return None


def _require_sign_in(request: Request, kind: ResourceType) -> None:
    if request.signed_in:
        return
    verbs = {"GET": "Get", "POST": "Add", "PUT": "Edit", "DELETE": "Delete"}
    verb = verbs[request.method]
    if request.method != "GET" and kind.ending == "retired":
        verb = "Manage"
    raise NotSignedIn(f"{verb} {kind.privilege}")


def _owner(store: Store, place: Place) -> Record | None:
    if not place.owner:
        return None
    above = BY_PATH[place.type.path.partition("/")[0]]
    found = store.find(above.name, place.owner)
    if found is None:
        raise NotFound
    return found


def _found(store: Store, place: Place, line: int = 53) -> Record:
    found = unique(store, place.type, place.uuid)
    if found is None:
        raise NotFound(line)
    return found


def representation(request: Request, otherwise: Representation) -> Representation:
    """Return the representation that a request asks for."""
    asked = request.given.get("v")
    if asked and asked.count("(") > DEEPEST:
        raise Conversion("The custom representation is nested too deep")
    return parse_parameter(asked) if asked else otherwise


def _read(store: Store, request: Request, place: Place, owner: Record | None) -> Reply:
    if place.uuid:
        return Reply(200, render(store, _found(store, place), representation(request, DEFAULT)))
    selection = select(store, place.type.name, request.given)
    if owner:
        selection = selection.also(f'"{place.type.owner}" = ?', owner.id)
    limit, start = _page(request.given)
    found = store.many(
        place.type.name, selection.where, selection.params, selection.order, (limit + 1, start)
    )
    rep = representation(request, DEFAULT if owner else REF)
    body: dict[str, Any] = {"results": [render(store, record, rep) for record in found[:limit]]}
    links = _page_links(store, request, limit, start, more=len(found) > limit)
    if links:
        body["links"] = links
    if request.given.get("totalCount") == "true":
        body["totalCount"] = store.count(place.type.name, selection.where, selection.params)
    return Reply(200, body)


def _page(given: Mapping[str, str]) -> tuple[int, int]:
    limit = _whole(given.get("limit"), DEFAULT_LIMIT)
    fault = ""
    if limit <= 0:
        fault = "If you specify a number of results to return, it must be >0 and not null"
    elif limit > MOST:
        fault = f"Administrator has set absolute limit at {MOST}"
    if fault:
        code = "org.openmrs.module.webservices.rest.web.RequestContext:141"
        raise Broken(fault, java="org.openmrs.api.APIException", code=code)
    return limit, max(0, _whole(given.get("startIndex"), 0))


def _whole(text: str | None, otherwise: int) -> int:
    """Read a whole number; anything else is ignored, as OpenMRS does."""
    try:
        number = int(text or "")
    except ValueError:
        return otherwise
    return number if abs(number) < MOST_WHOLE else otherwise


def _page_links(
    store: Store, request: Request, limit: int, start: int, *, more: bool
) -> list[dict[str, Any]]:
    pages = {"next": start + limit} if more else {}
    if start > 0:
        pages["prev"] = max(0, start - limit)
    kept = [(name, value) for name, value in request.query if name != "startIndex"]
    return [
        {
            "rel": rel,
            "uri": f"{store.base}/ws/rest/v1/{request.path}?"
            + urlencode([*kept, ("startIndex", str(index))]),
            "resourceAlias": None,
        }
        for rel, index in pages.items()
    ]


def _write(store: Store, request: Request, place: Place, owner: Record | None) -> Reply:
    rep = representation(request, DEFAULT)
    if place.uuid:
        record = _found(store, place)
        if str(request.body.get("deleted")).lower() == "false":
            voiding.revive(store, record)
            record = _found(store, place)
        else:
            record = update(store, record, request.body)
        return Reply(200, render(store, _as_patient(store, record), rep))
    if owner:
        # a new part is always shown in the default representation, and so is a new patient
        part = create_part(store, place.type, owner, request.body)
        return Reply(201, render(store, part, DEFAULT))
    if place.type.name == "identifiersource":
        return _write_source(store, request)
    record = create(store, place.type, request.body)
    shown = DEFAULT if place.type.name == "patient" else rep
    return Reply(201, render(store, record, shown))


def _as_patient(store: Store, record: Record) -> Record:
    """Return the patient that a person is: OpenMRS shows the patient when such a one changes."""
    return (record.type.name == "person" and store.one("patient", record.id)) or record


def _write_source(store: Store, request: Request) -> Reply:
    source = store.find("identifiersource", str(request.body.get("sourceUuid")))
    if request.body.get("generateIdentifiers") and source:
        count = to_whole(request.body.get("numberToGenerate"), 0) or 0
        return Reply(201, {"identifiers": issue(store, source, count)})
    return Reply(201, render(store, create_source(store, request.body), DEFAULT))


def _issue_one(store: Store, request: Request) -> Reply:
    if not request.signed_in:
        raise NotSignedIn("Generate Identifiers")
    source = store.find("identifiersource", request.path.split("/")[2])
    if source is None or request.method != "POST":
        raise NotFound
    return Reply(201, {"identifier": issue(store, source, 1)[0]})


def _take_away(store: Store, request: Request, place: Place) -> Reply:
    if request.given.get("purge") == "true" and not place.type.purgeable:
        raise Unsupported(f"{ALLERGIES}:244")
    if request.given.get("purge") == "true":
        record = unique(store, place.type, place.uuid)
        if record:
            voiding.purge(store, record)
    else:
        record = _found(store, place, line=158)
        voiding.end(store, record, request.given.get("reason") or DEFAULT_REASON)
    return Reply(204)
