"""`bridge check`: the pre-flight alone."""

from datetime import UTC, datetime

import click

from bridge.cli.access import open_server
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    MappingFlags,
    ServerFlags,
    json_option,
    mapping_options,
    server_options,
)
from bridge.cli.screen import Screen
from bridge.delivery.preflight import Level, choose_profile
from bridge.delivery.preflight import check as check_facts
from bridge.delivery.server_state import read_server_state
from bridge.errors import Unfit
from bridge.mapping.loading import load_mapping


@click.command()
@server_options
@mapping_options
@json_option
def check(server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Find what would make a load fail, before anything is written."""
    screen = Screen(as_json=as_json)
    mapping = load_mapping(of_mapping.mapping_file)
    with screen.showing(), open_server(server, screen, StopSwitch()) as access:
        screen.doing("checking the server")
        state = read_server_state(access.connect(), mapping)
    profile = choose_profile(state, mapping, of_mapping.profile)
    findings = check_facts(state, mapping, profile, now=datetime.now(UTC))
    failing = [finding for finding in findings if finding.level is Level.FAIL]
    screen.json(
        {
            "server": access.name,
            "ready": not failing,
            "profile": profile,
            "findings": [finding._asdict() for finding in findings],
        }
    )
    if not as_json:
        screen.table(
            ("", "check", "found", "what to do"),
            ((_SIGNS[f.level], f.check, f.found, f.fix) for f in findings),
        )
    if failing:
        raise Unfit(f"{len(failing)} of {len(findings)} checks failed: a load would not succeed")
    screen.say("ready for a load", style="green")
    return 0


_SIGNS = {Level.OK: "ok", Level.NOTE: "note", Level.FAIL: "FAIL"}
