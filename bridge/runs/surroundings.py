"""What a run needs from outside: servers, records, a listener, a clock, chance, a way to stop."""

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bridge.errors import Interrupted
from bridge.openmrs.bounded_http import BoundedSession
from bridge.openmrs.client import Client
from bridge.runs.listener import Listener

SANDBOX = "sandbox"
"""What a run's record calls the embedded server."""

Clock = Callable[[], datetime]
"""Tells the time, aware of its zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An open way to a server; `name` is what a run's record calls it."""

    name: str
    user: str
    connect: Callable[[], Client]
    idle: list[BoundedSession] = field(default_factory=list)
    """Sessions that are signed in and free."""

    @property
    def is_sandbox(self) -> bool:
        """Tell whether this is the embedded server."""
        return self.name == SANDBOX

    @property
    def label(self) -> str:
        """What a sentence calls it."""
        return label_of(self.name)


def label_of(name: str) -> str:
    """Return what a sentence calls the server that a record calls `name`."""
    return "the sandbox" if name == SANDBOX else name


class OpenServer(Protocol):
    """Opens the server of a name, for whom it is told, or whom it knows or asks for."""

    def __call__(self, name: str, user: str | None) -> AbstractContextManager[Connection]:
        """Return a connection that is closed at the end."""


class Stop(threading.Event):
    """Set when whoever called wants to stop."""

    def sleep(self, seconds: float) -> None:
        """Sleep, unless it is time to stop: then raise Interrupted."""
        if self.wait(seconds):
            raise Interrupted("stopped")

    def heeded(self) -> AbstractContextManager[None]:
        """Be in a piece of work that ends in good order once this is set."""
        return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run needs from outside."""

    records: Path
    """The folder of the runs' records."""
    open_server: OpenServer
    listener: Listener
    clock: Clock
    stop: Stop = field(default_factory=Stop)
    randomness: random.Random = field(default_factory=random.SystemRandom)
    """What draws seeds and names of runs."""
