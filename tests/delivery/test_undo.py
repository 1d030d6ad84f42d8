"""Taken off again: what a void leaves behind first, visits that stay, and whom OpenMRS keeps."""

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.ledger import Ledger, Phase, Row, State
from bridge.delivery.removal import void_patient
from bridge.delivery.run import ClientPool
from bridge.delivery.undo import Removal, Undone, find_marked, undo_run
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from tests.lib.accepting import MISSING, Answer, AnsweringClient, accepted, refused
from tests.lib.loading import QUICK
from tests.lib.patients import make_patient
from tests.lib.records import run as run_by_hand
from tests.lib.scripted_server import Answer as HttpAnswer
from tests.lib.scripted_server import Request, scripted_server
from tests.lib.whole_charts import whole_chart

RUN_TAG = "run"
CHART = whole_chart(make_patient(2), mother=make_patient(1).uuid, dead=True)


def patient(run: str = "run-1", *, voided: bool = False) -> Answer:
    """Return what the server shows of a patient of a run."""
    mark = {"attributeType": {"uuid": RUN_TAG}, "value": run}
    attributes = [] if voided else [mark]
    return accepted({"uuid": "p", "voided": voided, "person": {"attributes": attributes}})


def results(*bodies: dict[str, object]) -> Answer:
    """Return the answer to a question for a list."""
    return accepted({"results": list(bodies)})


NOTHING: dict[str, Answer] = {
    "POST .*/search": accepted([]),
    "GET .*/fhir2": accepted({"entry": []}),
    r"GET .*\?": results(),
}


def take_off(
    answers: Mapping[str, Answer], *, purge: bool = False, **changes: object
) -> tuple[Undone, list[str]]:
    """Take one patient off; return what became of it, and what was deleted."""
    client = AnsweringClient({**answers, **NOTHING})
    removal = Removal(run="run-1", run_tag=RUN_TAG, purge=purge)
    row = Row(1, "p", state=State.CREATED)._replace(**changes)  # type: ignore[arg-type]
    undone = removal.take_off_row(client, row, CHART if purge else None)
    deleted = [one for one in client.answering.sent if one.method == "DELETE"]
    return undone, [one.path.partition("/v1/")[2].partition("?reason")[0] for one in deleted]


LEFT_BEHIND: dict[str, Answer] = {
    "GET .*/patient/": patient(),
    "GET .*/Condition": accepted({"entry": [{"resource": {"id": "c"}}]}),
    "GET .*/programenrollment": results(
        {
            "uuid": "e",
            "program": {"uuid": "x"},
            "dateEnrolled": "2026-03-02",
            "dateCompleted": None,
            "location": None,
        }
    ),
    r"GET .*/relationship\?": results(
        {
            "uuid": "r",
            "relationshipType": {"uuid": "t"},
            "personA": {"uuid": "a"},
            "personB": {"uuid": "p"},
        }
    ),
}
KINDS = {"conditions": 1, "enrollments": 1, "relationships": 1}


def test_what_a_void_would_leave_behind_goes_before_the_patient() -> None:
    """Of the kinds that the run has made."""
    undone, deleted = take_off(LEFT_BEHIND, counts=KINDS)
    assert undone == Undone("p")
    assert deleted == ["condition/c", "programenrollment/e", "relationship/r", "patient/p"]
    assert take_off(LEFT_BEHIND, counts={"conditions": 1})[1] == ["condition/c", "patient/p"]


def test_of_a_patient_that_was_under_way_every_kind_is_looked_for() -> None:
    """Its record has no counts yet."""
    _, deleted = take_off(LEFT_BEHIND, state=State.SENT)
    assert deleted == ["condition/c", "programenrollment/e", "relationship/r", "patient/p"]


def test_the_patient_stays_while_one_of_them_does() -> None:
    """So that the next undo finds it again."""
    stays: dict[str, Answer] = {
        "DELETE .*/programenrollment": refused("unthinkable"),
        "GET .*/programenrollment/": accepted({"voided": False}),
    }
    undone, deleted = take_off({**stays, **LEFT_BEHIND}, counts=KINDS)
    assert undone.refused == "unthinkable"
    assert deleted == ["condition/c", "programenrollment/e"]


def test_visits_that_a_void_leaves_are_voided_after_it() -> None:
    """As cores before 2.6 leave them."""
    answers = {
        "GET .*/patient/": patient(),
        r"GET .*/visit\?": results({"uuid": "v"}),
        "GET .*/visit/v": accepted({"voided": False}),
    }
    undone, deleted = take_off(answers)
    assert deleted == ["patient/p", "visit/v"]
    assert undone.visits_stay is True


def test_a_patient_of_another_run_stays() -> None:
    """With all but the visits that this run added."""
    undone, deleted = take_off({"GET .*/patient/": patient("run-2")}, added=("v",))
    assert (undone.was_ours, deleted) == (False, ["visit/v"])


@pytest.mark.parametrize("kind", ["allergies", "test orders", "appointments"])
def test_whom_openmrs_will_not_delete_is_voided_whole(kind: str) -> None:
    """Nothing is torn out of the chart."""
    undone, deleted = take_off(LEFT_BEHIND, purge=True, counts={**KINDS, kind: 1})
    assert undone == Undone("p", kept_by=(kind,))
    assert deleted == ["condition/c", "programenrollment/e", "relationship/r", "patient/p"]


def test_of_one_under_way_the_server_is_asked_for_what_keeps_it() -> None:
    """Before anything of it is deleted."""
    kept = {"GET .*/AllergyIntolerance": accepted({"entry": [{"resource": {"id": "a"}}]})}
    undone, deleted = take_off({**kept, **LEFT_BEHIND}, purge=True, state=State.SENT)
    assert undone.kept_by == ("allergies",)
    assert deleted[-1] == "patient/p"
    assert not any("purge" in one for one in deleted)


def test_a_purge_goes_from_the_leaves_up() -> None:
    """The end of an order before the order, members before their group, the patient last."""
    encounter = {
        "uuid": "e1",
        "obs": [{"uuid": "group", "groupMembers": [{"uuid": "member"}]}],
        "orders": [{"uuid": "o1"}, {"uuid": "o1-stop", "previousOrder": {"uuid": "o1"}}],
        "diagnoses": [{"uuid": "d1"}],
    }
    answers = {
        **LEFT_BEHIND,
        r"GET .*/encounter\?": results(encounter),
        "GET .*/obs/": MISSING,
    }
    client = AnsweringClient({**answers, **NOTHING})
    removal = Removal(run="run-1", run_tag=RUN_TAG, purge=True)
    row = Row(1, "p", state=State.CREATED, counts=KINDS)
    assert removal.take_off_row(client, row, None) == Undone("p")
    gone = [line.partition("v1/")[2] for line in client.answering.lines("DELETE")]
    assert gone == [
        *("obs/member", "obs/group"),
        *("order/o1-stop", "order/o1", "patientdiagnoses/d1"),
        "encounter/e1",
        *("condition/c", "programenrollment/e", "relationship/r", "patient/p"),
    ]


def test_a_large_chart_is_given_the_time_that_it_takes() -> None:
    """OpenMRS voids it in one answer, for which nobody waits: it is asked, and not told twice."""
    pauses: list[float] = []
    answers = iter([False] * 6 + [True])

    def script(request: Request) -> HttpAnswer | None:
        if request.method == "DELETE":
            return HttpAnswer(504, b"<html><title>Gateway Time-out</title></html>")
        if "/patient/" in request.path:
            return HttpAnswer(200, {"uuid": "p", "voided": next(answers)})
        return None

    with scripted_server(script) as server:
        patience = QUICK._replace(read=1.0, first_pause=0.5, longest_pause=1.0)
        transport = Transport(
            Server(url=server.url, user="admin", password="x"),
            patience=patience,
            sleep=pauses.append,
        )
        assert void_patient(Client(transport), "p", "undo", (), 9_000) == ""
        assert len(server.paths("DELETE")) == 1
    assert 4 < sum(pauses) < 10


def test_what_was_voided_before_is_purged_by_uuid() -> None:
    """The server lists it no more; the chart as it was sent knows."""
    answers = {"GET .*/patient/": patient(voided=True), "GET .*/obs/": MISSING}
    _, deleted = take_off(answers, purge=True, state=State.UNDONE)
    assert deleted[-1] == "patient/p?purge=true"
    names = [line.partition("/")[0] for line in deleted]
    assert {"obs", "order", "patientdiagnoses", "encounter", "visit"} <= set(names)
    assert {"condition", "programenrollment", "relationship"} <= set(names)
    assert names.index("encounter") < names.index("visit") < names.index("condition")


def test_the_dead_are_looked_for_too() -> None:
    """OpenMRS's search hides them else."""
    client = AnsweringClient(NOTHING)
    assert find_marked("run-1", client) == []
    assert "includeDead=true" in client.answering.sent[-1].path


@pytest.mark.parametrize(
    ("counts", "phase", "state"),
    [({}, Phase.PURGED, State.PURGED), ({"allergies": 1}, Phase.UNDONE, State.UNDONE)],
)
def test_a_run_is_purged_when_all_its_patients_are(
    counts: dict[str, int], phase: Phase, state: State, tmp_path: Path
) -> None:
    """Where one is voided only, the run is undone."""
    answers = {"GET .*/patient/": patient(), **NOTHING}
    pool = ClientPool(lambda: AnsweringClient(answers), ConcurrencyLimit(1), threading.Event())
    with Ledger.create(tmp_path, run_by_hand(name="run-1", patients=1)) as ledger:
        ledger.write([Row(1, "p", state=State.CREATED, counts=counts)])
        list(undo_run(ledger, Removal(run="run-1", run_tag=RUN_TAG, purge=True), pool, None))
        assert ledger.progress.phase is phase
        assert ledger.counts() == {state: 1}


def test_who_is_kept_by_another_patient_is_purged_after_that_one(tmp_path: Path) -> None:
    """A voided relationship is listed nowhere: it goes with the patient whose chart has it."""
    refusals = iter([refused("a relationship leads to it")])
    answers = {
        "GET .*/patient/": patient(),
        "DELETE .*/patient/p1": lambda: next(refusals, accepted()),
        **NOTHING,
    }
    pool = ClientPool(lambda: AnsweringClient(answers), ConcurrencyLimit(1), threading.Event())
    with Ledger.create(tmp_path, run_by_hand(name="run-1", patients=2)) as ledger:
        ledger.write([Row(n, f"p{n}", state=State.CREATED) for n in (1, 2)])
        removal = Removal(run="run-1", run_tag=RUN_TAG, purge=True)
        gone = list(undo_run(ledger, removal, pool, None))
        assert [(one.uuid, one.refused) for one in gone] == [("p2", ""), ("p1", "")]
        assert ledger.counts() == {State.PURGED: 2}
