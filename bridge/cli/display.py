"""Shows work under way: a line or two that stay in place in a terminal, else one now and then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bridge.cli.work import Work, cut, how_long
from bridge.wording import harmless

LINE_EVERY_SECONDS = 5.0
REDRAWN_PER_SECOND = 4
WIDEST_BAR, NARROWEST_BAR = 40, 8
NAME_SHARE = 5
"""A site's name takes at most this part of a line's width."""

SHOW_SECONDS_AFTER = 3


class Display:
    """Keeps pieces of work on the screen while it is open, from the first word on."""

    def __init__(self, console: Console, works: list[Work]) -> None:
        self._console = console
        self._works = works
        self.is_open = False
        self._lock = threading.RLock()
        self._moving = console.is_terminal and not console.is_dumb_terminal
        self._live: Live | None = None
        self._ended: threading.Event | None = None

    def open(self) -> None:
        """Be ready to show."""
        self.is_open = True

    def show(self) -> None:
        """Begin to show, unless it is closed: what was given up may have a last word."""
        with self._lock:
            if not self.is_open:
                return
            if self._moving and not self._live:
                self._live = Live(
                    get_renderable=lambda: picture(self._works),
                    console=self._console,
                    refresh_per_second=REDRAWN_PER_SECOND,
                    transient=True,
                )
                self._live.start(refresh=True)
            if not self._moving and not self._ended:
                self._ended = threading.Event()
                tick = threading.Thread(target=self._tell, args=(self._ended,), daemon=True)
                tick.start()

    def close(self) -> None:
        """Take it off the screen."""
        with self._lock:
            self.is_open = False
            self._clear()
            if self._ended:
                self._ended.set()
                self._ended = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the terminal to something else for a moment."""
        with self._lock:
            was_live = self._clear()
            try:
                yield
            finally:
                if was_live:
                    self.show()

    def _clear(self) -> bool:
        live, self._live = self._live, None
        if live:
            live.stop()
        return live is not None

    def _tell(self, ended: threading.Event) -> None:
        while not ended.wait(LINE_EVERY_SECONDS):
            for work in self._works:
                if not work.over:
                    self._console.print(harmless(_plain_line(work)), markup=False)


def picture(works: list[Work]) -> ConsoleRenderable:
    """Return the works as lines that fit the terminal's width."""
    return _Picture(works)


class _Picture:
    """The works as the terminal's width allows."""

    def __init__(self, works: list[Work]) -> None:
        self._works = works

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width - 1  # a line that is full wraps in some terminals
        if not any(work.name for work in self._works):
            yield from _two_lines(self._works[0], width)
            return
        names = min(width // NAME_SHARE, max(len(work.name) for work in self._works))
        for work in self._works:
            name = cut(work.name, names)
            yield _line(f"{name:<{names}}  {_brief(work, width - names - 2)}")


def _two_lines(work: Work, width: int) -> RenderResult:
    if not work.total:
        yield _line(work.words().within(width - 6) + _elapsed(work))
        return
    state = cut(_state(work), width)
    room = min(WIDEST_BAR, width - len(state) - 1)
    if room >= NARROWEST_BAR:
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(ProgressBar(work.total, work.done, width=room), _line(state))
        yield row
    else:
        yield _line(state)
    yield _line(_detail(work, width))


def _line(text: str) -> Text:
    return Text(harmless(text), no_wrap=True, overflow="ellipsis")


def _state(work: Work) -> str:
    left = work.seconds_left()
    return f"{work.done:,} of {work.total:,} {work.label}" + (
        f", {how_long(left)} left" if left is not None else ""
    )


def _pace(work: Work) -> list[str]:
    done, observations = work.rates()
    noun = work.label.partition(" ")[0]
    pace = [f"{done * 60:,.0f} {noun}/min"] if done else []
    return pace + ([f"{observations:,.0f} observations/s"] if observations else [])


def _detail(work: Work, width: int) -> str:
    """Say what is being done, and the pace as far as there is room."""
    words = work.words()
    pace = _pace(work)
    while pace and len(words.within(1000)) + len(", ".join(pace)) + 2 > width:
        pace.pop()
    return "; ".join(filter(None, [words.within(width), ", ".join(pace)]))


def _brief(work: Work, width: int) -> str:
    if not work.total:
        return work.words().within(width - 6) + ("" if work.over else _elapsed(work))
    count, words, left = f"{work.done:,} of {work.total:,}", work.words(), work.seconds_left()
    time = f", {how_long(left).removeprefix('about ')} left" if left is not None else ""
    return cut(f"{count}{time}; {words.within(width - len(count) - len(time) - 2)}", width)


def _elapsed(work: Work) -> str:
    seconds = work.seconds_since()
    return f" {seconds:.0f} s" if seconds >= SHOW_SECONDS_AFTER else ""


def _plain_line(work: Work) -> str:
    name = f"{work.name}: " if work.name else ""
    if not work.total:
        return name + work.words().within(1000)
    return (
        name
        + ", ".join([_state(work), *_pace(work)])
        + f"; {work.words().within(1000)}".rstrip("; ")
    )
