"""kill -9 at random moments: a resume ends with exactly the patients that were asked for."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.upload.ledger import UNFINISHED
from tests.end_to_end.conftest import REAL, Clinic
from tests.lib.loading import found

COUNT = 60
KILLS = int(os.environ.get("BRIDGE_TEST_KILLS", "6"))
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

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bridge", *arguments, "--json"],
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
