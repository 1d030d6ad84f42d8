"""How many requests at once: found by trying, as the server's own speed tells."""

import math
import threading
import time
from collections.abc import Callable

MOST_WORKERS = 32
"""On a line of 600 ms there and back as many keep 1 Mbit/s busy; OpenMRS has 50 connections to
its database."""

START_WORKERS = 4
"""Few: a server that has just started is not to be knocked over."""


class ConcurrencyLimit:
    """Lets workers 0..limit-1 work, and moves the limit to where the rate is best.

    It doubles the limit while that clearly pays, goes back (half way, where it made little
    difference) and stays; now and then it tries a quarter more or less, more seldom the less that
    brings. Where the rate falls by half it halves the limit and waits; when the rate doubles, it
    puts the limit back and climbs again. With a fixed number of workers it never moves.
    """

    _judge: Callable[[float], None]
    """What is done with the next window's rate: climb, stay, try another or recover."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        start: int = START_WORKERS,
        clock: Callable[[], float] = time.monotonic,
        window: float = 1.0,
        gain: float = 0.3,
        small_gain: float = 0.06,
        rest: int = 8,
        longest_rest: int = 64,
    ) -> None:
        self.most = workers or MOST_WORKERS
        self.limit = workers or start
        self._fixed = workers is not None
        self._clock = clock
        self._window = window
        self._gain = gain
        self._small_gain = small_gain
        self._shortest_rest = self._rest = rest
        self._longest_rest = longest_rest
        self._step = 1
        self._seen: list[float] = []
        """The rates of the windows that are judged together."""
        self._usual = 0
        """The limit before the server became slow."""
        self._may_work = threading.Condition()
        self._closed = False
        self._answered = 0
        self._fewest = 16
        """How many answers make a window's rate more than chance: a small gain needs more."""
        self._troubled = -math.inf
        self._climb()
        self._settle()

    def wait_turn(self, worker: int) -> bool:
        """Wait until `worker` may work; False when there is nothing more to do."""
        with self._may_work:
            self._may_work.wait_for(lambda: self._closed or worker < self.limit)
            return not self._closed

    def open(self) -> None:
        """Begin a piece of work."""
        with self._may_work:
            self._closed = False
            self._settle()

    def close(self) -> None:
        """Send everybody home."""
        with self._may_work:
            self._closed = True
            self._may_work.notify_all()

    def answered(self, requests: int) -> None:
        """Take note of how many requests were answered so far, by all workers."""
        with self._may_work:
            self._answered = requests
            since = requests - self._from
            if self._settling:
                if since >= self.limit:
                    self._begin_window()
                return
            elapsed = self._clock() - self._since
            if elapsed >= self._window and since >= max(self._fewest, 3 * self.limit):
                self._begin_window()
                if not self._fixed:
                    self._judge(since / elapsed)

    def trouble(self) -> None:
        """Take note that the server failed or kept silent: give it air.

        All workers may come with the same trouble, so it counts once a window.
        """
        with self._may_work:
            if not self._fixed and self._clock() - self._troubled >= self._window:
                self._troubled = self._clock()
                self._left = self._shortest_rest
                self._judge = self._recover
                self._move(self.limit // 2)

    def _recover(self, rate: float) -> None:
        self._left -= 1
        if self._left <= 0:
            self._climb()

    def _climb(self) -> None:
        self._best = 0.0
        self._fewest = 16
        self._judge = self._climbing

    def _climbing(self, rate: float) -> None:
        if rate < (1 + self._gain) * self._best:
            self._seen = [rate]
            self._judge = self._doubting
        elif 2 * self.limit > self.most:
            self._stay(rate)
        else:
            self._best = rate
            self._move(2 * self.limit)

    def _doubting(self, rate: float) -> None:
        """Look twice before a doubling is taken back."""
        rate = (self._seen[0] + rate) / 2
        if rate >= (1 + self._gain) * self._best:
            self._climbing(rate)
            return
        change = rate / self._best - 1
        if change > self._gain / 2:
            self._stay(rate)
            return
        self._stay((rate + self._best) / 2)
        # Where the rate is flat, a few too many cost less than a few too few.
        self._move(self.limit // 2 if change < -self._small_gain else self.limit * 3 // 4)

    def _stay(self, rate: float) -> None:
        self._rate = rate
        self._left = self._rest
        self._fewest = 40
        self._judge = self._staying

    def _staying(self, rate: float) -> None:
        if rate < self._rate / 2:  # it has other things to do: wait until they are done
            self._usual = max(self._usual, self.limit)
            self._stay(rate)
            self._move(self.limit // 2)
            return
        if rate > self._rate * 2:
            self._climb()
            self._move(max(self.limit, self._usual))
            self._usual = 0
            return
        self._rate += 0.3 * (rate - self._rate)
        self._left -= 1
        if self._left <= 0:
            self._try_another()

    def _try_another(self) -> None:
        if not 1 <= self._neighbour() <= self.most:
            self._step = -self._step
        self._home = self.limit
        self._seen = []
        self._judge = self._trying
        self._move(self._neighbour())

    def _neighbour(self) -> int:
        return self.limit + self._step * max(1, self.limit // 4)

    def _trying(self, rate: float) -> None:
        self._seen.append(rate)
        if len(self._seen) < 2:
            return
        rate = sum(self._seen) / 2
        # The same gain up and down: else noise alone would walk the limit to one of its ends.
        if rate > (1 + self._small_gain) * self._rate:
            self._rest = self._shortest_rest
            self._stay(rate)
        else:
            self._step = -self._step
            self._rest = min(2 * self._rest, self._longest_rest)
            self._stay(self._rate)
            self._move(self._home)

    def _move(self, limit: int) -> None:
        self.limit = max(1, min(self.most, limit))
        self._settle()
        self._may_work.notify_all()

    def _settle(self) -> None:
        """Let the answers to a former limit pass before measuring."""
        self._settling = True
        self._from = self._answered

    def _begin_window(self) -> None:
        self._settling = False
        self._from = self._answered
        self._since = self._clock()
