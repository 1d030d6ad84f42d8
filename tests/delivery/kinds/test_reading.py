"""What the server shows of each kind, read as what was meant: bodies as live servers give them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bridge.delivery.kinds import BY_NAME
from bridge.delivery.requests import Expected, Field
from bridge.errors import ServerError
from tests.lib.accepting import Answer, AnsweringClient, accepted

AT = datetime(2026, 3, 4, 8, 40, tzinfo=UTC)


def read(
    kind: str, answers: Mapping[str, Answer], expected: Mapping[str, Expected] | None = None
) -> dict[str, dict[str, Field]]:
    """Read a patient's entries of a kind; return their fields by uuid."""
    found = BY_NAME[kind].read(AnsweringClient(answers), "p", expected or {})
    return {one.uuid: one.fields for one in found}


def bundle(*resources: dict[str, Any]) -> Answer:
    """Return the answer to a FHIR search."""
    return accepted({"entry": [{"resource": one} for one in resources]})


def results(*bodies: dict[str, Any]) -> Answer:
    """Return the answer to a REST search."""
    return accepted({"results": list(bodies)})


def coded(uuid: str) -> dict[str, Any]:
    """Return a FHIR concept: with the server's own uuid among codes of others."""
    other = {"system": "https://cielterminology.org", "code": uuid.rstrip("A")}
    return {"coding": [other, {"code": uuid, "display": "x"}], "text": "x"}


def status(code: str) -> dict[str, Any]:
    """Return a FHIR status."""
    return {"coding": [{"system": "http://terminology.hl7.org/x", "code": code}]}


def test_conditions_without_the_encounters_diagnoses() -> None:
    """FHIR lists both; a condition in words has them in an extension."""
    condition = {
        "id": "c1",
        "clinicalStatus": status("active"),
        "verificationStatus": status("confirmed"),
        "category": [status("problem-list-item")],
        "code": coded("117399A"),
        "onsetDateTime": "2019-05-01T00:00:00+00:00",
    }
    words = {
        "id": "c2",
        "extension": [
            {"url": "http://fhir.openmrs.org/ext/non-coded-condition", "valueString": "Back pain"}
        ],
        "clinicalStatus": status("inactive"),
        "abatementDateTime": "2018-08-01T00:00:00+03:00",
    }
    diagnosis = {"id": "d1", "category": [status("encounter-diagnosis")], "code": coded("116128A")}
    found = read("conditions", {"GET .*/Condition": bundle(condition, words, diagnosis)})
    assert found == {
        "c1": {
            "concept": "117399A",
            "text": None,
            "status": "active",
            "verification": "confirmed",
            "onset": date(2019, 5, 1),
            "end": None,
        },
        "c2": {
            "concept": None,
            "text": "Back pain",
            "status": "inactive",
            "verification": "",
            "onset": None,
            "end": date(2018, 8, 1),
        },
    }


def test_allergies() -> None:
    """The reactions in one order; FHIR says medication for drug."""
    allergy = {
        "id": "a1",
        "category": ["medication"],
        "code": coded("162297A"),
        "note": [{"text": "as a child"}],
        "reaction": [
            {"manifestation": [coded("512A")], "severity": "moderate"},
            {"manifestation": [coded("110A")], "severity": "moderate"},
        ],
    }
    assert read("allergies", {"GET ": bundle(allergy)}) == {
        "a1": {
            "allergen": "162297A",
            "text": None,
            "category": "drug",
            "severity": "moderate",
            "comment": "as a child",
            "reactions": "110A, 512A",
        }
    }


def test_immunizations() -> None:
    """What the server leaves out is empty, not absent."""
    immunization = {
        "id": "i1",
        "vaccineCode": coded("886A"),
        "encounter": {"reference": "Encounter/v", "type": "Encounter"},
        "occurrenceDateTime": "2026-03-04T11:40:00+03:00",
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
    }
    assert read("immunizations", {"GET ": bundle(immunization)}) == {
        "i1": {
            "vaccine": "886A",
            "date": date(2026, 3, 4),
            "dose": 1,
            "lot": "",
            "manufacturer": "",
            "expires": None,
            "visit": "v",
        }
    }


def test_enrollments_with_their_states_in_order_and_without_voided_ones() -> None:
    """Days, in the offset that they are written with."""
    states = [
        {"uuid": "2", "voided": False, "startDate": "2026-04-01", "endDate": None},
        {"uuid": "1", "voided": False, "startDate": "2026-03-04", "endDate": "2026-04-01"},
        {"uuid": "0", "voided": True, "startDate": "2026-01-01", "endDate": None},
    ]
    enrollment = {
        "uuid": "e1",
        "voided": False,
        "program": {"uuid": "hiv", "display": "HIV"},
        "dateEnrolled": "2026-03-04T00:00:00.000+0300",
        "dateCompleted": None,
        "location": {"uuid": "clinic"},
        "states": [{**state, "state": {"uuid": f"s{state['uuid']}"}} for state in states],
    }
    gone = {**enrollment, "uuid": "e0", "voided": True}
    assert read("enrollments", {"GET ": results(enrollment, gone)}) == {
        "e1": {
            "program": "hiv",
            "enrolled": date(2026, 3, 4),
            "completed": None,
            "location": "clinic",
            "states": "s1 2026-03-04..2026-04-01; s2 2026-04-01..",
        }
    }


def appointment(uuid: str, start: datetime = AT, **changes: Any) -> dict[str, Any]:
    """Return an appointment of a quarter of an hour, as the module shows it."""
    moment = int(start.timestamp() * 1000)
    return {
        "uuid": uuid,
        "service": {"uuid": "s", "name": "Outpatient"},
        "startDateTime": moment,
        "endDateTime": moment + 900_000,
        "status": "Scheduled",
        "comments": None,
        "location": None,
        "voided": False,
        **changes,
    }


def test_appointments_in_milliseconds() -> None:
    """A comment that is none is empty."""
    answer = accepted([appointment("p1"), appointment("p0", voided=True)])
    assert read("appointments", {"POST .*search": answer}) == {
        "p1": {
            "service": "s",
            "start": AT,
            "stop": AT.replace(minute=55),
            "status": "Scheduled",
            "comment": "",
            "location": None,
        }
    }


def test_more_appointments_than_a_search_gives_are_asked_for_day_by_day() -> None:
    """The module gives fifty at most, however many there are."""
    fifty = accepted([appointment(str(number)) for number in range(50)])
    one = accepted([appointment("late")])
    answers = iter([fifty, one])
    fields: dict[str, Field] = {"start": AT, "stop": AT.replace(minute=55)}
    expected = {"x": Expected("appointments", "x", "Outpatient", fields)}
    client_says: dict[str, Answer] = {"POST .*search": lambda: next(answers)}
    assert list(read("appointments", client_says, expected)) == ["late"]


def test_relationships_of_both_sides() -> None:
    """Voided ones are none."""
    mother = {
        "uuid": "r1",
        "voided": False,
        "personA": {"uuid": "m"},
        "personB": {"uuid": "p"},
        "relationshipType": {"uuid": "t", "display": "Parent/Child"},
    }
    found = read(
        "relationships", {"GET ": results(mother, {**mother, "uuid": "r0", "voided": True})}
    )
    assert found == {"r1": {"a": "m", "b": "p", "type": "t"}}


@pytest.mark.parametrize(
    ("person", "fields"),
    [
        ({"dead": False}, None),
        (
            {"dead": True, "deathDate": "2026-03-04T08:40:00.000+0000", "causeOfDeath": None},
            {"time": AT, "cause": None, "text": None},
        ),
        (
            {"dead": True, "deathDate": None, "causeOfDeathNonCoded": "unknown"},
            {"time": None, "cause": None, "text": "unknown"},
        ),
    ],
)
def test_a_death(person: dict[str, Any], fields: dict[str, Any] | None) -> None:
    """Of whom it is not said that he is dead, nothing is read."""
    assert read("deaths", {"GET ": accepted(person)}) == ({"p": fields} if fields else {})


def order(uuid: str, **changes: Any) -> dict[str, Any]:
    """Return a drug order as REST shows it."""
    return {
        "uuid": uuid,
        "voided": False,
        "action": "NEW",
        "display": "(NEW) Amlodipine",
        "dateActivated": "2026-03-04T08:40:00.000+0000",
        "dateStopped": None,
        "concept": {"uuid": "amlodipine"},
        "drug": {"uuid": "amlodipine 5"},
        "drugNonCoded": None,
        "dose": 5.0,
        "doseUnits": {"uuid": "mg"},
        "duration": 30,
        "numRefills": 2,
        "asNeeded": False,
        "dosingInstructions": "",
        "encounter": {"uuid": "e"},
        **changes,
    }


def test_drug_orders_without_the_ends_of_others() -> None:
    """An instruction that is empty is none."""
    ending = order("o0", action="DISCONTINUE")
    found = read("drug orders", {"GET ": results(order("o1"), ending, order("o2", voided=True))})
    assert list(found) == ["o1"]
    assert found["o1"]["start"] == AT
    assert found["o1"]["ends"] is None
    assert found["o1"]["dosingInstructions"] is None
    assert (found["o1"]["dose"], found["o1"]["doseUnits"], found["o1"]["route"]) == (
        5.0,
        "mg",
        None,
    )


def test_test_orders_with_what_the_laboratory_says() -> None:
    """Nothing, where it has said nothing."""
    body = order("t1", fulfillerStatus="COMPLETED")
    found = read("test orders", {"GET ": results(body, order("t2"))})
    assert [fields["status"] for fields in found.values()] == ["COMPLETED", None]


def test_diagnoses_of_the_encounters_that_stand() -> None:
    """In words or coded; those voided are none."""
    coded_one = {"coded": {"uuid": "116128A"}, "nonCoded": None}
    diagnosis = {
        "uuid": "d1",
        "voided": False,
        "certainty": "CONFIRMED",
        "rank": 1,
        "diagnosis": coded_one,
    }
    words = {**diagnosis, "uuid": "d2", "rank": 2, "diagnosis": {"nonCoded": "Back pain"}}
    encounter = {"uuid": "e", "diagnoses": [diagnosis, words, {**diagnosis, "voided": True}]}
    voided = {"uuid": "g", "voided": True, "diagnoses": [{**diagnosis, "uuid": "d3"}]}
    visit = {"uuid": "v", "encounters": [encounter, {"uuid": "f", "diagnoses": None}, voided]}
    found = read("diagnoses", {"GET ": results(visit, {"uuid": "w", "encounters": None})})
    assert [(f["concept"], f["text"], f["rank"], f["encounter"]) for f in found.values()] == [
        ("116128A", None, 1, "e"),
        (None, "Back pain", 2, "e"),
    ]


def test_attachments() -> None:
    """By their name, caption and time: the server writes images anew."""
    body = {"uuid": "x", "dateTime": "2026-03-04T08:40:00.000+0000", "filename": "rash.png"}
    assert read("attachments", {"GET ": results({**body, "comment": None})}) == {
        "x": {"time": AT, "caption": "", "file_name": "rash.png"}
    }


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("conditions", {"GET ": bundle({"clinicalStatus": "active"})}),
        ("allergies", {"GET ": bundle({"id": "a", "reaction": ["rash"]})}),
        ("immunizations", {"GET ": bundle({"id": "i", "occurrenceDateTime": "yesterday"})}),
        ("enrollments", {"GET ": results({"uuid": "e"})}),
        ("appointments", {"POST ": accepted([{"uuid": "p"}])}),
        ("relationships", {"GET ": results({"uuid": "r"})}),
        ("deaths", {"GET ": accepted({"dead": True})}),
        ("drug orders", {"GET ": results(order("o", dateActivated=7.5))}),
        ("test orders", {"GET ": results({"uuid": "t"})}),
        (
            "diagnoses",
            {"GET ": results({"encounters": [{"uuid": "e", "diagnoses": [{"uuid": "d"}]}]})},
        ),
        ("attachments", {"GET ": results({"uuid": "x"})}),
        ("observations", {"GET ": bundle({"code": "x"})}),
    ],
)
def test_an_answer_that_openmrs_would_not_give_is_the_servers_fault(
    kind: str, answers: dict[str, Answer]
) -> None:
    """And is told as such, without a traceback."""
    expected = {"x": Expected("observations", "x", "x", {"concept": "c", "comment": ""})}
    with pytest.raises(ServerError):
        read(kind, answers, expected)
