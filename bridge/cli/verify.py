"""`bridge verify`: read a run back from the server and compare."""

import random
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime

import click

from bridge import __version__
from bridge.cli import cohorts
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import SignIn, json_option, run_argument, sign_in_options
from bridge.cli.running import OK, SOME_REJECTED, access_of_run, choose_record
from bridge.cli.screen import Screen
from bridge.cli.work import Work
from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.flags import Tally
from bridge.delivery.history import Verification
from bridge.delivery.ledger import Ledger, State
from bridge.delivery.requests import Context
from bridge.delivery.run import ClientPool, context_of
from bridge.delivery.send import PendingPatient
from bridge.delivery.server_state import read_core
from bridge.delivery.verify import Verdict, verify_patient
from bridge.delivery.workers import carry_out
from bridge.errors import InputError
from bridge.openmrs.client import Client
from bridge.wording import how_many

SHOWN = 20

MOST_LETTERS = 300
"""How much of each text of a difference the record keeps: a server may send any length."""


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
        rows = list(ledger.rows(State.CREATED, State.ALREADY_THERE))
        if not rows:
            raise InputError(f"run {run.name} has no patients on the server to read back")
        if sample and sample < len(rows):
            rows = sorted(random.Random(run.name).sample(rows, sample))  # noqa: S311
        patients = cohort.patients(row.number for row in rows)
        tasks = (PendingPatient(patient, row) for patient, row in zip(patients, rows, strict=True))
        tally = Tally(mapping, datetime.fromisoformat(run.created).date())
        with (
            screen.showing(switch),
            access_of_run(ledger, sign_in, screen, switch) as access,
        ):
            with closing(access.connect()) as client:
                core = read_core(client)
            pool = ClientPool(access.connect, ConcurrencyLimit(), switch)
            with (
                stop_on_interrupt(switch),
                screen.progress("patients read", len(rows), "verifying") as meter,
            ):
                verdicts = _read_back(tasks, context_of(run, mapping), pool, tally, meter)
        counts = ledger.counts()
        ledger.keep(_outcome(verdicts, counts, tally, core))
    return _report(run.name, verdicts, counts, screen)


def _read_back(
    tasks: Iterable[PendingPatient], context: Context, pool: ClientPool, tally: Tally, meter: Work
) -> list[Verdict]:
    def work(client: Client, task: PendingPatient) -> Verdict:
        verdict = verify_patient(client, task, context)
        pool.done()
        return verdict

    verdicts = []
    for verdict in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop):
        tally.add(verdict.readings)
        verdicts.append(verdict._replace(readings=()))  # counted: a large run has millions
        meter.advance()
    return verdicts


def _outcome(
    verdicts: list[Verdict], counts: Counter[State], tally: Tally, core: str | None
) -> Verification:
    """Return what the run's record keeps of reading it back."""
    differences = sorted(d for verdict in verdicts for d in verdict.differences)
    return Verification(
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
        bridge=__version__,
        core=core,
        patients=len(verdicts),
        on_server=counts[State.CREATED] + counts[State.ALREADY_THERE],
        observations=sum(verdict.observations for verdict in verdicts),
        differences=len(differences),
        shown=tuple(
            (d.patient, d.what[:MOST_LETTERS], d.meant[:MOST_LETTERS], d.found[:MOST_LETTERS])
            for d in differences[:SHOWN]
        ),
        cells=tally.cells(),
    )


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
