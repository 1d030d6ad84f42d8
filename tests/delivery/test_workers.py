"""Many workers, one stream of results."""

import threading
import time
from collections.abc import Iterator

import pytest

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.workers import carry_out
from bridge.errors import Interrupted, Unreachable
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport


def connect() -> Client:
    """Open a client that no test here uses."""
    return Client(Transport(Server(url="http://127.0.0.1:1", user="", password="")))


def double(client: Client, task: int) -> int:
    """Do a task."""
    return 2 * task


def nap(client: Client, task: int) -> int:
    """Do a task that takes a moment."""
    time.sleep(0.0001 * task)
    return task


def test_every_task_is_done_once() -> None:
    """Whatever the number of workers."""
    for workers in (1, 8):
        done = carry_out(
            range(1, 200), double, connect, ConcurrencyLimit(workers), threading.Event()
        )
        assert sorted(done) == [2 * task for task in range(1, 200)]


def test_no_worker_waits_for_ever_where_several_want_the_last_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker whose time is up just as another takes the task must notice both."""
    monkeypatch.setattr("bridge.delivery.workers.LOOK_UP_SECONDS", 0.0005)

    def some_rounds() -> None:
        for _ in range(100):
            tasks = carry_out(range(7), nap, connect, ConcurrencyLimit(12), threading.Event())
            assert len(list(tasks)) == 7

    rounds = threading.Thread(target=some_rounds, daemon=True)
    rounds.start()
    rounds.join(60)
    assert not rounds.is_alive()


def test_tasks_are_taken_as_they_are_needed() -> None:
    """Not all at once: a million patients do not fit into memory."""
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for task in range(10_000):
            taken += 1
            yield task

    results = carry_out(tasks(), double, connect, ConcurrencyLimit(2), threading.Event())
    next(results)
    assert taken <= 10
    results.close()  # type: ignore[attr-defined]


def test_an_error_of_a_worker_ends_it_all() -> None:
    """And is the caller's to see."""

    def fail(client: Client, task: int) -> int:
        if task == 5:
            raise Unreachable("gone")
        return task

    with pytest.raises(Unreachable, match="gone"):
        list(carry_out(range(100), fail, connect, ConcurrencyLimit(3), threading.Event()))
    assert not [t for t in threading.enumerate() if t.name.startswith("worker-")]


def test_stopping_finishes_what_is_under_way_and_begins_nothing_new() -> None:
    """So that the ledger knows of it."""
    stop = threading.Event()
    begun: list[int] = []

    def slow(client: Client, task: int) -> int:
        begun.append(task)
        time.sleep(0.01)
        return task

    done = []
    with pytest.raises(Interrupted):
        for result in carry_out(range(1000), slow, connect, ConcurrencyLimit(2), stop):
            done.append(result)
            if len(done) == 3:
                stop.set()
    assert sorted(done) == sorted(begun)
    assert len(done) < 20


def test_a_worker_that_is_interrupted_while_it_waits_does_not_fail_the_others() -> None:
    """Its task stays open, theirs are kept."""
    stop = threading.Event()

    def work(client: Client, task: int) -> int:
        if task == 1:
            stop.set()
            raise Interrupted("stopped")
        time.sleep(0.02)
        return task

    done = []
    with pytest.raises(Interrupted):
        for result in carry_out(range(2), work, connect, ConcurrencyLimit(2), stop):
            done.append(result)
    assert done == [0]


def test_a_stop_at_once_does_not_wait_for_a_server_that_hangs() -> None:
    """A second Ctrl-C, while a worker waits for an answer."""
    answered = threading.Event()

    def hang(client: Client, task: int) -> int:
        if task == 2:
            answered.wait(30)
        return task

    done = carry_out(range(1, 3), hang, connect, ConcurrencyLimit(2), threading.Event())
    assert next(iter(done)) == 1
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        done.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 5
    answered.set()
    for thread in threading.enumerate():
        if thread.name.startswith("worker-"):
            thread.join(30)
