"""A load, its verify and undo by the parts they are made of, for tests that hold the reins."""

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.ledger import Ledger, Phase, Row, Run, State
from bridge.delivery.preflight import choose_profile, target
from bridge.delivery.removal import LEFT_BEHIND
from bridge.delivery.run import (
    ClientPool,
    carry_on,
    context_of,
    delivery_of,
    new_run_name,
    plan_run,
)
from bridge.delivery.send import PendingPatient
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import make_tags, set_up
from bridge.delivery.target import Target
from bridge.delivery.undo import Removal, Undone, find_marked, undo_run
from bridge.delivery.verify import Difference, verify_patient
from bridge.mapping.loading import load_mapping
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Patience, Server, Transport
from bridge.recipe import Cohort, FilesRecipe

MAPPING = load_mapping(None)
USER, PASSWORD = "admin", "Admin123"
QUICK = Patience(
    attempts=6, total=20.0, connect=2.0, read=1.0, first_pause=0.01, longest_pause=0.05
)


def connector(
    url: str, user: str = USER, password: str = PASSWORD, patience: Patience = QUICK
) -> Callable[[], Client]:
    """Return what opens a client."""
    server = Server(url=url, user=user, password=password)
    return lambda: Client(Transport(server, patience=patience))


def prepare(connect: Callable[[], Client]) -> None:
    """Make the metadata a load needs."""
    client = connect()
    state = read_server_state(client, MAPPING)
    profile = choose_profile(state, MAPPING)
    made = list(set_up(client, state, MAPPING, MAPPING.profiles[profile]))
    assert not [thing for thing in made if thing.refused]
    client.close()


def read_target(connect: Callable[[], Client]) -> Target:
    """Read from the server what patients and visits hang on."""
    with closing(connect()) as client:
        state = make_tags(client, read_server_state(client, MAPPING))
    return target(state, MAPPING.profiles[choose_profile(state, MAPPING)])


def start(
    folder: Path,
    cohort: Cohort,
    connect: Callable[[], Client],
    name: str = "",
    goal: Target | None = None,
) -> Ledger:
    """Begin a run; what it hangs on is read from the server, unless `goal` says it."""
    with closing(connect()) as client:
        server = client.transport.server.url
    run = Run(
        name=name or new_run_name(datetime.now(UTC), SystemRandom()),
        created=datetime.now(UTC).isoformat(),
        server=server,
        user=USER,
        patients=cohort.count,
        recipe=FilesRecipe(path="by hand", digest="", count=cohort.count),
        target=goal or read_target(connect),
    )
    return Ledger.create(folder, run)


def client_pool(connect: Callable[[], Client], workers: int = 2) -> ClientPool:
    """Return what opens clients for workers that nobody stops."""
    return ClientPool(connect, ConcurrencyLimit(workers), threading.Event())


def proceed(
    ledger: Ledger, cohort: Cohort, connect: Callable[[], Client], workers: int = 2
) -> list[Row]:
    """Carry a run on to its end."""
    if ledger.progress.phase is Phase.PLANNING:
        with closing(connect()) as client:
            plan_run(ledger, cohort, client)
    pool = client_pool(connect, workers)
    return list(carry_on(ledger, cohort, delivery_of(ledger.run, MAPPING), pool))


def differences(ledger: Ledger, cohort: Cohort, connect: Callable[[], Client]) -> list[Difference]:
    """Read everything back and return what is not as it was meant."""
    rows = list(ledger.rows(State.CREATED, State.ALREADY_THERE))
    patients = cohort.patients(row.number for row in rows)
    tasks = [PendingPatient(patient, row) for patient, row in zip(patients, rows, strict=True)]
    context = context_of(ledger.run, MAPPING)
    with closing(connect()) as client:
        verdicts = [verify_patient(client, task, context) for task in tasks]
    return [difference for verdict in verdicts for difference in verdict.differences]


def take_off(
    ledger: Ledger,
    connect: Callable[[], Client],
    cohort: Cohort | None = None,
    *,
    purge: bool = False,
) -> list[Undone]:
    """Undo a run."""
    removal = Removal(
        run=ledger.run.name,
        run_tag=ledger.run.target.run_tag,
        purge=purge,
        kinds=LEFT_BEHIND if ledger.run.terms else frozenset(),
    )
    return list(undo_run(ledger, removal, client_pool(connect), cohort))


def found(run: str, connect: Callable[[], Client]) -> list[str]:
    """List the patients of a run by their mark, on the server."""
    client = connect()
    uuids = find_marked(run, client)
    client.close()
    return uuids


def totals_on_server(run: str, connect: Callable[[], Client]) -> tuple[int, int, int]:
    """Count a run's patients, visits and observations as the server has them."""
    client = connect()
    uuids = find_marked(run, client)
    visits = sum(
        1
        for uuid in uuids
        for _ in client.every("visit", "uuid", patient=uuid, includeInactive="true")
    )
    observations = sum(client.fhir_count(f"Observation?patient={uuid}") for uuid in uuids)
    client.close()
    return len(uuids), visits, observations
