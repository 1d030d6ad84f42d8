"""Every kind of request struck by every kind of fault: nothing is lost, nothing is doubled."""

import itertools
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import ServerError
from bridge.openmrs.client import Client
from bridge.upload.ledger import Ledger, State
from tests.end_to_end.conftest import Clinic
from tests.lib.fault_proxy import Fault, fault_proxy
from tests.lib.loading import (
    differences,
    found,
    proceed,
    start,
    take_off,
    totals_on_server,
)
from tests.lib.patients import VALUES, HandmadeCohort

COUNT, VISITS = 4, 2
# A real server may still hold the patients of an earlier session of tests.
seeds = itertools.count(secrets.randbelow(10**9))

LOADING = {
    "sign-in": r"GET .*/session$",
    "identifiers": r"POST .*/idgen/identifiersource$",
    "patient": r"POST .*/patient\?",
    "visit and encounter": r"POST .*/encounter\?",
}
READING = {"patient read": r"GET .*/fhir2/R4/Patient/", "observations": r"GET .*/Observation\?"}
UNDOING = {"undo": r"DELETE .*/patient/"}


def cases(kinds: dict[str, str]) -> list[object]:
    """Pair every kind of request with every fault."""
    return [
        pytest.param(pattern, fault, id=f"{kind}-{fault.name.lower()}")
        for (kind, pattern), fault in itertools.product(kinds.items(), Fault)
    ]


def fresh_cohort() -> HandmadeCohort:
    """Return patients that no test has loaded before."""
    return HandmadeCohort(COUNT, seed=next(seeds), visits=VISITS)


def load_through_trouble(
    folder: Path, cohort: HandmadeCohort, connect: Callable[[], Client]
) -> Ledger:
    """Load, and resume or begin again as a user would when it stops."""
    ledger = None
    for _ in range(4):
        try:
            ledger = ledger or start(folder, cohort, connect)
            proceed(ledger, cohort, connect)
        except ServerError:
            continue
        return ledger
    raise AssertionError("it never came through")


@pytest.mark.parametrize(("pattern", "fault"), cases(LOADING))
def test_a_load_struck_by_a_fault_makes_exactly_what_was_asked(
    pattern: str, fault: Fault, clinic: Clinic, tmp_path: Path
) -> None:
    """In the run itself or after a resume; the counts of the record are the server's."""
    cohort = fresh_cohort()
    with fault_proxy(clinic.url, late=clinic.patience.read + 0.5) as proxy:
        proxy.put(fault, pattern, 2 if "session" not in pattern and "idgen" not in pattern else 1)
        with load_through_trouble(tmp_path, cohort, clinic.connect_by(proxy.url)) as ledger:
            assert len(proxy.struck) == 1, proxy.seen
            assert ledger.counts() == {State.CREATED: COUNT}
            asked = (COUNT, COUNT * VISITS, COUNT * VISITS * len(VALUES))
            assert totals_on_server(ledger.run.name, clinic.connect) == asked
            totals = ledger.totals()
            assert (totals.visits, totals.observations) == asked[1:]
            assert differences(ledger, cohort, clinic.connect) == []


@pytest.mark.parametrize(("pattern", "fault"), cases(READING))
def test_a_verification_struck_by_a_fault_still_finds_everything_equal(
    pattern: str, fault: Fault, clinic: Clinic, tmp_path: Path
) -> None:
    """Reading may be repeated freely."""
    cohort = fresh_cohort()
    with start(tmp_path, cohort, clinic.connect) as ledger:
        proceed(ledger, cohort, clinic.connect)
        with fault_proxy(clinic.url, late=clinic.patience.read + 0.5) as proxy:
            proxy.put(fault, pattern, 2)
            assert differences(ledger, cohort, clinic.connect_by(proxy.url)) == []
            assert len(proxy.struck) == 1


@pytest.mark.parametrize(("pattern", "fault"), cases(UNDOING))
def test_an_undo_struck_by_a_fault_leaves_nobody(
    pattern: str, fault: Fault, clinic: Clinic, tmp_path: Path
) -> None:
    """Voiding twice is voiding once."""
    cohort = fresh_cohort()
    with start(tmp_path, cohort, clinic.connect) as ledger:
        proceed(ledger, cohort, clinic.connect)
        with fault_proxy(clinic.url, late=clinic.patience.read + 0.5) as proxy:
            proxy.put(fault, pattern, 2)
            undone = take_off(ledger, clinic.connect_by(proxy.url))
            assert len(proxy.struck) == 1
        assert [patient.refused for patient in undone] == [""] * COUNT
        assert found(ledger.run.name, clinic.connect) == []
        assert ledger.counts() == {State.UNDONE: COUNT}


def test_a_server_that_stays_away_stops_the_run_and_a_resume_ends_it(
    clinic: Clinic, tmp_path: Path
) -> None:
    """What was accepted before is not sent again."""
    cohort = fresh_cohort()
    with fault_proxy(clinic.url) as proxy:
        connect = clinic.connect_by(proxy.url)
        with start(tmp_path, cohort, connect) as ledger:
            proxy.put(Fault.BAD_GATEWAY, "POST .*/encounter", *range(4, 200))
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
    from dataclasses import replace

    from tests.lib.patients import make_visit

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
