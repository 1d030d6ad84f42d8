"""Programs with their states, relationships, death, and who else a patient is."""

import pytest

from .clinic import DAY, Clinic, ciel, fields, message, moment, name_uuid
from .hospital import DIABETES, MALARIA, PARENT, Hospital


def enrollment(hospital: Hospital, patient: str, **changes: object) -> dict[str, object]:
    return {
        "patient": patient,
        "program": hospital.program,
        "dateEnrolled": moment(DAY),
        "location": hospital.location,
        **changes,
    }


def test_states_ride_in_the_enrolment_and_end_with_it(hospital: Hospital) -> None:
    patient = hospital.patient()
    state = {"state": hospital.on_treatment, "startDate": "2026-03-04", "endDate": "2026-04-01"}
    over = {"dateCompleted": "2026-05-01", "states": [state]}
    made = hospital.make("programenrollment", **enrollment(hospital, patient, **over))
    assert made["display"] == "Diabetes Education"
    shown = "custom:(uuid,states:(uuid,startDate,endDate,state:(uuid,concept:(display))))"
    (listed,) = hospital.read("programenrollment", patient=patient, v=shown)["results"]
    (found,) = listed["states"]
    assert found["state"]["concept"]["display"] == "On treatment"
    assert found["startDate"] == "2026-03-04T00:00:00.000+0000"
    assert found["endDate"] == "2026-05-01T00:00:00.000+0000"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dateEnrolled": "2029-01-01"}, "dateEnrolled"),
        ({"dateCompleted": "2026-01-01"}, "dateCompleted"),
    ],
)
def test_an_enrolment_is_in_the_past_and_ends_after_it_began(
    hospital: Hospital, changes: dict[str, str], field: str
) -> None:
    body = enrollment(hospital, hospital.patient(), **changes)
    assert list(fields(hospital.ask("POST", "programenrollment", body))) == [field]


def test_a_state_does_not_follow_itself(hospital: Hospital) -> None:
    states = [
        {"state": hospital.on_treatment, "startDate": day} for day in ("2026-03-04", "2026-04-04")
    ]
    body = enrollment(hospital, hospital.patient(), states=states)
    answer = hospital.ask("POST", "programenrollment", body)
    assert answer.status_code == 400
    assert "You can't change from state" in message(answer)


def test_states_of_an_enrolment_that_is_completed_at_once_overlap(hospital: Hospital) -> None:
    """OpenMRS 2.8 takes the completion first, and ends each state with it: so it comes after."""
    other = name_uuid("second phase")
    state = {"uuid": other, "concept": ciel(171001), "initial": False, "terminal": False}
    hospital.make(f"workflow/{hospital.workflow}/state", **state)
    states = [
        {"state": hospital.on_treatment, "startDate": "2026-03-04"},
        {"state": other, "startDate": "2026-04-04"},
    ]
    body = enrollment(hospital, hospital.patient(), states=states)
    answer = hospital.ask("POST", "programenrollment", {**body, "dateCompleted": "2026-05-01"})
    assert list(fields(answer)) == ["states"]
    uuid = hospital.make("programenrollment", **body)["uuid"]
    end = {"dateEnrolled": moment(DAY), "dateCompleted": "2026-05-01"}
    assert hospital.ask("POST", f"programenrollment/{uuid}", end).status_code == 200
    shown = hospital.read(f"programenrollment/{uuid}", v="custom:(states:(startDate,endDate))")
    spans = sorted((one["startDate"][:10], one["endDate"][:10]) for one in shown["states"])
    assert spans == [("2026-03-04", "2026-04-04"), ("2026-04-04", "2026-05-01")]


def test_a_state_is_added_later_and_ends(hospital: Hospital) -> None:
    patient = hospital.patient()
    uuid = hospital.make("programenrollment", **enrollment(hospital, patient))["uuid"]
    path = f"programenrollment/{uuid}/state"
    state = hospital.make(path, state=hospital.on_treatment, startDate="2026-03-04")["uuid"]
    answer = hospital.ask("POST", f"{path}/{state}", {"endDate": "2026-04-01"})
    assert answer.status_code == 200
    assert answer.json()["endDate"] == "2026-04-01T00:00:00.000+0000"


def test_programs_tell_their_workflows_and_states(hospital: Hospital) -> None:
    shown = "custom:(uuid,name,allWorkflows:(uuid,states:(uuid,concept:(uuid,display))))"
    (program,) = hospital.read("program", v=shown)["results"]
    (workflow,) = program["allWorkflows"]
    assert [one["uuid"] for one in workflow["states"]] == [hospital.on_treatment]
    assert hospital.read(f"program/{hospital.program}")["concept"]["uuid"] == DIABETES


def test_a_mother_and_her_child_are_found_from_both(hospital: Hospital) -> None:
    mother, child = hospital.patient(), hospital.patient()
    hospital.make("relationship", personA=mother, personB=child, relationshipType=PARENT)
    for person in (mother, child):
        (found,) = hospital.read("relationship", person=person, v="full")["results"]
        assert found["display"] == "Amina is the Parent of Amina"
        assert found["personA"]["uuid"] == mother


def test_a_death_is_of_the_person_and_shows_in_fhir(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = {"dead": True, "deathDate": moment(DAY), "causeOfDeath": MALARIA}
    answer = hospital.ask("POST", f"person/{patient}", body)
    assert answer.status_code == 200
    assert answer.json()["person"]["causeOfDeath"]["display"] == "Malaria"
    url = f"{hospital.fhir}/Patient/{patient}"
    found = hospital.client.get(url, timeout=10).json()
    assert found["deceasedDateTime"] == "2026-03-04T09:00:00+00:00"
    cause = {"dead": True, "deathDate": moment(DAY)}
    refused = hospital.ask("POST", f"person/{hospital.patient()}", cause)
    assert list(fields(refused)) == ["causeOfDeath"]


def test_a_second_identifier_and_a_phone_are_kept(clinic: Clinic) -> None:
    old = clinic.make(
        "patientidentifiertype", name="Old", description="-", locationBehavior="NOT_USED"
    )
    phone = clinic.make("personattributetype", name="Telephone", description="-")["uuid"]
    (identifier,) = clinic.identifiers(1)
    attributes = [{"attributeType": phone, "value": "+254 700 000001"}]
    body = clinic.patient_body(identifier, attributes=attributes)
    body["identifiers"].append({"identifier": "7-11", "identifierType": old["uuid"]})
    body["identifiers"][0]["preferred"] = True
    uuid = clinic.make("patient", **body)["uuid"]
    shown = "custom:(identifiers:(identifier,preferred),person:(attributes:(value)))"
    found = clinic.read(f"patient/{uuid}", v=shown)
    assert {one["identifier"]: one["preferred"] for one in found["identifiers"]} == {
        identifier: True,
        "7-11": False,
    }
    assert [one["value"] for one in found["person"]["attributes"]] == ["+254 700 000001"]
