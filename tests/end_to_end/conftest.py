"""The server that the end-to-end tests are for: the sandbox, or a real one by BRIDGE_TEST_URL.

A real one (with BRIDGE_TEST_USER and BRIDGE_TEST_PASSWORD, admin and Admin123 by default) keeps
some of the patients: give one that may be thrown away.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from bridge.__main__ import run
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Patience
from bridge.sandbox import Sandbox
from tests.lib.chart_loading import ChartGoal, prepare_content, read_goal
from tests.lib.loading import PASSWORD, QUICK, USER, connector, prepare

REAL = os.environ.get("BRIDGE_TEST_URL")


@dataclass(frozen=True)
class Clinic:
    """A server that is ready for loads."""

    url: str
    user: str
    password: str
    patience: Patience
    """A real server is slower than a sandbox in the same process."""

    def connect_by(self, url: str) -> Callable[[], Client]:
        """Return what opens a client that goes by another address, such as a proxy's."""
        return connector(url, self.user, self.password, self.patience)

    @property
    def connect(self) -> Callable[[], Client]:
        """Return what opens a client."""
        return self.connect_by(self.url)


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A server with the metadata that loads need."""
    if REAL:
        user = os.environ.get("BRIDGE_TEST_USER", USER)
        password = os.environ.get("BRIDGE_TEST_PASSWORD", PASSWORD)
        real = Clinic(REAL.rstrip("/"), user, password, QUICK._replace(read=10.0, total=120.0))
        prepare(real.connect)
        yield real
        return
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox.start(folder, clock=lambda: datetime.now(UTC)) as sandbox:
        made = Clinic(sandbox.url, USER, PASSWORD, QUICK)
        prepare(made.connect)
        yield made


@pytest.fixture(scope="session")
def chart_goal(clinic: Clinic) -> ChartGoal:
    """What whole charts hang on, once the clinic has the content that they need."""
    prepare_content(clinic.connect)
    return read_goal(clinic.connect)


class Output(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """Return the one JSON object on standard output."""
        (line,) = self.out.splitlines()
        return dict(json.loads(line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the cases of the fault matrix: the parametrised tests of both files."""
    reports = [
        report
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.stats.get(outcome, ())
        if "faults.py" in report.nodeid and report.nodeid.endswith("]")
    ]
    cases = {report.nodeid for report in reports}
    faulty = {report.nodeid for report in reports if report.outcome == "failed"}
    if cases:
        passed = len(cases - faulty)
        terminalreporter.write_line(f"fault matrix: {len(cases)} cases run, {passed} passed")


Cli = Callable[..., Output]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return what runs a command."""

    def invoke(*arguments: str, clock: Callable[[], datetime] | None = None) -> Output:
        code = run([str(argument) for argument in arguments], clock)
        return Output(code, *capsys.readouterr())

    return invoke


@pytest.fixture
def server(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the flags that name the clinic; the password is in the environment."""
    monkeypatch.setenv("BRIDGE_PASSWORD", clinic.password)
    yield ["--url", clinic.url, "--user", clinic.user]
