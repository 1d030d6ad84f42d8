"""Work on many patients at once, each worker with a sign-in of its own."""

import functools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.errors import Interrupted
from bridge.openmrs.client import Client

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 4
"""The most tasks that wait for a worker: a chart of decades takes megabytes."""

LOOK_UP_SECONDS = 0.05
"""How soon an idle worker notices that its turn or the work is over."""


def carry_out(
    tasks: Iterable[Task],
    work: Callable[[Client, Task], Result],
    connect: Callable[[], Client],
    concurrency: ConcurrencyLimit,
    stop: threading.Event,
) -> Iterator[Result]:
    """Yield the result of each task as it comes; the order is the server's.

    The first error of a worker ends it all and is raised here. Once `stop` is set no further
    task is begun; what is under way is finished and yielded, then Interrupted is raised.
    """
    # Not SimpleQueue: in CPython 3.11 its get may wait for ever, where two wait for one item.
    inbox: queue.Queue[Task] = queue.Queue()
    outbox: queue.Queue[Result | BaseException] = queue.Queue()

    def run(index: int) -> None:
        try:
            _work_off(inbox, outbox, work, connect, functools.partial(concurrency.wait_turn, index))
        except BaseException as error:
            outbox.put(error)

    concurrency.open()
    threads = [
        threading.Thread(target=run, args=(index,), name=f"worker-{index}", daemon=True)
        for index in range(concurrency.most)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _exchange(iter(tasks), inbox, outbox, concurrency, stop)
    except KeyboardInterrupt:
        threads.clear()  # to stop at once is not to wait for a server that hangs
        raise
    finally:
        concurrency.close()
        for thread in threads:
            thread.join()


def _work_off(
    inbox: queue.Queue[Task],
    outbox: queue.Queue[Result | BaseException],
    work: Callable[[Client, Task], Result],
    connect: Callable[[], Client],
    wait_turn: Callable[[], bool],
) -> None:
    """Do tasks while there are any for this worker, by one client."""
    client = None
    try:
        while wait_turn():
            try:
                task = inbox.get(timeout=LOOK_UP_SECONDS)
            except queue.Empty:
                continue
            client = client or connect()
            outbox.put(work(client, task))
    finally:
        if client:
            client.close()


def _exchange(
    tasks: Iterator[Task],
    inbox: queue.Queue[Task],
    outbox: queue.Queue[Result | BaseException],
    concurrency: ConcurrencyLimit,
    stop: threading.Event,
) -> Iterator[Result]:
    """Keep a short stock of tasks before the workers, and hand on what they bring."""
    under_way = 0
    more = True
    while more or under_way:
        if stop.is_set():
            more = False
            under_way -= _withdraw(inbox)
        while more and under_way < concurrency.limit + min(concurrency.limit, AHEAD):
            task = next(tasks, None)
            more = task is not None
            if task is not None:
                inbox.put(task)
                under_way += 1
        if not under_way:
            break
        try:
            result = outbox.get(timeout=0.2)
        except queue.Empty:
            continue
        under_way -= 1
        if isinstance(result, BaseException):
            if not isinstance(result, Interrupted):
                raise result
        else:
            yield result
    if stop.is_set():
        raise Interrupted("stopped")


def _withdraw(inbox: queue.Queue[Task]) -> int:
    """Take back the tasks that nobody has begun."""
    count = 0
    while True:
        try:
            inbox.get_nowait()
        except queue.Empty:
            return count
        count += 1
