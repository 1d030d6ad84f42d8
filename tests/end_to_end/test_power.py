"""Power cuts, as near as they can be played: the record comes back as it was at an earlier moment.

Its files are copied while a load writes them, one after the other with patients between, and put
in the place of the real ones after the load has ended.
"""

import itertools
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.ledger import Ledger, State
from bridge.delivery.run import ClientPool, carry_on, delivery_of, plan_run
from bridge.delivery.undo import Removal, undo_marked
from bridge.errors import Hint, LedgerError, Remedy
from bridge.openmrs.client import Client
from tests.end_to_end.conftest import Clinic
from tests.end_to_end.test_faults import fresh_cohort
from tests.lib.loading import (
    MAPPING,
    differences,
    found,
    proceed,
    start,
    take_off,
    totals_on_server,
)
from tests.lib.patients import VALUES, HandmadeCohort

COUNT, VISITS = 8, 2
FILES = ("", "-wal", "-shm")
MOMENTS = 5


def copied(path: Path, to: Path) -> Iterator[None]:
    """Copy the files of a record one by one, as they lie."""
    to.mkdir()
    for end in FILES:
        part = path.with_name(path.name + end)
        if part.exists():
            shutil.copyfile(part, to / part.name)
        yield


def load_and_copy(
    ledger: Ledger, cohort: HandmadeCohort, connect: Callable[[], Client], folder: Path, seed: int
) -> list[Path]:
    """Load, and copy the record at random moments from its beginning to its end."""
    chance = random.Random(seed)
    copies = [folder / f"moment-{number}" for number in range(MOMENTS)]
    begun = [copied(ledger.path, copy) for copy in copies]
    for _ in begun[0]:  # before a patient is written down
        pass
    with closing(connect()) as client:
        plan_run(ledger, cohort, client)
    for _ in begun[1]:  # before one is sent
        pass
    pool = ClientPool(connect, ConcurrencyLimit(2), threading.Event())
    for _ in carry_on(ledger, cohort, delivery_of(ledger.run, MAPPING), pool):
        if chance.random() < 0.9:
            next(chance.choice(begun[2:]), None)
    for copy in begun:
        for _ in copy:
            pass
    return copies


def put_in_place(copy: Path, path: Path, cut: float | None) -> None:
    """Put a copy in the place of a record; of its log only the part before `cut` was written."""
    for end in FILES:
        name = path.name + end
        path.with_name(name).unlink(missing_ok=True)
        if (copy / name).exists():
            content = (copy / name).read_bytes()
            if end == "-wal" and cut is not None:
                content = content[: int(cut * len(content))]
            path.with_name(name).write_bytes(content)


@pytest.mark.parametrize("checkpoint", [5, 1000], ids=["log often emptied", "log kept"])
def test_a_record_of_an_earlier_moment_is_carried_on_to_the_same_patients(
    checkpoint: int, clinic: Clinic, tmp_path: Path
) -> None:
    """Or is refused as damaged; then the patients are found by their mark."""
    cohort = fresh_cohort(COUNT)
    with start(tmp_path / "runs", cohort, clinic.connect) as ledger:
        ledger._database.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
        copies = load_and_copy(ledger, cohort, clinic.connect, tmp_path, seed=checkpoint)
        path, run, goal = ledger.path, ledger.run.name, ledger.run.target
    chance = random.Random(checkpoint)
    carried_on = 0
    for copy, cut in itertools.product(copies, [chance.random(), None]):
        put_in_place(copy, path, cut)
        try:
            ledger = Ledger.open(path)
        except LedgerError as error:
            assert error.hints == (Hint(Remedy.UNDO_MARKED, run),)
            continue
        with ledger:
            proceed(ledger, cohort, clinic.connect)
            assert_exact(ledger, cohort, clinic)
        carried_on += 1
    assert carried_on >= MOMENTS
    removal = Removal(run=run, run_tag=goal.run_tag, purge=False, kinds=frozenset())
    taken = list(
        undo_marked(
            run, removal, ClientPool(clinic.connect, ConcurrencyLimit(2), threading.Event())
        )
    )
    assert [undone.refused for undone in taken] == [""] * COUNT
    assert found(run, clinic.connect) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_record_that_lost_its_last_moments_still_undoes_the_whole_run(
    seed: int, clinic: Clinic, tmp_path: Path
) -> None:
    """Also the patients of which it knows no more than that they were planned."""
    cohort = fresh_cohort(COUNT)
    with start(tmp_path / "runs", cohort, clinic.connect) as ledger:
        copies = load_and_copy(ledger, cohort, clinic.connect, tmp_path, seed)
        path = ledger.path
    put_in_place(copies[1], path, random.Random(seed).random())
    with Ledger.open(path) as ledger:
        assert ledger.counts()[State.CREATED] < COUNT
        take_off(ledger, clinic.connect)
        assert found(ledger.run.name, clinic.connect) == []
        assert not ledger.counts()[State.CREATED]


def assert_exact(ledger: Ledger, cohort: HandmadeCohort, clinic: Clinic) -> None:
    """Hold the record against the server, and both against what was asked."""
    asked = (COUNT, COUNT * VISITS, COUNT * VISITS * len(VALUES))
    assert ledger.counts() == {State.CREATED: COUNT}
    assert (COUNT, ledger.totals().visits, ledger.totals().observations) == asked
    assert totals_on_server(ledger.run.name, clinic.connect) == asked
    assert differences(ledger, cohort, clinic.connect) == []
