"""A loopback server with a concept dictionary: answers as OpenMRS does what read_terms asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.lib.scripted_server import Answer, Request, ScriptedServer, scripted_server

REST = "/openmrs/ws/rest/v1/"


@dataclass(kw_only=True)
class Dictionary:
    """What a server holds; `ranges` are absolute limits that override a concept's own."""

    concepts: list[dict[str, Any]] = field(default_factory=list)
    sources: tuple[str, ...] = ("CIEL", "SNOMED CT", "LOINC", "RxNORM", "ICD-10-WHO")
    drugs: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[str, Any] | None = None
    frequencies: list[dict[str, Any]] | None = None
    programs: list[dict[str, Any]] | None = None
    services: list[dict[str, Any]] | None = None
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)


def concept(
    uuid: str,
    display: str,
    *,
    datatype: str = "N/A",
    kind: str = "Diagnosis",
    terms: tuple[str, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return a concept; a term is `LOINC:718-7`, or `BROADER-THAN LOINC:718-7`."""
    return {
        "uuid": uuid.ljust(36, "A"),
        "display": display,
        "retired": False,
        "datatype": {"display": datatype},
        "conceptClass": {"display": kind},
        "mappings": [_mapping(term) for term in terms],
        **more,
    }


def _mapping(term: str) -> dict[str, Any]:
    source, _, code = term.partition(":")
    kind, _, named = source.partition("-THAN ")
    return {
        "conceptMapType": {"display": f"{kind}-THAN" if named else "SAME-AS"},
        "conceptReferenceTerm": {"code": code, "conceptSource": {"name": named or source}},
    }


@contextmanager
def dictionary_server(held: Dictionary) -> Iterator[ScriptedServer]:
    """Serve a dictionary."""

    def script(request: Request) -> Answer | None:
        split = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        path = unquote(split.path)
        if path.endswith("/fhir2/R4/Patient"):
            return Answer(200, {"entry": [{"resource": {"id": "a-patient"}}]})
        if not path.startswith(REST) or path.endswith("/session"):
            return None
        return _answer(held, path.removeprefix(REST), query)

    with scripted_server(script) as server:
        yield server


def _answer(held: Dictionary, path: str, query: dict[str, str]) -> Answer | None:
    listed: dict[str, list[dict[str, Any]] | None] = {
        "drug": held.drugs,
        "orderfrequency": held.frequencies,
        "program": held.programs,
        "conceptsource": [{"uuid": name, "name": name} for name in held.sources],
    }
    if path == "concept":
        return _search(held, query)
    if path.startswith("concept/"):
        found = _by_uuid(held, path.removeprefix("concept/"))
        return Answer(200, found) if found else None
    if path == "conceptreferencerange/":
        return Answer(200, {"results": _ranges(held)})
    if path == "orderentryconfig" and held.orders is not None:
        return Answer(200, held.orders)
    if path == "appointmentService/all/default" and held.services is not None:
        return Answer(200, held.services)
    results = listed.get(path)
    return None if results is None else Answer(200, {"results": results})


def _search(held: Dictionary, query: dict[str, str]) -> Answer:
    if "source" in query:
        return Answer(200, {"results": _by_term(held, query["source"], query["code"])})
    results = []
    for reference in query["references"].split(","):
        source, colon, code = reference.partition(":")
        found = _by_term(held, source, code) if colon else [_by_uuid(held, reference)]
        if len(found) > 1:  # OpenMRS refuses the whole request for one of them
            return Answer(500, {"error": {"message": "[Multiple non-retired concepts found]"}})
        results += [one for one in found if one]
    return Answer(200, {"results": results})


def _by_uuid(held: Dictionary, uuid: str) -> dict[str, Any] | None:
    return next((one for one in held.concepts if one["uuid"] == uuid), None)


def _by_term(held: Dictionary, source: str, code: str) -> list[dict[str, Any]]:
    return [
        one
        for one in held.concepts
        if not one["retired"]
        and any(
            term["conceptReferenceTerm"]["code"] == code
            and term["conceptReferenceTerm"]["conceptSource"]["name"] == source
            for term in one["mappings"]
        )
    ]


def _ranges(held: Dictionary) -> list[dict[str, Any]]:
    return [
        {"uuid": f"range-{uuid}", "concept": uuid, "lowAbsolute": low, "hiAbsolute": high}
        for uuid, (low, high) in held.ranges.items()
    ]
