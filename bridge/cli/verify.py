"""`bridge verify`: read a run back from the server and compare."""

import click

from bridge.cli.access import surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import SignIn, json_option, run_argument, sign_in_options
from bridge.cli.outcomes import OK, SOME_REJECTED
from bridge.cli.screen import Screen
from bridge.runs.verifying import SHOWN, VerifyRequest, VerifyResult
from bridge.runs.verifying import verify as verify_run
from bridge.wording import how_many


@click.command()
@run_argument
@click.option("--sample", type=click.IntRange(1), help="Read only N patients, chosen at random.")
@sign_in_options
@json_option
def verify(name: str | None, sample: int | None, sign_in: SignIn, as_json: bool) -> int:
    """Read a run back through FHIR and compare values, units, times and counts."""
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    request = VerifyRequest(run=name, sample=sample, user=sign_in.user)
    with screen.showing(switch):
        result = verify_run(request, surroundings(sign_in, screen, switch))
    differences = [difference._asdict() for difference in result.differences]
    screen.json({**result._asdict(), "differences": differences})
    if not as_json:
        _tell(result, screen)
    return OK if result.is_whole else SOME_REJECTED


def _tell(result: VerifyResult, screen: Screen) -> None:
    patients = how_many(result.patients, "patient")
    read = f"{patients}, {how_many(result.observations, 'observation')} read back"
    if result.differences:
        _tell_differences(read, result, screen)
    else:
        screen.say(f"{read}: every value, unit and time is as it was meant", style="green")
    if waiting := result.not_yet_loaded:
        screen.say(f"{waiting} more are not loaded yet: `bridge resume {result.run}`", style="red")
    if result.rejected:
        screen.say(f"{result.rejected} were rejected: `bridge status {result.run}` says why")


def _tell_differences(read: str, result: VerifyResult, screen: Screen) -> None:
    screen.say(f"{read}: {len(result.differences)} differences", style="red")
    for one in result.differences[:SHOWN]:
        screen.say(f"  patient {one.patient}, {one.what}: meant {one.meant}, found {one.found}")
    if len(result.differences) > SHOWN:
        screen.say(f"  and {len(result.differences) - SHOWN} more: --json lists all")
