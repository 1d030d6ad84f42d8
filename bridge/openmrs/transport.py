"""One request to OpenMRS: sign-in, time limits, and patience with what passes.

A Transport belongs to one thread: OpenMRS ties a user's context to the HTTP session.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import IncompleteRead
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)
from urllib3.exceptions import DecodeError, HTTPError, LocationValueError

from bridge import __version__
from bridge.errors import ServerError, SignInRefused, Unreachable, option
from bridge.openmrs.bounded_http import BoundedSession, Endless, read_body
from bridge.openmrs.replies import Cause, Outcome, Reply, no_reply, sort_reply

if TYPE_CHECKING:
    from http.cookiejar import Cookie

SESSION = "/ws/rest/v1/session"
LANGUAGE = "en"
"""What refusals are to be worded in, whatever the user's own language is."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

_MOST_COOKIES = 50  # a session, and what a gateway adds; each answer could bring a hundred more
_SHORTEST_PAUSE = 0.01
_SHARE_AFTER_CUT = 0.1
"""How much of the time limit a server may yet be at a request whose line was cut: one that is well
needs less, and on a bad line many are cut."""

_PASSING = {Outcome.TEMPORARY, Outcome.FOREIGN}  # a restarting server answers with web pages, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where an OpenMRS is (its base address, no slash at the end) and who signs in.

    `ca_file` has the certificates that are trusted, in place of the system's.
    """

    url: str
    user: str
    password: str = field(repr=False)
    ca_file: Path | None = None


class Patience(NamedTuple):
    """How long to wait and how often to ask; seconds."""

    attempts: int = 8
    total: float = 120.0
    connect: float = 10.0
    read: float = 60.0
    first_pause: float = 0.5
    longest_pause: float = 20.0


class Multipart(NamedTuple):
    """A body of two parts: JSON, and a file."""

    json: dict[str, Any]
    file_name: str
    media_type: str
    content: bytes


class Traffic:
    """What one transport has sent so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0


ConfirmCreated = Callable[[], Reply | None]


class Transport:
    """Sends requests over one kept-alive connection, under one sign-in."""

    def __init__(
        self,
        server: Server,
        *,
        patience: Patience = Patience(),  # noqa: B008 - a frozen value
        sleep: Callable[[float], Any] = time.sleep,
        on_trouble: Callable[[Reply], None] = lambda reply: None,
        idle: list[BoundedSession] | None = None,
    ) -> None:
        """Begin with a session of `idle`, where those that are signed in and free are kept."""
        self.server = server
        self.traffic = Traffic()
        self._patience = patience
        self._sleep = sleep
        self.listeners = [on_trouble]
        """Whom to tell of an answer that is asked for again, after its `retry_after` seconds."""
        self._idle = idle
        self._refused_cookie = False
        self._scheme = urlsplit(server.url).scheme
        taken = _take(idle or [])
        self._signed_in = taken is not None
        self._http = taken or _new_session(server)

    def close(self) -> None:
        """Close the connection, or leave it to the next transport."""
        if self._signed_in and self._idle is not None:
            self._signed_in = False
            self._idle.append(self._http)
        else:
            self._http.close()

    def clone(self) -> "Transport":
        """Return another of its kind, with a connection and a sign-in of its own."""
        clone = Transport(self.server, patience=self._patience, sleep=self._sleep, idle=self._idle)
        clone.listeners = self.listeners
        return clone

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        confirm_created: ConfirmCreated | None = None,
        wait_out: float = 0.0,
    ) -> Reply:
        """Send until there is an answer that decides; return it.

        `confirm_created` asks the server whether an earlier try was carried out after all; it is
        called before a request is sent again, so that a lost answer never makes a second object.
        `wait_out` is for how many of its time limits it is asked, as the server may yet be at the
        first: where it mints the id it would make two, and what takes long takes longer done twice.
        Raises SignInRefused, and Unreachable when the server stays away.
        """
        last: Reply | None = None

        def attempt() -> Reply:
            nonlocal last
            if last:
                self.traffic.retries += 1
                seconds = self._under_way_for(last, wait_out)
                if confirm_created and (earlier := self._confirm(confirm_created, seconds)):
                    return earlier
            last = self.once(method, path, body)
            return last

        reply: Reply = self._retrying()(attempt)
        if _may_concern_the_record(reply):
            return reply._replace(outcome=Outcome.REJECTED)
        if reply.outcome in _PASSING:
            raise Unreachable(f"{self.server.url} does not answer as it should: {reply.reason}")
        return reply

    def _under_way_for(self, reply: Reply, wait_out: float) -> float:
        """Return for how long the server may yet be at a request that was answered like this."""
        if reply.is_timeout:
            return self._patience.read * wait_out
        share = min(wait_out, _SHARE_AFTER_CUT)
        return self._patience.read * share if reply.status == 0 else 0.0

    def _confirm(self, confirm_created: ConfirmCreated, seconds: float) -> Reply | None:
        """Ask whether an earlier try was carried out, and for so long whether it is by now."""
        pause = max(self._patience.first_pause, _SHORTEST_PAUSE)
        while (earlier := confirm_created()) is None and seconds > 0:
            self._sleep(min(pause, seconds))
            seconds -= pause
            pause = min(2 * pause, max(self._patience.longest_pause, _SHORTEST_PAUSE))
        return earlier

    def once(self, method: str, path: str, body: Any = None) -> Reply:
        """Send one request (signing in first if need be) and sort the answer.

        No answer at all is a TEMPORARY reply of status 0.
        """
        if not self._signed_in:
            signed_in = self.sign_in()
            if signed_in.outcome is not Outcome.ACCEPTED:
                return _of_no_object(signed_in)
            if path == SESSION:
                return signed_in
        reply = self._exchange(method, path, body)
        if method == "GET" and path == SESSION and _is_nobody(reply):
            reply = reply._replace(outcome=Outcome.EXPIRED)
        if reply.outcome is Outcome.EXPIRED:
            self._signed_in = False
            signed_in = self.sign_in()
            if signed_in.outcome is not Outcome.ACCEPTED:
                return _of_no_object(signed_in)
            if path == SESSION and method == "GET":
                return signed_in
            reply = self._exchange(method, path, body)
            if reply.outcome is Outcome.EXPIRED:
                raise self._forgets(reply.reason)
        is_question = method == "GET" or path.endswith("/search")
        if is_question and reply.outcome is Outcome.REJECTED and reply.status >= 500:
            return reply._replace(outcome=Outcome.TEMPORARY)  # a question breaks no constraint
        return reply

    def sign_in(self) -> Reply:
        """Open a session with the user's name and password; later requests ride on its cookie.

        Raises SignInRefused at the first refusal: OpenMRS locks an account after seven.
        """
        self._http.cookies.clear()
        pair = f"{self.server.user}:{self.server.password}".encode()
        basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        reply = self._exchange("GET", SESSION, None, basic)
        if reply.outcome is Outcome.ACCEPTED and isinstance(reply.body, dict):
            if reply.body.get("authenticated") is not True:
                raise self._refusal()
            self._signed_in = True
            self._ask_for_english(reply.body)
            return reply
        if reply.outcome is Outcome.EXPIRED:
            raise self._refusal()
        return (
            reply
            if reply.outcome is not Outcome.ACCEPTED
            else reply._replace(outcome=Outcome.FOREIGN)
        )

    def _ask_for_english(self, session: dict[str, Any]) -> None:
        """Have refusals worded in English: causes are told by their words (see `replies`)."""
        if not str(session.get("locale", LANGUAGE)).startswith(LANGUAGE):
            self._exchange("POST", SESSION, {"locale": LANGUAGE})

    def _refusal(self) -> SignInRefused:
        colon = (
            ". OpenMRS cuts a password at a colon: change it" if ":" in self.server.password else ""
        )
        return SignInRefused(
            f"{self.server.url} does not accept user {self.server.user!r} with this password"
            f"{colon}",
            hints=(*option("user"), *option("password")),
        )

    def _forgets(self, reason: str) -> ServerError:
        """Say why each request comes to the server as nobody's: its session does not reach it."""
        why = ": is there a proxy before it that drops cookies?"
        if self._refused_cookie:
            why = ", as its cookie is for another host: let the proxy before it mend the domain"
        elif (
            any(one.secure for one in cast("list[Cookie]", list(self._http.cookies)))
            and "https" not in self._scheme
        ):
            why = ", as its cookie may go over https only: give the https address"
        return ServerError(f"{self.server.url} ends every sign-in at once ({reason}){why}")

    def _exchange(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Reply:
        self.traffic.requests += 1
        kind = "application/fhir+json" if path.startswith("/ws/fhir2") else "application/json"
        try:
            with self._http.request(
                method,
                self.server.url + path,
                **body_of(body),
                headers={"Accept": kind, "Accept-Language": LANGUAGE, **(headers or {})},
                timeout=(self._patience.connect, self._patience.read),
                # said here: from the session alone the environment would go before it
                verify=str(self.server.ca_file) if self.server.ca_file else None,
                allow_redirects=False,  # credentials never follow to another host
                stream=True,
            ) as response:
                text = read_body(response.raw).decode("utf-8", errors="replace")
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                return no_reply("no secure connection came about (TLS)")
            raise self._mistrust(str(error)) from error
        except (requests.exceptions.InvalidURL, LocationValueError) as error:
            raise Unreachable(f"{self.server.url} is no address: {error}") from error
        except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
            return no_reply(*_plain(error))
        self._check_cookies()
        self._refused_cookie = "Set-Cookie" in response.headers and not self._http.cookies
        return sort_reply(response.status_code, response.headers, text)

    def _mistrust(self, error: str) -> Unreachable:
        why = re.search(r"certificate verify failed: (.*?)\.? \(_ssl", error)
        advice = (
            "it does not lead to one in the file of those to trust, or is for another name"
            if self.server.ca_file
            else "if the server makes its own, name a file of those to trust"
        )
        return Unreachable(
            f"the certificate is not trusted ({why[1] if why else 'it cannot be verified'}); "
            f"{advice}",
            place=self.server.url,
            hints=option("ca_file"),
        )

    def _check_cookies(self) -> None:
        """Keep the cookies of this server for all that is asked of it.

        Behind a proxy that serves it under another path its cookies are for a path that nobody
        asks for, and no session would outlive its first answer.
        """
        within = {cookie.name for cookie in self._cookies if self._is_within(cookie.path)}
        for cookie in self._cookies:
            if not self._is_within(cookie.path) and cookie.name not in within:
                self._http.cookies.clear(cookie.domain, cookie.path, cookie.name)
                cookie.path = "/"
                self._http.cookies.set_cookie(cookie)
        if len(self._http.cookies) > _MOST_COOKIES:
            raise ServerError(
                f"{self.server.url} sets more than {_MOST_COOKIES} cookies: is this an OpenMRS?"
            )

    @property
    def _cookies(self) -> "list[Cookie]":
        return cast("list[Cookie]", list(self._http.cookies))  # the stubs have it of names

    def _is_within(self, path: str) -> bool:
        """Tell whether the server's own address lies within a cookie's path."""
        return f"{urlsplit(self.server.url).path}/".startswith(f"{path.rstrip('/')}/")

    def _retrying(self) -> Retrying:
        def last_reply(state: RetryCallState) -> Reply:
            assert state.outcome is not None
            reply: Reply = state.outcome.result()
            return reply

        pause = wait_random_exponential(
            multiplier=self._patience.first_pause, max=self._patience.longest_pause
        )

        def wait(state: RetryCallState) -> float:
            asked = last_reply(state).retry_after or 0.0
            return max(pause(state), min(asked, self._patience.total))

        def tell(state: RetryCallState) -> None:
            reply = last_reply(state)._replace(retry_after=state.upcoming_sleep)
            for listener in self.listeners:
                listener(reply)

        limits = stop_after_attempt(self._patience.attempts) | stop_after_delay(
            self._patience.total
        )

        def stop(state: RetryCallState) -> bool:
            at_fault = state.attempt_number >= 3 and _may_concern_the_record(last_reply(state))
            return at_fault or limits(state)

        return Retrying(
            retry=retry_if_result(lambda reply: reply.outcome in _PASSING),
            stop=stop,
            wait=wait,
            sleep=self._sleep,
            before_sleep=tell,
            retry_error_callback=last_reply,
        )


def body_of(body: Any) -> dict[str, Any]:
    """Return a body as requests takes it."""
    if not isinstance(body, Multipart):
        return {"json": body}
    text = (None, json.dumps(body.json), "application/json")
    return {"files": {"json": text, "file": (body.file_name, body.content, body.media_type)}}


def _new_session(server: Server) -> BoundedSession:
    session = BoundedSession()
    session.headers["User-Agent"] = f"openmrs-bridge/{__version__}"
    # A proxy from the environment is for the world outside, and credentials come from us alone:
    # without an auth of its own requests would look into ~/.netrc.
    session.trust_env = urlsplit(server.url).hostname not in LOOPBACK
    session.auth = lambda request: request
    return session


def _is_nobody(reply: Reply) -> bool:
    """Tell whether a server says that nobody is signed in, which it does with a 200."""
    said = reply.body if reply.outcome is Outcome.ACCEPTED else None
    return isinstance(said, dict) and said.get("authenticated") is False


def _take(idle: list[BoundedSession]) -> BoundedSession | None:
    try:
        return idle.pop()
    except IndexError:  # also where another thread was faster
        return None


def _may_concern_the_record(reply: Reply) -> bool:
    """Tell whether an unknown 500 comes from OpenMRS itself: it may be this record's fault."""
    unknown = reply.outcome is Outcome.TEMPORARY and reply.status == 500 and reply.body is not None
    return unknown and reply.cause is not Cause.DATABASE


def _of_no_object(signed_in: Reply) -> Reply:
    """Keep what a failing sign-in says from being taken for a word on the object asked about."""
    if signed_in.outcome in (Outcome.REJECTED, Outcome.MISSING) or _may_concern_the_record(
        signed_in
    ):
        return signed_in._replace(outcome=Outcome.FOREIGN)
    return signed_in


def _plain(error: Exception) -> tuple[str, Cause | None]:
    """Say in plain words why there was no answer, and what that means."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Cause.NO_CONNECTION.value, Cause.NO_CONNECTION
    causes = list(_causes(error))
    endless = any(isinstance(cause, Endless) for cause in causes)
    if not endless and any(isinstance(cause, TimeoutError) for cause in causes):
        return Cause.NO_ANSWER.value, Cause.NO_ANSWER
    return _in_words(error, causes), None


def _in_words(error: Exception, causes: list[BaseException]) -> str:
    if any(isinstance(cause, Endless) for cause in causes):
        return "the answer does not end"
    if isinstance(error, DecodeError):
        return f"the answer could not be read: {error}"
    text = str(error)
    if "refused" in text:
        return "nothing listens there (connection refused)"
    if "resolve" in text or "Name or service" in text:
        return "no such host"
    if any(isinstance(cause, ConnectionError | IncompleteRead) for cause in causes):
        return "the connection broke"
    return "what answers does not speak HTTP as it should"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
