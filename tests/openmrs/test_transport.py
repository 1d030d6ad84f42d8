"""One request: sign-in, patience, and what is never done twice."""

import itertools
import threading
from collections.abc import Callable

import pytest

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.run import ClientPool
from bridge.errors import ServerError, SignInRefused, Unreachable
from bridge.openmrs.bounded_http import BoundedSession
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import Patience, Server, Transport
from tests.lib.scripted_server import Answer, Request, Script, scripted_server

PATIENT = "/ws/rest/v1/patient"
QUICK = Patience(attempts=4, total=5.0, connect=1.0, read=1.0, first_pause=0.0, longest_pause=0.0)


def open_transport(url: str, pauses: list[float] | None = None, **more: object) -> Transport:
    """Open a transport that notes its pauses instead of sleeping."""
    server = Server(url=url, user="admin", password="Secret:1")
    sleep: Callable[[float], object] = (pauses if pauses is not None else []).append
    return Transport(server, patience=QUICK, sleep=sleep, **more)  # type: ignore[arg-type]


def once_then(first: Answer, then: Answer) -> Script:
    """Answer the first request that is no sign-in with one, all others with the other."""
    answers = itertools.chain([first], itertools.repeat(then))
    return lambda request: None if request.path.endswith("/session") else next(answers)


def test_the_password_travels_once_and_the_cookie_then() -> None:
    """Basic authentication on every request costs the server a hash and a write each."""

    def script(request: Request) -> Answer | None:
        if request.path.endswith("/session"):
            return Answer(200, {"authenticated": True}, {"Set-Cookie": "JSESSIONID=abc; Path=/"})
        return Answer(200, {"results": []})

    with scripted_server(script) as server:
        transport = open_transport(server.url)
        for _ in range(3):
            assert transport.send("GET", PATIENT).outcome is Outcome.ACCEPTED
    signed = [request for request in server.requests if "Authorization" in request.headers]
    assert len(signed) == 1
    assert all(r.headers["Cookie"] == "JSESSIONID=abc" for r in server.requests[1:])


def test_a_wrong_password_is_tried_once() -> None:
    """OpenMRS locks an account after seven, and says 200 to each."""

    def script(request: Request) -> Answer | None:
        return Answer(200, {"authenticated": False})

    with scripted_server(script) as server, pytest.raises(SignInRefused) as caught:
        open_transport(server.url).send("GET", PATIENT)
    assert len(server.requests) == 1
    assert "Secret" not in str(caught.value)
    assert "colon" in str(caught.value)


def test_whoever_is_done_leaves_the_sign_in_to_the_next() -> None:
    """On a long line a connection and a sign-in take seconds; one at a time has them."""
    idle: list[BoundedSession] = []
    with scripted_server(lambda request: None) as server:
        first, second = (open_transport(server.url, idle=idle) for _ in range(2))
        first.send("GET", PATIENT)
        assert not idle
        first.close()
        second.close()  # it was never signed in, and is nobody's to take over
        third, fourth = (open_transport(server.url, idle=idle) for _ in range(2))
        third.send("GET", PATIENT)
        assert not idle
        assert len(server.requests) == 3
        fourth.send("GET", PATIENT)
        assert len(server.requests) == 5
        for transport in (third, fourth):
            transport.close()
        for session in idle:
            session.close()


def test_an_expired_session_is_signed_in_again() -> None:
    """The request goes through as if nothing had been."""
    page = Answer(401, b"<html><title>HTTP Status 401</title></html>")
    with scripted_server(once_then(page, Answer(201, {"uuid": "x"}))) as server:
        transport = open_transport(server.url)
        assert transport.send("POST", PATIENT, {"a": 1}).outcome is Outcome.ACCEPTED
    assert server.paths("POST") == ["/openmrs" + PATIENT] * 2
    assert len(server.requests) == 4


def test_a_server_that_forgets_every_sign_in_is_an_error() -> None:
    """Not an endless loop."""
    page = Answer(401, b"<html></html>")
    with scripted_server(once_then(page, page)) as server, pytest.raises(ServerError, match="cook"):
        open_transport(server.url).send("GET", PATIENT)
    assert len(server.requests) == 4


def session_script(cookie: str) -> Script:
    """Answer as OpenMRS does: who brings no cookie is nobody, with a 200 at the session alone."""

    def script(request: Request) -> Answer | None:
        known = "Authorization" in request.headers or "JSESSIONID=abc" in request.headers.get(
            "Cookie", ""
        )
        headers = {"Set-Cookie": cookie} if cookie else {}
        if request.path.endswith("/session"):
            user = {"roles": [{"display": "System Developer"}]}
            return Answer(200, {"authenticated": known, "user": user if known else None}, headers)
        return Answer(200, {"results": []}) if known else Answer(401, {"error": {}}, headers)

    return script


@pytest.mark.parametrize(
    "cookie",
    [
        "JSESSIONID=abc; Path=/openmrs-standalone; HttpOnly",
        "JSESSIONID=abc; Path=/emr/; HttpOnly",
        "JSESSIONID=abc; Path=/openmrs/ws/rest",
        "JSESSIONID=abc; Path=/openmrs",
        "JSESSIONID=abc; Path=/",
        "JSESSIONID=abc",
    ],
)
def test_a_session_for_another_path_is_kept(cookie: str) -> None:
    """Behind a proxy that serves /openmrs under another path; the user has all privileges."""
    with scripted_server(session_script(cookie)) as server:
        client = Client(open_transport(server.url))
        for _ in range(2):
            assert client.user().privileges is None
        assert client.transport.send("GET", PATIENT).outcome is Outcome.ACCEPTED
    signed = [request for request in server.requests if "Authorization" in request.headers]
    assert len(signed) == 1


def test_a_gateway_s_cookie_of_the_same_name_stays_its_own() -> None:
    """That of the path which is asked for goes to the server."""

    def script(request: Request) -> Answer | None:
        if request.path.endswith("/session"):
            both = "JSESSIONID=abc; Path=/openmrs", "JSESSIONID=gate; Path=/gate"
            cookie = both["Cookie" in request.headers]
            return Answer(200, {"authenticated": True}, {"Set-Cookie": cookie})
        return Answer(200, {"results": []})

    with scripted_server(script) as server:
        transport = open_transport(server.url)
        for path in ("/ws/rest/v1/session", "/ws/rest/v1/session", PATIENT):
            transport.send("GET", path)
    assert server.requests[-1].headers["Cookie"] == "JSESSIONID=abc"


@pytest.mark.parametrize(
    ("cookie", "why"),
    [
        ("", "proxy before it that drops cookies"),
        ("JSESSIONID=abc; Domain=emr.example.org; Path=/", "its cookie is for another host"),
        ("JSESSIONID=abc; Path=/; Secure", "may go over https only: give the https address"),
    ],
)
def test_a_session_that_is_lost_is_told_from_missing_privileges(cookie: str, why: str) -> None:
    """An administrator was told to ask for a role."""
    with scripted_server(session_script(cookie)) as server:
        client = Client(open_transport(server.url))
        client.user()
        with pytest.raises(ServerError, match=why):
            client.probe(PATIENT)


@pytest.mark.parametrize("status", [429, 502, 503])
def test_retry_after_is_kept(status: int) -> None:
    """The server knows best."""
    pauses: list[float] = []
    busy = Answer(status, b"<html></html>", {"Retry-After": "3"})
    with scripted_server(once_then(busy, Answer(200, {"results": []}))) as server:
        reply = open_transport(server.url, pauses).send("GET", PATIENT)
    assert reply.outcome is Outcome.ACCEPTED
    assert pauses == [3.0]


def test_a_lost_answer_is_settled_by_asking() -> None:
    """The server may have made the patient before the line broke: a second POST never goes out."""
    lost = Answer(drop=True)
    with scripted_server(once_then(lost, Answer(201, {"uuid": "second"}))) as server:
        found = Reply(Outcome.ACCEPTED, 200, {"uuid": "first"}, "")
        transport = open_transport(server.url)
        reply = transport.send("POST", PATIENT, {"a": 1}, confirm_created=lambda: found)
    assert reply.body == {"uuid": "first"}
    assert server.paths("POST") == ["/openmrs" + PATIENT]
    assert transport.traffic.retries == 1


def test_what_was_not_carried_out_is_sent_again() -> None:
    """If the server says it has nothing of it."""
    lost = Answer(drop=True)
    with scripted_server(once_then(lost, Answer(201, {"uuid": "second"}))) as server:
        reply = open_transport(server.url).send(
            "POST", PATIENT, {"a": 1}, confirm_created=lambda: None
        )
    assert reply.body == {"uuid": "second"}
    assert len(server.paths("POST")) == 2


def test_what_the_server_names_is_not_sent_again_while_it_may_be_at_it() -> None:
    """A gateway's time limit does not stop the server, and it would make a second one."""
    given_up = Answer(504, b"<html><title>Gateway Time-out</title></html>")
    found = Reply(Outcome.ACCEPTED, 200, {"uuid": "first"}, "")
    answers = iter([None, None, None, found])
    with scripted_server(once_then(given_up, Answer(201, {"uuid": "second"}))) as server:
        reply = open_transport(server.url).send(
            "POST", PATIENT, {}, confirm_created=lambda: next(answers), wait_out=1.0
        )
    assert reply.body == {"uuid": "first"}
    assert len(server.paths("POST")) == 1


@pytest.mark.parametrize(
    ("trouble", "wait_out", "share"),
    [
        (Answer(504, b"<html></html>"), 1.0, 1.0),
        (Answer(504, b"<html></html>"), 3.0, 3.0),
        (Answer(drop=True), 3.0, 0.1),
        (Answer(503, b"<html></html>"), 1.0, 0.0),
        (Answer(504, b"<html></html>"), 0.0, 0.0),
    ],
    ids=["gateway", "a long task", "cut", "not let in", "our own uuid"],
)
def test_the_server_is_given_its_time_limit_again_and_no_more(
    trouble: Answer, wait_out: float, share: float
) -> None:
    """Less where the line broke; none where the request was never let in, or doubles nothing."""
    pauses: list[float] = []
    with scripted_server(once_then(trouble, Answer(201, {"uuid": "second"}))) as server:
        reply = open_transport(server.url, pauses).send(
            "POST", PATIENT, {}, confirm_created=lambda: None, wait_out=wait_out
        )
    assert reply.body == {"uuid": "second"}
    assert sum(pauses) == pytest.approx(QUICK.read * share)


def test_patience_has_an_end() -> None:
    """A server that is away for good ends the run, with its address."""
    away = Answer(502, b"<html><title>Bad Gateway</title></html>")
    with scripted_server(once_then(away, away)) as server:
        with pytest.raises(Unreachable, match="Bad Gateway"):
            open_transport(server.url).send("GET", PATIENT)
        assert len(server.paths()) == QUICK.attempts


def test_an_unknown_fault_of_openmrs_is_in_the_end_the_record_s() -> None:
    """One poisonous patient must not hold up the others for minutes."""
    fault = Answer(500, {"error": {"message": "[java.lang.NullPointerException]"}})
    with scripted_server(once_then(fault, fault)) as server:
        reply = open_transport(server.url).send("POST", PATIENT, {"a": 1})
    assert reply.outcome is Outcome.REJECTED
    assert len(server.paths()) == 3


def test_credentials_do_not_follow_a_redirect() -> None:
    """Not even to the same host: an OpenMRS that redirects is being installed."""
    with scripted_server(lambda request: Answer(200, {"authenticated": True})) as other:
        away = Answer(302, b"", {"Location": other.url + PATIENT})
        with scripted_server(once_then(away, away)) as server, pytest.raises(Unreachable):
            open_transport(server.url).send("GET", PATIENT)
        assert other.requests == []


def test_nothing_listening_is_said_in_plain_words() -> None:
    """After the same patience: it may be restarting."""
    with scripted_server(lambda request: None) as server:
        url = server.url
    with pytest.raises(Unreachable, match="nothing listens there"):
        open_transport(url).send("GET", PATIENT)


def test_a_password_is_not_in_the_repr() -> None:
    """So that no log and no traceback has it."""
    assert "Secret" not in repr(Server(url="http://x", user="admin", password="Secret"))


def test_credentials_never_come_from_netrc(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The requests library would put them in place of ours."""
    netrc = tmp_path / "netrc"  # type: ignore[operator]
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted_server(lambda request: None) as server:
        open_transport(server.url).sign_in()
    import base64

    sent = server.requests[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"admin:Secret:1"


def test_a_broken_handshake_is_no_bad_certificate() -> None:
    """It passes, or the address should say http."""
    with scripted_server(lambda request: None) as server:
        transport = open_transport(server.url.replace("http:", "https:"))
        reply = transport.once("GET", PATIENT)
    assert reply.outcome is Outcome.TEMPORARY
    assert "TLS" in reply.reason


def test_an_address_that_none_can_be_is_said_so() -> None:
    """A name has at most 63 letters between two dots."""
    with pytest.raises(Unreachable, match="is no address"):
        open_transport(f"http://{'a' * 70}.org/openmrs").once("GET", PATIENT)


def test_a_run_slows_down_as_soon_as_the_server_is_in_trouble() -> None:
    """The pool hears of every answer that has to be asked for again."""
    busy = Answer(503, b"", {"Retry-After": "1"})
    with scripted_server(once_then(busy, Answer(200, {"results": []}))) as server:
        pace = ConcurrencyLimit()
        pace.limit = 8
        pool = ClientPool(lambda: Client(open_transport(server.url)), pace, threading.Event())
        pool.connect().transport.send("GET", PATIENT)
    assert pace.limit == 4
