"""What a person sees: words, tables and progress; and the one JSON object a script gets.

Standard output carries the result. With --json that is one object and everything else goes to
standard error. Colours and moving bars are for terminals only; NO_COLOR is respected (rich).
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bridge.openmrs.replies import Reply

Item = TypeVar("Item")

LINE_EVERY_SECONDS = 5.0


class Screen:
    """Where a command writes to."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._console = Console(stderr=as_json, highlight=False, soft_wrap=True)
        if not self._console.is_terminal:
            self._console.width = 1000  # what reads a file does not want folded tables
        self._aside = Console(stderr=True, highlight=False, soft_wrap=True)
        self._last_trouble = 0.0

    def say(self, text: str = "", *, style: str | None = None) -> None:
        """Write a line of the result."""
        self._console.print(text, style=style, markup=False)

    def note(self, text: str) -> None:
        """Write a line beside the result."""
        self._aside.print(f"note: {text}", style="yellow", markup=False)

    def waiting(self, text: str) -> None:
        """Say that it takes a while, and why, now and then."""
        now = time.monotonic()
        if now - self._last_trouble >= LINE_EVERY_SECONDS:
            self._last_trouble = now
            self._aside.print(text, style="yellow", markup=False)

    def trouble(self, reply: Reply) -> None:
        """Say that the server failed to answer and is asked again."""
        self.waiting(f"the server is in trouble ({reply.reason}); trying again")

    def json(self, value: Any) -> None:
        """Write the one JSON object, if it is asked for."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, column in enumerate(columns):
            table.add_column(column, overflow="fold", no_wrap=place == 0)
        for row in rows:
            table.add_row(*(_plain(cell) for cell in row))
        self._console.print(table, markup=False)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator["Meter"]:
        """Show how far something is while it runs."""
        meter: Meter = (
            _Bar(self._aside, label, total)
            if self._aside.is_terminal
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

    def advance(self, detail: str = "") -> None:
        """Count one more, with a word on the state of things."""
        self.done += 1
        self.show(detail)

    def counted(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items and count them."""
        for item in items:
            yield item
            self.advance()

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


def _plain(cell: str) -> str:
    """Escape what rich would take for markup."""
    return cell.replace("[", r"\[")
