"""The way to a server: the embedded one is served, a real one is waited for and signed in to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bridge.errors import Unreachable
from bridge.openmrs.bounded_http import BoundedSession
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.scheme import other_scheme
from bridge.openmrs.transport import LOOPBACK, Server, Transport
from bridge.runs.listener import Listener
from bridge.runs.surroundings import SANDBOX, Clock, Connection, Stop

STARTING_SECONDS = 300
"""How long to wait for a server that is starting: a small machine takes minutes."""


@contextmanager
def served(folder: Path, clock: Clock) -> Iterator[Connection]:
    """Serve the sandbox of a folder for as long as this is open."""
    from bridge.sandbox import PASSWORD, USER, Sandbox

    with Sandbox.start(folder, clock=clock, with_content=True) as sandbox:
        server = Server(url=sandbox.url, user=USER, password=PASSWORD)
        yield Connection(name=SANDBOX, user=USER, connect=lambda: Client(Transport(server)))


@contextmanager
def connected(server: Server, listener: Listener, stop: Stop) -> Iterator[Connection]:
    """Sign in to a real server, once it is up; raise ServerError where that does not come about.

    Whoever is done with a session leaves it, signed in, to the next.
    """
    idle: list[BoundedSession] = []

    def connect() -> Client:
        on_trouble = listener.trouble
        return Client(Transport(server, sleep=stop.sleep, on_trouble=on_trouble, idle=idle))

    if server.url.startswith("http://") and urlsplit(server.url).hostname not in LOOPBACK:
        listener.note("http sends the password unencrypted over the network: prefer https")
    listener.doing("signing in")
    try:
        wait_until_ready(Transport(server, idle=idle), listener, stop.sleep)
        yield Connection(name=server.url, user=server.user, connect=connect, idle=idle)
    finally:
        for session in idle:
            session.close()


def wait_until_ready(
    transport: Transport,
    listener: Listener,
    sleep: Callable[[float], Any],
    limit: float = STARTING_SECONDS,
) -> None:
    """Wait while the server is starting, up to a limit, then sign in once.

    Raises Unreachable at once when nothing listens or something else answers.
    """
    _refuse_another_scheme(transport.server.url, "https")
    begun = time.monotonic()  # an answer that does not come may take its whole time limit as well
    pauses = iter([2.0] * 5 + [5.0] * (STARTING_SECONDS // 5))
    try:
        while (reply := transport.sign_in()).outcome is not Outcome.ACCEPTED:
            _refuse_what_is_not_starting(transport.server.url, reply)
            pause = next(pauses, None)
            if pause is None or time.monotonic() - begun > limit:
                raise Unreachable(
                    f"{transport.server.url} is still not ready after {limit:.0f} s: {reply.reason}"
                )
            listener.doing(f"waiting for the server to start ({reply.reason})")
            sleep(pause)
    finally:
        transport.close()


def _refuse_another_scheme(url: str, scheme: str) -> None:
    """Refuse an address with a scheme that its port does not speak."""
    if url.startswith(f"{scheme}://") and (other := other_scheme(url)):
        speaks = other.partition(":")[0]
        raise Unreachable(f"that port speaks {speaks}, not {scheme}: give {other}", place=url)


def _refuse_what_is_not_starting(url: str, reply: Reply) -> None:
    if reply.is_away or reply.status == 400:
        _refuse_another_scheme(url, "http")
    if reply.is_away:
        raise Unreachable(
            f"{reply.reason}. Is the server running, and the address right?", place=url
        )
    if reply.location and _elsewhere(reply.location, url):
        raise Unreachable(f"{url} redirects to {reply.location}: give that server's base address")
    if 400 <= reply.status < 500 and reply.outcome in (Outcome.FORBIDDEN, Outcome.REJECTED):
        raise Unreachable(f"{url} refuses to talk to bridge: {reply.reason}")
    if reply.status == 404:
        raise Unreachable(
            f"{url} answers, but has no OpenMRS REST service ({reply.reason}). The address is "
            "the one in the browser up to and including /openmrs"
        )


def _elsewhere(location: str, url: str) -> bool:
    """Tell whether a redirect leaves the server; one that is being installed stays within."""
    try:
        to, of = urlsplit(location), urlsplit(url)
    except ValueError:
        return True
    return bool(to.netloc) and (to.scheme, to.netloc) != (of.scheme, of.netloc)
