"""Surroundings by hand: a clock that stands, a listener that keeps what it hears."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bridge.clinic.tally import Clinic
from bridge.delivery.ledger import Phase, Run
from bridge.openmrs.transport import Server
from bridge.runs.connecting import connected, served
from bridge.runs.listener import Meter, Silent
from bridge.runs.surroundings import SANDBOX, Clock, Connection, Stop, Surroundings

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)


class Heard(Silent):
    """Keeps what is said, and answers questions as it was told to."""

    def __init__(
        self, *, answer: bool = False, on_advance: Callable[[], None] | None = None
    ) -> None:
        super().__init__()
        self.answer = answer
        self.questions: list[str] = []
        self.runs: list[tuple[str, Phase]] = []
        self.advanced = 0
        self._on_advance = on_advance

    def begun(self, run: Run, phase: Phase) -> None:
        """Keep which run it is."""
        self.runs.append((run.name, phase))

    def clinic(self, of: "Clinic", words: str) -> None:
        """Show nothing."""

    def ask(self, question: str) -> bool:
        """Keep the question, and answer it."""
        self.questions.append(question)
        return self.answer

    @contextmanager
    def progress(self, label: str, total: int, words: str = "") -> Iterator[Meter]:
        """Count what is done."""
        yield self

    def advance(self, *, by: int = 1, observations: int = 0) -> None:
        """Count more."""
        self.advanced += by
        if self._on_advance:
            self._on_advance()

    def at_once(self, limit: int) -> None:
        """Say nothing."""


def surroundings(
    home: Path,
    heard: Heard,
    server: Server | None = None,
    stop: Stop | None = None,
    clock: Clock = lambda: NOW,
) -> Surroundings:
    """Return what a run needs, with the sandbox of `home` or one real server."""
    ending = stop or Stop()

    def open_server(name: str, user: str | None) -> AbstractContextManager[Connection]:
        if name == SANDBOX:
            return served(home / SANDBOX, clock)
        assert server
        return connected(server, heard, ending)

    return Surroundings(
        records=home / "runs",
        open_server=open_server,
        listener=heard,
        clock=clock,
        stop=ending,
        randomness=random.Random(7),
    )
