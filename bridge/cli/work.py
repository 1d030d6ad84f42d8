"""Work under way: how far it is, how fast it goes, how long it takes, and what is being done."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from bridge.openmrs.replies import Reply

RATE_SECONDS = 30.0
"""The stretch that a rate is of: long enough to be steady, short enough to be true."""

SAMPLE_SECONDS = 0.5
FEWEST_SAMPLES = 5
"""What is slower than its stretch has a rate, too."""

FIRST_SECONDS, FIRST_DONE = 3.0, 3
"""Before this much nobody knows how long it takes."""

STALE_SECONDS = 1.0
"""Trouble is told when nothing came through for so long: one retry among many is none."""

STOPPED_SECONDS = 5.0
"""A server that was away for so long leaves no pace to go by."""

SILENT_SECONDS = 10.0
"""When nothing came through for so long, nobody knows how long it takes, either."""

SLOW_SECONDS = 15.0
"""For how long it is told that the server is slow."""

TROUBLED_SECONDS = 10.0
SLOWER = 0.6
FEWEST_EXPECTED = 5


class Words(NamedTuple):
    """What is being done; `reason` may be cut where there is little room."""

    before: str
    reason: str = ""
    after: str = ""

    def within(self, width: int) -> str:
        """Return as much as goes into `width` characters, the reason cut first."""
        spare = width - len(self.before) - len(self.after) - len(" ()")
        reason = f" ({cut(self.reason, spare)})" if self.reason and spare >= MOST_CUT else ""
        return cut(self.before + reason + self.after, width)


MOST_CUT = 8


class _Sample(NamedTuple):
    time: float
    done: int
    observations: int


class Work:
    """One piece of work; told from any thread, read by the display."""

    def __init__(self, name: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.label = ""
        self.total = 0
        self.done = 0
        self.over = False
        self.stop: threading.Event | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._words = ""
        self._since = clock()
        self._observations = 0
        self._samples: deque[_Sample] = deque()
        self._end: float | None = None
        self._last_done = -math.inf
        self._at_once = 0
        self._slow_until = -math.inf
        self._trouble: Reply | None = None
        self._troubled = -math.inf
        self._next_tries: list[float] = []

    def doing(self, words: str) -> None:
        """Begin something that is not counted."""
        with self._lock:
            if words != self._words:
                self._since = self._clock()
            self._words, self.label, self.total = words, "", 0
            self._trouble, self._at_once, self._last_done = None, 0, -math.inf

    def finish(self, words: str) -> None:
        """End it, with a last word."""
        self.doing(words)
        self.over = True

    def count(self, label: str, total: int, words: str = "") -> None:
        """Begin to count towards `total`; `label` says of what."""
        self.doing(words)
        with self._lock:
            self.label, self.total, self.done, self._observations = label, total, 0, 0
            self._begin_anew(self._clock())

    def advance(self, words: str = "", *, by: int = 1, observations: int = 0) -> None:
        """Count more, with a word on the state of things."""
        with self._lock:
            now = self._clock()
            if self._trouble and now - self._last_done > STOPPED_SECONDS:
                self._begin_anew(now)
            self._last_done = now
            self.done += by
            self._observations += observations
            self._words, self._trouble = words or self._words, None
            if now - self._samples[-1].time >= SAMPLE_SECONDS:
                self._samples.append(_Sample(now, self.done, self._observations))

    def at_once(self, limit: int) -> None:
        """Say how many requests are sent at once."""
        with self._lock:
            now = self._clock()
            if limit * 2 <= self._at_once and self._is_slower(now):
                self._slow_until = now + SLOW_SECONDS
            self._at_once = limit

    def trouble(self, reply: Reply) -> None:
        """Say that an answer failed; its `retry_after` is the pause until it is asked for again."""
        with self._lock:
            now = self._clock()
            self._trouble, self._troubled = reply, now
            self._next_tries = [at for at in self._next_tries if at > now]
            self._next_tries.append(now + (reply.retry_after or 0.0))

    def rates(self) -> tuple[float, float]:
        """Return what was done and how many observations, per second, of the last while."""
        with self._lock:
            now = self._clock()
            return self._rates(now) if self._has_pace(now) else (0.0, 0.0)

    def seconds_left(self) -> float | None:
        """Return how long it takes yet; None while that cannot be known.

        An estimate stands, and counts down, until a new one differs by more than a tenth.
        """
        with self._lock:
            now = self._clock()
            rate, _ = self._rates(now)
            silent = now - self._last_done
            stopped = (self.stop and self.stop.is_set()) or (
                self._trouble and silent > STALE_SECONDS
            )
            if not rate or stopped or not self._has_pace(now):
                return None
            if silent > max(SILENT_SECONDS, 3 / rate):
                return None
            left = (self.total - self.done) / rate
            if self._end is None or abs(now + left - self._end) > 0.1 * left + 1:
                self._end = now + left
            return max(0.0, self._end - now)

    def seconds_since(self) -> float:
        """Return for how long it has been doing what it does."""
        return self._clock() - self._since

    def words(self) -> Words:
        """Say what is being done."""
        with self._lock:
            now = self._clock()
            if self.over:
                return Words(self._words)
            if self.stop and self.stop.is_set():
                return Words("finishing what is under way")
            if self._trouble and now - self._last_done > STALE_SECONDS:
                pauses = [at - now for at in self._next_tries if at > now]
                return in_trouble(self._trouble, min(pauses, default=0.0))
            if self._at_once and now < self._slow_until:
                return Words(f"the server is slow, sending less at once: {self._at_once}")
            if self._at_once:
                return Words(f"sending, {self._at_once} at a time")
            return Words(self._words)

    def _begin_anew(self, now: float) -> None:
        """Forget the pace from before the server was away."""
        self._samples = deque([_Sample(now, self.done, self._observations)])
        self._end = None

    def _has_pace(self, now: float) -> bool:
        if not self._samples or now - self._samples[0].time < FIRST_SECONDS:
            return False
        return self.done - self._samples[0].done >= FIRST_DONE

    def _is_slower(self, now: float) -> bool:
        """Tell whether the last seconds are behind the pace, by more than chance.

        A pace that tries more at once and takes that back is not.
        """
        if now - self._troubled < TROUBLED_SECONDS:
            return True
        rate, _ = self._rates(now)
        for sample in reversed(self._samples):
            expected = rate * (now - sample.time)
            if now - sample.time >= FIRST_SECONDS and expected >= FEWEST_EXPECTED:
                return self.done - sample.done < SLOWER * expected
        return False

    def _rates(self, now: float) -> tuple[float, float]:
        samples = self._samples
        while len(samples) > FEWEST_SAMPLES and samples[1].time <= now - RATE_SECONDS:
            samples.popleft()
        if not samples or now <= samples[0].time:
            return 0.0, 0.0
        seconds = now - samples[0].time
        done, observations = samples[0].done, samples[0].observations
        return (self.done - done) / seconds, (self._observations - observations) / seconds


def in_trouble(reply: Reply, pause: float) -> Words:
    """Say what is the matter with a server, and when it is asked again."""
    silent = reply.status in (0, 408, 502, 503, 504)
    before = "the server does not answer" if silent else "the server has trouble"
    if reply.status == 429:
        before = "the server asks for a pause"
    known = not reply.status or str(reply.status) in reply.reason
    reason = reply.reason if known else f"{reply.status} {reply.reason}"
    again = f"; trying again in {math.ceil(pause)} s" if pause > 0 else "; trying again"
    return Words(before, reason, again)


def how_long(seconds: float) -> str:
    """Say a time roughly, as nobody knows it better."""
    if seconds < 5:
        return "a few seconds"
    if seconds < 90:
        return f"about {5 * math.ceil(seconds / 5)} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 100:
        return f"about {minutes} min"
    hours, minutes = divmod(10 * math.ceil(minutes / 10), 60)
    return f"about {hours} h" + (f" {minutes} min" if minutes else "")


def cut(text: str, width: int) -> str:
    """Return `text`, with an ellipsis where it is longer than `width`."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
