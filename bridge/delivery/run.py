"""Carries out a run: from its ledger, patient by patient, to what the server holds."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import tee

from bridge.chart import Patient
from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.history import Sample
from bridge.delivery.identifiers import IdentifierDesk, spare_identifiers
from bridge.delivery.ledger import SETTLED, Ledger, Phase, Progress, Row, Run, State
from bridge.delivery.relating import relate, waiting
from bridge.delivery.requests import Context
from bridge.delivery.send import Delivered, Delivery, PendingPatient, deliver
from bridge.delivery.server_state import METADATA
from bridge.delivery.workers import carry_out
from bridge.errors import Hint, Remedy, Unfit, option
from bridge.identity import MOD30_ALPHABET, reissue
from bridge.mapping.model import Mapping
from bridge.mapping.terms import Terms
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Reply
from bridge.openmrs.transport import Traffic
from bridge.recipe import Cohort

NOTE_SECONDS = 1.0
"""How much of a run's time and count of requests a kill may cost."""

_MOST_GENERATIONS = 10_000


class ClientPool:
    """Opens one client per worker, and adds up what they send."""

    def __init__(
        self, connect: Callable[[], Client], concurrency: ConcurrencyLimit, stop: threading.Event
    ) -> None:
        self.concurrency = concurrency
        self.stop = stop
        self._connect = connect
        self._traffics: list[Traffic] = []

    def connect(self) -> Client:
        """Open a client for one more worker."""
        client = self._connect()
        client.transport.listeners.append(self._hear)
        self._traffics.append(client.transport.traffic)
        return client

    def done(self) -> None:
        """Take note that a worker has done its task."""
        self.concurrency.answered(self.requests)

    def _hear(self, reply: Reply) -> None:
        if reply.is_overload:
            self.concurrency.trouble()

    @property
    def requests(self) -> int:
        """Count the requests of all workers."""
        return sum(traffic.requests for traffic in self._traffics)

    @property
    def retries(self) -> int:
        """Count how many of them were sent again."""
        return sum(traffic.retries for traffic in self._traffics)


def context_of(run: Run, mapping: Mapping) -> Context:
    """Return all that a run's charts are rendered by."""
    terms = Terms.from_json(json.loads(run.terms)) if run.terms else Terms()
    return Context(
        run=run.name,
        mapping=mapping,
        target=run.target,
        terms=terms,
        capabilities=run.capabilities,
    )


def delivery_of(run: Run, mapping: Mapping) -> Delivery:
    """Return how a run's patients are made."""
    spare = partial(spare_identifiers, slots=run.target.identifiers, run=run.name)
    return Delivery(context=context_of(run, mapping), identifiers=spare)


def new_run_name(now: datetime, randomness: random.Random) -> str:
    """Return a name for a run: its time, so that runs sort by age, and four random letters."""
    letters = "".join(randomness.choice(MOD30_ALPHABET.lower()[10:]) for _ in range(4))
    return f"run-{now:%Y%m%d-%H%M%S}-{letters}"


def plan_run(ledger: Ledger, cohort: Cohort, client: Client) -> None:
    """Write down every patient of a run, with the identifiers they get, before any is sent."""
    desk = IdentifierDesk(ledger.run.target.identifiers, ledger.run.name)
    generation = _free_generation(client, cohort)
    ledger.write(
        Row(number, "", generation=generation, identifiers=identifiers)
        for number, identifiers in enumerate(desk.issue(client, cohort.count), start=1)
    )
    ledger.note(ledger.progress._replace(phase=Phase.LOADING))


def require_target(client: Client, run: Run) -> None:
    """Raise Unfit when what a run's patients hang on is no longer on the server."""
    goal = run.target
    fields = ("encounter_type", "visit_type", "location", "encounter_role", "provider")
    needed = [
        *((METADATA[field], getattr(goal, field)) for field in fields),
        *(("patientidentifiertype", slot.type) for slot in goal.identifiers),
        *(("provider", uuid) for uuid in goal.providers),
        *(("location", uuid) for uuid in goal.locations_in_turn),
        ("personattributetype", goal.demo_tag),
        ("personattributetype", goal.run_tag),
    ]
    for resource, uuid in needed:
        if not client.is_in_use(resource, uuid):
            raise Unfit(
                f"the {resource} {uuid} that run {run.name} was begun with is no longer on "
                f"{run.server}: was the server put back to an earlier state?",
                hints=(Hint(Remedy.LOAD),),
            )


def _free_generation(client: Client, cohort: Cohort) -> int:
    """Return the first generation whose uuids this server has not voided, by the first patient."""
    first = next(cohort.patients([1])).uuid
    for generation in range(_MOST_GENERATIONS):
        found = client.patient(reissue(first, generation))
        if not (found and found.voided):
            return generation
    raise Unfit(
        f"these patients were voided {_MOST_GENERATIONS} times on the server: use another seed",
        hints=option("seed"),
    )


def carry_on(ledger: Ledger, cohort: Cohort, delivery: Delivery, pool: ClientPool) -> Iterator[Row]:
    """Make every patient that is not yet settled; yield each row as the server settles it."""
    started = time.monotonic()
    before, counts = ledger.progress, ledger.counts()
    patients = sum(counts[state] for state in SETTLED)
    observations = ledger.totals().observations

    nested_visits = delivery.context.capabilities.nested_visits

    def work(client: Client, pending: PendingPatient) -> Delivered:
        delivered = deliver(client, pending, delivery)
        pool.done()
        return delivered

    def note(phase: Phase) -> None:
        progress = Progress(
            phase=phase,
            requests=before.requests + pool.requests,
            retries=before.retries + pool.retries,
            seconds=before.seconds + time.monotonic() - started,
        )
        _, requests, retries, seconds = progress
        ledger.note(
            progress,
            Sample(seconds, patients, observations, requests, retries, pool.concurrency.limit),
        )

    phase, noted = before.phase, started
    try:
        tasks = (
            PendingPatient(patient, row, nested_visits)
            for patient, row in _begun(ledger, cohort, delivery)
        )
        for row, nests in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop):
            nested_visits = nested_visits and nests
            ledger.write([row])
            patients += row.state in SETTLED
            observations += row.observations
            if time.monotonic() - noted >= NOTE_SECONDS:
                note(phase)
                noted = time.monotonic()
            yield row
        _relate(ledger, cohort, delivery, pool)
        phase = Phase.COMPLETE
    finally:
        note(phase)


def _relate(ledger: Ledger, cohort: Cohort, delivery: Delivery, pool: ClientPool) -> None:
    """Make the relationships to patients who came later, now that all are there."""

    def work(client: Client, task: tuple[Patient, Row]) -> Row:
        related = relate(client, *task, delivery.context)
        pool.done()
        return related

    tasks = list(waiting(ledger, cohort))
    for row in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop) if tasks else ():
        ledger.write([row])


def _begun(ledger: Ledger, cohort: Cohort, delivery: Delivery) -> Iterator[tuple[Patient, Row]]:
    """Yield what is to be done, each written down as sent before a worker may take it."""
    rows, again = tee(ledger.rows(State.PLANNED, State.SENT))
    patients = cohort.patients(row.number for row in again)
    for row, patient in zip(rows, patients, strict=True):
        uuid = reissue(patient.uuid, row.generation)
        ledger.write([row._replace(state=State.SENT, uuid=uuid)])
        delivery.settled.begin(uuid)
        yield patient, row
