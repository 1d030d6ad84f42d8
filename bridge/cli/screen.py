"""What a person sees: words, tables and progress; and the one JSON object a script gets.

Standard output carries the result. With --json that is one object and everything else goes to
standard error. Colours and moving bars are for terminals only; NO_COLOR is respected (rich).
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.cli.display import LINE_EVERY_SECONDS, Display
from bridge.cli.work import Work, in_trouble
from bridge.delivery.ledger import Phase, Run
from bridge.errors import InputError
from bridge.openmrs.replies import Reply
from bridge.wording import harmless

if TYPE_CHECKING:
    from bridge.clinic.tally import Clinic

OnBegun = Callable[[Run, Phase], str]


class _Console(Console):
    """A console whose reader may leave: a load goes on without one."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        _to_nowhere(self.file)


def _console(*, stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 1000  # what reads a file does not want folded lines
        console.soft_wrap = True
    return console


def is_terminal() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def _to_nowhere(file: IO[str]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, file.fileno())
    os.close(nowhere)


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"the output cannot be written ({error.strerror})") from error


class Screen:
    """Where a command writes to; with a name, one of the things that it does at once."""

    def __init__(
        self, *, as_json: bool = False, name: str = "", on_begun: OnBegun = lambda run, phase: ""
    ) -> None:
        """`on_begun` words which run it is, once that is known."""
        self.as_json = as_json
        self._on_begun = on_begun
        self.work = Work(name)
        self._console = _console(stderr=as_json)
        self._aside = _console(stderr=True)
        self._works = [self.work]
        self._display = Display(self._aside, self._works)
        self._last_waiting = 0.0

    def part(self, name: str) -> "Screen":
        """Return the screen of one of several things, on this one."""
        part = Screen(as_json=self.as_json, name=name, on_begun=self._on_begun)
        part._console, part._aside, part._display = self._console, self._aside, self._display
        self._works[:] = [work for work in [*self._works, part.work] if work.name]
        return part

    def say(self, text: str = "", *, style: str | None = None) -> None:
        """Write a line of the result."""
        with _written(), self.aside():
            self._console.print(harmless(self._named(text)), style=style, markup=False)

    def note(self, text: str) -> None:
        """Write a line beside the result."""
        with self.aside():
            self._aside.print(harmless(self._named(f"note: {text}")), style="yellow", markup=False)

    def begun(self, run: Run, phase: Phase) -> None:
        """Say which run it is."""
        if words := self._on_begun(run, phase):
            self.say(words)

    def clinic(self, of: "Clinic", words: str) -> None:
        """Show what patients add up to."""
        if self.as_json or self.work.name:
            return
        from bridge.clinic.preview import COLUMNS, rows

        with self.aside():
            self.say(words)
            self.table(COLUMNS, rows(of))

    def ask(self, question: str) -> bool:
        """Ask whoever sits there; whoever says no stops the command."""
        if self.work.name or not is_terminal():
            return False
        with self.aside():
            return click.confirm(question, abort=True, err=True)

    def _named(self, text: str) -> str:
        return f"{self.work.name}: {text}" if self.work.name else text

    @contextmanager
    def showing(self, stop: threading.Event | None = None) -> Iterator[None]:
        """Show what is being done, from the first word on it until this ends."""
        if self._display.is_open:
            yield
            return
        self.work.stop = stop
        self._display.open()
        try:
            yield
        finally:
            self._display.close()

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to something else for a moment, such as a question."""
        return self._display.aside()

    def doing(self, words: str) -> None:
        """Say what is being done, to whoever is shown it."""
        self.work.doing(words)
        self._display.show()

    def waiting(self, text: str) -> None:
        """Say that it takes a while, and why; where no work is shown, now and then."""
        if self._display.is_open:
            self.doing(text)
            return
        now = time.monotonic()
        if now - self._last_waiting >= LINE_EVERY_SECONDS:
            self._last_waiting = now
            self._aside.print(harmless(text), style="yellow", markup=False)

    def trouble(self, reply: Reply) -> None:
        """Say that the server failed to answer and is asked again."""
        if self._display.is_open:
            self.work.trouble(reply)
        else:
            self.waiting(in_trouble(reply, reply.retry_after or 0.0).within(300))

    def json(self, value: Any) -> None:
        """Write the one JSON object, if it is asked for."""
        if not self.as_json:
            return
        with _written():
            try:
                click.echo(harmless(json.dumps(value, ensure_ascii=False)))
            except BrokenPipeError:
                _to_nowhere(sys.stdout)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            table.add_column(column, overflow="fold", no_wrap=place == 0)
        for row in rows:
            table.add_row(*(Text(harmless(cell)) for cell in row))
        with _written():
            self._console.print(table, markup=False)

    @contextmanager
    def progress(self, label: str, total: int, words: str = "") -> Iterator[Work]:
        """Count work while it is done; `label` says what is counted, `words` what is done."""
        with self.showing():
            self.work.count(label, total, words)
            self._display.show()
            yield self.work
            self.work.doing("")
