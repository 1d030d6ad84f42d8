"""kill -9 of bridge or of the server, at random moments: exactly what was asked for comes about."""

import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bridge.delivery.ledger import UNFINISHED, Ledger, Phase
from bridge.errors import ServerError
from tests.end_to_end.conftest import REAL, Clinic
from tests.lib.chart_loading import ChartGoal, assert_nobody, assert_whole, start_charts
from tests.lib.loading import PASSWORD, QUICK, USER, found, prepare, proceed, take_off
from tests.lib.whole_charts import ChartCohort

COUNT = 60
CHARTS = 8
KILLS = int(os.environ.get("BRIDGE_TEST_KILLS", "6"))
SERVER_KILLS = max(1, KILLS // 2)
UNDO_KILLS = max(2, KILLS // 3)
DEADLINE = 120

Bridge = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def bridge(clinic: Clinic, own_home: Path) -> Bridge:
    """Return what starts a bridge process on the clinic."""
    environment = {
        **os.environ,
        "BRIDGE_HOME": str(own_home),
        "BRIDGE_PASSWORD": clinic.password,
    }

    def start(*arguments: str, as_json: bool = True) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bridge", *arguments, *(["--json"] if as_json else [])],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def finish(process: subprocess.Popen[str]) -> dict[str, object]:
    """Wait for a process that must succeed, and return its JSON."""
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    return dict(json.loads(out))


def records(home: Path) -> list[Path]:
    """List the runs on record."""
    return sorted((home / "runs").glob("*.db"))


def test_a_run_that_is_killed_again_and_again_ends_whole(
    bridge: Bridge, clinic: Clinic, own_home: Path
) -> None:
    """No patient twice, none missing, none half; verified value by value."""
    chance = random.Random(os.environ.get("BRIDGE_TEST_SEED"))
    server = ["--url", clinic.url, "--user", clinic.user, "--yes"]
    load = ["load", "--count", str(COUNT), *server]
    process = bridge(*load)
    kills = 0
    while kills < KILLS:
        # Anywhere from before the record is begun to the end of the run.
        time.sleep(chance.uniform(0.4, 1.2 if not REAL else 4.0))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate(timeout=DEADLINE)
        begun = records(own_home)
        newest = state(bridge, begun[-1].stem) if begun else "undone"
        if newest == "complete":
            check_whole(bridge, clinic, begun[-1].stem)
        process = bridge("resume") if newest in UNFINISHED else bridge(*load)
    process.communicate(timeout=DEADLINE)
    for record in records(own_home):
        if state(bridge, record.stem) in UNFINISHED:
            finish(bridge("resume", record.stem))
        if state(bridge, record.stem) == "complete":
            check_whole(bridge, clinic, record.stem)


def test_an_undo_that_is_killed_again_and_again_leaves_nobody(
    bridge: Bridge, clinic: Clinic, own_home: Path
) -> None:
    """And the record says so in the end."""
    chance = random.Random(os.environ.get("BRIDGE_TEST_SEED"))
    server = ["--url", clinic.url, "--user", clinic.user, "--yes"]
    run = str(finish(bridge("load", "--count", str(COUNT), *server))["run"])
    undo = ["undo", run, *(["--purge"] if chance.random() < 0.5 else [])]
    for _ in range(UNDO_KILLS):
        process = bridge(*undo)
        time.sleep(chance.uniform(0.4, 0.9 if not REAL else 4.0))
        process.kill()
        process.communicate(timeout=DEADLINE)
    finish(bridge(*undo))
    assert found(run, clinic.connect) == []
    status = finish(bridge("status", run))
    assert status["state"] == ("purged" if "--purge" in undo else "undone")
    assert status["patients"] == {
        "requested": COUNT,
        "created": 0,
        "already_there": 0,
        "rejected": 0,
        str(status["state"]): COUNT,
    }


def test_whole_charts_that_are_killed_again_and_again_come_and_go_whole(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """Entries of every kind, those whose ids the server mints and those who name each other."""
    chance = random.Random(os.environ.get("BRIDGE_TEST_SEED"))
    for number in range(max(1, KILLS // 6)):
        cohort = ChartCohort(CHARTS, seed=secrets.randbelow(10**9), mutual=True)
        folder = tmp_path / str(number)
        with start_charts(folder, cohort, chart_goal, clinic.url) as ledger:
            record, seed = ledger.path, str(cohort.inputs["seed"])
        kill_repeatedly(clinic, [str(record), str(CHARTS), seed, "load"], chance)
        with Ledger.open(record) as ledger:
            if ledger.progress.phase is not Phase.COMPLETE:
                proceed(ledger, cohort, clinic.connect)
            assert_whole(ledger, cohort, clinic.connect)
        kill_repeatedly(clinic, [str(record), str(CHARTS), seed, "undo"], chance)
        with Ledger.open(record) as ledger:
            take_off(ledger, clinic.connect)
            assert ledger.progress.phase is Phase.UNDONE
            assert_nobody(ledger, cohort, clinic.connect)


def kill_repeatedly(clinic: Clinic, arguments: list[str], chance: random.Random) -> None:
    """Start the process and kill it, at moments from its first request to about its end."""
    # A real server may have users of its own, and is slower than a sandbox.
    served = [clinic.user, json.dumps(clinic.patience)]
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.lib.chart_process", *arguments, *served],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "BRIDGE_PASSWORD": clinic.password},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        process.stdout.readline()  # it says when it begins
        time.sleep(chance.uniform(0, 0.8 if not REAL else 6.0))
        process.kill()
        _, err = process.communicate(timeout=DEADLINE)
        assert process.returncode in (0, -signal.SIGKILL), err


@pytest.mark.skipif(bool(REAL), reason="kills the sandbox, not somebody's server")
def test_a_server_that_is_killed_again_and_again_loses_nothing(
    bridge: Bridge, own_home: Path, tmp_path: Path
) -> None:
    """The load waits for it, or is resumed; no patient twice, none missing, none half."""
    chance = random.Random(os.environ.get("BRIDGE_TEST_SEED"))
    port = free_port()
    served = Clinic(f"http://127.0.0.1:{port}/openmrs", USER, PASSWORD, QUICK)
    serve = ["sandbox", "--port", str(port), "--dir", str(tmp_path / "data")]
    server = bridge(*serve, as_json=False)
    wait_for(served)
    prepare(served.connect)
    load = ["load", "--count", str(COUNT), "--url", served.url, "--user", USER, "--yes"]
    kills = 0
    process: subprocess.Popen[str] | None = bridge(*load)
    while process:
        time.sleep(chance.uniform(0.2, 1.0))
        if process.poll() is None and kills < SERVER_KILLS:
            server.send_signal(signal.SIGKILL)
            server.communicate(timeout=DEADLINE)
            kills += 1
            time.sleep(chance.uniform(0, 0.5))
            server = bridge(*serve, as_json=False)
            wait_for(served)
        if process.poll() is not None:
            process = check_or_resume(process, bridge, served, own_home)
            process = process or (bridge(*load) if kills < SERVER_KILLS else None)
    server.terminate()
    server.communicate(timeout=DEADLINE)


def check_or_resume(
    process: subprocess.Popen[str], bridge: Bridge, served: Clinic, home: Path
) -> subprocess.Popen[str] | None:
    """Hold a load that is whole against the server, or resume one that gave up waiting for it."""
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode in (0, 3), err
    begun = records(home)
    if process.returncode == 0:
        check_whole(bridge, served, begun[-1].stem)
    elif begun and state(bridge, begun[-1].stem) in UNFINISHED:
        return bridge("resume", begun[-1].stem)
    return None


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(served: Clinic) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        with suppress(ServerError), closing(served.connect()) as client:
            client.user()
            return
    raise AssertionError("it never came up")


def state(bridge: Bridge, run: str) -> str:
    """Return where a run stands by its record."""
    return str(finish(bridge("status", run))["state"])


def check_whole(bridge: Bridge, clinic: Clinic, run: str) -> None:
    """Hold the server against what was asked for."""
    marked = found(run, clinic.connect)
    assert len(marked) == len(set(marked)) == COUNT
    verdict = finish(bridge("verify", run))
    assert verdict["patients"] == COUNT
    assert verdict["differences"] == []
    undone = finish(bridge("undo", run))
    assert undone["undone"] == COUNT
    assert undone["left"] == 0
