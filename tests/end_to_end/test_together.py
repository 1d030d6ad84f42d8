"""Several loads at once on one server, and several processes on one run."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Row, State
from bridge.errors import ServerError
from tests.end_to_end.conftest import Cli, Clinic
from tests.end_to_end.test_faults import encounters_within, fresh_cohort
from tests.lib.fault_proxy import Fault, fault_proxy
from tests.lib.loading import differences, found, proceed, start, take_off, totals_on_server
from tests.lib.patients import VALUES, HandmadeCohort

COUNT, VISITS = 10, 2


def load_at_once(
    folder: Path, clinic: Clinic, *cohorts: HandmadeCohort
) -> tuple[list[Ledger], list[list[Row]]]:
    """Load cohorts at the same time, each as a run of its own; return their records and rows."""
    ledgers = [
        start(folder, cohort, clinic.connect, name=f"run-{folder.name}-{n}-{os.getpid()}")
        for n, cohort in enumerate(cohorts)
    ]
    ready = threading.Barrier(len(cohorts))

    def load(path: Path, cohort: HandmadeCohort) -> list[Row]:
        with Ledger.open(path) as ledger:  # SQLite's connections stay in their thread
            ready.wait(30)
            proceed(ledger, cohort, clinic.connect)
            return list(ledger.rows())

    for ledger in ledgers:
        ledger.__exit__(None, None, None)
    with ThreadPoolExecutor(len(cohorts)) as pool:
        rows = list(pool.map(load, [ledger.path for ledger in ledgers], cohorts))
    return [Ledger.open(ledger.path) for ledger in ledgers], rows


def test_two_loads_of_different_patients_do_not_mix(clinic: Clinic, tmp_path: Path) -> None:
    """Each is whole, and undoing the one leaves the other."""
    cohorts = fresh_cohort(COUNT), fresh_cohort(COUNT)
    (one, other), _ = load_at_once(tmp_path, clinic, *cohorts)
    with one, other:
        asked = (COUNT, COUNT * VISITS, COUNT * VISITS * len(VALUES))
        for ledger, cohort in zip((one, other), cohorts, strict=True):
            assert ledger.counts() == {State.CREATED: COUNT}
            assert totals_on_server(ledger.run.name, clinic.connect) == asked
            assert differences(ledger, cohort, clinic.connect) == []
        rows = [*one.rows(), *other.rows()]
        identifiers = Counter(identifier for row in rows for identifier in row.identifiers)
        assert set(identifiers.values()) == {1}
        take_off(one, clinic.connect)
        assert differences(other, cohorts[1], clinic.connect) == []
        take_off(other, clinic.connect)


@pytest.mark.parametrize("turn", range(2))
@pytest.mark.parametrize("first_to_go", [0, 1])
def test_two_loads_of_the_same_patients_make_them_once(
    first_to_go: int, turn: int, clinic: Clinic, tmp_path: Path
) -> None:
    """Each patient is one run's; what the other adds to it, if anything, it says."""
    cohort = fresh_cohort(COUNT)
    ledgers, rows = load_at_once(tmp_path, clinic, cohort, cohort)
    with ledgers[0], ledgers[1]:
        states = [sorted((a.state, b.state)) for a, b in zip(*rows, strict=True)]
        assert states == [[State.ALREADY_THERE, State.CREATED]] * COUNT
        marked = [found(ledger.run.name, clinic.connect) for ledger in ledgers]
        owned = [[r.uuid for r in run if r.state is State.CREATED] for run in rows]
        assert [sorted(uuids) for uuids in marked] == [sorted(uuids) for uuids in owned]
        assert all(encounters_within(cohort, n, clinic) for n in range(1, COUNT + 1))
        for ledger in ledgers:
            assert differences(ledger, cohort, clinic.connect) == []
        added = [uuid for run in rows for r in run for uuid in r.added]
        assert len(added) == len(set(added))
        take_off(ledgers[first_to_go], clinic.connect)
        assert sorted(found(ledgers[1 - first_to_go].run.name, clinic.connect)) == sorted(
            owned[1 - first_to_go]
        )
        take_off(ledgers[1 - first_to_go], clinic.connect)
        assert [found(ledger.run.name, clinic.connect) for ledger in ledgers] == [[], []]


def test_a_visit_that_the_owner_made_in_between_is_not_claimed(
    clinic: Clinic, tmp_path: Path
) -> None:
    """A load that means to complete another's patient may come upon the other at work."""
    cohort = fresh_cohort(1)
    with fault_proxy(clinic.url) as proxy:
        connect = clinic.connect_by(proxy.url)
        with start(tmp_path, cohort, connect) as owner:
            proxy.put(Fault.BAD_GATEWAY, "POST .*/encounter", *range(1, 30))
            with pytest.raises(ServerError):
                proceed(owner, cohort, connect)

        def go_on(line: str) -> None:
            if line.startswith("POST") and "/encounter" in line:
                proxy.weather = lambda line: None
                with Ledger.open(owner.path) as ledger:
                    proceed(ledger, cohort, clinic.connect)

        proxy.faults.clear()
        proxy.weather = go_on
        with start(tmp_path, cohort, connect) as second:
            proceed(second, cohort, connect)
            (row,) = second.rows()
            assert (row.state, row.visits, row.added) == (State.ALREADY_THERE, 0, ())
            take_off(second, clinic.connect)
    with Ledger.open(owner.path) as ledger:
        assert ledger.counts() == {State.CREATED: 1}
        assert differences(ledger, cohort, clinic.connect) == []
        take_off(ledger, clinic.connect)


def test_a_second_process_on_a_run_is_refused(cli: Cli, server: list[str], own_home: Path) -> None:
    """Whatever it would do with the run, but look at it; the first is not disturbed."""
    run = str(cli("load", "--count", "2", "--yes", "--json", *server).json["run"])
    with Ledger.open(own_home / "runs" / f"{run}.db") as held:
        for command in ("resume", "verify", "undo"):
            refused = cli(command, run)
            assert refused.code == 4
            assert f"another bridge is working on run {run}" in refused.err
        assert cli("status", run).code == 0
        held.write(held.rows())
    assert cli("undo", run).code == 0
