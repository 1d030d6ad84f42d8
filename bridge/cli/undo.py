"""`bridge undo`: take a run's patients off the server again."""

from collections.abc import Iterator
from contextlib import closing

import click

from bridge.cli import cohorts
from bridge.cli.access import Access, open_server, server_name
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import ServerFlags, json_option, run_argument, server_options
from bridge.cli.running import (
    OK,
    SOME_REJECTED,
    access_of_run,
    choose_record,
)
from bridge.cli.screen import Screen
from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.ledger import UNFINISHED, Ledger, Phase
from bridge.delivery.run import ClientPool
from bridge.delivery.server_state import RUN_TAG, read_tags
from bridge.delivery.undo import (
    Removal,
    Undone,
    find_marked,
    states_to_undo,
    undo_marked,
    undo_run,
)
from bridge.errors import BridgeError, InputError, Interrupted, ServerError, Unfit
from bridge.recipe import Cohort
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
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    if marked is not None:
        if name is not None:
            raise InputError("give a run's name or --marked RUN, not both")
        if not marked.strip():
            raise InputError("--marked needs the name of a run: `bridge runs` lists them")
        with screen.showing(switch), open_server(server, screen, switch) as access:
            return _undo_marked(marked.strip(), access, screen, switch, purge=purge)
    where = server_name(server.url) if server.url is not None else None
    phases = [*UNFINISHED, Phase.COMPLETE, *([Phase.UNDONE] if purge else [])]
    path = choose_record(
        server.home,
        name,
        lambda seen: seen.progress.phase in phases,
        kind="is left to undo",
        server=where,
    )
    with Ledger.open(path) as ledger:
        if where and ledger.run.server != where:
            raise InputError(f"run {ledger.run.name} is on {ledger.run.server}, not on {where}")
        cohort = _cohort(ledger, screen) if purge else None
        with (
            screen.showing(switch),
            access_of_run(ledger, server.sign_in, screen, switch) as access,
        ):
            screen.say(f"Run {ledger.run.name}: taking its patients off {access.label}")
            return _undo_run(ledger, cohort, access, screen, switch, purge=purge)


def _cohort(ledger: Ledger, screen: Screen) -> Cohort | None:
    """Return what a run sent; without it only what the server still lists can be purged."""
    try:
        cohort, _ = cohorts.of_record(ledger.run)
    except BridgeError as error:
        screen.note(f"{error}. What was voided before cannot be purged")
        return None
    return cohort


def _undo_run(
    ledger: Ledger,
    cohort: Cohort | None,
    access: Access,
    screen: Screen,
    switch: StopSwitch,
    *,
    purge: bool,
) -> int:
    run = ledger.run.name
    removal = Removal(run=run, run_tag=ledger.run.target.run_tag, purge=purge)
    pool = ClientPool(access.connect, ConcurrencyLimit(), switch)
    counts = ledger.counts()
    total = sum(counts[state] for state in states_to_undo(purge=purge))
    undone = undo_run(ledger, removal, pool, cohort)
    return _take_off(run, undone, total, access, screen, switch, again=f"bridge undo {run}")


def _undo_marked(
    run: str, access: Access, screen: Screen, switch: StopSwitch, *, purge: bool
) -> int:
    client = access.connect()
    mark = read_tags(client).get(RUN_TAG)
    if mark is None:
        raise Unfit(f"{access.name} has no patients of bridge: the mark {RUN_TAG!r} is not there")
    pool = ClientPool(access.connect, ConcurrencyLimit(), switch)
    undone = undo_marked(run, Removal(run=run, run_tag=mark.uuid, purge=purge), pool)
    total = len(find_marked(run, client))
    if not total:
        screen.note(f"no patient that can be found on {access.label} carries the mark of run {run}")
    again = f"bridge undo --marked {run}"
    return _take_off(run, undone, total, access, screen, switch, again=again)


def _take_off(
    run: str,
    undone: Iterator[Undone],
    total: int,
    access: Access,
    screen: Screen,
    switch: StopSwitch,
    *,
    again: str,
) -> int:
    taken = 0
    refused: list[Undone] = []
    try:
        with (
            stop_on_interrupt(switch),
            screen.progress("patients taken off", total, "taking off") as meter,
        ):
            for patient in undone:
                meter.advance()
                taken += patient.was_ours and not patient.refused
                refused += [patient] if patient.refused else []
    except (Interrupted, ServerError) as error:
        raise type(error)(f"{error}. `{again}` goes on with it") from error
    screen.doing("looking whether any is left")
    with closing(access.connect()) as client:
        left = len(find_marked(run, client))
    _tell(run, access, taken, left, refused, screen)
    return SOME_REJECTED if refused or left else OK


def _tell(
    run: str, access: Access, taken: int, left: int, refused: list[Undone], screen: Screen
) -> None:
    screen.json(
        {
            "run": run,
            "server": access.name,
            "undone": taken,
            "left": left,
            "refused": [patient._asdict() for patient in refused],
        }
    )
    if not screen.as_json:
        screen.say(
            f"{how_many(taken, 'patient')} taken off {access.label}; {left} of run {run} can be "
            "found there"
        )
        for patient in refused:
            screen.say(f"patient {patient.uuid} stays: {patient.refused}", style="red")
