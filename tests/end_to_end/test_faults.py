"""Every kind of request struck by every kind of fault: nothing is lost, nothing is doubled.

The parametrised tests are the fault matrix: the last line of the output counts its cases.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Phase, State
from bridge.delivery.target import Target
from bridge.delivery.verify import Difference
from bridge.errors import ServerError
from bridge.openmrs.client import Client
from tests.end_to_end.conftest import REAL, Clinic
from tests.lib.fault_proxy import Fault, FaultProxy, fault_proxy, storm
from tests.lib.flat_client import FlatClient
from tests.lib.loading import (
    differences,
    found,
    proceed,
    read_target,
    start,
    take_off,
    totals_on_server,
)
from tests.lib.patients import VALUES, HandmadeCohort, make_visit

COUNT, VISITS = 2, 2
# A real server may still hold the patients of an earlier session of tests.
seeds = itertools.count(secrets.randbelow(10**9))

ENCOUNTER = r"POST .*/encounter\?"
LOADING = {
    "sign-in": r"GET .*/session$",
    "identifiers": r"POST .*/idgen/identifiersource$",
    "patient": r"POST .*/patient\?",
    "visit and encounter": ENCOUNTER,
}
APART = {
    "visit": r"POST .*/visit\?",
    "encounter": ENCOUNTER,
    "joining them": r"POST .*/encounter/",
}
READING = {"patient read": r"GET .*/fhir2/R4/Patient/", "observations": r"GET .*/Observation\?"}
UNDOING = {
    "sign-in of undo": r"GET .*/session$",
    "look-up": r"GET .*/patient/.*voided",
    "list of visits": r"GET .*/visit\?",
    "void": r"DELETE .*/patient/",
    "search": r"GET .*/patient\?",
}
PURGING = {
    "list of encounters": r"GET .*/encounter\?",
    "purge of an observation": r"DELETE .*/obs/",
    "purge of an encounter": r"DELETE .*/encounter/",
    "purge of a visit": r"DELETE .*/visit/",
    "purge of a patient": r"DELETE .*/patient/",
}
RECORDS_OWN = {"patient", "visit and encounter", "visit", "encounter", "joining them"}
"""The requests whose refusal is the patient's fault."""
ONCE = {"identifiers", "joining them", "list of visits", "search"}
"""The requests that there may be one of only."""

SILENT = {Fault.LATE, Fault.SILENT}
STORMS = 10


def cases(kinds: dict[str, str]) -> list[object]:
    """Pair every kind of request with every fault."""
    return [
        pytest.param(kind, fault, id=f"{kind}-{fault.name.lower()}")
        for kind, fault in itertools.product(kinds, Fault)
    ]


@dataclass(frozen=True)
class Bench:
    """A place to load to through a proxy that plays the faults."""

    clinic: Clinic
    proxy: FaultProxy
    connect: Callable[[], Client]
    """Through the proxy."""
    goal: Target


@pytest.fixture(scope="module")
def goal(clinic: Clinic) -> Target:
    """What patients hang on, read once."""
    return read_target(clinic.connect)


@contextmanager
def behind_a_proxy(clinic: Clinic, goal: Target, *faults: Fault) -> Iterator[Bench]:
    """Put a proxy before the clinic; where no answer will come, do not wait for it long."""
    patience = clinic.patience
    if not REAL and SILENT & set(faults):
        patience = patience._replace(read=0.3)
    with fault_proxy(clinic.url, late=patience.read + 0.2) as proxy:
        connect = replace(clinic, patience=patience).connect_by(proxy.url)
        yield Bench(clinic, proxy, connect, goal)


def fresh_cohort(count: int = COUNT, visits: int = VISITS) -> HandmadeCohort:
    """Return patients that no test has loaded before."""
    return HandmadeCohort(count, seed=next(seeds), visits=visits)


def load_through_trouble(
    folder: Path, cohort: HandmadeCohort, bench: Bench, workers: int = 2, tries: int = 4
) -> Ledger:
    """Load, and resume as a user would when it stops."""
    ledger = start(folder, cohort, bench.connect, goal=bench.goal)
    for _ in range(tries):
        try:
            proceed(ledger, cohort, bench.connect, workers)
        except ServerError:
            continue
        return ledger
    raise AssertionError("it never came through")


def undo_through_trouble(
    ledger: Ledger, bench: Bench, cohort: HandmadeCohort | None, tries: int = 4
) -> None:
    """Undo, purging where there is a cohort, and again as a user would when it stops."""
    phase = Phase.PURGED if cohort else Phase.UNDONE
    for _ in range(tries):
        with suppress(ServerError):
            take_off(ledger, bench.connect, cohort, purge=cohort is not None)
        if ledger.progress.phase is phase:
            return
    raise AssertionError("it never came through")


def differences_through_trouble(
    ledger: Ledger, cohort: HandmadeCohort, bench: Bench
) -> list[Difference]:
    """Read back, and again when that stops."""
    for _ in range(30):
        with suppress(ServerError):
            return differences(ledger, cohort, bench.connect)
    raise AssertionError("it never came through")


def load_quietly(folder: Path, cohort: HandmadeCohort, bench: Bench) -> Ledger:
    """Load without the proxy."""
    ledger = start(folder, cohort, bench.clinic.connect, goal=bench.goal)
    proceed(ledger, cohort, bench.clinic.connect)
    return ledger


def assert_whole(ledger: Ledger, cohort: HandmadeCohort, clinic: Clinic, rejected: int = 0) -> None:
    """Hold the record against the server, and both against what was asked."""
    made = cohort.count - rejected
    counts = ledger.counts()
    assert (counts[State.CREATED], counts[State.REJECTED]) == (made, rejected)
    assert counts.total() == cohort.count
    asked = (made, made * VISITS, made * VISITS * len(VALUES))
    assert totals_on_server(ledger.run.name, clinic.connect) == asked
    totals = ledger.totals()
    assert (made, totals.visits, totals.observations) == asked
    assert differences(ledger, cohort, clinic.connect) == []
    assert all(encounters_within(cohort, row.number, clinic) for row in ledger.rows(State.CREATED))


def encounters_within(cohort: HandmadeCohort, number: int, clinic: Clinic) -> bool:
    """Tell whether a patient's visits hold the encounters that they should, and no others."""
    (patient,) = cohort.patients([number])
    with closing(clinic.connect()) as client:
        there = client.every(
            "visit", "uuid,encounters:(uuid)", patient=patient.uuid, includeInactive="true"
        )
        held = {visit["uuid"]: [part["uuid"] for part in visit["encounters"]] for visit in there}
    return held == {
        visit.uuid: [part.uuid for part in visit.encounters] for visit in patient.visits
    }


def number_to_strike(kind: str) -> int:
    """Return which request of a kind is struck: the second, where there are several."""
    return 1 if kind in ONCE else 2


@pytest.mark.parametrize(("kind", "fault"), cases(LOADING))
def test_a_load_struck_by_a_fault_makes_exactly_what_was_asked(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """In the run itself or after a resume; the counts of the record are the server's."""
    cohort = fresh_cohort()
    with behind_a_proxy(clinic, goal, fault) as bench:
        bench.proxy.put(fault, LOADING[kind], number_to_strike(kind))
        with load_through_trouble(tmp_path, cohort, bench) as ledger:
            assert len(bench.proxy.struck) == 1, bench.proxy.seen
            refused = fault is Fault.CONSTRAINT and kind in RECORDS_OWN
            assert_whole(ledger, cohort, clinic, rejected=int(refused))


@pytest.mark.parametrize(("kind", "fault"), cases(APART))
def test_so_does_a_load_that_sends_visits_and_encounters_apart(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """As to servers that make no visit inside an encounter."""
    cohort = fresh_cohort()
    with behind_a_proxy(clinic, goal, fault) as bench:
        flat = replace(bench, connect=lambda: FlatClient(bench.connect().transport))
        # The first encounter is sent twice: with its visit inside, and again when that is left out.
        number = 3 if kind == "encounter" else number_to_strike(kind)
        bench.proxy.put(fault, APART[kind], number)
        with load_through_trouble(tmp_path, cohort, flat, workers=1) as ledger:
            assert len(bench.proxy.struck) == 1, bench.proxy.seen
            refused = fault is Fault.CONSTRAINT and kind in RECORDS_OWN
            assert_whole(ledger, cohort, clinic, rejected=int(refused))


@pytest.mark.parametrize(
    ("kind", "fault"), cases({k: v for k, v in LOADING.items() if k in RECORDS_OWN})
)
def test_a_load_struck_twice_in_a_row_makes_exactly_what_was_asked(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """The second strikes the question whether the first request was carried out."""
    cohort = fresh_cohort()
    with behind_a_proxy(clinic, goal, fault) as bench:
        bench.proxy.again = fault
        bench.proxy.put(fault, LOADING[kind], 2)
        with load_through_trouble(tmp_path, cohort, bench, workers=1) as ledger:
            assert len(bench.proxy.struck) == 2, bench.proxy.seen
            assert_whole(ledger, cohort, clinic, rejected=int(fault is Fault.CONSTRAINT))


@pytest.fixture(scope="module")
def loaded(
    clinic: Clinic, goal: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ledger, HandmadeCohort]]:
    """A run that is whole, for tests that only read."""
    cohort = fresh_cohort()
    with start(tmp_path_factory.mktemp("loaded"), cohort, clinic.connect, goal=goal) as ledger:
        proceed(ledger, cohort, clinic.connect)
        yield ledger, cohort


@pytest.mark.parametrize(("kind", "fault"), cases(READING))
def test_a_verification_struck_by_a_fault_still_finds_everything_equal(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, loaded: tuple[Ledger, HandmadeCohort]
) -> None:
    """Reading may be repeated freely."""
    ledger, cohort = loaded
    with behind_a_proxy(clinic, goal, fault) as bench:
        bench.proxy.put(fault, READING[kind], number_to_strike(kind))
        assert differences_through_trouble(ledger, cohort, bench) == []
        assert len(bench.proxy.struck) == 1


@pytest.mark.parametrize(("kind", "fault"), cases(UNDOING))
def test_an_undo_struck_by_a_fault_leaves_nobody(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """Voiding twice is voiding once."""
    cohort = fresh_cohort(visits=1)
    with (
        behind_a_proxy(clinic, goal, fault) as bench,
        load_quietly(tmp_path, cohort, bench) as ledger,
    ):
        bench.proxy.put(fault, UNDOING[kind], number_to_strike(kind))
        undo_through_trouble(ledger, bench, None)
        assert len(bench.proxy.struck) == 1, bench.proxy.seen
        assert found(ledger.run.name, clinic.connect) == []
        assert ledger.counts() == {State.UNDONE: COUNT}


@pytest.mark.parametrize(("kind", "fault"), cases(PURGING))
def test_a_purge_struck_by_a_fault_leaves_nothing(
    kind: str, fault: Fault, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """Neither the patients nor what hung on them."""
    cohort = fresh_cohort(visits=1)
    with (
        behind_a_proxy(clinic, goal, fault) as bench,
        load_quietly(tmp_path, cohort, bench) as ledger,
    ):
        bench.proxy.put(fault, PURGING[kind], number_to_strike(kind))
        undo_through_trouble(ledger, bench, cohort)
        assert len(bench.proxy.struck) == 1, bench.proxy.seen
        assert ledger.counts() == {State.PURGED: COUNT}
        with closing(clinic.connect()) as client:
            for patient in cohort.patients(range(1, COUNT + 1)):
                assert client.fetch("patient", patient.uuid, "uuid") is None
                for visit in patient.visits:
                    assert client.fetch("visit", visit.uuid, "uuid") is None


@pytest.mark.parametrize("seed", range(STORMS))
def test_a_storm_of_faults_leaves_exactly_what_was_asked_and_then_nothing(
    seed: int, clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """One request in seven is struck by any of the faults, in load, verification and undo."""
    cohort = fresh_cohort(3)
    with behind_a_proxy(clinic, goal, *SILENT) as bench:
        bench.proxy.weather = storm(seed, 1 / 7, [f for f in Fault if f is not Fault.CONSTRAINT])
        with load_through_trouble(tmp_path, cohort, bench, tries=30) as ledger:
            assert_whole(ledger, cohort, clinic)
            assert differences_through_trouble(ledger, cohort, bench) == []
            undo_through_trouble(ledger, bench, cohort if seed % 2 else None, tries=30)
            assert bench.proxy.struck
            assert found(ledger.run.name, clinic.connect) == []
            assert ledger.counts() == {State.PURGED if seed % 2 else State.UNDONE: cohort.count}


def test_a_database_in_trouble_rejects_nobody_however_long_it_lasts(
    clinic: Clinic, goal: Target, tmp_path: Path
) -> None:
    """A deadlock is never the patient's fault: the run stops rather than reject one after one."""
    cohort = fresh_cohort()
    with behind_a_proxy(clinic, goal) as bench:
        bench.proxy.put(Fault.PASSING_500, LOADING["patient"], *range(2, 7))
        with load_through_trouble(tmp_path, cohort, bench) as ledger:
            assert len(bench.proxy.struck) == 5
            assert_whole(ledger, cohort, clinic)


def test_a_server_that_stays_away_stops_the_run_and_a_resume_ends_it(
    clinic: Clinic, tmp_path: Path
) -> None:
    """What was accepted before is not sent again."""
    cohort = fresh_cohort()
    with fault_proxy(clinic.url) as proxy:
        connect = clinic.connect_by(proxy.url)
        with start(tmp_path, cohort, connect) as ledger:
            proxy.put(Fault.BAD_GATEWAY, "POST .*/encounter", *range(3, 200))
            with pytest.raises(ServerError, match="Bad Gateway"):
                proceed(ledger, cohort, connect, workers=1)
            proxy.faults.clear()
            before = len([line for line in proxy.seen if line.startswith("POST")])
            proceed(ledger, cohort, connect, workers=1)
            sent = [line for line in proxy.seen if line.startswith("POST")][before:]
            assert len(sent) < COUNT * (1 + VISITS)
            assert ledger.counts() == {State.CREATED: COUNT}
            assert differences(ledger, cohort, clinic.connect) == []


def test_a_patient_that_is_refused_in_part_is_taken_off_whole(
    clinic: Clinic, tmp_path: Path
) -> None:
    """And named with the reason; the others are made."""
    cohort = fresh_cohort()
    bad = dict(VALUES, sbp_mmhg=999.0)
    patients = list(cohort.patients(range(1, COUNT + 1)))
    patients[1] = replace(
        patients[1],
        visits=(patients[1].visits[0], make_visit(patients[1].uuid, 1, bad)),
    )
    cohort.patients = lambda numbers: (patients[n - 1] for n in numbers)  # type: ignore[method-assign]
    with start(tmp_path, cohort, clinic.connect) as ledger:
        proceed(ledger, cohort, clinic.connect)
        assert ledger.counts() == {State.CREATED: COUNT - 1, State.REJECTED: 1}
        (rejected,) = ledger.rows(State.REJECTED)
        assert "outOfRange" in rejected.reason
        assert len(found(ledger.run.name, clinic.connect)) == COUNT - 1
