"""A proxy between bridge and a server that does to requests what networks and gateways do.

A fault is put on the n-th request that matches; all others pass. Where it matters, the request
is carried out first: then only the answer is lost.
"""

import http.client
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(Enum):
    """What may happen to a request."""

    REFUSED = "the server goes away at the request, and for a moment nothing listens"
    CUT_BEFORE = "the line is cut before the request arrives"
    CUT_AFTER = "the line is cut after the server has carried it out"
    TRUNCATED = "the answer breaks off in the middle"
    SILENT = "the request gets lost, and no answer ever comes"
    LATE = "the answer comes after the time limit"
    BUSY = "503 with Retry-After"
    TOO_MANY = "429 with Retry-After"
    BAD_GATEWAY = "502 with a web page"
    UNAVAILABLE = "503 with a web page"
    GATEWAY_TIMEOUT_AFTER = "504 with a web page after the server has carried it out"
    GATEWAY_TIMEOUT_BEFORE = "504 with a web page, and only then the server has carried it out"
    GARBAGE = "200 with something that is no JSON"
    EXPIRED = "401 with a web page: the session has ended"
    PASSING_500 = "500 with a fault of the database that passes"
    CONSTRAINT = "500 with the name of a broken constraint"
    CONSTRAINT_AFTER = "the same, though the server has carried it out"


@dataclass
class FaultProxy:
    """The running proxy; faults are put on with `put`."""

    url: str
    faults: list[tuple[re.Pattern[str], Fault, list[int]]] = field(default_factory=list)
    absent: list[re.Pattern[str]] = field(default_factory=list)
    struck: list[tuple[str, Fault]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    weather: Callable[[str], Fault | None] = lambda line: None
    """What strikes requests that no fault is put on."""
    again: Fault | None = None
    """What strikes the request right after one that was struck, whatever it is."""
    _next: Fault | None = None

    def put(self, fault: Fault, request: str, *numbers: int) -> None:
        """Let `fault` strike the requests (1 is the first) that match, as `POST /patient`."""
        self.faults.append((re.compile(request), fault, list(numbers or [1])))

    def lack(self, *resources: str) -> None:
        """Play a server that does not have these, as older ones and lean ones do."""
        self.absent += [re.compile(resource) for resource in resources]

    def lacks(self, line: str) -> bool:
        """Tell whether the request with this line is for something that is not there."""
        return any(resource.search(line) for resource in self.absent)

    def fault_of(self, line: str) -> Fault | None:
        """Return what strikes the request with this line."""
        self.seen.append(line)
        fault, self._next = self._next, None
        if fault is None and (fault := self._put_on(line)):
            self._next = self.again
        fault = fault or self.weather(line)
        if fault:
            self.struck.append((line, fault))
        return fault

    def _put_on(self, line: str) -> Fault | None:
        for pattern, fault, numbers in self.faults:
            if pattern.search(line):
                numbers[:] = [number - 1 for number in numbers]
                if 0 in numbers:
                    return fault
        return None


def storm(seed: int, share: float, faults: list[Fault]) -> Callable[[str], Fault | None]:
    """Return the weather in which any of `faults` strikes any request with probability `share`."""
    chance = random.Random(seed)
    return lambda line: chance.choice(faults) if chance.random() < share else None


_CONSTRAINT = (
    500,
    b'{"error":{"message":"[could not execute statement => (conn=1) Column \'x\' cannot be null]",'
    b'"code":"x","detail":"org.hibernate.exception.ConstraintViolationException"}}',
    {"Content-Type": "application/json"},
)
_PAGE = b"<html><head><title>%s</title></head><body></body></html>"
_ANSWERS: dict[Fault, tuple[int, bytes, dict[str, str]]] = {
    Fault.BUSY: (503, _PAGE % b"Service Unavailable", {"Retry-After": "0"}),
    Fault.TOO_MANY: (429, b"", {"Retry-After": "0"}),
    Fault.BAD_GATEWAY: (502, _PAGE % b"Bad Gateway", {}),
    Fault.UNAVAILABLE: (503, _PAGE % b"Service Unavailable", {}),
    Fault.GATEWAY_TIMEOUT_AFTER: (504, _PAGE % b"Gateway Time-out", {}),
    Fault.GATEWAY_TIMEOUT_BEFORE: (504, _PAGE % b"Gateway Time-out", {}),
    Fault.GARBAGE: (200, b"\x00\xff garbage {", {}),
    Fault.EXPIRED: (401, _PAGE % b"HTTP Status 401", {}),
    Fault.PASSING_500: (
        500,
        b'{"error":{"message":"[could not execute statement => Deadlock found when trying to get '
        b'lock; try restarting transaction]","code":"x","detail":""}}',
        {"Content-Type": "application/json"},
    ),
    Fault.CONSTRAINT: _CONSTRAINT,
    Fault.CONSTRAINT_AFTER: _CONSTRAINT,
}
_UNKNOWN = b'{"error":{"message":"Resource does not exist. [Unknown resource: v1/x]","code":"x"}}'
_CARRIED_OUT = {
    Fault.CUT_AFTER,
    Fault.TRUNCATED,
    Fault.LATE,
    Fault.GATEWAY_TIMEOUT_AFTER,
    Fault.CONSTRAINT_AFTER,
}
_CUT = {Fault.REFUSED, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.SILENT}
_AWAY_SECONDS = 0.05
_BEHIND_SECONDS = 0.2


@contextmanager
def fault_proxy(upstream: str, *, late: float = 2.0) -> Iterator[FaultProxy]:
    """Serve on loopback what the OpenMRS at `upstream` answers; late answers take `late` s."""
    parts = urlsplit(upstream)
    lock = threading.Lock()
    over, away, gone = threading.Event(), threading.Event(), threading.Event()
    behind: list[threading.Timer] = []

    def exchange(
        command: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Put a request to the server itself."""
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(command, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        kept = ("content-type", "content-encoding", "set-cookie", "date")
        found = {k: v for k, v in answer.getheaders() if k.lower() in kept}
        return answer.status, content, found

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out apart, and would wait 40 ms

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                fault = proxy.fault_of(f"{self.command} {self.path}")
            if proxy.lacks(f"{self.command} {self.path}"):
                self.reply(404, _UNKNOWN, {"Content-Type": "application/json"})
                return
            answer = None
            if fault is None or fault in _CARRIED_OUT:
                answer = self.ask(body)
            if fault is Fault.GATEWAY_TIMEOUT_BEFORE:
                self.ask_behind(body)
            if fault in (Fault.LATE, Fault.SILENT):
                over.wait(late)
            if fault is Fault.REFUSED:
                away.set()
                gone.wait(2)
            if fault in _CUT:
                self.close_connection = True
            elif fault in _ANSWERS:
                self.reply(*_ANSWERS[fault])
            else:
                assert answer is not None
                self.reply(*answer, cut=fault is Fault.TRUNCATED)

        def ask_behind(self, body: bytes) -> None:
            """Ask when the client has been answered; it may be at its next request by then."""
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            asked = (self.command, self.path, body or None, headers)
            later = threading.Timer(_BEHIND_SECONDS, exchange, asked)
            later.start()
            behind.append(later)

        def ask(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            return exchange(self.command, self.path, body or None, headers)

        def reply(
            self, status: int, content: bytes, headers: dict[str, str], *, cut: bool = False
        ) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection |= cut

        do_GET = do_POST = do_DELETE = pass_on  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that has gone away is part of the play."""

    def serve(first: Server) -> None:
        """Serve until all is over; go away and come back when a fault asks for it."""
        server: Server | None = first
        while not over.is_set():
            server = server or Server(first.server_address, Handler)
            listening = threading.Thread(target=server.serve_forever, args=(0.01,))
            listening.start()
            away.wait()
            server.shutdown()
            server.server_close()
            listening.join()
            gone.set()
            if not over.wait(_AWAY_SECONDS):
                away.clear()
                gone.clear()
                server = None

    first = Server(("127.0.0.1", 0), Handler)
    proxy = FaultProxy(f"http://127.0.0.1:{first.server_address[1]}{parts.path}")
    thread = threading.Thread(target=serve, args=(first,))
    thread.start()
    try:
        yield proxy
    finally:
        over.set()
        away.set()
        thread.join()
        for later in behind:
            later.join()
