"""Ctrl-C during a run: what is under way is finished, nothing new is begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType

from bridge.runs.surroundings import Stop


class StopSwitch(Stop):
    """Set when the user wants to stop."""

    def heeded(self) -> AbstractContextManager[None]:
        """Turn the first interrupt into a set switch; a second one stops at once."""
        if threading.current_thread() is not threading.main_thread():
            return nullcontext()  # signals come to the main thread, which then waits for this one
        return self._on_signals()

    @contextmanager
    def _on_signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def stop(number: int, frame: FrameType | None) -> None:
            if self.is_set():
                raise KeyboardInterrupt
            self.set()

        for number in before:
            signal.signal(number, stop)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
