"""`bridge runs`: the runs on record."""

from pathlib import Path

import click

from bridge.cli.access import records_folder
from bridge.cli.advice import worded
from bridge.cli.options import home_option, json_option
from bridge.cli.outcomes import json_of
from bridge.cli.screen import Screen
from bridge.delivery.account import entries_of
from bridge.delivery.ledger import Summary
from bridge.errors import LedgerError
from bridge.runs.records import list_runs
from bridge.wording import as_counted, how_many


@click.command()
@home_option
@json_option
def runs(home: Path, as_json: bool) -> int:
    """List the runs on record, the newest first."""
    screen = Screen(as_json=as_json)
    found = list_runs(records_folder(home))
    screen.json(
        {
            "runs": [
                {"run": path.stem, "damaged": worded(seen)}
                if isinstance(seen, LedgerError)
                else json_of(seen)
                for path, seen in found
            ]
        }
    )
    if as_json:
        return 0
    if not found:
        screen.say("No runs yet. `bridge load --count 200` makes one.")
        return 0
    rows = []
    for path, seen in found:
        if isinstance(seen, LedgerError):
            rows.append((path.stem, "", "its record is damaged", "", "", ""))
        else:
            made = seen.progress.phase
            begun = seen.run.created[:16].replace("T", " ")
            done = f"{seen.made} of {seen.run.patients}"
            rows.append((path.stem, begun, made, done, _entries(seen), seen.run.server))
    screen.table(("run", "begun (UTC)", "state", "patients", "entries", "server"), rows)
    return 0


def _entries(seen: Summary) -> str:
    """Say how many entries of the commonest kinds a run brought."""
    shown = list(entries_of(seen).items())
    more = len(shown) - MOST_KINDS
    listed = ", ".join(as_counted(count, kind) for kind, count in shown[:MOST_KINDS])
    return f"{listed} and {how_many(more, 'kind')} more" if more > 0 else listed


MOST_KINDS = 3
