"""`bridge status`: how far a run is."""

from pathlib import Path

import click

from bridge.cli.access import records_folder
from bridge.cli.options import home_option, json_option, run_argument
from bridge.cli.outcomes import json_of, tell_entries
from bridge.cli.screen import Screen
from bridge.delivery.ledger import UNFINISHED, read_summary
from bridge.delivery.report import options_of
from bridge.runs.records import choose_record
from bridge.wording import how_many


@click.command()
@run_argument
@home_option
@json_option
def status(name: str | None, home: Path, as_json: bool) -> int:
    """Show how far a run is (the newest, if none is named)."""
    screen = Screen(as_json=as_json)
    seen = read_summary(choose_record(records_folder(home), name))
    screen.json(json_of(seen))
    if as_json:
        return 0
    screen.say(f"Run {seen.run.name} on {seen.run.server}: {seen.progress.phase}")
    counts = ", ".join(f"{count} {state}" for state, count in sorted(seen.counts.items()))
    screen.say(f"{how_many(seen.run.patients, 'patient')}: {counts}")
    screen.say(
        f"{how_many(seen.totals.visits, 'visit')}, "
        f"{how_many(seen.totals.observations, 'observation')}, "
        f"{how_many(seen.progress.requests, 'request')} in {seen.progress.seconds:.1f} s"
    )
    tell_entries(seen, screen)
    for name, value in options_of(seen.run).items():
        screen.say(f"  {name}: {value}")
    if seen.progress.phase in UNFINISHED:
        screen.say(f"`bridge resume {seen.run.name}` goes on, unless a load is at it now")
    for number, reason in seen.reasons:
        screen.say(f"patient {number} was rejected: {reason}", style="red")
    return 0
