"""Ctrl-C during a run: what is under way is finished, nothing new is begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bridge.errors import Interrupted


class StopSwitch(threading.Event):
    """Set when the user wants to stop."""

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the user stops: then raise Interrupted."""
        if self.wait(seconds):
            raise Interrupted("stopped")


@contextmanager
def stop_on_interrupt(switch: StopSwitch) -> Iterator[None]:
    """Turn the first interrupt into a set switch; a second one stops at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        if switch.is_set():
            raise KeyboardInterrupt
        switch.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
