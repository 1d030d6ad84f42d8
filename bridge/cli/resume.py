"""`bridge resume`: go on with a run that was interrupted."""

import click

from bridge.cli.access import surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    SignIn,
    json_option,
    run_argument,
    sign_in_options,
    workers_option,
)
from bridge.cli.outcomes import tell_load
from bridge.cli.screen import Screen
from bridge.delivery.ledger import Phase, Run
from bridge.runs.resuming import ResumeRequest
from bridge.runs.resuming import resume as resume_run


@click.command()
@run_argument
@sign_in_options
@workers_option
@json_option
def resume(name: str | None, sign_in: SignIn, workers: int | None, as_json: bool) -> int:
    """Go on with a run (the newest unfinished one, if none is named) until it is whole."""
    screen = Screen(as_json=as_json, on_begun=_announce)
    switch = StopSwitch()
    request = ResumeRequest(run=name, user=sign_in.user, workers=workers)
    with screen.showing(switch):
        result = resume_run(request, surroundings(sign_in, screen, switch))
        return tell_load(result, screen)


def _announce(run: Run, phase: Phase) -> str:
    done = phase is Phase.COMPLETE
    return f"Run {run.name}: {'complete already' if done else 'going on'}"
