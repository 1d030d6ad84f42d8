"""`bridge resume`: go on with a run that was interrupted."""

from contextlib import closing
from datetime import timedelta

import click

from bridge.cli import cohorts
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    SignIn,
    json_option,
    run_argument,
    sign_in_options,
    workers_option,
)
from bridge.cli.running import access_of_run, carry_on_run, choose_record
from bridge.cli.screen import Screen
from bridge.delivery.ledger import UNFINISHED, Ledger, Phase, Run, State
from bridge.delivery.run import require_target
from bridge.errors import InputError, Unfit
from bridge.openmrs.client import REST, Client


@click.command()
@run_argument
@sign_in_options
@workers_option
@json_option
def resume(
    name: str | None,
    sign_in: SignIn,
    workers: int | None,
    as_json: bool,
) -> int:
    """Go on with a run (the newest unfinished one, if none is named) until it is whole."""
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    path = choose_record(
        sign_in.home,
        name,
        lambda seen: seen.progress.phase in UNFINISHED,
        kind="is unfinished",
    )
    with Ledger.open(path) as ledger:
        run = ledger.run
        if ledger.progress.phase not in (*UNFINISHED, Phase.COMPLETE):
            raise InputError(f"run {run.name} is {ledger.progress.phase}: load anew")
        if gone := sum(ledger.counts()[state] for state in (State.UNDONE, State.PURGED)):
            raise InputError(
                f"{gone} patients of run {run.name} are taken off already: "
                f"`bridge undo {run.name}` goes on with that"
            )
        cohort, mapping = cohorts.of_record(run)
        with (
            screen.showing(switch),
            access_of_run(ledger, sign_in, screen, switch) as access,
        ):
            screen.doing("checking the server")
            with closing(access.connect()) as client:
                require_target(client, run)
                _require_clock(client, run)
            done = ledger.progress.phase is Phase.COMPLETE
            screen.say(f"Run {run.name}: {'complete already' if done else 'going on'}")
            return carry_on_run(ledger, cohort, mapping, access, workers, screen, switch)


def _require_clock(client: Client, run: Run) -> None:
    """Raise Unfit where the newest visits, of the day before the run's, are in the future."""
    as_of, now = run.recipe.as_of, client.probe(f"{REST}/session").date
    if as_of and now and now.date() < as_of - timedelta(days=1):
        raise Unfit(
            f"the clock of {run.server} says {now:%Y-%m-%d}, and run {run.name} has visits until "
            f"{as_of}: set the clock right, for it refuses encounters in its future"
        )
