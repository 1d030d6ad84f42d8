"""`bridge undo`: take a run's patients off the server again."""

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import ServerFlags, json_option, run_argument, server_options
from bridge.cli.outcomes import OK, SOME_REJECTED
from bridge.cli.screen import Screen
from bridge.delivery.ledger import Phase, Run
from bridge.errors import InputError
from bridge.runs.surroundings import Surroundings, label_of
from bridge.runs.undoing import UndoMarkedRequest, UndoRequest, UndoResult, undo_by_mark
from bridge.runs.undoing import undo as undo_run
from bridge.wording import how_many


@click.command()
@run_argument
@click.option("--purge", is_flag=True, help="Delete for good, instead of voiding.")
@click.option("--marked", metavar="RUN", help="Find the patients by their mark on the server.")
@server_options
@json_option
def undo(
    name: str | None, purge: bool, marked: str | None, server: ServerFlags, as_json: bool
) -> int:
    """Take what a run made off the server again (the newest, if none is named), nothing else."""
    screen = Screen(as_json=as_json, on_begun=_announce)
    switch = StopSwitch()
    if marked is not None and name is not None:
        raise InputError("give a run's name or --marked RUN, not both")
    around = surroundings(server, screen, switch)
    with screen.showing(switch):
        if marked is None:
            where = server_name(server.url) if server.url is not None else None
            request = UndoRequest(run=name, server=where, user=server.user, purge=purge)
            result = undo_run(request, around)
        else:
            result = _by_mark(marked.strip(), purge, server, around)
        _tell(result, screen)
    return OK if result.is_whole else SOME_REJECTED


def _by_mark(run: str, purge: bool, server: ServerFlags, around: Surroundings) -> UndoResult:
    if not run:
        raise InputError("--marked needs the name of a run: `bridge runs` lists them")
    where = server_name(server.url)
    request = UndoMarkedRequest(run=run, server=where, user=server.user, purge=purge)
    return undo_by_mark(request, around)


def _announce(run: Run, phase: Phase) -> str:
    return f"Run {run.name}: taking its patients off {label_of(run.server)}"


def _tell(result: UndoResult, screen: Screen) -> None:
    refused = [patient._asdict() for patient in result.refused]
    screen.json({**result._asdict(), "refused": refused})
    if not screen.as_json:
        screen.say(
            f"{how_many(result.undone, 'patient')} taken off {label_of(result.server)}; "
            f"{result.left} of run {result.run} can be found there"
        )
        for kinds, count in result.voided_only.items():
            screen.say(
                f"{how_many(count, 'patient')} voided, but not deleted for good: OpenMRS deletes "
                f"no {kinds} over REST",
                style="yellow",
            )
        for patient in result.refused:
            screen.say(f"patient {patient.uuid} stays: {patient.refused}", style="red")
