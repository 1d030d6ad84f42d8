"""A server that means harm: bounded memory and time, one clear line, and nothing given away."""

import gzip
import json
import threading
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from bridge.__main__ import run
from bridge.errors import ServerError, Unreachable
from bridge.openmrs.bounded_http import MOST_BYTES
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import Patience, Server, Transport
from bridge.runs.connecting import wait_until_ready
from bridge.runs.listener import Silent
from tests.lib.raw_server import Conduct, dripping, flooding, raw_server, saying
from tests.lib.scripted_server import Answer, Request, scripted_server

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LIMIT = 0.4
BRIEF = Patience(attempts=2, total=2, connect=1, read=LIMIT, first_pause=0, longest_pause=0)


def open_transport(url: str) -> Transport:
    """Open a transport with little patience."""
    server = Server(url=url, user="admin", password="Secret")
    return Transport(server, patience=BRIEF, sleep=lambda seconds: None)


def first_answer(conduct: Conduct) -> Reply:
    """Return what the transport makes of a server's answer to the sign-in."""
    with raw_server(conduct) as url:
        transport = open_transport(url)
        try:
            return transport.sign_in()
        finally:
            transport.close()


DRIPS = {
    "status line": b"HT",
    "head": HEAD + b"X-Slow: ",
    "body without a length": HEAD + b"\r\n",
    "body with a length": HEAD + b"Content-Length: 99999\r\n\r\n",
    "size of a chunk": CHUNKED,
    "trailer": CHUNKED + b"0\r\nX: ",
}


@pytest.mark.parametrize("where", DRIPS)
def test_a_drip_is_not_waited_for(where: str) -> None:
    """Each byte comes in time, and the answer never."""
    stop, begun = threading.Event(), time.monotonic()
    try:
        reply = first_answer(dripping(DRIPS[where], stop))
    finally:
        stop.set()
    assert time.monotonic() - begun < LIMIT + 5
    assert (reply.outcome, reply.reason) == (Outcome.TEMPORARY, "no answer in time")


def test_a_proxy_s_answers_are_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to a server may lead through one."""
    with raw_server(flooding(HEAD + b"\r\n", b"a" * 2**16)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/openmrs"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        transport = open_transport("http://openmrs.example/openmrs")
        assert transport.sign_in().reason == "the answer does not end"
        transport.close()


FLOODS = {
    "body": (HEAD + b"\r\n", b"a" * 2**16),
    "chunks": (CHUNKED, b"10000\r\n" + b"a" * 2**16 + b"\r\n"),
    "size of a chunk": (CHUNKED, b"1" * 2**16),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000),
    "head": (HEAD + b"X: ", b"a" * 2**16),
    "headers": (HEAD, b"X: y\r\n" * 10_000),
    "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "body of a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"a" * 2**16),
}


@pytest.mark.parametrize("where", FLOODS)
def test_a_flood_is_cut_off(where: str) -> None:
    """However fast it comes: in little memory, and within the time limit."""
    begun = time.monotonic()
    tracemalloc.start()
    try:
        reply = first_answer(flooding(*FLOODS[where]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < LIMIT + 5
    assert peak < 6 * MOST_BYTES
    assert reply.outcome is Outcome.TEMPORARY
    assert reply.status == 0


def packed(times: int, content: bytes) -> bytes:
    """Return content packed several times."""
    for _ in range(times):
        content = gzip.compress(content, 9)
    return content


BOMBS = {
    "of a gigabyte": ("gzip", None),
    "packed twice": ("gzip, gzip", packed(2, b"0" * 10_000_000)),
    "packed ten times": (", ".join(["gzip"] * 10), packed(10, b"0" * 10_000_000)),
    "packed as was not asked": ("deflate", zlib.compress(b"0" * 10_000_000)),
    "in a packing of its own": ("zpaq", b"{}"),
}


def gigabyte() -> bytes:
    """Return a gigabyte of zeros in a megabyte: the same packed piece over and over."""
    pack = zlib.compressobj(9, wbits=31)
    first, next_one = (pack.compress(bytes(2**20)) + pack.flush(zlib.Z_FULL_FLUSH) for _ in "ab")
    return first + next_one * 1023


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_not_unpacked(bomb: str) -> None:
    """What it would become never stands in memory."""
    packing, content = BOMBS[bomb]
    content = content or gigabyte()
    head = f"Content-Encoding: {packing}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    tracemalloc.start()
    try:
        reply = first_answer(saying(HEAD + head, content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * MOST_BYTES
    assert reply.status == 0
    assert "does not end" in reply.reason or "packed as" in reply.reason


def test_a_packed_answer_is_read() -> None:
    """Servers and gateways pack what is long."""
    content = gzip.compress(b'{"authenticated": true}')
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    assert first_answer(saying(HEAD + head + content)).outcome is Outcome.ACCEPTED
    broken = {content[:-9]: "breaks off", b"x" * 40: "is broken"}
    for spoilt, complaint in broken.items():
        head = f"Content-Encoding: gzip\r\nContent-Length: {len(spoilt)}\r\n\r\n".encode()
        reply = first_answer(saying(HEAD + head + spoilt))
        assert complaint in reply.reason


NONSENSE = {
    b"\x00\xff nonsense\r\n\r\n": "does not speak HTTP",
    b"HTTP/1.1 99999 What\r\n\r\n": "does not speak HTTP",
    b"HTTP/1.1 OK\r\n\r\n": "does not speak HTTP",
    HEAD + b"X: " + b"a" * 10_000_000 + b"\r\n\r\n{}": "does not speak HTTP",
    HEAD + b"X: y\r\n" * 100_000 + b"\r\n{}": "does not speak HTTP",
    HEAD + b"Content-Length: 2, 3\r\n\r\n{}": "does not speak HTTP",
    HEAD + b"Content-Length: 20\r\n\r\n{}": "the connection broke",
    CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n": "does not speak HTTP",
    CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n": "the connection broke",
    CHUNKED + b"ffffffff\r\n{}": "the connection broke",
    b"": "the connection broke",
}


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_said_to_be_nonsense(said: bytes) -> None:
    """In words, not in the names of exceptions."""
    reply = first_answer(saying(said))
    assert reply.outcome is Outcome.TEMPORARY
    assert NONSENSE[said] in reply.reason


@pytest.mark.parametrize("length", [b"-1", b"abc"])
def test_a_length_that_is_none_is_left_aside(length: bytes) -> None:
    """The end of the connection is the end of the answer."""
    said = HEAD + b"Content-Length: " + length + b'\r\n\r\n{"authenticated": true}'
    assert first_answer(saying(said)).outcome is Outcome.ACCEPTED


def test_what_follows_an_answer_is_not_the_next_one() -> None:
    """An answer forged behind another's end would be taken for that to the next request."""
    session = b'{"authenticated": true}'
    forged = HEAD + b'Content-Length: 16\r\n\r\n{"uuid": "evil"}'
    head = HEAD + f"Content-Length: {len(session)}\r\n\r\n".encode()
    served: list[int] = []

    def conduct(line: Any) -> None:
        served.append(1)
        if len(served) == 1:
            line.sendall(head + session + forged)
        else:
            line.sendall(HEAD + b'Content-Length: 16\r\n\r\n{"uuid": "true"}')

    with raw_server(conduct) as url:
        transport = open_transport(url)
        assert transport.send("GET", "/x").body == {"uuid": "true"}  # again, if it was hung up
        transport.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_follows_a_redirect(status: int, method: str) -> None:
    """Neither the password, nor the session, nor a patient's body."""
    with scripted_server(lambda request: Answer(200, {"authenticated": True})) as other:
        away = Answer(status, b"", {"Location": f"{other.url}/ws/rest/v1/patient"})

        def script(request: Request) -> Answer | None:
            if request.path.endswith("/session"):
                cookie = {"Set-Cookie": "JSESSIONID=secret; Path=/"}
                return Answer(200, {"authenticated": True}, cookie)
            return away

        with scripted_server(script) as server:
            transport = open_transport(server.url)
            reply = transport.once(method, "/ws/rest/v1/patient", {"a": 1})
            transport.close()
        assert reply.outcome is Outcome.FOREIGN
        assert reply.location
        assert other.requests == []


def test_a_redirect_to_no_address_is_an_answer() -> None:
    """The library would have stumbled over it."""
    reply = first_answer(saying(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"))
    assert (reply.outcome, reply.location) == (Outcome.FOREIGN, "http://[")


def test_a_cookie_for_another_host_is_not_kept() -> None:
    """Nor is one of this host given to it under another's name."""

    def script(request: Request) -> Answer | None:
        cookie = {"Set-Cookie": "evil=1; Domain=example.org; Path=/"}
        return Answer(200, {"authenticated": True}, cookie)

    with scripted_server(script) as server:
        transport = open_transport(server.url)
        transport.once("GET", "/x")
        transport.close()
    assert "Cookie" not in server.requests[-1].headers


def test_cookies_without_end_are_an_error() -> None:
    """Each would be sent back with each request."""
    many = b"".join(b"Set-Cookie: c%d=x; Path=/\r\n" % number for number in range(80))
    with pytest.raises(ServerError, match="more than 50 cookies"):
        first_answer(saying(HEAD + many + b"Content-Length: 2\r\n\r\n{}"))


def test_a_reason_cannot_steer_the_terminal() -> None:
    """Colours, titles, deleted lines, text turned round."""
    evil = "\x1b]0;owned\x07\x1b[2J\x9b1A\u202eevil\nbridge: all is well\ud800"
    body = json.dumps({"error": {"message": evil}}).encode()
    with scripted_server(lambda request: Answer(400, body)) as server:
        reply = open_transport(server.url).sign_in()
    assert reply.reason.isprintable()
    assert "owned" in reply.reason


def test_the_time_limit_of_one_answer_is_not_the_next_one_s() -> None:
    """A connection is kept; what one answer used of its time the next has again."""

    def script(request: Request) -> Answer | None:
        time.sleep(LIMIT * 0.6)
        return Answer(200, {"authenticated": True})

    with scripted_server(script) as server:
        transport = open_transport(server.url)
        replies = [transport.once("GET", "/x") for _ in range(4)]
        transport.close()
    assert {reply.outcome for reply in replies} == {Outcome.ACCEPTED}


def test_a_broken_redirect_is_an_error_of_one_line() -> None:
    """Not a fault of bridge."""
    with (
        raw_server(saying(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n")) as url,
        pytest.raises(Unreachable),
    ):
        Client(open_transport(url)).user()


EVIL = "\x1b]0;owned\x07\x1b[2J\u202e[red]x[/red] \\[bold]:boom:"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_server_s_names_cannot_steer_the_terminal(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a table, in notes and in JSON alike."""
    monkeypatch.setenv("BRIDGE_PASSWORD", "Secret")

    def script(request: Request) -> Answer | None:
        if request.path.endswith("/session"):
            roles = [{"display": "System Developer"}]
            return Answer(200, {"authenticated": True, "user": {"display": EVIL, "roles": roles}})
        if "?q=" in request.path or "_summary" in request.path:
            return Answer(200, {"total": 1, "results": []})
        return Answer(200, {"display": EVIL, "retired": False, "results": [], "value": EVIL})

    with scripted_server(script) as server:
        code = run(["check", "--url", server.url, "--user", "admin", *flags])
    shown = capsys.readouterr()
    assert code in (1, 3)
    assert "owned" in shown.out
    assert not set(shown.out + shown.err) & {"\x1b", "\x07", "\u202e"}
    if not flags:
        assert "[red]x[/red] \\[bold]:boom:" in shown.out


def test_waiting_for_a_server_to_start_has_an_end() -> None:
    """Also where each of its answers takes the whole time limit."""
    pauses: list[float] = []
    with (
        scripted_server(lambda request: Answer(503, b"<title>starting</title>")) as server,
        pytest.raises(Unreachable, match="still not ready"),
    ):
        wait_until_ready(open_transport(server.url), Silent(), pauses.append, limit=0)
    assert pauses == []
