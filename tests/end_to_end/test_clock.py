"""A clock that is set back: between a load and its resume, and in the middle of a load."""

import itertools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Phase, State
from tests.end_to_end.conftest import Cli, Clinic
from tests.end_to_end.test_faults import fresh_cohort
from tests.lib.loading import differences, found, proceed, start, take_off

BACK = timedelta(days=400)


def a_year_ago() -> datetime:
    """Tell the time as a clock does that was set back."""
    return datetime.now(UTC) - BACK


def begin_again(home: Path, run: str) -> None:
    """Write a run's record as a kill in its middle would have left it."""
    with Ledger.open(home / "runs" / f"{run}.db") as ledger:
        rows = list(ledger.rows())
        ledger.write(
            row._replace(state=State.SENT, visits=0, encounters=0, observations=0)
            for row in rows[::2]
        )
        ledger.note(ledger.progress._replace(phase=Phase.LOADING))


def test_a_run_is_resumed_and_read_back_though_the_clock_was_set_back(
    cli: Cli, server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """Its patients follow from the day on record, not from today's."""
    first = cli("load", "--count", "4", "--yes", "--json", *server).json
    run = str(first["run"])
    begin_again(own_home, run)
    resumed = cli("resume", "--json", clock=a_year_ago).json
    assert resumed["patients"] == first["patients"]
    assert resumed["observations"] == first["observations"]
    assert float(str(resumed["seconds"])) >= float(str(first["seconds"])) > 0
    assert cli("verify", run, clock=a_year_ago).code == 0
    assert len(found(run, clinic.connect)) == 4
    assert cli("undo", run, "--json", clock=a_year_ago).json["undone"] == 4


def test_a_server_whose_clock_was_set_back_is_not_sent_what_lies_in_its_future(
    cli: Cli, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would refuse the patients, one by one; they come when the clock is right."""
    run = str(cli("load", "--count", "2", "--json").json["run"])
    begin_again(own_home, run)
    with monkeypatch.context() as patched:
        seconds = time.time  # of which the sandbox's answers tell the date
        patched.setattr(time, "time", lambda: seconds() - BACK.total_seconds())
        refused = cli("resume", run, clock=a_year_ago)
    assert refused.code == 3
    assert "clock" in refused.err
    assert cli("resume", run).code == 0
    assert cli("verify", run).code == 0


def test_the_newest_run_is_the_one_that_was_begun_last(
    cli: Cli, server: list[str], clinic: Clinic
) -> None:
    """Or an undo without a name would take another run's patients off."""
    command = ["load", "--count", "1", "--yes", "--json", "--as-of", "2025-01-01", *server]
    before = str(cli(*command, "--seed", "31").json["run"])
    after = str(cli(*command, "--seed", "32", clock=a_year_ago).json["run"])
    assert cli("status", "--json").json["run"] == after
    assert cli("undo", "--json").json["run"] == after
    assert len(found(before, clinic.connect)) == 1
    assert cli("undo", before, "--json").json["undone"] == 1


def test_a_load_in_whose_middle_the_clock_jumps_back_is_whole(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Durations are no differences of times of day."""
    cohort = fresh_cohort()
    with start(tmp_path, cohort, clinic.connect) as ledger:
        jumps, now, begun = itertools.count(), time.time(), time.monotonic()
        monkeypatch.setattr(time, "time", lambda: now - next(jumps) * 3600)
        proceed(ledger, cohort, clinic.connect)
        assert next(jumps) > 0
        assert 0 < ledger.progress.seconds < time.monotonic() - begun
        assert ledger.counts() == {State.CREATED: cohort.count}
        assert differences(ledger, cohort, clinic.connect) == []
        take_off(ledger, clinic.connect)
