"""How many requests at once: found by trying, as the server's own speed tells."""

import threading
import time
from collections.abc import Callable

MOST_WORKERS = 12


class Pace:
    """Lets workers 0..limit-1 work, and moves the limit to where the rate is best.

    It steps by one worker, up first, keeps a step that brings at least `gain` and takes back one
    that does not, looks at a neighbour now and then, and halves when the server is in trouble. A
    fixed number of workers is a pace that never moves.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        window: float = 1.0,
        gain: float = 0.05,
        rest: int = 10,
    ) -> None:
        self.most = workers or MOST_WORKERS
        self.limit = workers or 3
        self._fixed = workers is not None
        self._clock = clock
        self._window = window
        self._gain = gain
        self._rest = rest
        self._resting = 0
        self._step = 1
        self._rate_before: float | None = None
        self._done = 0
        self._since = clock()
        self._may_work = threading.Condition()
        self._closed = False

    def wait_turn(self, worker: int) -> bool:
        """Wait until `worker` may work; False when there is nothing more to do."""
        with self._may_work:
            self._may_work.wait_for(lambda: self._closed or worker < self.limit)
            return not self._closed

    def open(self) -> None:
        """Begin a piece of work."""
        with self._may_work:
            self._closed = False
            self._start_window()

    def close(self) -> None:
        """Send everybody home."""
        with self._may_work:
            self._closed = True
            self._may_work.notify_all()

    def done(self, requests: int) -> None:
        """Take note of requests that were answered."""
        with self._may_work:
            self._done += requests
            elapsed = self._clock() - self._since
            if elapsed >= self._window and self._done >= 4 * self.limit:
                rate = self._done / elapsed
                self._start_window()
                if not self._fixed:
                    self._judge(rate)

    def trouble(self) -> None:
        """Take note that the server failed or kept silent: give it air."""
        with self._may_work:
            if not self._fixed:
                self.limit = max(1, self.limit // 2)
            self._rate_before = None
            self._resting = self._rest
            self._start_window()

    def _judge(self, rate: float) -> None:
        if self._resting:
            self._resting -= 1
            self._rate_before = rate
            if not self._resting:
                self._move()
            return
        before = self._rate_before
        if before is not None and rate < before * (1 + self._gain):
            # The last step did not pay: take it back, and try the other way after a rest.
            self._set_limit(self.limit - self._step)
            self._step = -self._step
            self._resting = self._rest
            return
        self._rate_before = rate
        self._move()

    def _move(self) -> None:
        if not 1 <= self.limit + self._step <= self.most:
            self._step = -self._step
            self._resting = self._rest
            return
        self._set_limit(self.limit + self._step)

    def _set_limit(self, limit: int) -> None:
        self.limit = max(1, min(self.most, limit))
        self._may_work.notify_all()

    def _start_window(self) -> None:
        self._done = 0
        self._since = self._clock()
