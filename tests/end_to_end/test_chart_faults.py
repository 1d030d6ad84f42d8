"""Every kind of request of a whole chart struck by every kind of fault.

Each fault strikes all kinds in one load; the same pair by pair is for `-m campaign`.
"""

import itertools
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Phase, State
from bridge.errors import ServerError
from tests.end_to_end.conftest import REAL, Clinic
from tests.lib.chart_loading import (
    ChartGoal,
    Connect,
    assert_nobody,
    assert_whole,
    start_charts,
)
from tests.lib.fault_proxy import Fault, FaultProxy, fault_proxy, storm
from tests.lib.loading import differences, proceed, take_off
from tests.lib.whole_charts import ChartCohort

# A real server may still hold the patients of an earlier session of tests.
seeds = itertools.count(secrets.randbelow(10**9))

LOADING = {
    "encounter with diagnoses and orders": r"POST .*/encounter\?",
    "condition": r"POST .*/condition\?",
    "allergy": r"POST .*/allergy\?",
    "enrollment": r"POST .*/programenrollment\?",
    "appointment": r"POST .*/appointment\?",
    "relationship": r"POST .*/relationship\?",
    "death": r"POST .*/person/",
    "completion of a test": r"POST .*/fulfillerdetails/",
    "attachment": r"POST .*/obs$",
}
FINDING_AGAIN = {
    "condition there": r"GET .*/condition/",
    "allergy there": r"GET .*/allergy/",
    "enrollment there": r"GET .*/programenrollment/",
    "appointments there": r"POST .*/appointments/search$",
    "relationship there": r"GET .*/relationship/",
    "other person there": r"GET .*/person/",
    "attachment there": r"GET .*/obs/",
}
READING = {
    "observations read": r"GET .*/Observation\?",
    "orders read": r"GET .*/order\?",
    "diagnoses read": r"GET .*/visit\?.*diagnoses",
    "attachments read": r"GET .*/attachment\?",
    "conditions read": r"GET .*/Condition\?",
    "allergies read": r"GET .*/AllergyIntolerance\?",
    "immunizations read": r"GET .*/Immunization\?",
    "enrollments read": r"GET .*/programenrollment\?",
    "appointments read": r"POST .*/appointments/search$",
    "relationships read": r"GET .*/relationship\?",
    "death read": r"GET .*/person/",
}
UNDOING = {
    "list of conditions": r"GET .*/Condition\?",
    "void of a condition": r"DELETE .*/condition/",
    "list of enrollments": r"GET .*/programenrollment\?",
    "void of an enrollment": r"DELETE .*/programenrollment/",
    "list of relationships": r"GET .*/relationship\?",
    "void of a relationship": r"DELETE .*/relationship/",
}
SILENT = {Fault.LATE, Fault.SILENT}
STORMS = 24


def cases(kinds: dict[str, str]) -> list[object]:
    """Pair every kind of request with every fault."""
    return [
        pytest.param(kind, fault, id=f"{kind}-{fault.name.lower()}")
        for kind, fault in itertools.product(kinds, Fault)
    ]


def passing(faults: Iterable[Fault]) -> list[object]:
    """Return the faults that are not the refusal of a record."""
    chosen = [fault for fault in faults if fault is not Fault.CONSTRAINT]
    return [pytest.param(fault, id=fault.name.lower()) for fault in chosen]


@dataclass(frozen=True)
class Bench:
    """A place to load to through a proxy that plays the faults."""

    clinic: Clinic
    proxy: FaultProxy
    connect: Connect
    """Through the proxy."""
    goal: ChartGoal


@contextmanager
def behind_a_proxy(clinic: Clinic, goal: ChartGoal, *faults: Fault) -> Iterator[Bench]:
    """Put a proxy before the clinic; where no answer will come, do not wait for it long."""
    patience = clinic.patience
    if not REAL and SILENT & set(faults):
        patience = patience._replace(read=0.3)
    with fault_proxy(clinic.url, late=patience.read + 0.2) as proxy:
        connect = replace(clinic, patience=patience).connect_by(proxy.url)
        yield Bench(clinic, proxy, connect, goal)


def fresh_cohort(count: int) -> ChartCohort:
    """Return patients that no test has loaded before: the last is dead, and of two the child."""
    return ChartCohort(count, seed=next(seeds))


def put_on_each(kinds: dict[str, str], fault: Fault, bench: Bench) -> int:
    """Let a fault strike the first request of every kind; return of how many."""
    taken = [kind for kind in kinds if is_taken(kind, bench.goal)]
    for kind in taken:
        bench.proxy.put(fault, kinds[kind], number_to_strike(kind))
    return len(taken)


def is_taken(kind: str, goal: ChartGoal) -> bool:
    """Tell whether the server has the module that a kind of request is for."""
    absent = {
        "appointment": not goal.capabilities.appointments,
        "attachment": not goal.capabilities.attachments,
    }
    return not any(absent[word] for word in absent if word in kind)


def number_to_strike(kind: str) -> int:
    """Return which request of a kind is struck: a chart's first encounter has no orders."""
    return 2 if kind == "encounter with diagnoses and orders" else 1


def begin(folder: Path, cohort: ChartCohort, bench: Bench) -> Ledger:
    """Begin a run."""
    return start_charts(folder, cohort, bench.goal, bench.clinic.url)


def load_through_trouble(folder: Path, cohort: ChartCohort, bench: Bench, tries: int = 4) -> Ledger:
    """Load, and resume as a user would when it stops."""
    ledger = begin(folder, cohort, bench)
    proceed_through_trouble(ledger, cohort, bench, tries)
    return ledger


def proceed_through_trouble(
    ledger: Ledger, cohort: ChartCohort, bench: Bench, tries: int = 4
) -> None:
    """Resume, and again when it stops."""
    for _ in range(tries):
        with suppress(ServerError):
            proceed(ledger, cohort, bench.connect)
            return
    raise AssertionError("it never came through")


def undo_through_trouble(ledger: Ledger, bench: Bench, tries: int = 4) -> None:
    """Undo, and again as a user would when it stops."""
    for _ in range(tries):
        with suppress(ServerError):
            take_off(ledger, bench.connect)
        if ledger.progress.phase is Phase.UNDONE:
            return
    raise AssertionError("it never came through")


@pytest.mark.parametrize("fault", passing(Fault))
def test_a_chart_whose_every_request_is_struck_comes_about_exactly_as_asked(
    fault: Fault, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """The first request of every kind, in one load, or in that and its resumes."""
    cohort = fresh_cohort(2)
    with behind_a_proxy(clinic, chart_goal, fault) as bench:
        struck = put_on_each(LOADING, fault, bench)
        with load_through_trouble(tmp_path, cohort, bench, tries=30) as ledger:
            assert len(bench.proxy.struck) == struck, bench.proxy.seen
            assert_whole(ledger, cohort, clinic.connect)
            take_off(ledger, clinic.connect)
            assert_nobody(ledger, cohort, clinic.connect)


@pytest.mark.parametrize("fault", passing([Fault.CUT_AFTER, Fault.CUT_BEFORE, Fault.GARBAGE]))
def test_so_does_one_whose_every_request_is_struck_twice_in_a_row(
    fault: Fault, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """The second strikes the question whether the first request was carried out."""
    cohort = fresh_cohort(2)
    with behind_a_proxy(clinic, chart_goal, fault) as bench:
        bench.proxy.again = fault
        struck = put_on_each(LOADING, fault, bench)
        with load_through_trouble(tmp_path, cohort, bench, tries=30) as ledger:
            assert len(bench.proxy.struck) >= struck, bench.proxy.seen
            assert_whole(ledger, cohort, clinic.connect)


@pytest.mark.parametrize("kind", LOADING)
def test_a_chart_that_is_refused_in_part_is_taken_off_whole(
    kind: str, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """Whatever the part: conditions, enrollments and relationships made before it go as well."""
    if not is_taken(kind, chart_goal):
        pytest.skip("the server has not got the module")
    cohort = fresh_cohort(1 + ("relationship" in kind))
    with behind_a_proxy(clinic, chart_goal) as bench:
        bench.proxy.put(Fault.CONSTRAINT, LOADING[kind], number_to_strike(kind))
        with load_through_trouble(tmp_path, cohort, bench) as ledger:
            assert len(bench.proxy.struck) == 1, bench.proxy.seen
            assert_whole(ledger, cohort, clinic.connect, rejected=1)
            (rejected,) = ledger.rows(State.REJECTED)
            assert "cannot be null" in rejected.reason
            assert "taken off again" in rejected.reason
            take_off(ledger, clinic.connect)
            assert_nobody(ledger, cohort, clinic.connect)


@pytest.mark.campaign
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize(("kind", "fault"), cases(LOADING))
def test_a_chart_struck_by_one_fault_comes_about_exactly_as_asked(
    kind: str,
    fault: Fault,
    again: bool,
    clinic: Clinic,
    chart_goal: ChartGoal,
    tmp_path: Path,
) -> None:
    """The same pair by pair, with every record held against the server."""
    if not is_taken(kind, chart_goal):
        pytest.skip("the server has not got the module")
    cohort = fresh_cohort(1 + ("relationship" in kind))
    with behind_a_proxy(clinic, chart_goal, fault) as bench:
        bench.proxy.again = fault if again else None
        bench.proxy.put(fault, LOADING[kind], number_to_strike(kind))
        with load_through_trouble(tmp_path, cohort, bench) as ledger:
            assert len(bench.proxy.struck) == 1 + again, bench.proxy.seen
            assert_whole(ledger, cohort, clinic.connect, rejected=int(fault is Fault.CONSTRAINT))
            take_off(ledger, clinic.connect)
            assert_nobody(ledger, cohort, clinic.connect)


@pytest.mark.parametrize("fault", passing(Fault))
def test_a_resume_struck_while_it_asks_what_is_there_doubles_nothing(
    fault: Fault, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """The load before it got as far as the death of the last patient, and no further."""
    cohort = fresh_cohort(2)
    with (
        behind_a_proxy(clinic, chart_goal, fault) as bench,
        begin(tmp_path, cohort, bench) as ledger,
    ):
        bench.proxy.put(Fault.BAD_GATEWAY, LOADING["death"], *range(1, 100))
        with pytest.raises(ServerError):
            proceed(ledger, cohort, bench.connect)
        bench.proxy.faults.clear()
        bench.proxy.struck.clear()
        struck = put_on_each(FINDING_AGAIN, fault, bench)
        proceed_through_trouble(ledger, cohort, bench, tries=30)
        assert len(bench.proxy.struck) == struck, bench.proxy.seen
        assert_whole(ledger, cohort, clinic.connect)


@pytest.fixture(scope="module")
def loaded(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ledger, ChartCohort]]:
    """A run that is whole, for tests that only read."""
    cohort = fresh_cohort(2)
    folder = tmp_path_factory.mktemp("loaded")
    with start_charts(folder, cohort, chart_goal, clinic.url) as ledger:
        proceed(ledger, cohort, clinic.connect)
        yield ledger, cohort


@pytest.mark.parametrize("fault", Fault)
def test_a_verification_struck_by_faults_still_finds_everything_equal(
    fault: Fault,
    clinic: Clinic,
    chart_goal: ChartGoal,
    loaded: tuple[Ledger, ChartCohort],
) -> None:
    """Reading may be repeated freely; here the first reading of every kind is struck."""
    ledger, cohort = loaded
    with behind_a_proxy(clinic, chart_goal, fault) as bench:
        struck = put_on_each(READING, fault, bench)
        said = None
        for _ in range(30):
            with suppress(ServerError):
                said = differences(ledger, cohort, bench.connect)
                break
        assert said == []
        assert len(bench.proxy.struck) == struck, bench.proxy.seen


@pytest.mark.parametrize("fault", Fault)
def test_an_undo_struck_by_faults_leaves_nothing_that_stands(
    fault: Fault, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """What a void of the patient leaves behind goes as well."""
    cohort = fresh_cohort(2)
    with (
        behind_a_proxy(clinic, chart_goal, fault) as bench,
        begin(tmp_path, cohort, bench) as ledger,
    ):
        proceed(ledger, cohort, clinic.connect)
        struck = put_on_each(UNDOING, fault, bench)
        undo_through_trouble(ledger, bench, tries=30)
        assert len(bench.proxy.struck) == struck, bench.proxy.seen
        assert_nobody(ledger, cohort, clinic.connect)


@pytest.mark.parametrize(
    "seed",
    [pytest.param(s, marks=() if s < 4 else pytest.mark.campaign) for s in range(STORMS)],
)
def test_a_storm_of_faults_leaves_exactly_what_was_asked_and_then_nothing(
    seed: int, clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """One request in ten is struck by any of the faults, in load and undo."""
    cohort = ChartCohort(4, seed=next(seeds))
    with behind_a_proxy(clinic, chart_goal, *SILENT) as bench:
        bench.proxy.weather = storm(seed, 1 / 10, [f for f in Fault if f is not Fault.CONSTRAINT])
        with load_through_trouble(tmp_path, cohort, bench, tries=40) as ledger:
            assert_whole(ledger, cohort, clinic.connect)
            undo_through_trouble(ledger, bench, tries=40)
            assert bench.proxy.struck
            assert_nobody(ledger, cohort, clinic.connect)
