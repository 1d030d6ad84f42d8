"""What a command gives to the application: servers by flags and terminal, records, a clock."""

import os
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import ServerFlags, SignIn
from bridge.cli.screen import Screen, is_terminal
from bridge.errors import InputError, option
from bridge.openmrs.transport import Server
from bridge.runs.connecting import connected, served
from bridge.runs.surroundings import SANDBOX, Clock, Connection, Surroundings
from bridge.settings import checked_url


def server_name(url: str | None) -> str:
    """Return what a run's record calls the server at `url`, or the sandbox beside the record."""
    return SANDBOX if url is None else checked_url(url)


def sandbox_folder(home: Path) -> Path:
    """Return where the sandbox of a data directory is kept."""
    return home.absolute() / SANDBOX


def records_folder(home: Path) -> Path:
    """Return where the records of runs are kept."""
    return home.absolute() / "runs"


def clock() -> Clock:
    """Return what tells this command the time: the machine's clock, unless it was given another."""
    given = click.get_current_context().find_root().obj
    return given if callable(given) else lambda: datetime.now(UTC)


def surroundings(flags: ServerFlags | SignIn, screen: Screen, switch: StopSwitch) -> Surroundings:
    """Return what a command's run needs from outside."""
    sign_in = flags.sign_in if isinstance(flags, ServerFlags) else flags
    time = clock()
    source = click.get_current_context().get_parameter_source("password_file")
    is_from_settings = source is click.core.ParameterSource.DEFAULT_MAP

    def open_server(name: str, user: str | None) -> AbstractContextManager[Connection]:
        if name == SANDBOX:
            return served(sandbox_folder(sign_in.home), time)
        return _asked(name, user)

    @contextmanager
    def _asked(url: str, user: str | None) -> Iterator[Connection]:
        server = _signed(url, user, sign_in, file_is_default=is_from_settings)
        with connected(server, screen, switch) as connection:
            yield connection

    return Surroundings(
        records=records_folder(sign_in.home),
        open_server=open_server,
        listener=screen,
        clock=time,
        stop=switch,
    )


def _signed(url: str, user: str | None, sign_in: SignIn, *, file_is_default: bool) -> Server:
    if not user:
        if not is_terminal():
            raise InputError(f"say who signs in to {url}", hints=option("user"))
        user = str(click.prompt("User", err=True))
    ca_file = readable_certificates(sign_in.ca_file) if sign_in.ca_file else None
    given = os.environ.get("BRIDGE_PASSWORD")
    if sign_in.password_file and not (given and file_is_default):
        password = read_password(sign_in.password_file)
    else:
        password = given or _asked_password(url, user)
    return Server(url=url, user=user, password=password, ca_file=ca_file)


def _asked_password(url: str, user: str) -> str:
    if not is_terminal():
        raise InputError(
            f"the password of {user} on {url} is missing: set BRIDGE_PASSWORD, or give "
            "--password-file FILE"
        )
    return str(click.prompt(f"Password of {user} on {url}", hide_input=True, err=True))


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
