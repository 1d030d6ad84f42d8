"""The same requests, rendered beforehand, over bare kept-alive connections: a server's ceiling."""

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

from bridge.chart import Patient
from bridge.delivery.ledger import Row, State
from bridge.delivery.send import Delivery, PendingPatient, deliver
from bridge.openmrs.transport import Multipart, body_of
from tests.lib.accepting import AcceptingClient, Sending

REST = "/ws/rest/v1"


class Prepared(NamedTuple):
    """One POST, rendered to the last byte of its body."""

    path: str
    body: bytes
    kind: str


class Chain(NamedTuple):
    """The requests that make one patient, in their order."""

    requests: tuple[Prepared, ...]
    observations: int


class Replayed(NamedTuple):
    """What a replay took."""

    connections: int
    seconds: float
    patients: int
    requests: int
    observations: int
    sent: int
    received: int
    """Bytes, heads included."""

    @property
    def rate(self) -> float:
        """Observations a second."""
        return self.observations / self.seconds


class Account(NamedTuple):
    """Where a server is, and who signs in."""

    url: str
    user: str
    password: str

    @property
    def basic(self) -> str:
        """The header that signs in."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


def render(
    patients: Iterable[Patient], identifiers: Iterable[tuple[str, ...]], delivery: Delivery
) -> list[Chain]:
    """Render what bridge sends for these patients, to the last byte of the bodies."""
    chains = []
    for patient, own in zip(patients, identifiers, strict=True):
        client = AcceptingClient()
        row, _ = deliver(client, PendingPatient(patient, Row(1, "", identifiers=own)), delivery)
        if row.state is not State.CREATED:
            raise RuntimeError(f"it would not be sent whole: {row.reason}")
        requests = tuple(_prepared(sending) for sending in client.accepting.sent)
        chains.append(Chain(requests, row.observations))
    return chains


def _prepared(sending: Sending) -> Prepared:
    kind = "application/fhir+json" if "/fhir2/" in sending.path else "application/json"
    if not isinstance(sending.body, Multipart):
        return Prepared(sending.path, json.dumps(sending.body).encode(), kind)
    url = "http://127.0.0.1/"
    made = requests.Request("POST", url, **body_of(sending.body)).prepare()
    assert isinstance(made.body, bytes)
    return Prepared(sending.path, made.body, made.headers["Content-Type"])


class Line:
    """One signed-in, kept-alive connection that writes whole requests and reads whole answers."""

    def __init__(self, account: Account) -> None:
        parts = urlsplit(account.url)
        self._base = parts.path
        self._http = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
        self._http.connect()  # sets TCP_NODELAY
        self._host = parts.netloc
        self._headers = f"Authorization: {account.basic}\r\n"
        self.sent = self.received = self.requests = 0
        answer = self.exchange("GET", f"{REST}/session")
        cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        self._headers = f"Cookie: {cookie}\r\n"

    def exchange(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> http.client.HTTPResponse:
        """Send one request; return the answer, read; raise RuntimeError unless it is a success."""
        head = (
            f"{method} {self._base}{path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: */*\r\n"
            f"Content-Type: {kind}\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        self._http.sock.sendall(head + body)
        answer = http.client.HTTPResponse(self._http.sock, method=method)
        answer.begin()
        content = answer.read()
        self.requests += 1
        self.sent += len(head) + len(body)
        self.received += len(str(answer.headers)) + len(content)
        if answer.will_close:  # Tomcat does so after a hundred requests
            self._http.close()
            self._http.connect()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return answer

    def post_fhir(self, resource: str, body: dict[str, Any]) -> str:
        """POST a FHIR resource; return the id that the server gave it."""
        path = f"/ws/fhir2/R4/{resource}"
        answer = self.exchange("POST", path, json.dumps(body).encode(), "application/fhir+json")
        return str(answer.getheader("Location")).partition(f"/{resource}/")[2].partition("/")[0]

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def replay(chains: Sequence[Chain], account: Account, connections: int) -> Replayed:
    """Send the chains over so many connections, each patient by one of them; sign-ins included."""
    waiting = iter(chains)
    lock = threading.Lock()
    lines: list[Line] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            line = Line(account)
            lines.append(line)
            while not errors:
                with lock:
                    own = next(waiting, None)
                if own is None:
                    break
                for path, body, kind in own.requests:
                    line.exchange("POST", path, body, kind)
            line.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    if errors:
        raise errors[0]
    return Replayed(
        connections,
        seconds,
        len(chains),
        sum(line.requests for line in lines),
        sum(chain.observations for chain in chains),
        sum(line.sent for line in lines),
        sum(line.received for line in lines),
    )
