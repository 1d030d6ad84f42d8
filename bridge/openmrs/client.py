"""The endpoints bridge uses, in OpenMRS's words, over one Transport."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, urlencode, urlsplit

from bridge.errors import ServerError, Unfit
from bridge.openmrs.models import (
    PATIENT_FIELDS,
    VISIT_FIELDS,
    PatientRecord,
    SessionUser,
    VisitRecord,
    patient_record_of,
    session_user_of,
    visit_record_of,
)
from bridge.openmrs.parsing import Body, as_openmrs_has_it, checked_text, count, objects
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import SESSION, ConfirmCreated, Multipart, Transport

REST = "/ws/rest/v1"
FHIR = "/ws/fhir2/R4"

PAGE = 100
"""The most that OpenMRS gives in one page by default, REST and FHIR alike."""

MOST_PAGES = 10_000
"""A million objects: no server has as many of what bridge lists."""


class Client:
    """Reads and writes of one signed-in user."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()

    def clone(self) -> "Client":
        """Return a client of the same user with a connection of its own, for another thread."""
        return Client(self.transport.clone())

    def user(self) -> SessionUser:
        """Sign in and return who is signed in, and what time the server has."""
        reply = _expected(self.transport.send("GET", SESSION), SESSION)
        with as_openmrs_has_it("who is signed in"):
            return session_user_of(reply.body, reply.date)

    def time(self) -> datetime | None:
        """Ask what time the server has, where it says so."""
        return self.transport.once("GET", SESSION).date

    def fetch(self, resource: str, uuid: str, fields: str) -> Body | None:
        """Return `fields` of one object, or None where there is none (voided ones are found)."""
        return self._read(f"{REST}/{resource}/{quote(uuid)}?v=custom:({fields})")

    def is_in_use(self, resource: str, uuid: str) -> bool:
        """Tell whether an object is there and not retired."""
        body = self.fetch(resource, uuid, "retired")
        return body is not None and not body.get("retired")

    def patient(self, uuid: str) -> PatientRecord | None:
        """Return a patient, or None where there is none (voided ones are found)."""
        body = self.fetch("patient", uuid, PATIENT_FIELDS)
        with as_openmrs_has_it("a patient"):
            return patient_record_of(body) if body else None

    def find_patients(self, words: str) -> Iterator[PatientRecord]:
        """Yield the patients that a search finds, the dead too, page by page."""
        for body in self.every("patient", PATIENT_FIELDS, q=words, includeDead="true"):
            with as_openmrs_has_it("a patient"):
                record = patient_record_of(body)
            yield record

    def visits(self, patient: str, **more: str) -> list[VisitRecord]:
        """Return the visits of a patient, ended ones too."""
        found = self.every("visit", VISIT_FIELDS, patient=patient, includeInactive="true", **more)
        bodies = list(found)
        with as_openmrs_has_it("visits"):
            return [visit_record_of(body) for body in bodies]

    def probe(self, path: str) -> Reply:
        """Ask once for something that not every server has."""
        return self.transport.once("GET", path)

    def every(self, resource: str, fields: str, **query: str) -> Iterator[Body]:
        """Yield every object of a REST resource, page by page.

        Raises ServerError where the pages do not end.
        """
        start = 0
        for _ in range(MOST_PAGES):
            page = self._read(
                f"{REST}/{resource}?"
                + urlencode({**query, "v": f"custom:({fields})", "limit": PAGE})
                + (f"&startIndex={start}" if start else "")
            )
            with as_openmrs_has_it(resource):
                results = objects((page or {}).get("results"))
                links = objects((page or {}).get("links"))
            yield from results
            if not results or not any(link.get("rel") == "next" for link in links):
                return
            start += len(results)
        raise self._endless(resource)

    def fhir_count(self, query: str) -> int:
        """Count what a FHIR search finds: `Patient`, `Observation?patient=...`."""
        mark = "&" if "?" in query else "?"
        bundle = self._read(f"{FHIR}/{query}{mark}_summary=count")
        with as_openmrs_has_it(query):
            return count((bundle or {}).get("total", 0))

    def fhir_search(self, query: str) -> Iterator[Body]:
        """Yield the resources that a FHIR search finds, page by page.

        Without their narratives: to write those costs the server some 60 ms for each. It forgets
        in its links to further pages that they were not wanted.
        Raises ServerError where the pages do not end.
        """
        first = path = f"{FHIR}/{query}&_summary=data"
        asked = set[str]()
        while path not in asked and len(asked) < MOST_PAGES:
            asked.add(path)
            bundle = self._read(path)
            if bundle is None and path != first:
                path = self._search_again(first, path)
                continue
            bundle = bundle or {}
            with as_openmrs_has_it(query):
                found = objects([entry["resource"] for entry in objects(bundle.get("entry"))])
                # The server writes links with the name it knows itself by; ours is the way in.
                links = objects(bundle.get("link"))
                onward = [link["url"] for link in links if link.get("relation") == "next"]
                path = f"{FHIR}?{_without_narratives(onward[0])}" if onward else ""
            yield from found
            if not path:
                return
        raise self._endless(query)

    def _search_again(self, first: str, page: str) -> str:
        """Return the address that a page has in a search made anew.

        The server keeps a hundred searches, of all who ask it: the oldest may have gone.
        """
        bundle = self._read(first) or {}
        with as_openmrs_has_it(first):
            links = objects(bundle.get("link"))
            onward = [link["url"] for link in links if link.get("relation") == "next"]
            (search,) = parse_qs(urlsplit(onward[0]).query)["_getpages"]
        asked = dict(parse_qsl(urlsplit(page).query))
        return f"{FHIR}?{urlencode({**asked, '_getpages': search})}"

    def _endless(self, what: str) -> ServerError:
        return ServerError(f"{self.transport.server.url} gives pages of {what} without end")

    def create(
        self,
        resource: str,
        body: Body,
        *,
        confirm_created: ConfirmCreated | None = None,
        wait_out: float = 0.0,
    ) -> Reply:
        """POST a new object; of the answer only its uuid is asked for."""
        path = f"{REST}/{resource}?v=custom:(uuid)"
        return self._write("POST", path, body, confirm_created, wait_out=wait_out)

    def create_encounter(
        self, body: Body, *, confirm_created: ConfirmCreated | None = None
    ) -> Reply:
        """POST an encounter with its observations, and its visit where that is nested."""
        return self._write(
            "POST", f"{REST}/encounter?v=custom:(uuid,visit:(uuid))", body, confirm_created
        )

    def upload(
        self, resource: str, body: Multipart, *, confirm_created: ConfirmCreated | None = None
    ) -> Reply:
        """POST an object together with a file."""
        return self._write("POST", f"{REST}/{resource}", body, confirm_created)

    def act(self, path: str, body: Body) -> Reply:
        """POST what, said twice, changes nothing more."""
        return self._write("POST", f"{REST}/{path}", body, None)

    def search(self, path: str, body: Body) -> list[Body]:
        """POST a question whose answer is a list of objects."""
        reply = self.transport.send("POST", f"{REST}/{path}", body)
        _allowed(reply)
        if reply.outcome is not Outcome.ACCEPTED:
            raise ServerError(f"the server refuses POST {path}: {reply.reason}")
        with as_openmrs_has_it(path):
            return objects(reply.body)

    def update(self, resource: str, uuid: str, body: Body) -> Reply:
        """POST changes to an object; sent twice they change nothing more."""
        return self._write("POST", f"{REST}/{resource}/{quote(uuid)}?v=custom:(uuid)", body, None)

    def has_no_known_allergies(self, patient: str) -> bool:
        """Tell whether it was said that a patient has no allergies; unknown is not none."""
        path = f"{REST}/patient/{quote(patient)}/allergy?v=custom:(uuid)"
        reply = self.transport.send("GET", path)
        if reply.status == 204 or reply.outcome is Outcome.MISSING:
            return False
        with as_openmrs_has_it("allergies"):
            return not objects(_expected(reply, path).body["results"])

    def say_no_known_allergies(self, patient: str) -> Reply:
        """Say that a patient has no allergies; said twice it changes nothing more."""
        return self._write("PUT", f"{REST}/patient/{quote(patient)}/allergy", {}, None)

    def identifiers(self, source: str, wanted: int, comment: str) -> list[str]:
        """Have the server's identifier source make as many identifiers as `wanted`."""
        body = {
            "generateIdentifiers": True,
            "sourceUuid": source,
            "numberToGenerate": wanted,
            "comment": comment,
        }
        reply = self._write("POST", f"{REST}/idgen/identifiersource", body, None)
        made = reply.body.get("identifiers") if isinstance(reply.body, dict) else None
        if (
            reply.outcome is not Outcome.ACCEPTED
            or not isinstance(made, list)
            or len(made) != wanted
        ):
            raise Unfit(f"the server's identifier source {source} makes none: {reply.reason}")
        with as_openmrs_has_it("identifiers"):
            return [checked_text(identifier) for identifier in made]

    def void(self, resource: str, uuid: str, reason: str, *, wait_out: float = 1.0) -> Reply:
        """Void an object; what is voided already stays so. `wait_out` is Transport.send's."""
        path = f"{REST}/{resource}/{quote(uuid)}?reason={quote_plus(reason)}"

        def confirm() -> Reply | None:
            found = self.fetch(resource, uuid, "voided")
            is_gone = found is None or found.get("voided")
            return Reply(Outcome.ACCEPTED, 200, None, "") if is_gone else None

        return self._write("DELETE", path, None, confirm, wait_out=wait_out)

    def purge(self, resource: str, uuid: str) -> Reply:
        """Delete an object for good; what is gone already stays so."""
        return self._write("DELETE", f"{REST}/{resource}/{quote(uuid)}?purge=true", None, None)

    def _read(self, path: str) -> Body | None:
        reply = self.transport.send("GET", path)
        if reply.outcome is Outcome.MISSING:
            return None
        body: Body = _expected(reply, path).body
        return body

    def _write(
        self,
        method: str,
        path: str,
        body: Body | Multipart | None,
        confirm_created: ConfirmCreated | None,
        *,
        wait_out: float = 0.0,
    ) -> Reply:
        reply = self.transport.send(
            method, path, body, confirm_created=confirm_created, wait_out=wait_out
        )
        _allowed(reply)
        return reply


def _without_narratives(link: str) -> str:
    """Return the query of a link to a page, which asks for the data alone."""
    query = urlsplit(link).query
    return query if "_summary=" in query else f"{query}&_summary=data"


def _expected(reply: Reply, path: str) -> Reply:
    _allowed(reply)
    if reply.outcome is not Outcome.ACCEPTED or not isinstance(reply.body, dict):
        raise ServerError(f"the server refuses GET {path}: {reply.reason}")
    return reply


def _allowed(reply: Reply) -> None:
    if reply.outcome is Outcome.FORBIDDEN:
        raise Unfit(f"the user lacks a privilege on the server: {reply.reason}")
