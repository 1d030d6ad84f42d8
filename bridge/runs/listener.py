"""Who hears how a run goes, and answers what it asks: a terminal, a page, a notebook, nobody."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from bridge.delivery.ledger import Phase, Run
from bridge.openmrs.replies import Reply

if TYPE_CHECKING:
    from bridge.clinic.tally import Clinic


class Meter(Protocol):
    """Counts work that is under way."""

    def advance(self, *, by: int = 1, observations: int = 0) -> None:
        """Count more."""

    def at_once(self, limit: int) -> None:
        """Say how many requests are sent at once."""


class Listener(Protocol):
    """Hears how a run goes; called from the thread of whoever called, but for `trouble`."""

    def doing(self, words: str) -> None:
        """Say what is being done now."""

    def note(self, text: str) -> None:
        """Say what a person should know and nothing stops for."""

    def begun(self, run: Run, phase: Phase) -> None:
        """Say which run it is; `phase` is where it stood before."""

    def clinic(self, of: "Clinic", words: str) -> None:
        """Show what patients add up to; `words` say which."""

    def progress(self, label: str, total: int, words: str = "") -> AbstractContextManager[Meter]:
        """Count work towards `total` while the result is open."""

    def ask(self, question: str) -> bool:
        """Ask a person; False, too, where there is none."""

    def trouble(self, reply: Reply) -> None:
        """Say that the server failed to answer and is asked again; called by any thread."""


class _Uncounted:
    """Counts nothing."""

    def advance(self, *, by: int = 1, observations: int = 0) -> None:
        """Count nothing."""

    def at_once(self, limit: int) -> None:
        """Say nothing."""


class Silent:
    """Nobody listens, and every question is answered with no; keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def doing(self, words: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Keep a note for whoever looks afterwards."""
        self.notes.append(text)

    def begun(self, run: Run, phase: Phase) -> None:
        """Say nothing."""

    def clinic(self, of: "Clinic", words: str) -> None:
        """Show nothing."""

    @contextmanager
    def progress(self, label: str, total: int, words: str = "") -> Iterator[Meter]:
        """Count nothing."""
        yield _Uncounted()

    def ask(self, question: str) -> bool:
        """Say no."""
        return False

    def trouble(self, reply: Reply) -> None:
        """Say nothing."""
