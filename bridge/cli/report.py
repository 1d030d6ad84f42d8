"""`bridge report`: what came of a run, as one HTML page."""

from pathlib import Path

import click

from bridge.atomic_write import write_atomically
from bridge.cli.access import records_folder
from bridge.cli.options import home_option, json_option, run_argument
from bridge.cli.outcomes import json_of
from bridge.cli.screen import Screen
from bridge.errors import InputError
from bridge.runs.reporting import report as report_run


@click.command()
@run_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default="report-RUN.html",
    help="The report, one HTML file.",
)
@home_option
@json_option
def report(name: str | None, out: Path | None, home: Path, as_json: bool) -> int:
    """Write what came of a run (the newest, if none is named) as one HTML page.

    Counts, rates over time, rejects with reasons, the verification, and how many values the
    server flags at which age, as the last `bridge verify` read them.
    """
    screen = Screen(as_json=as_json)
    result = report_run(name, records_folder(home))
    where = out or Path(f"report-{result.summary.run.name}.html")
    if not where.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=where)
    write_atomically(where, result.html.encode())
    screen.say(result.sentence)
    for said in result.notes:
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {where}")
    screen.json(json_of(result.summary) | result.figures | {"report": str(where)})
    return 0
