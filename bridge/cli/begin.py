"""A load up to its first patient: the server examined, the cohort made, the record begun."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click

from bridge import __version__
from bridge.cli import cohorts
from bridge.cli.access import Access
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import CohortFlags, MappingFlags
from bridge.cli.running import records_folder
from bridge.cli.screen import Screen
from bridge.delivery.ledger import Ledger, Run, last_begun
from bridge.delivery.preflight import (
    Finding,
    Level,
    check,
    choose_profile,
    limits_of,
    real_patients,
    refuse_values,
    target,
)
from bridge.delivery.rendering import Target
from bridge.delivery.run import Cohort, new_run_name
from bridge.delivery.server_state import ServerState, read_server_state
from bridge.delivery.setup import make_tags, set_up
from bridge.errors import InputError, Interrupted, Unfit
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.openmrs.client import Client
from bridge.wording import how_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a load is to bring, wherever to."""

    asked: CohortFlags
    folder: Path | None
    mapping: Mapping
    mapping_file: Path | None
    profile: str
    yes: bool
    """Load although the server holds unmarked patients."""
    may_ask: bool
    """Somebody is there to be asked."""


class Begun(NamedTuple):
    """A load whose record is open and whose patients can be sent."""

    ledger: Ledger
    cohort: Cohort


class Foretold(NamedTuple):
    """What a load would send."""

    server: str
    seed: int | None
    patients: int
    visits: int
    observations: int
    requests: int


def wanted_mapping(flags: MappingFlags, screen: Screen) -> Mapping:
    """Load the mapping that flags name, and say what is not in it."""
    mapping = load_mapping(flags.mapping_file)
    if mapping.unmapped and flags.mapping_file:
        screen.note(f"not in the mapping, and left out: {', '.join(mapping.unmapped)}")
    return mapping


@contextmanager
def begin(
    access: Access, wanted: Wanted, home: Path, screen: Screen, switch: StopSwitch
) -> Iterator[Begun]:
    """Make a server ready for a load and begin its record; nothing is written if it is not fit."""
    if not wanted.folder:
        # NumPy and the models are loaded while the server is asked.
        threading.Thread(target=import_module, args=("bridge.synthesis.cohort",)).start()
    with closing(access.connect()) as client:
        state, profile = _examine(client, access, wanted, screen)
        cohort = _cohort(wanted, state, screen)
        if state.counted:
            _refuse_real_patients(state, screen, may_ask=wanted.may_ask)
        if switch.is_set():
            raise Interrupted("stopped before anything was written")
        screen.doing("preparing the server")
        state = make_tags(client, state)
    goal = target(state, wanted.mapping.profiles[profile])
    run = _new_run(access, cohort, goal, last_begun(records_folder(home)))
    run.inputs.update(cohorts.mapping_inputs(wanted.mapping_file, wanted.mapping))
    with Ledger.create(records_folder(home), run) as ledger:
        _announce(run, access, screen)
        yield Begun(ledger, cohort)


def foretell(access: Access, wanted: Wanted, screen: Screen) -> Foretold:
    """Count what a load would send, without sending it."""
    with closing(access.connect()) as client:
        state, _ = _examine(client, access, wanted, screen)
    cohort = _cohort(wanted, state, screen)
    screen.doing("counting what would be sent")
    visits = observations = 0
    for patient in cohort.patients(range(1, cohort.count + 1)):
        visits += len(patient.visits)
        observations += sum(
            measurement.name in wanted.mapping.measurements
            for encounter in patient.encounters()
            for measurement in encounter.measurements
        )
    seed = cohort.inputs.get("seed")
    requests = cohort.count + visits
    return Foretold(access.name, seed, cohort.count, visits, observations, requests)


def _cohort(wanted: Wanted, state: ServerState, screen: Screen) -> Cohort:
    mapping, folder = wanted.mapping, wanted.folder
    if folder:
        return _from_files(folder, wanted, state, screen)
    screen.doing("making the first patients")
    return cohorts.generated(wanted.asked, limits_of(state, mapping))


def _from_files(folder: Path, wanted: Wanted, state: ServerState, screen: Screen) -> Cohort:
    from bridge.files.cohort import FilesCohort
    from bridge.files.options import FileOptions

    screen.doing("reading the patients")
    today = wanted.asked.as_of or datetime.now(UTC).date()
    options = FileOptions(as_of=today, count=wanted.asked.count)
    made = FilesCohort(folder, options, wanted.mapping)
    limits = limits_of(state, wanted.mapping)
    refuse_values(made.patients(range(1, made.count + 1)), limits, folder)
    for rejected in made.reading.rejected[:MOST_NOTES]:
        what = f"{rejected.source} {rejected.reason} {rejected.detail}".strip()
        screen.note(f"patient left out: {what}")
    for (kind, reason), count in sorted(made.reading.left_out.items()):
        screen.note(f"left out: {count} {kind}: {reason}")
    return made


MOST_NOTES = 10
"""How many patients that cannot be made are named one by one."""


def _new_run(access: Access, cohort: Cohort, goal: Target, last: str | None) -> Run:
    now = datetime.now(UTC)
    if last and now <= (begun := datetime.fromisoformat(last)):
        now = begun + timedelta(milliseconds=1)  # the clock was set back; the newest stays newest
    return Run(
        name=new_run_name(now),
        created=now.isoformat(timespec="milliseconds"),
        server=access.name,
        user=access.user,
        patients=cohort.count,
        inputs=dict(cohort.inputs),
        target=asdict(goal),
        bridge=__version__,
    )


def _examine(
    client: Client, access: Access, wanted: Wanted, screen: Screen
) -> tuple[ServerState, str]:
    """Read the server and hold it against the mapping; raise Unfit with all that would fail.

    The sandbox is bridge's own, so what it lacks is made.
    """
    mapping = wanted.mapping
    screen.doing("checking the server")
    # Whoever says --yes does not wait for an answer that changes nothing.
    counting = not (wanted.yes or access.is_sandbox)
    state = read_server_state(client, mapping, counting=counting)
    profile = choose_profile(state, mapping, wanted.profile)
    findings = check(state, mapping, profile, now=datetime.now(UTC))
    if access.is_sandbox and _failing(findings):
        screen.doing("setting the sandbox up")
        for _ in set_up(client, state, mapping, mapping.profiles[profile]):
            pass
        state = read_server_state(client, mapping, counting=counting)
        findings = check(state, mapping, profile, now=datetime.now(UTC))
    for finding in findings:
        if finding.level is Level.NOTE and not access.is_sandbox:
            screen.note(f"{finding.check}: {finding.found} ({finding.fix})")
    if failing := _failing(findings):
        lines = [f"  {f.check}: {f.found}. {f.fix}" for f in failing]
        raise Unfit(
            f"{access.label} is not ready for a load, and nothing was written:\n" + "\n".join(lines)
        )
    return state, profile


def _failing(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.FAIL]


def _refuse_real_patients(state: ServerState, screen: Screen, *, may_ask: bool) -> None:
    """Ask before synthetic patients come among others: it may be a real hospital."""
    real = real_patients(state)
    if real == 0:
        return
    whose = (
        "patients that may be real"
        if real is None
        else f"{how_many(real, 'patient')} not marked as demo"
    )
    if not may_ask:
        raise InputError(f"{state.url} holds {whose}: if it is no real hospital, say --yes")
    with screen.aside():
        click.confirm(
            f"{state.url} holds {whose}. Load synthetic ones all the same?", abort=True, err=True
        )


def _announce(run: Run, access: Access, screen: Screen) -> None:
    inputs = run.inputs
    origin = (
        f"from {inputs['from']}"
        if "from" in inputs
        else f"seed {inputs['seed']}, as of {inputs['as_of']}, population {inputs['population']}"
    )
    screen.say(f"Run {run.name}: {how_many(run.patients, 'patient')} to {access.label}, {origin}")
