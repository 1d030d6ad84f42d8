"""Several servers over one directory, killed at any moment: nothing lost, nothing half."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest
import requests

from bridge.errors import InputError
from bridge.sandbox import Sandbox

from .clinic import DAY, Clinic
from .conftest import NOW

SERVE = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from bridge.sandbox import Sandbox
with Sandbox.start(Path(sys.argv[1]), clock=lambda: datetime(2026, 11, 21, tzinfo=UTC)) as sandbox:
    print(sandbox.url, flush=True)
    sandbox.wait()
"""
ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(directory: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve the directory from a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def load_some(url: str, known: Clinic, count: int) -> list[str]:
    """Make patients with two encounters each over one connection; return those accepted."""
    clinic = Clinic(url)
    clinic.source = known.source
    accepted = []
    with clinic.client:
        for _ in range(count):
            patient = clinic.patient()
            for day in range(2):
                values = {5085: 120, 5086: 80, 5087: 70}
                clinic.vitals(patient, values, DAY + timedelta(days=day))
            accepted.append(patient)
    return accepted


def test_two_processes_write_at_once(clinic: Clinic, tmp_path: Path) -> None:
    with another_process(tmp_path) as (url, _), ThreadPoolExecutor(8) as pool:
        here = clinic.rest.removesuffix("/ws/rest/v1")
        jobs = [pool.submit(load_some, base, clinic, 5) for base in (here, url) * 4]
        accepted = [patient for job in jobs for patient in job.result()]
    assert len(set(accepted)) == 40
    total = clinic.search("Observation", _summary="count")["total"]
    assert total == 40 * 2 * 3
    shown = clinic.read("patient", q="true", limit="1", totalCount="true")
    assert shown["totalCount"] == 40


def test_what_a_killed_server_accepted_is_kept_and_whole(clinic: Clinic, tmp_path: Path) -> None:
    accepted: list[str] = []
    for moment in (0.05, 0.12, 0.2):
        with another_process(tmp_path) as (url, process):
            killer = Timer(moment, process.send_signal, [signal.SIGKILL])
            killer.start()
            with pytest.raises((requests.RequestException, AssertionError)):
                while True:
                    accepted += load_some(url, clinic, 1)
            killer.join()
    for patient in accepted:
        assert clinic.search("Observation", patient=patient, _summary="count")["total"] == 6
    visits = clinic.read("visit", limit="100", v="custom:(encounters:(obs:(uuid)))")["results"]
    assert {len(one["obs"]) for visit in visits for one in visit["encounters"]} == {3}
    assert {len(visit["encounters"]) for visit in visits} == {1}


def test_data_outlives_its_server(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path, clock=lambda: NOW) as sandbox:
        clinic = Clinic(sandbox.url)
        clinic.set_up()
        patient = clinic.patient()
        clinic.client.close()
    with Sandbox.start(tmp_path, clock=lambda: NOW) as sandbox:
        clinic = Clinic(sandbox.url)
        assert clinic.read(f"patient/{patient}")["voided"] is False
        clinic.client.close()


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"^port {port} is taken[^\n]*$"):
            Sandbox.start(tmp_path, port=port, clock=lambda: NOW)


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{re.escape(str(blocked))}[^\n]*$"):
        Sandbox.start(blocked, clock=lambda: NOW)


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sandbox.sqlite").write_bytes(b"not a database, and longer than a header" * 200)
    with pytest.raises(InputError, match=r"^[^\n]*not a database[^\n]*$"):
        Sandbox.start(tmp_path, clock=lambda: NOW)


def test_data_of_a_newer_bridge_is_left_alone(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path, clock=lambda: NOW):
        pass
    connection = sqlite3.connect(tmp_path / "sandbox.sqlite")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(InputError, match="newer bridge"):
        Sandbox.start(tmp_path, clock=lambda: NOW)


def test_importing_the_sandbox_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, bridge.sandbox; print([m for m in ('numpy', 'torch', 'requests', 'pydantic')"
    )
    code += " if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert out.stdout.strip() == "[]"
