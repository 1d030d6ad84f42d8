"""An address whose scheme is not what its port speaks."""

import socket
import time
from pathlib import Path

import pytest

from bridge.errors import Unreachable
from bridge.openmrs.scheme import other_scheme
from bridge.openmrs.transport import Patience, Server, Transport
from bridge.runs.connecting import wait_until_ready
from bridge.runs.listener import Silent
from tests.lib.certificates import own_certificate
from tests.lib.raw_server import raw_server, saying
from tests.lib.scripted_server import scripted_server

HASTY = Patience(attempts=1, total=2, connect=2, read=2, first_pause=0, longest_pause=0)
PLAIN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
WANTS_TLS = b"HTTP/1.1 400 Bad Request\r\n\r\nThis combination of host and port requires TLS."


def wait(url: str) -> None:
    """Sign in to a server that may be starting."""
    transport = Transport(Server(url=url, user="admin", password="Secret"), patience=HASTY)
    wait_until_ready(transport, Silent(), lambda seconds: None)


def test_https_on_a_plain_port_is_said_at_once() -> None:
    """It was waited for as a server that starts, for five minutes."""
    begun = time.monotonic()
    with scripted_server(lambda request: None) as server:
        url = server.url.replace("http:", "https:")
        with pytest.raises(Unreachable, match=f"port speaks http, not https: give {server.url}"):
            wait(url)
        assert not any("Authorization" in request.headers for request in server.requests)
    assert time.monotonic() - begun < 10


def test_a_plain_port_that_answers_a_handshake_is_said_too() -> None:
    """As Tomcat and nginx do, with a page."""
    with raw_server(saying(PLAIN)) as url:
        assert other_scheme(url.replace("http:", "https:")) == url


def test_http_on_a_port_for_tls_is_said(tmp_path: Path) -> None:
    """Where a connection breaks at the first plain word."""
    _, context = own_certificate(tmp_path, "IP:127.0.0.1")
    with raw_server(saying(PLAIN), context) as url:
        plain = url.replace("https:", "http:")
        with pytest.raises(Unreachable, match=f"port speaks https, not http: give {url}"):
            wait(plain)
        assert other_scheme(url) is None


def test_what_cannot_be_told_is_not() -> None:
    """A port without a server, one that says nothing, and one that asks for TLS in plain words."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert other_scheme(f"https://127.0.0.1:{port}/openmrs", seconds=0.1) is None
        assert other_scheme(f"http://127.0.0.1:{port}/openmrs", seconds=0.1) is None
    assert other_scheme(f"https://127.0.0.1:{port}/openmrs") is None
    with raw_server(saying(WANTS_TLS)) as url:
        assert other_scheme(url.replace("http:", "https:")) is None


def test_nothing_is_asked_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only it knows the way."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert other_scheme("https://openmrs.example.org/openmrs") is None
