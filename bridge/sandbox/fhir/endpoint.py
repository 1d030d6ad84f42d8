"""The FHIR requests: read, search, the next page, create, and what the server can do."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bridge.sandbox import voiding
from bridge.sandbox.fhir import bundles, outcomes
from bridge.sandbox.fhir.resources import resource
from bridge.sandbox.fhir.search import CONTROLS, count, search
from bridge.sandbox.fhir.tables import TYPES
from bridge.sandbox.fhir.writing import MAKERS, create
from bridge.sandbox.store import Record, Store

DELETABLE = frozenset({"AllergyIntolerance", "Condition", "Immunization"})
"""What may be voided through FHIR here."""

NOT_TOLD = "Not provided"


class Request(NamedTuple):
    """One FHIR request, taken out of the web framework."""

    method: str
    path: str
    """Below /ws/fhir2/R4/: `Patient`, `Patient/{id}` or nothing."""
    query: tuple[tuple[str, str], ...]
    body: Mapping[str, Any]


class Reply(NamedTuple):
    """The status, the resource, and where a new one stands."""

    status: int
    body: dict[str, Any]
    location: str = ""


def answer(store: Store, cache: bundles.SearchCache, request: Request) -> Reply:
    """Answer a request, or raise the Outcome."""
    given = dict(request.query)
    type_name, _, uuid = request.path.partition("/")
    if not type_name:
        return _next_page(store, cache, given)
    if type_name not in TYPES:
        listed = ", ".join(TYPES)
        raise outcomes.Outcome(
            404,
            f"HAPI-0302: Unknown resource type '{type_name}' - Server knows how to handle:"
            f" [{listed}]",
        )
    if request.method == "GET" and uuid in ("", "_search"):
        return _search(store, cache, type_name, request)
    if request.method == "POST" and not uuid:
        return _create(store, type_name, request.body)
    record = _found(store, type_name, uuid)
    if request.method == "GET":
        summary = given.get("_summary") in ("data", "true")
        return Reply(200, resource(store, record, type_name, summary=summary))
    if request.method == "DELETE" and type_name in DELETABLE:
        voiding.end(store, record, "Voided via FHIR API")
        return Reply(200, outcomes.deleted())
    raise outcomes.Outcome(405, f"The sandbox does not {request.method} {type_name}; use REST")


def _found(store: Store, type_name: str, uuid: str) -> Record:
    for table in TYPES[type_name]:
        found = store.many(table.type, f"uuid = ? AND ({table.fixed})", (uuid,))
        record = found[0] if found else None
        if record and record.ended:
            raise outcomes.gone(type_name, uuid)
        if record:
            return record
    raise outcomes.unknown(type_name, uuid)


def _search(store: Store, cache: bundles.SearchCache, type_name: str, request: Request) -> Reply:
    query = list(request.query)
    given = dict(query)
    if given.get("_summary") == "count" or given.get("_count") == "0":
        return Reply(200, bundles.total(store, count(store, type_name, query)))
    found = tuple(search(store, type_name, query))
    results = bundles.Results(found, given.get("_summary", ""))
    url = bundles.search_url(f"{store.base}/ws/fhir2/R4/{request.path}", query)
    return Reply(200, bundles.bundle(store, cache, results, bundles.page_of(given), self_url=url))


def _next_page(store: Store, cache: bundles.SearchCache, given: dict[str, str]) -> Reply:
    name = given.get("_getpages")
    if not name:
        raise outcomes.Outcome(
            400,
            "HAPI-0287: This is the base URL of FHIR server. Unable to handle this request, as it"
            " does not contain a resource type or operation name.",
        )
    url = bundles.search_url(f"{store.base}/ws/fhir2/R4", list(given.items()))
    page = bundles.page_of(given)
    # HAPI's links to pages do not say so: whoever wants no narratives says it again.
    results = cache.get(name)._replace(summary=given.get("_summary", ""))
    return Reply(200, bundles.bundle(store, cache, results, page, name=name, self_url=url))


def _create(store: Store, type_name: str, body: Mapping[str, Any]) -> Reply:
    record = create(store, type_name, body)
    location = f"{store.base}/ws/fhir2/R4/{type_name}/{record.uuid}"
    return Reply(201, resource(store, record, type_name), location)


def capability_statement(base: str, day: str) -> dict[str, Any]:
    """Say what this server can do, which is less than the real one can."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "bridge-sandbox",
        "name": "RestServer",
        "status": "active",
        "date": day,
        "publisher": NOT_TOLD,
        "kind": "instance",
        "software": {"name": "bridge sandbox, after HAPI FHIR Server", "version": "5.7.9"},
        "implementation": {"description": "HAPI FHIR", "url": f"{base}/ws/fhir2/R4"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{"mode": "server", "resource": [_capability(name) for name in TYPES]}],
    }


def _capability(type_name: str) -> dict[str, Any]:
    codes = ["read", "search-type", *(["create"] if type_name in MAKERS else [])]
    known = sorted(TYPES[type_name][0].conditions.keys() - CONTROLS)
    return {
        "type": type_name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{type_name}",
        "interaction": [{"code": code} for code in codes],
        "searchParam": [{"name": name, "type": _type_of(name)} for name in known],
    }


def _type_of(parameter: str) -> str:
    if parameter in ("patient", "subject", "encounter", "location", "requester"):
        return "reference"
    if parameter in ("date", "birthdate", "_lastUpdated"):
        return "date"
    return "string" if parameter in ("name", "given", "family") else "token"
