"""`bridge check`: the pre-flight alone."""

from typing import Any

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.load import with_files
from bridge.cli.options import (
    FilesFlags,
    MappingFlags,
    ServerFlags,
    files_options,
    json_option,
    mapping_options,
    server_options,
    server_request,
)
from bridge.cli.screen import Screen
from bridge.delivery.preflight import Level
from bridge.errors import Unfit
from bridge.runs.cohorts import CohortRequest
from bridge.runs.examining import check_server
from bridge.runs.files import CheckedFiles, check_files
from bridge.wording import how_many


@click.command()
@files_options
@server_options
@mapping_options
@json_option
def check(files: FilesFlags, server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Find what would make a load fail, before anything is written."""
    screen = Screen(as_json=as_json)
    request = server_request(server_name(server.url), server, of_mapping)
    around = surroundings(server, screen, StopSwitch())
    with screen.showing():
        result = check_server(request, around)
        checked = None
        if files.source and result.is_ready:
            checked = check_files(request, with_files(CohortRequest(), files), around)
    screen.json(
        {
            "server": result.server,
            "ready": result.is_ready,
            "profile": result.profile,
            "findings": [finding._asdict() for finding in result.findings],
            **({"files": _files_json(checked)} if checked else {}),
        }
    )
    if not as_json:
        screen.table(
            ("", "check", "found", "what to do"),
            ((_SIGNS[f.level], f.check, f.found, f.fix) for f in result.findings),
        )
    if checked and not as_json:
        _tell_files(checked, screen)
    if failing := len(result.failing):
        raise Unfit(f"{failing} of {len(result.findings)} checks failed: a load would not succeed")
    screen.say("ready for a load", style="green")
    return 0


def _files_json(checked: CheckedFiles) -> dict[str, Any]:
    reading = checked.reading
    return {
        "form": checked.form,
        "patients": checked.patients,
        "read": dict(reading.read),
        "left_out": {f"{kind}: {why}": n for (kind, why), n in reading.left_out.items()},
        "rejected": [f"{one.source}: {one.reason}" for one in reading.rejected],
        "coverage": checked.coverage.as_json(),
    }


def _tell_files(checked: CheckedFiles, screen: Screen) -> None:
    """Say how much of the files has a home on the server, and what has none."""
    patients = how_many(checked.patients, "patient")
    read = checked.reading.read.total()
    screen.say(f"{checked.form}: {patients}, {read:,} resources")
    for (kind, why), n in checked.reading.left_out.most_common(MOST_REASONS):
        screen.say(f"  {n:,} of {kind} left out: {why}", style="yellow")
    for one in checked.reading.rejected[:MOST_REASONS]:
        screen.say(f"  not made: {one.source}, {one.reason}", style="red")
    kinds = checked.coverage.kinds
    columns = ("used as", "mapped", "of them inexactly", "as free text", "left out")
    rows = ((k.role, k.mapped, k.inexact, k.free_text, k.left_out) for k in kinds)
    screen.table(columns, (tuple(c if isinstance(c, str) else f"{c:,}" for c in r) for r in rows))
    homeless = [(k.role, one) for k in kinds for one in k.commonest]
    if homeless:
        screen.say("the commonest codes without a home:")
        shown = sorted(homeless, key=lambda pair: -pair[1].uses)[:MOST_REASONS]
        rows_of = ((role, f"{one.uses:,}", one.label, one.code) for role, one in shown)
        screen.table(("used as", "uses", "words", "code"), rows_of)


MOST_REASONS = 15

_SIGNS = {Level.OK: "ok", Level.NOTE: "note", Level.FAIL: "FAIL"}
