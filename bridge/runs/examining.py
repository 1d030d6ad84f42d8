"""A server held against a mapping before anything is written; what it lacks can be made."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bridge.delivery.preflight import AUTO, Finding, Level, check, choose_profile
from bridge.delivery.server_state import ServerState, read_server_state
from bridge.delivery.setup import Made, set_up
from bridge.errors import Hint, Remedy, Unfit
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.openmrs.client import Client
from bridge.runs.surroundings import SANDBOX, Connection, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRequest:
    """Which server to look at, under which mapping."""

    server: str = SANDBOX
    """Its base address, or `sandbox`."""
    user: str | None = None
    mapping_file: Path | None = None
    """None: bridge's own mapping."""
    profile: str = AUTO


class CheckResult(NamedTuple):
    """What the pre-flight check has found."""

    server: str
    profile: str
    findings: list[Finding]

    @property
    def failing(self) -> list[Finding]:
        """What would make a load fail."""
        return _failing(self.findings)

    @property
    def is_ready(self) -> bool:
        """Tell whether a load would succeed."""
        return not self.failing


class SetupResult(NamedTuple):
    """What setup did about each thing that loads need."""

    server: str
    profile: str
    things: list[Made]

    @property
    def made(self) -> list[Made]:
        """What was made."""
        return [thing for thing in self.things if thing.result == "made"]

    @property
    def refused(self) -> list[Made]:
        """What the server does not take."""
        return [thing for thing in self.things if thing.refused]


class Examined(NamedTuple):
    """A server that a load can go to, and the profile that fits it."""

    state: ServerState
    profile: str


def check_server(request: ServerRequest, around: Surroundings) -> CheckResult:
    """Find what would make a load fail, before anything is written."""
    mapping = load_mapping(request.mapping_file)
    with around.open_server(request.server, request.user) as connection:
        around.listener.doing("checking the server")
        with closing(connection.connect()) as client:
            state = read_server_state(client, mapping)
        profile = choose_profile(state, mapping, request.profile)
        findings = check(state, mapping, profile, now=around.clock())
        return CheckResult(connection.name, profile, findings)


def set_server_up(
    request: ServerRequest, around: Surroundings, *, dry_run: bool = False
) -> SetupResult:
    """Make the metadata that a bare server lacks; what exists stays as it is."""
    with around.open_server(request.server, request.user) as connection:
        return set_up_on(connection, request, around, dry_run=dry_run)


def set_up_on(
    connection: Connection, request: ServerRequest, around: Surroundings, *, dry_run: bool = False
) -> SetupResult:
    """Make what is missing over a connection that is open."""
    mapping = load_mapping(request.mapping_file)
    around.listener.doing("checking the server")
    with closing(connection.connect()) as client:
        state = read_server_state(client, mapping, counting=False)
        profile = choose_profile(state, mapping, request.profile)
        around.listener.doing("making what is missing")
        wanted = mapping.profiles[profile]
        things = list(set_up(client, state, mapping, wanted, dry_run=dry_run))
    return SetupResult(connection.name, profile, things)


def examine(
    client: Client,
    connection: Connection,
    mapping: Mapping,
    wanted: str,
    around: Surroundings,
    *,
    counting: bool,
) -> Examined:
    """Hold a server against a mapping for a load; raise Unfit with all that would fail.

    The sandbox is bridge's own, so what it lacks is made.
    """
    around.listener.doing("checking the server")
    state = read_server_state(client, mapping, counting=counting)
    profile = choose_profile(state, mapping, wanted)
    findings = check(state, mapping, profile, now=around.clock())
    if connection.is_sandbox and _failing(findings):
        around.listener.doing("setting the sandbox up")
        for _ in set_up(client, state, mapping, mapping.profiles[profile]):
            pass
        state = read_server_state(client, mapping, counting=counting)
        findings = check(state, mapping, profile, now=around.clock())
    for finding in findings:
        if finding.level is Level.NOTE and not connection.is_sandbox:
            around.listener.note(f"{finding.check}: {finding.found} ({finding.fix})")
    _require_fit(findings, connection)
    return Examined(state, profile)


def _require_fit(findings: list[Finding], connection: Connection) -> None:
    if failing := _failing(findings):
        lines = [f"  {one.check}: {one.found}. {one.fix}" for one in failing]
        raise Unfit(
            f"{connection.label} is not ready for a load, and nothing was written:\n"
            + "\n".join(lines),
            hints=(Hint(Remedy.SETUP),) if any(one.is_made_by_setup for one in failing) else (),
        )


def _failing(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.FAIL]
