"""What a person sees: words, tables and progress; and the one JSON object a script gets.

Standard output carries the result. With --json that is one object and everything else goes to
standard error. Colours and moving bars are for terminals only; NO_COLOR is respected (rich).
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bridge.errors import InputError
from bridge.openmrs.replies import Reply
from bridge.wording import harmless

LINE_EVERY_SECONDS = 5.0


class _Console(Console):
    """A console whose reader may leave: a load goes on without one."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        _to_nowhere(self.file)


def how_many(number: int, noun: str) -> str:
    """Return a number with its noun: 1 patient, 2,138 visits."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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
    """Where a command writes to."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._console = _console(stderr=as_json)
        self._aside = _console(stderr=True)
        self._last_trouble = 0.0

    def say(self, text: str = "", *, style: str | None = None) -> None:
        """Write a line of the result."""
        with _written():
            self._console.print(harmless(text), style=style, markup=False)

    def note(self, text: str) -> None:
        """Write a line beside the result."""
        self._aside.print(harmless(f"note: {text}"), style="yellow", markup=False)

    def waiting(self, text: str) -> None:
        """Say that it takes a while, and why, now and then."""
        now = time.monotonic()
        if now - self._last_trouble >= LINE_EVERY_SECONDS:
            self._last_trouble = now
            self._aside.print(harmless(text), style="yellow", markup=False)

    def trouble(self, reply: Reply) -> None:
        """Say that the server failed to answer and is asked again."""
        self.waiting(f"the server is in trouble ({reply.reason}); trying again")

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
    def progress(self, label: str, total: int) -> Iterator["Meter"]:
        """Show how far something is while it runs."""
        meter: Meter = (
            _Bar(self._aside, label, total)
            if self._aside.is_terminal and not self._aside.is_dumb_terminal
            else _Lines(self._aside, label, total)
        )
        with meter.shown():
            yield meter


class Meter:
    """A count on its way to a total."""

    def __init__(self, console: Console, label: str, total: int) -> None:
        self.console = console
        self.label = label
        self.total = total
        self.done = 0

    def advance(self, detail: str = "", *, by: int = 1) -> None:
        """Count more, with a word on the state of things."""
        self.done += by
        self.show(detail)

    def show(self, detail: str) -> None:
        """Show the count."""
        raise NotImplementedError

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the meter on the screen."""
        yield


class _Bar(Meter):
    def __init__(self, console: Console, label: str, total: int) -> None:
        super().__init__(console, label, total)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(label, total=total, detail="")

    def show(self, detail: str) -> None:
        self._progress.update(self._task, completed=self.done, detail=detail)

    @contextmanager
    def shown(self) -> Iterator[None]:
        with self._progress:
            yield


class _Lines(Meter):
    def __init__(self, console: Console, label: str, total: int) -> None:
        super().__init__(console, label, total)
        self._last = time.monotonic()

    def show(self, detail: str) -> None:
        now = time.monotonic()
        if now - self._last >= LINE_EVERY_SECONDS:
            self._last = now
            self.console.print(f"{self.label}: {self.done} of {self.total} {detail}", markup=False)
