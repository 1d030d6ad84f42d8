"""The endpoints bridge uses, in OpenMRS's words, over one Transport."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from bridge.errors import ServerError, Unfit
from bridge.openmrs.replies import Kind, Reply
from bridge.openmrs.transport import SESSION, Recall, Transport

REST = "/ws/rest/v1"
FHIR = "/ws/fhir2/R4"

PAGE = 100
"""The most that OpenMRS gives in one page by default, REST and FHIR alike."""

Body = dict[str, Any]


class Client:
    """Reads and writes of one signed-in user."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()

    def twin(self) -> "Client":
        """Return a client of the same user with a connection of its own, for another thread."""
        return Client(self.transport.twin())

    def session(self) -> Reply:
        """Sign in and return who is signed in; the reply's date is the server's clock."""
        reply = self.transport.send("GET", SESSION)
        return _expected(reply, SESSION)

    def fetch(self, resource: str, uuid: str, fields: str) -> Body | None:
        """Return `fields` of one object, or None where there is none (voided ones are found)."""
        return self._read(f"{REST}/{resource}/{quote(uuid)}?v=custom:({fields})")

    def probe(self, path: str) -> Reply:
        """Ask once for something that not every server has."""
        return self.transport.once("GET", path)

    def every(self, resource: str, fields: str, **query: str) -> Iterator[Body]:
        """Yield every object of a REST resource, page by page."""
        start = 0
        while True:
            page = self._read(
                f"{REST}/{resource}?"
                + urlencode({**query, "v": f"custom:({fields})", "limit": PAGE})
                + (f"&startIndex={start}" if start else "")
            )
            results = (page or {}).get("results", [])
            yield from results
            if not any(link.get("rel") == "next" for link in (page or {}).get("links", ())):
                return
            start += len(results)

    def patients_matching(self, text: str) -> int:
        """Count the patients whose name, identifier or searchable attribute matches `text`."""
        page = self._read(
            f"{REST}/patient?q={quote_plus(text)}&v=custom:(uuid)&limit=1&totalCount=true"
        )
        return int((page or {}).get("totalCount", 0))

    def fhir_count(self, query: str) -> int:
        """Count what a FHIR search finds: `Patient`, `Observation?patient=...`."""
        mark = "&" if "?" in query else "?"
        bundle = self._read(f"{FHIR}/{query}{mark}_summary=count")
        return int((bundle or {}).get("total", 0))

    def fhir_search(self, query: str) -> Iterator[Body]:
        """Yield the resources that a FHIR search finds, page by page."""
        path = f"{FHIR}/{query}"
        while path:
            bundle = self._read(path) or {}
            for entry in bundle.get("entry", ()):
                yield entry["resource"]
            # The server writes links with the name it knows itself by; ours is the way in.
            onward = [link for link in bundle.get("link", ()) if link["relation"] == "next"]
            path = f"{FHIR}?{urlsplit(onward[0]['url']).query}" if onward else ""

    def create(self, resource: str, body: Body, *, recall: Recall | None = None) -> Reply:
        """POST a new object; of the answer only its uuid is asked for."""
        return self._write("POST", f"{REST}/{resource}?v=custom:(uuid)", body, recall)

    def create_encounter(self, body: Body, *, recall: Recall | None = None) -> Reply:
        """POST an encounter with its observations, and its visit where that is nested."""
        return self._write("POST", f"{REST}/encounter?v=custom:(uuid,visit:(uuid))", body, recall)

    def update(self, resource: str, uuid: str, body: Body) -> Reply:
        """POST changes to an object; sent twice they change nothing more."""
        return self._write("POST", f"{REST}/{resource}/{quote(uuid)}?v=custom:(uuid)", body, None)

    def identifiers(self, source: str, count: int, comment: str) -> list[str]:
        """Have the server's identifier source make `count` identifiers."""
        body = {
            "generateIdentifiers": True,
            "sourceUuid": source,
            "numberToGenerate": count,
            "comment": comment,
        }
        reply = self._write("POST", f"{REST}/idgen/identifiersource", body, None)
        made = reply.body.get("identifiers") if isinstance(reply.body, dict) else None
        if reply.kind is not Kind.ACCEPTED or not isinstance(made, list) or len(made) != count:
            raise Unfit(f"the server's identifier source {source} makes none: {reply.reason}")
        return [str(identifier) for identifier in made]

    def void(self, resource: str, uuid: str, reason: str) -> Reply:
        """Void an object; what is voided already stays so."""
        path = f"{REST}/{resource}/{quote(uuid)}?reason={quote_plus(reason)}"
        return self._write("DELETE", path, None, None)

    def purge(self, resource: str, uuid: str) -> Reply:
        """Delete an object for good; what is gone already stays so."""
        return self._write("DELETE", f"{REST}/{resource}/{quote(uuid)}?purge=true", None, None)

    def _read(self, path: str) -> Body | None:
        reply = self.transport.send("GET", path)
        if reply.kind is Kind.MISSING:
            return None
        body: Body = _expected(reply, path).body
        return body

    def _write(self, method: str, path: str, body: Body | None, recall: Recall | None) -> Reply:
        reply = self.transport.send(method, path, body, recall=recall)
        _allowed(reply)
        return reply


def _expected(reply: Reply, path: str) -> Reply:
    _allowed(reply)
    if reply.kind is not Kind.ACCEPTED or not isinstance(reply.body, dict):
        raise ServerError(f"the server refuses GET {path}: {reply.reason}")
    return reply


def _allowed(reply: Reply) -> None:
    if reply.kind is Kind.FORBIDDEN:
        raise Unfit(f"the user lacks a privilege on the server: {reply.reason}")
