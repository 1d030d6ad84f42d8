"""`bridge check`: the pre-flight alone."""

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    MappingFlags,
    ServerFlags,
    json_option,
    mapping_options,
    server_options,
    server_request,
)
from bridge.cli.screen import Screen
from bridge.delivery.preflight import Level
from bridge.errors import Unfit
from bridge.runs.examining import check_server


@click.command()
@server_options
@mapping_options
@json_option
def check(server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Find what would make a load fail, before anything is written."""
    screen = Screen(as_json=as_json)
    request = server_request(server_name(server.url), server, of_mapping)
    with screen.showing():
        result = check_server(request, surroundings(server, screen, StopSwitch()))
    screen.json(
        {
            "server": result.server,
            "ready": result.is_ready,
            "profile": result.profile,
            "findings": [finding._asdict() for finding in result.findings],
        }
    )
    if not as_json:
        screen.table(
            ("", "check", "found", "what to do"),
            ((_SIGNS[f.level], f.check, f.found, f.fix) for f in result.findings),
        )
    if failing := len(result.failing):
        raise Unfit(f"{failing} of {len(result.findings)} checks failed: a load would not succeed")
    screen.say("ready for a load", style="green")
    return 0


_SIGNS = {Level.OK: "ok", Level.NOTE: "note", Level.FAIL: "FAIL"}
