"""bridge from Python: what the commands do, as functions. `import bridge` finds them all.

    import bridge

    loaded = bridge.load(count=20, seed=7)            # the sandbox
    server = bridge.Server(url="https://.../openmrs", user="admin", password="...")
    loaded = bridge.load(server, count=200)
    bridge.verify(loaded.run, server=server).differences
    bridge.undo(loaded.run, server=server)

Runs are recorded where the command line records them, so either can go on with the other's.
"""

import os
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

from bridge.chart import Patient
from bridge.errors import InputError
from bridge.mapping.loading import load_mapping
from bridge.openmrs.transport import Server
from bridge.runs.cohorts import CohortRequest, generated_cohort
from bridge.runs.connecting import connected, served
from bridge.runs.examining import CheckResult, ServerRequest, check_server
from bridge.runs.listener import Listener, Silent
from bridge.runs.loading import LoadResult
from bridge.runs.loading import load as _load
from bridge.runs.preparing import LoadRequest
from bridge.runs.resuming import ResumeRequest
from bridge.runs.resuming import resume as _resume
from bridge.runs.surroundings import SANDBOX, Clock, Connection, Stop, Surroundings
from bridge.runs.undoing import UndoRequest, UndoResult
from bridge.runs.undoing import undo as _undo
from bridge.runs.verifying import VerifyRequest, VerifyResult
from bridge.runs.verifying import verify as _verify
from bridge.settings import checked_url, default_home

__all__ = [
    "CheckResult",
    "LoadResult",
    "Server",
    "UndoResult",
    "VerifyResult",
    "check",
    "generate",
    "load",
    "resume",
    "undo",
    "verify",
]


class Patients(TypedDict, total=False):
    """Which patients to make: the names are those of the commands' flags."""

    count: int
    seed: int
    as_of: date
    population: str
    visits: tuple[int, int]
    chart: Literal["vitals", "full"]
    histories: str
    illness: str
    people: Path
    """A table of people whom patients are made of, in place of drawn ones."""


class Around(TypedDict, total=False):
    """Where runs are recorded (`home`), who hears how they go, and how to stop them."""

    home: Path
    listener: Listener
    stop: Stop
    clock: Clock


class Mapped(Around, total=False):
    """What measurements are on the server."""

    mapping_file: Path
    profile: str


class Loading(Patients, Mapped, total=False):
    """What a load is asked for."""

    files: Path
    """A folder to load, in place of patients that are made."""
    keep_names: bool
    since: date
    years: int
    shift: bool
    codes: Path
    scenarios: tuple[str, ...]
    """Teaching cases, by name or file, in place of patients that are made."""
    learners: int
    learners_file: Path
    until: str
    active: int
    workers: int
    among_others: bool
    """Load although the server holds patients that are not marked as demo patients."""


def load(server: Server | None = None, **asked: Unpack[Loading]) -> LoadResult:
    """Bring patients onto a server, or into the sandbox where none is given."""
    options: dict[str, Any] = dict(asked)
    around = _around(server, options)
    patients = CohortRequest(**_taken(options, CohortRequest))
    where = _of_server(server)
    return _load(LoadRequest(patients=patients, **where, **options), around)


def generate(**asked: Unpack[Patients]) -> Iterator[Patient]:
    """Yield patients with their visits and vital signs, made here and sent nowhere."""
    mapping = load_mapping(None)
    limits = {name: entry.plausible for name, entry in mapping.measurements.items()}
    request = CohortRequest(**asked).with_seed(random.SystemRandom())
    cohort = generated_cohort(request, limits, _now)
    yield from cohort.patients(range(1, cohort.count + 1))


def check(server: Server | None = None, **asked: Unpack[Mapped]) -> CheckResult:
    """Find what would make a load fail, before anything is written."""
    options: dict[str, Any] = dict(asked)
    around = _around(server, options)
    return check_server(ServerRequest(**_of_server(server), **options), around)


def resume(
    run: str | None = None,
    *,
    server: Server | None = None,
    workers: int | None = None,
    **asked: Unpack[Around],
) -> LoadResult:
    """Go on with a run that was interrupted (the newest, if none is named) until it is whole."""
    return _resume(ResumeRequest(run=run, workers=workers), _around(server, dict(asked)))


def verify(
    run: str | None = None,
    *,
    server: Server | None = None,
    sample: int | None = None,
    **asked: Unpack[Around],
) -> VerifyResult:
    """Read a run (the newest, if none is named) back and compare it with what was meant."""
    return _verify(VerifyRequest(run=run, sample=sample), _around(server, dict(asked)))


def undo(
    run: str | None = None,
    *,
    server: Server | None = None,
    purge: bool = False,
    **asked: Unpack[Around],
) -> UndoResult:
    """Take what a run made (the newest, if none is named) off its server again, nothing else."""
    return _undo(UndoRequest(run=run, purge=purge), _around(server, dict(asked)))


class _Opener(NamedTuple):
    """Opens the one server that was given, and the sandbox."""

    server: Server | None
    home: Path
    listener: Listener
    stop: Stop
    clock: Clock

    def __call__(self, name: str, user: str | None) -> AbstractContextManager[Connection]:
        """Open the server of a name."""
        if name == SANDBOX:
            return served(self.home / SANDBOX, self.clock)
        if self.server is None or checked_url(self.server.url) != name:
            raise InputError(f"say who signs in to {name}: give it as `server`")
        return connected(self.server, self.listener, self.stop)


def _around(server: Server | None, options: dict[str, Any]) -> Surroundings:
    """Take what is around a run out of `options`."""
    home = Path(options.pop("home", None) or os.environ.get("BRIDGE_HOME") or default_home())
    listener: Listener = options.pop("listener", None) or Silent()
    stop: Stop = options.pop("stop", None) or Stop()
    clock: Clock = options.pop("clock", None) or _now
    return Surroundings(
        records=home.absolute() / "runs",
        open_server=_Opener(server, home.absolute(), listener, stop, clock),
        listener=listener,
        clock=clock,
        stop=stop,
    )


def _of_server(server: Server | None) -> dict[str, Any]:
    return {"server": checked_url(server.url), "user": server.user} if server else {}


def _taken(options: dict[str, Any], kind: type[CohortRequest]) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    return {name: options.pop(name) for name in names if name in options}


def _now() -> datetime:
    return datetime.now(UTC)
