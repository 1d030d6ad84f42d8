"""Answers of a server, as bytes: raw ones on a line, and JSON where OpenMRS would give some."""

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any, cast

from bridge.delivery.ledger import Row, State
from bridge.delivery.ownership import ownership_of
from bridge.delivery.preflight import check, choose_profile, limits_of, target
from bridge.delivery.run import context_of
from bridge.delivery.send import PendingPatient
from bridge.delivery.server_state import read_identifier_types, read_server_state
from bridge.delivery.undo import find_marked
from bridge.delivery.verify import verify_patient
from bridge.errors import BridgeError
from bridge.files.fhir_rendering import fhir_resources
from bridge.mapping.loading import load_mapping
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Reply, sort_reply
from bridge.openmrs.transport import Patience, Server, Traffic, Transport
from tests.lib.patients import make_patient
from tests.lib.raw_server import raw_server
from tests.lib.records import run

Trial = Callable[[bytes], object]
Open = AbstractContextManager[Trial]
MAPPING = load_mapping(None)
BRIEF = Patience(attempts=1, total=1, connect=1, read=1, first_pause=0, longest_pause=0)


class ScriptedTransport:
    """A transport that answers every request with the next of some bodies, over and over."""

    def __init__(self, bodies: Sequence[str]) -> None:
        self.server = Server(url="http://127.0.0.1/openmrs", user="admin", password="x")
        self.traffic = Traffic()
        self.listeners: list[object] = []
        self._bodies = bodies
        self._asked = 0

    def once(self, method: str, path: str, body: Any = None) -> Reply:
        """Answer."""
        text = self._bodies[self._asked % len(self._bodies)]
        self._asked += 1
        if self._asked > 300:
            text = "{}"  # pages without end have a test of their own
        return sort_reply(200, {"Date": "Sat, 21 Nov 2026 09:00:00 GMT"}, text)

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        """Answer."""
        return self.once(method, path, body)


def client_of(data: bytes) -> Client:
    """Return a client whose server answers with the lines of `data`."""
    bodies = data.decode(errors="replace").split("\n")
    return Client(cast(Transport, ScriptedTransport(bodies)))


def reply() -> Open:
    """Sort an answer: its status, two headers and the body."""

    def trial(data: bytes) -> object:
        head, _, body = data.partition(b"\n\n")
        status, *values = head.decode("latin-1").split("\n")
        headers = dict(zip(("Retry-After", "Date", "Location"), values, strict=False))
        code = int(status) if len(status) == 3 and status.isascii() and status.isdigit() else 200
        found = sort_reply(code, headers, body.decode(errors="replace"))
        assert found.reason.isprintable()
        assert len(found.reason) <= 300
        assert found.retry_after is None or found.retry_after >= 0
        return found

    return nullcontext(trial)


def reply_seeds() -> Sequence[bytes]:
    """Return answers as seen."""
    return [
        b'200\n\n\n\n\n{"uuid": "x"}',
        b"503\nSat, 21 Nov 2026 09:00:30 GMT\nSat, 21 Nov 2026 09:00:00 GMT\n\n<title>Busy</title>",
        b"302\n120\n\nhttp://elsewhere/\n\n",
        b'400\n\n\n\n\n{"error": {"message": "[x]", "globalErrors": [{"message": "y"}], '
        b'"fieldErrors": {"a": [{"message": "z"}]}}}',
        b'500\n\n\n\n\n{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "x"}]}',
        b'200\n\n\n\n\n{"cause": null, "localizedMessage": "x", "message": "y"}',
    ]


@contextmanager
def http() -> Iterator[Trial]:
    """Let raw bytes come over a line as the answer to a sign-in."""
    said = [b""]

    def conduct(line: socket.socket) -> None:
        line.sendall(said[0])

    def trial(data: bytes) -> object:
        said[0] = data
        server = Server(url=url, user="admin", password="x")
        transport = Transport(server, patience=BRIEF, sleep=lambda seconds: None)
        try:
            found = transport.sign_in()
        finally:
            transport.close()
        assert found.reason.isprintable()
        return found

    with raw_server(conduct) as url:
        yield trial


def http_seeds() -> Sequence[bytes]:
    """Return answers in several forms."""
    body = b'{"authenticated": true}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    size = b"Content-Length: %d\r\n" % len(body)
    chunks = b"17\r\n" + body + b"\r\n0\r\nX: y\r\n\r\n"
    return [
        head + size + b"Set-Cookie: JSESSIONID=a; Path=/; HttpOnly\r\n\r\n" + body,
        head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks,
        head + b"Content-Encoding: gzip\r\n\r\n" + body,
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + head + size + b"\r\n" + body,
        b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\n\r\n<title>Busy</title>",
    ]


def pages() -> Open:
    """Read pages, counts and identifiers."""

    def trial(data: bytes) -> None:
        reads: tuple[Callable[[Client], object], ...] = (
            lambda client: list(client.every("location", "uuid")),
            lambda client: list(client.fhir_search("Observation?patient=x")),
            lambda client: client.fhir_count("Patient"),
            lambda client: client.identifiers("source", 1, "fuzz"),
            lambda client: find_marked("run", client),
            lambda client: ownership_of(client, "x", "mark"),
            read_identifier_types,
        )
        for read in reads:
            with suppress(BridgeError):
                read(client_of(data))

    return nullcontext(trial)


def pages_seeds() -> Sequence[bytes]:
    """Return pages of each kind."""
    return [
        b'{"results": [{"uuid": "a"}], "links": [{"rel": "next", "uri": "x"}]}\n{"results": []}',
        b'{"entry": [{"resource": {"id": "a"}}], "link": [{"relation": "next", "url": '
        b'"http://x/openmrs?_getpages=1"}]}\n{"total": 3, "totalCount": 3}',
        b'{"identifiers": ["100000Y"]}\n{"voided": false, "person": {"attributes": '
        b'[{"value": "run", "attributeType": {"uuid": "mark"}}]}}',
    ]


def state() -> Open:
    """Read a server's state and hold them against the mapping."""

    def trial(data: bytes) -> object:
        found = read_server_state(client_of(data), MAPPING)
        profile = choose_profile(found, MAPPING)
        now = datetime(2026, 11, 21, tzinfo=UTC)
        findings = check(found, MAPPING, profile, now=now)
        if {entry.concept for entry in MAPPING.measurements.values()} <= found.concepts.keys():
            limits_of(found, MAPPING)
        if len(found.tags) == 2:
            target(found, MAPPING.profiles[profile])
        return findings

    return nullcontext(trial)


def facts_seeds() -> Sequence[bytes]:
    """Return what a server would say in turn."""
    user = {"display": "admin", "roles": [{"display": "System Developer"}], "privileges": []}
    entry = next(iter(MAPPING.measurements.values()))
    concept = {
        "uuid": entry.concept,
        "display": entry.name,
        "datatype": {"display": "Numeric"},
        "units": entry.unit,
        "allowDecimal": True,
        "lowAbsolute": 1,
        "hiAbsolute": 2.5,
    }
    mark = {"uuid": "m", "name": "demo_patient", "format": "java.lang.Boolean"}
    kind = {"uuid": "k", "name": "OpenMRS ID", "required": True, "validator": None, "format": ""}
    thing = {"display": "x", "retired": False, "value": "true", "uuid": "y", "version": "1"}
    listed = [{"results": [one | thing]} for one in (concept, mark, kind)]
    rows: list[object] = [
        {"authenticated": True, "user": user},
        *listed,
        {"total": 1, "entry": [{"resource": {"id": "p"}}]},
        {"systemInfo": {"a": {"openmrsVersion": "2.8.7"}}},
        {"results": [concept | mark | kind | thing | {"searchable": True}], "user": user} | thing,
    ]
    return [
        "\n".join(map(json.dumps, rows)).encode(),
        json.dumps(rows[-1]).encode(),
        json.dumps({"results": [], "user": user}).encode(),
    ]


PATIENT = make_patient(1, visits=1)
CONTEXT = context_of(run(), MAPPING)
TASK = PendingPatient(PATIENT, Row(number=1, uuid=PATIENT.uuid, state=State.CREATED))


def verify() -> Open:
    """Compare what a server gives back with a patient."""
    return nullcontext(lambda data: verify_patient(client_of(data), TASK, CONTEXT))


def verify_seeds() -> Sequence[bytes]:
    """Return the patient as it should be."""
    resources = list(fhir_resources(PATIENT, MAPPING))
    bundle = {"entry": [{"resource": one} for one in resources[1:]]}
    return [f"{json.dumps(resources[0])}\n{json.dumps(bundle)}".encode()]
