"""`bridge verify`: read a run back from the server and compare."""

import random
from collections import Counter

import click

from bridge.cli import cohorts
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import SignIn, json_option, run_argument, sign_in_options
from bridge.cli.running import OK, SOME_REJECTED, access_of_run, choose_record
from bridge.cli.screen import Screen, how_many
from bridge.errors import InputError
from bridge.openmrs.client import Client
from bridge.upload.deliver import Task
from bridge.upload.ledger import Ledger, State
from bridge.upload.pace import Pace
from bridge.upload.run import Crew
from bridge.upload.verify import Verdict, verify_patient
from bridge.upload.workers import carry_out

SHOWN = 20


@click.command()
@run_argument
@click.option("--sample", type=click.IntRange(1), help="Read only N patients, chosen at random.")
@sign_in_options
@json_option
def verify(
    name: str | None,
    sample: int | None,
    sign_in: SignIn,
    as_json: bool,
) -> int:
    """Read a run back through FHIR and compare values, units, times and counts."""
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    path = choose_record(sign_in.home, name, lambda seen: seen.made > 0, kind="has patients")
    with Ledger.open(path) as ledger:
        run = ledger.run
        cohort, mapping = cohorts.of_record(run)
        rows = list(ledger.rows(State.CREATED, State.EXISTING))
        if not rows:
            raise InputError(f"run {run.name} has no patients on the server to read back")
        if sample and sample < len(rows):
            rows = sorted(random.Random(run.name).sample(rows, sample))  # noqa: S311
        patients = cohort.patients(row.number for row in rows)
        tasks = (Task(patient, row) for patient, row in zip(patients, rows, strict=True))
        verdicts: list[Verdict] = []
        with (
            screen.showing(switch),
            access_of_run(ledger, sign_in, screen, switch) as access,
        ):
            crew = Crew(access.connect, Pace(), switch)

            def work(client: Client, task: Task) -> Verdict:
                verdict = verify_patient(client, task, mapping)
                crew.pace.done(2)
                return verdict

            with (
                stop_on_interrupt(switch),
                screen.progress("patients read", len(rows), "verifying") as meter,
            ):
                for verdict in carry_out(tasks, work, crew.connect, crew.pace, switch):
                    verdicts.append(verdict)
                    meter.advance()
            counts = ledger.counts()
    return _report(run.name, verdicts, counts, screen)


def _report(run: str, verdicts: list[Verdict], counts: Counter[State], screen: Screen) -> int:
    observations = sum(verdict.observations for verdict in verdicts)
    differences = sorted(d for verdict in verdicts for d in verdict.differences)
    waiting = counts[State.PLANNED] + counts[State.SENT]
    screen.json(
        {
            "run": run,
            "patients": len(verdicts),
            "not_yet_loaded": waiting,
            "rejected": counts[State.REJECTED],
            "observations": observations,
            "differences": [difference._asdict() for difference in differences],
        }
    )
    if not screen.as_json:
        patients = how_many(len(verdicts), "patient")
        read = f"{patients}, {how_many(observations, 'observation')} read back"
        if not differences:
            screen.say(f"{read}: every value, unit and time is as it was meant", style="green")
        else:
            screen.say(f"{read}: {len(differences)} differences", style="red")
            for difference in differences[:SHOWN]:
                screen.say(
                    f"  patient {difference.patient}, {difference.what}: meant "
                    f"{difference.meant}, found {difference.found}"
                )
            if len(differences) > SHOWN:
                screen.say(f"  and {len(differences) - SHOWN} more: --json lists all")
        if waiting:
            screen.say(f"{waiting} more are not loaded yet: `bridge resume {run}`", style="red")
        if counts[State.REJECTED]:
            screen.say(f"{counts[State.REJECTED]} were rejected: `bridge status {run}` says why")
    return SOME_REJECTED if differences or waiting or counts[State.REJECTED] else OK
