"""One patient made whole, or not at all, on a server whose answers are written down."""

from collections.abc import Mapping

import pytest

from bridge.chart import Appointment, Patient
from bridge.delivery.ledger import Row, State
from bridge.delivery.relating import NOT_MADE, relate
from bridge.delivery.send import Delivery, PendingPatient, deliver
from tests.lib.accepting import MISSING, Answer, AnsweringClient, accepted, refused
from tests.lib.chart_context import CONTEXT
from tests.lib.patients import make_patient
from tests.lib.whole_charts import whole_chart

MOTHER = make_patient(1).uuid
CHART = whole_chart(make_patient(2), mother=MOTHER, dead=True)
ROW = Row(2, "", identifiers=("100001W",))
STANDS = accepted({"uuid": "x", "voided": False})
ANSWERS: dict[str, Answer] = {
    "POST .*/encounter": accepted({"uuid": "x", "visit": {"uuid": CHART.visits[0].uuid}}),
    "POST .*/search": accepted([]),
    f"GET .*/person/{MOTHER}": STANDS,
}
"""Of a server that takes everything, and has the mother."""


def made(
    answers: Mapping[str, Answer], patient: Patient = CHART, row: Row = ROW
) -> tuple[Row, list[str]]:
    """Make one patient; return its row, and what was written."""
    usual = {line: said for line, said in ANSWERS.items() if line not in answers}
    client = AnsweringClient({**answers, **usual})
    delivery = Delivery(context=CONTEXT, identifiers=lambda client: ("100002U",))
    delivered = deliver(client, PendingPatient(patient, row), delivery)
    lines = client.answering.lines()
    return delivered.row, [line for line in lines if not line.startswith("GET")]


def test_a_fresh_patient_is_made_in_one_order_and_nothing_is_asked() -> None:
    """The patient, the visits with what rides in them, what follows, the death."""
    row, written = made({})
    assert row.state is State.CREATED
    assert written[:4] == ["POST rest/v1/patient", *["POST rest/v1/encounter"] * 3]
    assert written[-1] == f"POST rest/v1/person/{CHART.uuid}"
    assert row.counts["drug orders"] == 3
    assert row.counts["relationships"] == 1
    assert row.left_out == {}


def test_what_the_server_mints_is_recorded() -> None:
    """By what bridge calls the entry."""
    row, _ = made({r"POST .*/appointment\?": accepted({"uuid": "minted by the server"})})
    (appointment, *_) = (e for e in CHART.entries if isinstance(e, Appointment))
    assert row.minted[appointment.uuid] == "minted by the server"


REFUSED = (
    "condition",
    "allergy",
    "programenrollment",
    "appointment",
    "relationship",
    f"person/{CHART.uuid}",
    "order",
    "fulfillerdetails",
    "obs",
)


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_part_takes_all_back(what: str) -> None:
    """With the kinds that a void of the patient would leave behind, before the patient."""
    left = accepted({"results": [{**RELATED, "uuid": "r"}]})
    row, written = made(
        {
            rf"POST .*/{what}(\?|$|/)": refused("unthinkable"),
            "GET .*/(condition|allergy|relationship|programenrollment|order|obs)/": MISSING,
            "GET .*/patient/": accepted({"voided": False}),
            "GET .*/Condition": accepted({"entry": [{"resource": {"id": "c"}}]}),
            r"GET .*/relationship\?": left,
            "GET .*/programenrollment\\?": accepted({"results": [ENROLLED]}),
            "GET .*/person": MISSING if "person" in what else STANDS,
        }
    )
    assert row.state is State.REJECTED
    assert "unthinkable" in row.reason
    assert "taken off again" in row.reason
    assert [line for line in written if line.startswith("DELETE")] == [
        "DELETE rest/v1/condition/c",
        "DELETE rest/v1/programenrollment/e",
        "DELETE rest/v1/relationship/r",
        f"DELETE rest/v1/patient/{CHART.uuid}",
    ]


RELATED = {
    "relationshipType": {"uuid": "t", "display": "Parent"},
    "personA": {"uuid": "a"},
    "personB": {"uuid": "b"},
}
ENROLLED = {
    "uuid": "e",
    "program": {"uuid": "p"},
    "dateEnrolled": "2026-03-02T00:00:00.000+0000",
    "dateCompleted": None,
    "location": None,
    "states": [],
}


def test_a_relationship_to_somebody_who_is_not_there_is_left_out_for_now() -> None:
    """The rest of the chart is made."""
    client_says = {f"GET .*/person/{MOTHER}": MISSING}
    row, written = made(client_says)
    assert row.state is State.CREATED
    assert row.left_out == {NOT_MADE: 1}
    assert "relationships" not in row.counts
    assert "POST rest/v1/relationship" not in written


def test_it_is_made_when_the_other_has_come() -> None:
    """And asked for first: a kill may have come between it and its record."""
    row = ROW._replace(
        state=State.CREATED, counts={"conditions": 2}, left_out={NOT_MADE: 1, "x": 3}
    )
    client = AnsweringClient({"GET .*/person": STANDS, "GET .*/relationship": MISSING})
    related = relate(client, CHART, row, CONTEXT)
    assert related.counts == {"conditions": 2, "relationships": 1}
    assert related.left_out == {"x": 3}
    assert client.answering.lines("POST") == ["POST rest/v1/relationship"]
    there = AnsweringClient({"GET ": STANDS})
    assert relate(there, CHART, row, CONTEXT) == related
    assert there.answering.lines("POST") == []


def test_it_stays_left_out_where_the_other_never_comes() -> None:
    """With the same words."""
    row = ROW._replace(state=State.CREATED, left_out={NOT_MADE: 1})
    client = AnsweringClient({"GET .*/person": MISSING})
    assert relate(client, CHART, row, CONTEXT).left_out == {NOT_MADE: 1}


def test_a_patient_whose_late_relationship_is_refused_is_taken_off_whole() -> None:
    """As for any other part."""
    row = ROW._replace(state=State.CREATED, uuid=CHART.uuid, left_out={NOT_MADE: 1})
    client = AnsweringClient(
        {
            "POST ": refused("unthinkable"),
            "GET .*/person": STANDS,
            "GET .*/relationship/": MISSING,
            "GET .*/Condition": accepted({"entry": []}),
            r"GET .*\?": accepted({"results": []}),
        }
    )
    related = relate(client, CHART, row, CONTEXT)
    assert related.state is State.REJECTED
    assert "unthinkable" in related.reason
    assert f"DELETE rest/v1/patient/{CHART.uuid}" in client.answering.lines("DELETE")


def test_visits_added_to_another_runs_patient_come_with_what_follows_them() -> None:
    """Attachments go with them; the chart beside them is not ours to add."""
    others = accepted(
        {
            "uuid": CHART.uuid,
            "voided": False,
            "person": {"attributes": [{"attributeType": {"uuid": "run"}, "value": "run-0"}]},
        }
    )
    row, written = made(
        {
            "GET .*/patient/": others,
            r"GET .*/visit\?": accepted({"results": []}),
            "GET .*/(order|obs)/": MISSING,
        },
        row=ROW._replace(state=State.SENT),
    )
    assert row.state is State.ALREADY_THERE
    assert row.added == (CHART.visits[0].uuid,)
    posted = [line for line in written if line.startswith("POST")]
    assert posted.count("POST rest/v1/obs") == 2
    assert "POST rest/v1/condition" not in posted
