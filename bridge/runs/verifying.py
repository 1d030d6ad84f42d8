"""A run read back from its server and compared with what was meant."""

import random
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bridge import __version__
from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.flags import Tally
from bridge.delivery.history import Verification
from bridge.delivery.ledger import Ledger, Row, State, Summary
from bridge.delivery.requests import Context
from bridge.delivery.run import ClientPool, context_of
from bridge.delivery.send import PendingPatient
from bridge.delivery.verify import Difference, Verdict, verify_patient
from bridge.delivery.workers import carry_out
from bridge.errors import InputError
from bridge.openmrs.client import Client
from bridge.openmrs.metadata import read_core
from bridge.runs.cohorts import cohort_of
from bridge.runs.listener import Listener
from bridge.runs.records import choose_record
from bridge.runs.surroundings import Surroundings

SHOWN = 20
"""How many differences the record keeps."""

MOST_LETTERS = 300
"""How much of each text of a difference the record keeps: a server may send any length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """Which run to read back: the newest with patients where none is named."""

    run: str | None = None
    sample: int | None = None
    """Read only so many patients, chosen by chance."""
    user: str | None = None


class VerifyResult(NamedTuple):
    """What reading a run back has shown."""

    run: str
    patients: int
    observations: int
    differences: tuple[Difference, ...]
    not_yet_loaded: int
    rejected: int

    @property
    def is_whole(self) -> bool:
        """Tell whether all that was meant is on the server as it was meant."""
        return not (self.differences or self.not_yet_loaded or self.rejected)


def verify(request: VerifyRequest, around: Surroundings) -> VerifyResult:
    """Read a run back through FHIR and compare values, units, times and counts."""
    path = choose_record(around.records, request.run, _has_patients, kind="has patients")
    with Ledger.open(path) as ledger:
        run = ledger.run
        cohort, mapping = cohort_of(run)
        rows = _rows(ledger, request.sample)
        patients = cohort.patients(row.number for row in rows)
        tasks = (PendingPatient(patient, row) for patient, row in zip(patients, rows, strict=True))
        tally = Tally(mapping, datetime.fromisoformat(run.created).date())
        with around.open_server(run.server, request.user or run.user) as connection:
            with closing(connection.connect()) as client:
                core = read_core(client)
            pool = ClientPool(connection.connect, ConcurrencyLimit(), around.stop)
            with around.stop.heeded():
                verdicts = _read_back(
                    tasks, len(rows), context_of(run, mapping), pool, tally, around.listener
                )
        result = _result(run.name, verdicts, ledger.counts())
        kept = _kept(result, ledger.counts(), tally, core, around.clock())
        ledger.keep(kept)
    return result


def _has_patients(seen: Summary) -> bool:
    return seen.made > 0


def _rows(ledger: Ledger, sample: int | None) -> list[Row]:
    rows = list(ledger.rows(State.CREATED, State.ALREADY_THERE))
    name = ledger.run.name
    if not rows:
        raise InputError(f"run {name} has no patients on the server to read back")
    if sample and sample < len(rows):
        return sorted(random.Random(name).sample(rows, sample))  # noqa: S311
    return rows


def _read_back(
    tasks: Iterable[PendingPatient],
    total: int,
    context: Context,
    pool: ClientPool,
    tally: Tally,
    listener: Listener,
) -> list[Verdict]:
    def work(client: Client, task: PendingPatient) -> Verdict:
        verdict = verify_patient(client, task, context)
        pool.done()
        return verdict

    verdicts = []
    with listener.progress("patients read", total, "verifying") as meter:
        for verdict in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop):
            tally.add(verdict.readings)
            verdicts.append(verdict._replace(readings=()))  # counted: a large run has millions
            meter.advance()
    return verdicts


def _result(run: str, verdicts: list[Verdict], counts: Counter[State]) -> VerifyResult:
    return VerifyResult(
        run=run,
        patients=len(verdicts),
        observations=sum(verdict.observations for verdict in verdicts),
        differences=tuple(sorted(d for verdict in verdicts for d in verdict.differences)),
        not_yet_loaded=counts[State.PLANNED] + counts[State.SENT],
        rejected=counts[State.REJECTED],
    )


def _kept(
    result: VerifyResult, counts: Counter[State], tally: Tally, core: str | None, now: datetime
) -> Verification:
    """Return what the run's record keeps of reading it back."""
    return Verification(
        ended=now.isoformat(timespec="seconds"),
        bridge=__version__,
        core=core,
        patients=result.patients,
        on_server=counts[State.CREATED] + counts[State.ALREADY_THERE],
        observations=result.observations,
        differences=len(result.differences),
        shown=tuple(
            (d.patient, d.what[:MOST_LETTERS], d.meant[:MOST_LETTERS], d.found[:MOST_LETTERS])
            for d in result.differences[:SHOWN]
        ),
        cells=tally.cells(),
    )
