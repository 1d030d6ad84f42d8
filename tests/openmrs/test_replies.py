"""What an answer of OpenMRS means."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.openmrs.replies import Cause, Outcome, sort_reply

HTML = {"Content-Type": "text/html"}

# How each refusal on the tapes must be taken, where it is not simply of this one record.
SPECIAL = {
    "session bogus cookie": Outcome.EXPIRED,
    "patient list anonymous": Outcome.EXPIRED,
    "create anonymous": Outcome.EXPIRED,
    "fhir anonymous": Outcome.EXPIRED,
    "unknown resource": Outcome.FOREIGN,
    "unknown resource post": Outcome.FOREIGN,
    "health started": Outcome.FOREIGN,  # older servers do not have it
    "health alive": Outcome.FOREIGN,
    "reference ranges": Outcome.FOREIGN,
}


def test_every_refusal_of_every_tape_is_final(tapes: list[Path]) -> None:
    """None is asked again: the 500s of older servers that only refuse a record included."""
    sorted_ = 0
    for tape in tapes:
        for exchange in json.loads(tape.read_text())["exchanges"]:
            answer = exchange["response"]
            text = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
            reply = sort_reply(answer["status"], answer["headers"], text)
            if answer["status"] < 400 and exchange["name"] != "method not allowed":
                assert reply.outcome is Outcome.ACCEPTED, (tape.name, exchange["name"], reply)
                continue
            sorted_ += 1
            missing = answer["status"] in (404, 410)
            expected = SPECIAL.get(
                exchange["name"], Outcome.MISSING if missing else Outcome.REJECTED
            )
            assert reply.outcome is expected, (tape.name, exchange["name"], reply)
            assert reply.reason
    assert sorted_ > 200


def test_a_success_that_carries_a_java_exception_is_a_refusal() -> None:
    """OpenMRS answers 200 to a method that a resource does not know."""
    body = {
        "cause": None,
        "message": "Request method 'PUT' not supported",
        "localizedMessage": "Request method 'PUT' not supported",
    }
    assert sort_reply(200, {}, json.dumps(body)).outcome is Outcome.REJECTED


@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_web_page_is_no_answer_of_openmrs(status: int) -> None:
    """A login page, a proxy, or an OpenMRS that is being installed."""
    assert (
        sort_reply(status, HTML, "<html><title>Welcome</title></html>").outcome is Outcome.FOREIGN
    )


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_gateway_in_trouble_is_asked_again(status: int) -> None:
    """Whatever its page says."""
    reply = sort_reply(status, HTML, "<html><title>Bad Gateway</title></html>")
    assert reply.outcome is Outcome.TEMPORARY


def test_an_unknown_fault_of_the_server_may_pass() -> None:
    """A full connection pool is not the record's fault."""
    body = {"error": {"message": "[Unable to acquire JDBC Connection]"}}
    assert sort_reply(500, {}, json.dumps(body)).outcome is Outcome.TEMPORARY


def test_a_deadlock_passes_although_it_is_a_constraint_of_the_database() -> None:
    """MariaDB says so itself."""
    body = {
        "error": {
            "message": "[could not execute statement => Deadlock found when trying to "
            "get lock; try restarting transaction]"
        }
    }
    assert sort_reply(500, {}, json.dumps(body)).outcome is Outcome.TEMPORARY


def test_the_reason_names_the_field() -> None:
    """So that a rejected patient can be mended."""
    complaint = {"code": "error.value.outOfRange.high", "message": "error.value.outOfRange.high"}
    body = {
        "error": {
            "message": "Invalid Submission",
            "globalErrors": [],
            "fieldErrors": {"valueNumeric": [complaint, complaint]},
        }
    }
    assert sort_reply(400, {}, json.dumps(body)).reason == (
        "valueNumeric: error.value.outOfRange.high"
    )


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 07:00:30 GMT", 30.0),
        ("soon", None),
        ("-3", None),
        ("¹", None),
        ("\xa0\x1d5", 5.0),  # blanks that float() does not know; found by fuzzing
    ],
)
def test_retry_after_is_read_in_both_its_forms(retry_after: str, seconds: float | None) -> None:
    """A date counts from the server's own clock."""
    headers = {"Retry-After": retry_after, "Date": "Sat, 21 Nov 2026 07:00:00 GMT"}
    assert sort_reply(503, headers, "").retry_after == seconds


@given(
    st.integers(200, 599),
    st.text(),
    st.dictionaries(st.sampled_from(["Retry-After", "Date", "Content-Type"]), st.text()),
)
def test_any_answer_whatever_is_sorted(status: int, text: str, headers: dict[str, str]) -> None:
    """No answer is a traceback."""
    reply = sort_reply(status, headers, text)
    assert "\n" not in reply.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                [
                    "error",
                    "message",
                    "fieldErrors",
                    "globalErrors",
                    "resourceType",
                    "issue",
                    "cause",
                    "localizedMessage",
                ]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


@given(st.integers(200, 599), json_values)
def test_any_json_whatever_is_sorted(status: int, body: object) -> None:
    """Nor is one that looks like an error of OpenMRS and is none."""
    assert isinstance(sort_reply(status, {}, json.dumps(body)).outcome, Outcome)


@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (400, "Identifier 100000Y already in use by another patient", Cause.IDENTIFIER_TAKEN),
        (400, "[visit on class org.openmrs.Encounter => x]", Cause.VISIT_NOT_NESTED),
        (500, "Deadlock found when trying to get lock", Cause.DATABASE),
        (500, "could not execute statement", None),
        (200, "already in use", Cause.IDENTIFIER_TAKEN),
    ],
)
def test_why_an_answer_is_as_it_is_is_told_once(
    status: int, message: str, cause: Cause | None
) -> None:
    """Whoever decides by it compares no words."""
    assert sort_reply(status, {}, json.dumps({"error": {"message": message}})).cause is cause


def test_an_accepted_answer_has_no_cause() -> None:
    """Whatever a patient is called."""
    assert sort_reply(201, {}, json.dumps({"display": "already in use"})).cause is None
