"""The server that a command works on: a real one by its address, or the sandbox."""

import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import ServerFlags, SignIn
from bridge.cli.screen import Screen, is_terminal
from bridge.errors import InputError, Unreachable
from bridge.openmrs.bounded_http import BoundedSession
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import LOOPBACK, Server, Transport
from bridge.settings import checked_url

SANDBOX = "sandbox"

STARTING_SECONDS = 300
"""How long to wait for a server that is starting: a small machine takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An open way to a server; `name` is what a run's record calls it."""

    name: str
    user: str
    connect: Callable[[], Client]
    spare: list[BoundedSession] = field(default_factory=list)
    """Connections that are signed in and free."""

    @property
    def is_sandbox(self) -> bool:
        """Tell whether this is the embedded server."""
        return self.name == SANDBOX

    @property
    def label(self) -> str:
        """What a sentence calls it."""
        return "the sandbox" if self.is_sandbox else self.name


def server_name(url: str | None) -> str:
    """Return what a run's record calls the server at `url`, or the sandbox beside the record."""
    return SANDBOX if url is None else checked_url(url)


def sandbox_folder(home: Path) -> Path:
    """Return where the sandbox of a data directory is kept."""
    return home.absolute() / SANDBOX


def open_server(
    flags: ServerFlags, screen: Screen, switch: StopSwitch
) -> AbstractContextManager[Access]:
    """Open the server that flags name, or the sandbox."""
    return open_access(server_name(flags.url), flags.sign_in, screen, switch)


@contextmanager
def open_access(name: str, sign_in: SignIn, screen: Screen, switch: StopSwitch) -> Iterator[Access]:
    """Open the server that is called `name`; the sandbox is served for as long as this is open."""
    if name == SANDBOX:
        from bridge.sandbox import PASSWORD, USER, Sandbox

        folder = sandbox_folder(sign_in.home)
        with Sandbox.start(folder, clock=lambda: datetime.now(UTC)) as sandbox:
            server = Server(url=sandbox.url, user=USER, password=PASSWORD)
            yield Access(name=name, user=USER, connect=lambda: Client(Transport(server)))
        return
    with reach(_signed(name, sign_in, screen), screen, switch) as access:
        yield access


@contextmanager
def reach(server: Server, screen: Screen, switch: StopSwitch) -> Iterator[Access]:
    """Sign in to a real server, once it is up; raise ServerError where that does not come about.

    Whoever is done with a connection leaves it, signed in, to the next.
    """
    spare: list[BoundedSession] = []

    def connect() -> Client:
        on_trouble = screen.trouble
        return Client(Transport(server, sleep=switch.sleep, on_trouble=on_trouble, spare=spare))

    screen.doing("signing in")
    try:
        wait_until_ready(Transport(server, spare=spare), screen, switch.sleep)
        yield Access(name=server.url, user=server.user, connect=connect, spare=spare)
    finally:
        for session in spare:
            session.close()


def warn_of_http(url: str, screen: Screen) -> None:
    """Say it where the password goes over the network for all to read."""
    if url.startswith("http://") and urlsplit(url).hostname not in LOOPBACK:
        screen.note("http sends the password unencrypted over the network: prefer https")


def _signed(url: str, sign_in: SignIn, screen: Screen) -> Server:
    user = sign_in.user
    warn_of_http(url, screen)
    if not user:
        if not is_terminal():
            raise InputError(f"say who signs in to {url}: --user or BRIDGE_USER")
        user = click.prompt("User", err=True)
    ca_file = readable_certificates(sign_in.ca_file) if sign_in.ca_file else None
    password = _password(url, user, sign_in.password_file)
    return Server(url=url, user=user, password=password, ca_file=ca_file)


def readable_certificates(path: Path) -> Path:
    """Return where a file of certificates is; raise InputError if it holds none."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        fault = "holds no certificate: a PEM file begins with -----BEGIN CERTIFICATE-----"
        raise InputError(fault, place=path) from None
    except OSError as error:
        raise InputError(f"the certificates cannot be read: {error.strerror}", place=path) from None
    return path.absolute()


def _password(url: str, user: str, password_file: Path | None) -> str:
    given = os.environ.get("BRIDGE_PASSWORD")
    source = click.get_current_context().get_parameter_source("password_file")
    if password_file and not (given and source is click.core.ParameterSource.DEFAULT_MAP):
        return read_password(password_file)
    if given:
        return given
    if not is_terminal():
        raise InputError(
            f"the password of {user} on {url} is missing: set BRIDGE_PASSWORD, or give "
            "--password-file FILE"
        )
    return str(click.prompt(f"Password of {user} on {url}", hide_input=True, err=True))


def read_password(path: Path) -> str:
    """Return the first line of a file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"the password cannot be read: {why}", place=path) from None
    if not lines or not lines[0]:
        raise InputError("its first line, the password, is empty", place=path)
    return lines[0]


def wait_until_ready(transport: Transport, screen: Screen, sleep: Callable[[float], Any]) -> None:
    """Wait while the server is starting, up to a limit, then sign in once.

    Raises Unreachable at once when nothing listens or something else answers.
    """
    begun = time.monotonic()  # an answer that does not come may take its whole time limit as well
    pauses = iter([2.0] * 5 + [5.0] * (STARTING_SECONDS // 5))
    try:
        while (reply := transport.sign_in()).outcome is not Outcome.ACCEPTED:
            _is_starting(transport.server.url, reply)
            pause = next(pauses, None)
            if pause is None or time.monotonic() - begun > STARTING_SECONDS:
                raise Unreachable(
                    f"{transport.server.url} is still not ready after {STARTING_SECONDS} s: "
                    f"{reply.reason}"
                )
            screen.waiting(f"waiting for the server to start ({reply.reason})")
            sleep(pause)
    finally:
        transport.close()


def _is_starting(url: str, reply: Reply) -> None:
    if reply.status == 0 and "time" not in reply.reason:
        raise Unreachable(f"{url}: {reply.reason}. Is the server running, and the address right?")
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
