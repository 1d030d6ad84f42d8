"""One load by the command, in a process of its own: what it took, and what it is held against."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from resource import struct_rusage
from typing import Any, NamedTuple

from bridge.chart import Patient
from bridge.delivery.generations import reissue_patient
from bridge.delivery.history import Sample
from bridge.delivery.identifiers import IdentifierDesk
from bridge.delivery.ledger import find_record, read_with_history
from bridge.delivery.preflight import choose_profile, limits_of, target
from bridge.delivery.requests import Context
from bridge.delivery.send import Delivery
from bridge.delivery.server_state import ServerState, read_server_state
from bridge.delivery.setup import make_tags
from bridge.delivery.target import Target
from bridge.mapping.terms import Terms
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from bridge.recipe import Cohort
from bridge.runs.cohorts import CohortRequest, generated_cohort
from bridge.runs.files import ServerFit, charts_on_server, read_files
from bridge.runs.listener import Silent
from tests.bench.replay import Account, Chain, Replayed, render, replay
from tests.lib.loading import MAPPING, prepare

CORES = os.cpu_count() or 1


class Loaded(NamedTuple):
    """What one `bridge load` took, from its start to its exit."""

    seconds: float
    patients: int
    observations: int
    requests: int
    retries: int
    loading_seconds: float
    """The part in which patients were sent."""
    cpu_share: float
    """Of the whole machine's processor time."""
    memory_mb: float
    run: str

    @property
    def rate(self) -> float:
        """Observations a second, of all the command took."""
        return self.observations / self.seconds


class Charts(NamedTuple):
    """The patients of files, and how a replay's are rendered."""

    cohort: Cohort
    delivery: Delivery


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A server to measure on, and where runs are recorded meanwhile."""

    account: Account
    home: Path
    pid: int | None = None
    """The server's process."""
    best: int | None = None
    """The number of connections at which a replay is fastest, if it is known."""
    files: Path | None = None
    """Whole charts to load."""

    def prepare(self) -> None:
        """Make what a load needs."""
        prepare(self.connect)

    def connect(self) -> Client:
        """Open a client."""
        return Client(Transport(Server(**self.account._asdict())))

    @cached_property
    def state(self) -> ServerState:
        """What the server has."""
        client = self.connect()
        return make_tags(client, read_server_state(client, MAPPING))

    @cached_property
    def target(self) -> Target:
        """The server's own things that patients hang on."""
        return target(self.state, MAPPING.profiles[choose_profile(self.state, MAPPING)])

    @property
    def delivery(self) -> Delivery:
        """How a replay's patients are rendered."""
        context = Context(
            run="bench",
            mapping=MAPPING,
            target=self.target,
            terms=Terms(),
            capabilities=self.state.capabilities,
        )
        return Delivery(context=context, identifiers=lambda client: ())

    def identifiers(self, count: int) -> list[tuple[str, ...]]:
        """Return the identifiers of so many patients."""
        desk = IdentifierDesk(self.target.identifiers, f"bench {time.time_ns()}")
        return desk.issue(self.connect(), count)

    def charts(self, files: Path) -> Charts:
        """Read files, and ask the server for their codes, as `bridge load --from` does."""
        today = datetime.now(UTC).astimezone().date()
        asked = CohortRequest(files=files, as_of=today)
        read = read_files(asked, Silent())
        profile = MAPPING.profiles[choose_profile(self.state, MAPPING)]
        fit = ServerFit(self.state, MAPPING, profile, self.target)
        found = charts_on_server(self.connect(), read, asked, fit)
        context = replace(self.delivery.context, target=found.target, terms=found.terms)
        return Charts(read.cohort, replace(self.delivery, context=context))

    def ceiling_of(self, charts: Charts, connections: int, at_most: int | None = None) -> Replayed:
        """Replay what bridge would send for the patients of files, or for the first of them."""
        count = min(charts.cohort.count, at_most or charts.cohort.count)
        patients = islice(self.patients(charts.cohort), count)
        chains = render(patients, self.identifiers(count), charts.delivery)
        return replay(chains, self.account, connections)

    def cohort(self, count: int, seed: int, visits: tuple[int, int] = (1, 6)) -> Cohort:
        """Return the patients that `bridge load --seed` sends."""
        asked = CohortRequest(count=count, seed=seed, visits=visits, chart="vitals")
        limits = limits_of(self.state, MAPPING)
        return generated_cohort(asked, limits, lambda: datetime.now(UTC))

    def patients(self, cohort: Cohort) -> Iterator[Patient]:
        """Yield the patients of a cohort under uuids that nobody has."""
        generation = time.time_ns()
        for patient in cohort.patients(range(1, cohort.count + 1)):
            yield reissue_patient(patient, generation)

    def chains(self, cohort: Cohort) -> list[Chain]:
        """Render what bridge would send for a cohort."""
        identifiers = self.identifiers(cohort.count)
        return render(self.patients(cohort), identifiers, self.delivery)

    def ceiling(self, cohort: Cohort, connections: int, url: str | None = None) -> Replayed:
        """Replay what bridge would send for a cohort."""
        chains = self.chains(cohort)
        return replay(chains, self.account._replace(url=url or self.account.url), connections)

    def samples(self, run: str) -> Sequence[Sample]:
        """Return how a load went, from its record."""
        _, history = read_with_history(find_record(self.home / "runs", run))
        return history.samples

    def load(self, count: int, seed: int, *more: str, url: str | None = None) -> Loaded:
        """Run `bridge load`."""
        return self._run_load("--count", str(count), "--seed", str(seed), *more, url=url)

    def load_files(self, files: Path) -> Loaded:
        """Run `bridge load --from`."""
        return self._run_load("--from", str(files))

    def undo(self, run: str) -> None:
        """Take a run off again, so that the same files can be loaded once more."""
        code, _, _ = self._command("undo", run)
        if code:
            raise RuntimeError(f"bridge undo ended with {code}")

    def _command(self, *words: str, url: str | None = None) -> tuple[int, bytes, struct_rusage]:
        """Run a command of bridge; return how it ended, what it said and what it used."""
        command = [
            *(sys.executable, "-m", "bridge", *words, "--json", "--home", str(self.home)),
            *("--url", url or self.account.url, "--user", self.account.user),
        ]
        environment = {**os.environ, "BRIDGE_PASSWORD": self.account.password}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        assert process.stdout
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, said, used

    def _run_load(self, *which: str, url: str | None = None) -> Loaded:
        started = time.monotonic()
        code, said, used = self._command("load", "--yes", *which, url=url)
        seconds = time.monotonic() - started
        if code:
            raise RuntimeError(f"bridge load ended with {code}")
        result: dict[str, Any] = json.loads(said)
        return Loaded(
            seconds=seconds,
            patients=result["patients"]["created"],
            observations=result["observations"],
            requests=result["requests"],
            retries=result["retries"],
            loading_seconds=result["seconds"],
            cpu_share=(used.ru_utime + used.ru_stime) / (seconds * CORES),
            memory_mb=used.ru_maxrss / 1024,
            run=result["run"],
        )
