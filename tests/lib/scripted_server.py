"""A loopback HTTP server whose answers a test writes down beforehand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SIGNED_IN = {"authenticated": True, "user": {"display": "admin", "roles": [], "privileges": []}}


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What goes out; `drop` closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass
class ScriptedServer:
    """The running server: its address, and the requests it got."""

    url: str
    requests: list[Request]

    def paths(self, method: str | None = None) -> list[str]:
        """List the paths asked for, but the sign-ins."""
        return [
            request.path
            for request in self.requests
            if not request.path.endswith("/session") and method in (None, request.method)
        ]


Script = Callable[[Request], Answer | None]


@contextmanager
def scripted_server(script: Script) -> Iterator[ScriptedServer]:
    """Serve what `script` says; where it says None, a sign-in that works, and else 404."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out apart, and would wait 40 ms

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            request = Request(
                self.command, self.path, dict(self.headers), json.loads(text) if text else None
            )
            requests.append(request)
            answer = script(request)
            if answer is None:
                signing_in = self.path.endswith("/session")
                answer = Answer(200, SIGNED_IN) if signing_in else Answer(404, {"error": {}})
            if answer.drop:
                self.close_connection = True
                return
            content = (
                answer.body
                if isinstance(answer.body, bytes)
                else (b"" if answer.body is None else json.dumps(answer.body).encode())
            )
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}/openmrs", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
