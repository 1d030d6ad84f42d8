"""Exactly once, kind by kind: what may have been sent is asked for, by uuid or by its fields."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bridge.delivery.kinds import BY_NAME, enrollments
from bridge.delivery.kinds.kind import Sent
from bridge.delivery.plan import plan_patient
from bridge.delivery.requests import Request
from tests.lib.accepting import MISSING, Answer, AnsweringClient, accepted, refused
from tests.lib.chart_context import CONTEXT
from tests.lib.patients import make_patient
from tests.lib.whole_charts import whole_chart

CHART = whole_chart(make_patient(2), mother=make_patient(1).uuid, dead=True)
REQUESTS = {
    request.kind: request for request in reversed(list(plan_patient(CHART, CONTEXT).following()))
}
"""The first of every kind."""

THERE = accepted({"uuid": "x", "voided": False})
VOIDED = accepted({"uuid": "x", "voided": True})

OURS = {
    "conditions": ("condition", "POST rest/v1/condition"),
    "allergies": ("patient/.*/allergy", f"POST rest/v1/patient/{CHART.uuid}/allergy"),
    "enrollments": ("programenrollment", "POST rest/v1/programenrollment"),
    "relationships": ("relationship", "POST rest/v1/relationship"),
    "attachments": ("obs", "POST rest/v1/obs"),
}
"""The kinds that keep our uuid: where they are found, and how they are sent."""


def send(
    kind: str,
    answers: Mapping[str, Answer],
    *,
    ask_first: bool = False,
    taken: tuple[str, ...] = (),
) -> tuple[Sent, list[str]]:
    """Send the first request of a kind; return what came of it, and what was written."""
    client = AnsweringClient(answers)
    sending = BY_NAME[kind].send
    assert sending
    sent = sending(client, REQUESTS[kind], ask_first=ask_first, taken=taken)
    return sent, [line for line in client.answering.lines("POST") if "search" not in line]


@pytest.mark.parametrize("kind", OURS)
def test_what_is_there_is_not_sent_again(kind: str) -> None:
    """It is asked for by its uuid."""
    uuid = REQUESTS[kind].uuid
    sent, written = send(kind, {f"GET .*/{OURS[kind][0]}/{uuid}": THERE}, ask_first=True)
    assert (sent, written) == (Sent(uuid), [])


@pytest.mark.parametrize("kind", OURS)
@pytest.mark.parametrize("found", [MISSING, VOIDED])
def test_what_is_not_there_is_sent(kind: str, found: Answer) -> None:
    """What was voided is not there."""
    sent, written = send(kind, {"GET ": found}, ask_first=True)
    assert (sent, written) == (Sent(REQUESTS[kind].uuid), [OURS[kind][1]])


@pytest.mark.parametrize("kind", OURS)
def test_a_refusal_after_the_deed_is_none(kind: str) -> None:
    """The object is there all the same."""
    sent, _ = send(kind, {"POST ": refused(), "GET ": THERE})
    assert sent == Sent(REQUESTS[kind].uuid)


@pytest.mark.parametrize("kind", [*OURS, "deaths"])
def test_a_refusal_is_told_in_the_servers_words(kind: str) -> None:
    """Nothing is there."""
    sent, _ = send(kind, {"POST ": refused("unthinkable"), "GET ": MISSING})
    assert sent == Sent("", "unthinkable")


def bundle(*resources: dict[str, Any]) -> Answer:
    """Return the answer to a FHIR search."""
    return accepted({"entry": [{"resource": one} for one in resources]})


def appointment(status: str) -> dict[str, Any]:
    """Return what the server shows of the chart's first appointment."""
    fields = REQUESTS["appointments"].expected
    assert fields
    start, stop = fields.fields["start"], fields.fields["stop"]
    return {
        "uuid": "7",
        "service": {"uuid": "general medicine", "name": "General Medicine service"},
        "startDateTime": int(start.timestamp() * 1000),  # type: ignore[union-attr]
        "endDateTime": int(stop.timestamp() * 1000),  # type: ignore[union-attr]
        "status": status,
        "comments": "review",
        "location": {"uuid": "clinic"},
    }


def test_an_enrollment_of_several_states_is_completed_after_them() -> None:
    """OpenMRS ends each state with a completion that comes first; a refusal of it is told."""
    request = REQUESTS["enrollments"]
    states = [{"state": "one"}, {"state": "two"}]
    body = {**request.body, "states": states, "dateCompleted": "2026-05-01"}
    for answers, refusal in (
        ({}, ""),
        ({"POST .*/x\\?": refused("no")}, "it is not completed: no"),
    ):
        client = AnsweringClient(answers)
        whole = replace(request, uuid="x", body=body)
        sent = enrollments.send(client, whole, ask_first=False)
        assert sent == Sent("x", refusal)
        assert client.answering.lines("POST") == [
            "POST rest/v1/programenrollment",
            "POST rest/v1/programenrollment/x",
        ]


def test_an_appointment_comes_with_its_status_in_one_request() -> None:
    """The server says that it has it."""
    sent, written = send(
        "appointments", {"POST .*/appointment": accepted(appointment("Completed"))}
    )
    assert (sent, written) == (Sent("7"), ["POST rest/v1/appointment"])


def test_one_that_the_server_makes_a_new_one_of_goes_on_by_steps() -> None:
    """As older modules may."""
    answers = {
        "POST .*/appointments/search": accepted([appointment("Scheduled")]),
        "POST .*/appointment\\?": accepted(appointment("Scheduled")),
    }
    sent, written = send("appointments", answers)
    assert sent == Sent("7")
    assert written[1:] == ["POST rest/v1/appointments/7/status-change"] * 2


def test_an_appointment_that_is_found_again_is_not_made_twice() -> None:
    """Nor moved on where it has its status."""
    answers = {"POST .*/appointments/search": accepted([appointment("Completed")])}
    assert send("appointments", answers, ask_first=True) == (Sent("7"), [])


def test_a_step_that_was_taken_before_its_answer_was_lost_is_not_refused() -> None:
    """The status tells."""
    statuses = iter(["Scheduled", "CheckedIn", "Completed", "Completed"])
    answers = {
        "POST .*/appointments/search": lambda: accepted([appointment(next(statuses))]),
        "POST .*/status-change": refused("cannot be changed"),
        "POST .*/appointment\\?": accepted({"uuid": "7"}),
    }
    assert send("appointments", answers)[0] == Sent("7")


def test_an_appointment_that_will_not_move_on_is_refused() -> None:
    """With what it stays."""
    answers = {
        "POST .*/appointments/search": accepted([appointment("Cancelled")]),
        "POST .*/status-change": refused("cannot be changed"),
        "POST .*/appointment\\?": accepted({"uuid": "7"}),
    }
    assert send("appointments", answers)[0].refusal == (
        "its status stays Cancelled: cannot be changed"
    )


@pytest.mark.parametrize(("status", "refusal"), [("COMPLETED", ""), (None, "no")])
def test_the_completion_of_a_test_is_asked_for_where_it_is_refused(
    status: str | None, refusal: str
) -> None:
    """Its answer has no body, so the order tells."""
    answers = {"POST ": refused(), "GET ": accepted({"fulfillerStatus": status})}
    assert send("test orders", answers)[0].refusal == refusal


def test_a_death_said_twice_is_one() -> None:
    """A refusal after the deed is none."""
    dead = {"dead": True, "deathDate": None, "causeOfDeath": None, "causeOfDeathNonCoded": "x"}
    sent, written = send("deaths", {"POST ": refused(), "GET ": accepted(dead)})
    assert (sent, written) == (Sent(CHART.uuid), [f"POST rest/v1/person/{CHART.uuid}"])


def test_every_kind_with_a_request_of_its_own_is_tried_here() -> None:
    """One that is added needs its own."""
    assert REQUESTS.keys() == {*OURS, "appointments", "test orders", "deaths"}
    assert all(isinstance(request, Request) for request in REQUESTS.values())
