"""What a person is shown of work under way: how far, how fast, how long, and what is being done."""

import io
import re
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest
from rich.console import Console

from bridge.cli.display import Display, picture
from bridge.cli.work import Work, how_long
from bridge.openmrs.replies import Outcome, Reply

BAD_GATEWAY = Reply(Outcome.TEMPORARY, 502, None, "Bad Gateway", retry_after=8.0)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


def sending(clock: Clock, total: int, *, name: str = "") -> Work:
    """Begin to send patients, four at a time."""
    work = Work(name, clock=clock)
    work.count("patients", total)
    work.at_once(4)
    return work


def proceed(work: Work, clock: Clock, seconds: float, rate: float) -> Iterator[float | None]:
    """Do `rate` patients a second, of 9 observations each; yield what is left after each."""
    for _ in range(round(seconds * rate)):
        clock.now += 1 / rate
        work.advance(observations=9)
        yield work.seconds_left()


def lines(works: list[Work], width: int) -> list[str]:
    """Draw works as on a terminal of a width."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as drawn:
        console.print(picture(works))
    return drawn.get().splitlines()


def test_the_pace_is_that_of_the_last_half_minute(clock: Clock) -> None:
    """Not of the whole run: a server gets slower as it fills."""
    work = sending(clock, 1000)
    list(proceed(work, clock, 60, 4.0))
    list(proceed(work, clock, 60, 1.0))
    patients, observations = work.rates()
    assert patients == pytest.approx(1.0, rel=0.05)
    assert observations == pytest.approx(9.0, rel=0.05)
    assert work.seconds_left() == pytest.approx(1000 - 300, rel=0.15)


def test_the_time_left_is_not_guessed_at_first(clock: Clock) -> None:
    """The first patients wait for connections."""
    work = sending(clock, 1000)
    guesses = list(proceed(work, clock, 5, 4.0))
    assert guesses[:11] == [None] * 11
    assert guesses[-1] == pytest.approx(245, rel=0.1)


def test_the_time_left_does_not_jump(clock: Clock) -> None:
    """Patients come in bursts; what is shown counts down."""
    work = sending(clock, 2000)
    shown: list[float] = []
    for burst in range(200):
        shown += [left for left in proceed(work, clock, 1, 4.0 + 2 * (-1) ** burst) if left]
    jumps = [abs(after - before) / before for before, after in pairwise(shown)]
    assert max(jumps[20:]) < 0.15
    assert sum(jump > 0.02 for jump in jumps[20:]) <= 5


def test_while_the_server_is_away_no_time_is_told_and_afterwards_it_is_forgotten(
    clock: Clock,
) -> None:
    """The pace from before stands for nothing, nor does the gap."""
    work = sending(clock, 1000)
    list(proceed(work, clock, 20, 4.0))
    work.trouble(BAD_GATEWAY)
    clock.now += 3
    assert work.seconds_left() is None
    clock.now += 60
    list(proceed(work, clock, 10, 4.0))
    assert work.rates()[0] == pytest.approx(4.0, rel=0.1)
    assert work.seconds_left() == pytest.approx(220, rel=0.1)


def test_trouble_is_told_with_the_soonest_retry(clock: Clock) -> None:
    """Several workers wait; one retry among many that pass is not worth a word."""
    work = sending(clock, 1000)
    list(proceed(work, clock, 5, 4.0))
    work.trouble(BAD_GATEWAY)
    assert work.words().within(80) == "sending, 4 at a time"
    clock.now += 2
    told = "the server does not answer (502 Bad Gateway); trying again in 6 s"
    assert work.words().within(80) == told
    work.trouble(BAD_GATEWAY._replace(retry_after=20.0))
    assert work.words().within(80) == told
    clock.now += 7
    assert work.words().within(80).endswith("trying again in 13 s")
    work.advance()
    assert work.words().within(80) == "sending, 4 at a time"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            Reply(Outcome.TEMPORARY, 0, None, "no answer in time"),
            "not answer (no answer in time); ",
        ),
        (Reply(Outcome.TEMPORARY, 503, None, "HTTP status 503"), "not answer (HTTP status 503); "),
        (Reply(Outcome.TEMPORARY, 500, {}, "Deadlock"), "the server has trouble (500 Deadlock); "),
        (Reply(Outcome.TEMPORARY, 429, None, "HTTP status 429"), "the server asks for a pause ("),
    ],
)
def test_what_is_the_matter_is_said_plainly(reply: Reply, words: str, clock: Clock) -> None:
    """A refused connection is not a server's fault in its database."""
    work = Work(clock=clock)
    work.trouble(reply)
    assert words in work.words().within(100)
    assert work.words().within(100).endswith("; trying again")


def test_where_there_is_little_room_the_reason_goes_first(clock: Clock) -> None:
    """When it is tried again matters more."""
    work = sending(clock, 10)
    work.trouble(BAD_GATEWAY)
    assert work.words().within(60) == "the server does not answer (502 Bad G…); trying again in 8 s"
    assert work.words().within(50) == "the server does not answer; trying again in 8 s"
    assert work.words().within(20) == "the server does not…"


def test_a_slow_server_is_told_from_a_pace_that_tries(clock: Clock) -> None:
    """To try eight at once and take that back says nothing about the server."""
    work = sending(clock, 1000)
    list(proceed(work, clock, 20, 4.0))
    work.at_once(8)
    list(proceed(work, clock, 4, 4.0))
    work.at_once(4)
    assert work.words().within(80) == "sending, 4 at a time"
    list(proceed(work, clock, 10, 0.5))
    work.at_once(2)
    assert work.words().within(80) == "the server is slow, sending less at once: 2"
    list(proceed(work, clock, 20, 0.5))
    assert work.words().within(80) == "sending, 2 at a time"


def test_after_ctrl_c_it_finishes_what_is_under_way(clock: Clock) -> None:
    """And the time that all would take is of no use any more."""
    work = sending(clock, 1000)
    work.stop = threading.Event()
    list(proceed(work, clock, 10, 4.0))
    work.stop.set()
    assert work.words().within(80) == "finishing what is under way"
    assert work.seconds_left() is None


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int, clock: Clock) -> None:
    """A line that wraps pushes the screen up at each drawing."""
    one = sending(clock, 12345)
    list(proceed(one, clock, 20, 4.0))
    shown = [lines([one], width)]
    one.trouble(BAD_GATEWAY._replace(reason="x" * 200))
    clock.now += 3
    shown.append(lines([one], width))
    named = [sending(clock, 12345, name=name) for name in ("kisumu", "a" * 40)]
    named[0].trouble(BAD_GATEWAY)
    shown.append(lines(named, width))
    assert all(len(drawn) == 2 for drawn in shown)
    assert max(len(line) for drawn in shown for line in drawn) < width


def test_a_terminal_shows_two_lines(clock: Clock) -> None:
    """How far, how long; what is being done, how fast."""
    work = sending(clock, 198)
    list(proceed(work, clock, 20, 5.0))
    first, second = lines([work], 80)
    assert re.fullmatch(r"━+ +100 of 198 patients, about 20 s left", first)
    assert second == "sending, 4 at a time; 300 patients/min, 45 observations/s"


def test_each_site_has_a_line(clock: Clock) -> None:
    """One that is over keeps its last word."""
    kisumu, nakuru = sending(clock, 198, name="kisumu"), sending(clock, 90, name="nakuru")
    list(proceed(kisumu, clock, 20, 5.0))
    nakuru.finish("nothing listens there")
    assert lines([kisumu, nakuru], 80) == [
        "kisumu  100 of 198, 20 s left; sending, 4 at a time",
        "nakuru  nothing listens there",
    ]


def test_what_is_no_terminal_gets_a_plain_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the check of the server on."""
    monkeypatch.setattr("bridge.cli.display.LINE_EVERY_SECONDS", 0.02)
    written = io.StringIO()
    work = Work()
    display = Display(Console(file=written, width=1000), [work])
    work.doing("checking the server")
    display.open()
    display.show()
    for words in ("checking the server", "0 of 7 patients; sending, 4 at a time"):
        for _ in range(200):
            if words in written.getvalue().splitlines():
                break
            threading.Event().wait(0.01)
        assert words in written.getvalue().splitlines()
        work.count("patients", 7)
        work.at_once(4)
    display.close()
    assert "\x1b" not in written.getvalue()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "a few seconds"),
        (41, "about 45 s"),
        (89, "about 90 s"),
        (100, "about 2 min"),
        (3601, "about 61 min"),
        (7201, "about 2 h 10 min"),
        (7200, "about 2 h"),
    ],
)
def test_a_time_is_said_roughly(seconds: float, words: str) -> None:
    """Nobody knows it better."""
    assert how_long(seconds) == words
