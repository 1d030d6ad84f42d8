"""Whole charts: relationships in both directions, and what an undo or a purge of them leaves."""

import itertools
import secrets
from contextlib import closing
from pathlib import Path

import pytest

from bridge.chart import (
    Allergy,
    Appointment,
    Attachment,
    Condition,
    DrugOrder,
    Enrollment,
    Entry,
    Immunization,
    Patient,
    TestOrder,
)
from bridge.delivery.kinds import relationships
from bridge.delivery.ledger import Phase, State
from bridge.delivery.undo import Removal, find_marked, undo_marked
from bridge.errors import ServerError
from bridge.openmrs.client import Client
from tests.end_to_end.conftest import Clinic
from tests.lib.chart_loading import ChartGoal, as_sent, held, standing, start_charts
from tests.lib.fault_proxy import Fault, fault_proxy
from tests.lib.loading import client_pool, differences, found, proceed, take_off
from tests.lib.whole_charts import ChartCohort

# A real server may still hold the patients of an earlier session of tests.
seeds = itertools.count(secrets.randbelow(10**9))

UNDELETABLE = (Allergy, TestOrder, Appointment)


def test_those_who_name_each_other_are_related_both_ways(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """Also by one worker, for whom nobody is there yet when the first names the second."""
    for workers in (1, 4):
        cohort = ChartCohort(4, seed=next(seeds), mutual=True)
        with start_charts(tmp_path / str(workers), cohort, chart_goal, clinic.url) as ledger:
            proceed(ledger, cohort, clinic.connect, workers)
            assert ledger.counts() == {State.CREATED: 4}
            assert ledger.tally().counts[relationships.NAME] == 4
            assert held(ledger, cohort, clinic.connect)[relationships.NAME] == 4
            assert "the other person was not made" not in ledger.tally().left_out
            assert differences(ledger, cohort, clinic.connect) == []
            patients = [patient for patient, _ in as_sent(ledger, cohort)]
            take_off(ledger, clinic.connect)
            assert found(ledger.run.name, clinic.connect) == []
            with closing(clinic.connect()) as client:
                assert [standing(client, patient) for patient in patients] == [[]] * 4


def test_relationships_that_wait_are_made_by_a_resume(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """The load ended when all patients were there, and the first of them not yet related."""
    cohort = ChartCohort(4, seed=next(seeds), mutual=True)
    with (
        fault_proxy(clinic.url) as proxy,
        start_charts(tmp_path, cohort, chart_goal, clinic.url) as ledger,
    ):
        connect = clinic.connect_by(proxy.url)
        proxy.put(Fault.BAD_GATEWAY, r"POST .*/relationship\?", *range(3, 60))
        with pytest.raises(ServerError):
            proceed(ledger, cohort, connect, workers=1)
        assert ledger.counts() == {State.CREATED: 4}
        assert ledger.progress.phase is Phase.LOADING
        assert ledger.tally().left_out["the other person was not made"] == 2
        proxy.faults.clear()
        proceed(ledger, cohort, connect, workers=1)
        assert ledger.progress.phase is Phase.COMPLETE
        assert held(ledger, cohort, clinic.connect)[relationships.NAME] == 4
        assert differences(ledger, cohort, clinic.connect) == []


def test_a_relationship_to_somebody_refused_is_left_out(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """And counted; what is verified is the rest."""
    cohort = ChartCohort(2, seed=next(seeds), mutual=True)
    with (
        fault_proxy(clinic.url) as proxy,
        start_charts(tmp_path, cohort, chart_goal, clinic.url) as ledger,
    ):
        proxy.put(Fault.CONSTRAINT, r"POST .*/person/")
        proceed(ledger, cohort, clinic.connect_by(proxy.url), workers=1)
        assert ledger.counts() == {State.CREATED: 1, State.REJECTED: 1}
        (row,) = ledger.rows(State.CREATED)
        assert row.left_out["the other person was not made"] == 1
        assert relationships.NAME not in row.counts
        assert differences(ledger, cohort, clinic.connect) == []


def test_a_purge_deletes_all_that_openmrs_lets_go(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """Straight away, after a void, and by the mark alone."""
    for way in ("at once", "voided before", "marked"):
        cohort = ChartCohort(2, seed=next(seeds), without=UNDELETABLE)
        with start_charts(tmp_path / way, cohort, chart_goal, clinic.url) as ledger:
            proceed(ledger, cohort, clinic.connect)
            patients = [patient for patient, _ in as_sent(ledger, cohort)]
            if way == "voided before":
                take_off(ledger, clinic.connect)
            if way == "marked":
                tag = ledger.run.target.run_tag
                removal = Removal(run=ledger.run.name, run_tag=tag, purge=True)
                gone = list(undo_marked(ledger.run.name, removal, client_pool(clinic.connect)))
            else:
                gone = take_off(ledger, clinic.connect, cohort, purge=True)
                assert ledger.progress.phase is Phase.PURGED
            assert [(one.refused, one.kept_by) for one in gone] == [("", ())] * 2, way
            with closing(clinic.connect()) as client:
                assert [what for one in patients for what in remaining(client, one)] == []
                groups = [vaccine for one in patients for vaccine in _vaccinations(one)]
                assert [client.fetch("obs", uuid, "uuid") for uuid in groups] == [None] * 2


def _vaccinations(patient: Patient) -> list[str]:
    entries = [entry for one in patient.encounters() for entry in one.entries]
    return [entry.uuid for entry in entries if isinstance(entry, Immunization)]


def test_whom_openmrs_keeps_is_voided_whole_and_told(
    clinic: Clinic, chart_goal: ChartGoal, tmp_path: Path
) -> None:
    """Nothing of the chart is torn out of a patient who stays."""
    cohort = ChartCohort(2, seed=next(seeds))
    with start_charts(tmp_path, cohort, chart_goal, clinic.url) as ledger:
        proceed(ledger, cohort, clinic.connect)
        patients = [patient for patient, _ in as_sent(ledger, cohort)]
        gone = take_off(ledger, clinic.connect, cohort, purge=True)
        assert [one.refused for one in gone] == ["", ""]
        assert {"test orders", "allergies"} <= set(gone[0].kept_by)
        assert ledger.counts() == {State.UNDONE: 2}
        assert ledger.progress.phase is Phase.UNDONE
        with closing(clinic.connect()) as client:
            assert find_marked(ledger.run.name, client) == []
            assert [standing(client, patient) for patient in patients] == [[], []]
            orders = [entry for entry in entries(patients[0]) if isinstance(entry, DrugOrder)]
            assert all(client.fetch("order", order.uuid, "uuid") for order in orders)


def entries(patient: Patient) -> list[Entry]:
    """List the entries of a patient's encounters."""
    return [entry for encounter in patient.encounters() for entry in encounter.entries]


REMAINING = {
    Condition: "condition",
    Enrollment: "programenrollment",
    DrugOrder: "order",
    Attachment: "obs",
}


def remaining(client: Client, patient: Patient) -> list[tuple[str, str]]:
    """List what is left of a patient in the database, voided or not."""
    refs = [("patient", patient.uuid), *(("visit", visit.uuid) for visit in patient.visits)]
    refs += [("encounter", encounter.uuid) for encounter in patient.encounters()]
    refs += [
        (REMAINING[type(entry)], entry.uuid)
        for entry in (*patient.entries, *entries(patient))
        if type(entry) in REMAINING
    ]
    return [ref for ref in refs if client.fetch(*ref, "uuid") is not None]
