"""Visits, encounters and observations: what is kept together, and what is refused."""

from datetime import timedelta

import pytest

from .clinic import DAY, Clinic, ciel, fields, message, moment

OVERLAP = {"startDatetime": ["Visit.visitCannotOverlapAnotherVisitOfTheSamePatient"]}


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (timedelta(hours=1), 400),
        (timedelta(hours=2), 400),
        (timedelta(hours=2, seconds=1), 201),
        (-timedelta(hours=2), 400),
        (-timedelta(hours=2, seconds=1), 201),
    ],
)
def test_visits_must_not_even_touch(clinic: Clinic, after: timedelta, status: int) -> None:
    patient = clinic.patient()
    clinic.make("visit", **clinic.visit_body(patient))
    answer = clinic.ask("POST", "visit", clinic.visit_body(patient, DAY + after))
    assert answer.status_code == status
    assert status == 201 or fields(answer) == OVERLAP


def test_an_open_visit_overlaps_all_that_comes_after_it(clinic: Clinic) -> None:
    patient = clinic.patient()
    opened = clinic.visit_body(patient)
    del opened["stopDatetime"]
    clinic.make("visit", **opened)
    later = clinic.visit_body(patient, DAY + timedelta(days=30))
    assert fields(clinic.ask("POST", "visit", later)) == OVERLAP
    earlier = clinic.visit_body(patient, DAY - timedelta(days=30))
    clinic.make("visit", **earlier)


def test_visits_may_overlap_where_the_setting_says_so(clinic: Clinic) -> None:
    clinic.ask("POST", "systemsetting/visits.allowOverlappingVisits", {"value": "true"})
    patient = clinic.patient()
    for _ in range(2):
        clinic.make("visit", **clinic.visit_body(patient))


def test_one_request_makes_visit_encounter_and_observations(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5085: 124, 5088: 36.8})
    found = clinic.read(
        f"visit/{body['visit']['uuid']}", v="custom:(encounters:(uuid,obs:(uuid,value)))"
    )
    (encounter,) = found["encounters"]
    assert encounter["uuid"] == body["uuid"]
    assert {obs["uuid"]: obs["value"] for obs in encounter["obs"]} == {
        obs["uuid"]: obs["value"] for obs in body["obs"]
    }


def test_one_refused_observation_takes_all_of_it_back(clinic: Clinic) -> None:
    body = clinic.encounter_body(clinic.patient(), {5087: 76, 5085: 999})
    answer = clinic.ask("POST", "encounter", body)
    assert fields(answer) == {"valueNumeric": ["error.value.outOfRange.high"]}
    for path in (
        f"encounter/{body['uuid']}",
        f"visit/{body['visit']['uuid']}",
        f"obs/{body['obs'][0]['uuid']}",
    ):
        assert clinic.ask("GET", path).status_code == 404


def test_the_same_encounter_again_is_a_duplicate(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5087: 76})
    body["visit"] = body["visit"]["uuid"]
    del body["obs"]
    answer = clinic.ask("POST", "encounter", body)
    assert answer.status_code == 500
    assert f"Duplicate entry '{body['uuid']}' for key 'uuid'" in message(answer)


def test_a_map_with_the_uuid_of_a_visit_changes_that_visit(clinic: Clinic) -> None:
    patient = clinic.patient()
    first = clinic.vitals(patient, {5087: 76})
    later = clinic.encounter_body(patient, {5087: 80})
    stop = moment(DAY + timedelta(hours=3))
    later["visit"] = {"uuid": first["visit"]["uuid"], "stopDatetime": stop}
    clinic.make("encounter", **later)
    found = clinic.read(f"visit/{first['visit']['uuid']}", v="custom:(stopDatetime,encounters)")
    assert found["stopDatetime"] == stop
    assert len(found["encounters"]) == 2


def test_an_encounter_without_its_visit_joins_the_one_at_that_time(clinic: Clinic) -> None:
    patient = clinic.patient()
    visit = clinic.make("visit", **clinic.visit_body(patient))["uuid"]
    body = clinic.encounter_body(patient, {5087: 76}) | {"visit": "no-such-visit"}
    made = clinic.make("encounter", **body)
    assert made["visit"]["uuid"] == visit
    elsewhere = clinic.encounter_body(patient, {5087: 76}, DAY + timedelta(days=9))
    del elsewhere["visit"]
    assert clinic.make("encounter", **elsewhere)["visit"] is None


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("2099-01-01T09:00:00.000+0000", "Encounter.datetimeShouldBeBeforeCurrent"),
        ("2026-03-05T09:00:00.000+0000", "Encounter.datetimeShouldBeInVisitDatesRange"),
    ],
)
def test_an_encounter_happens_in_its_visit_and_in_the_past(
    clinic: Clinic, time: str, code: str
) -> None:
    body = clinic.encounter_body(clinic.patient(), {5087: 76}) | {"encounterDatetime": time}
    assert code in fields(clinic.ask("POST", "encounter", body))["encounterDatetime"]


@pytest.mark.parametrize(
    ("concept", "value", "verdict"),
    [
        (5085, 90, "CRITICALLY_LOW"),
        (5085, 95, "LOW"),
        (5085, 100, "NORMAL"),
        (5085, 120, "NORMAL"),
        (5085, 121, "HIGH"),
        (5085, 180, "CRITICALLY_HIGH"),
        (5092, 97, None),
        (5092, 93, "LOW"),
        (5089, 70, None),
    ],
)
def test_a_number_gets_the_verdict_of_its_concept_s_limits(
    clinic: Clinic, concept: int, value: int, verdict: str | None
) -> None:
    body = clinic.vitals(clinic.patient(), {concept: value})
    found = clinic.read(f"obs/{body['obs'][0]['uuid']}", v="custom:(value,interpretation)")
    assert found["interpretation"] == verdict


@pytest.mark.parametrize(
    ("concept", "value", "code"),
    [
        (5085, 250.5, "Obs.error.precision"),
        (5085, 251, "error.value.outOfRange.high"),
        (5088, 24.9, "error.value.outOfRange.low"),
    ],
)
def test_a_number_that_cannot_be_is_refused(
    clinic: Clinic, concept: int, value: float, code: str
) -> None:
    answer = clinic.ask(
        "POST", "encounter", clinic.encounter_body(clinic.patient(), {concept: value})
    )
    assert code in fields(answer)["valueNumeric"]


def test_whole_numbers_read_back_whole_and_others_with_decimals(clinic: Clinic) -> None:
    patient = clinic.patient()
    clinic.vitals(patient, {5085: 124.0, 5089: 70})
    found = clinic.read("obs", patient=patient, v="custom:(value)")["results"]
    assert sorted(repr(obs["value"]) for obs in found) == ["124", "70.0"]


def test_a_fault_inside_a_group_is_told_of_the_group(clinic: Clinic) -> None:
    body = clinic.encounter_body(clinic.patient(), {})
    members = [{"concept": ciel(5085), "value": 999}]
    body["obs"] = [{"concept": ciel(1114), "groupMembers": members}]
    assert fields(clinic.ask("POST", "encounter", body)) == {
        "groupMembers": ["Obs.error.inGroupMember"]
    }
    members[0]["value"] = 118
    made = clinic.make("encounter", **body)
    (group,) = made["obs"]
    assert group["display"] == "Vital signs: 118"


def test_a_changed_observation_is_a_new_one(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5087: 76})
    old = body["obs"][0]["uuid"]
    new = clinic.ask("POST", f"obs/{old}", {"value": 81}).json()
    assert (new["value"], new["status"]) == (81, "AMENDED")
    assert new["uuid"] != old
    assert clinic.read(f"obs/{old}", v="custom:(value,voided)")["voided"] is True


def test_an_observation_s_uuid_in_another_encounter_takes_it_away(clinic: Clinic) -> None:
    patient = clinic.patient()
    first = clinic.vitals(patient, {5087: 76})
    second = clinic.encounter_body(patient, {5087: 99}, DAY + timedelta(days=1))
    second["obs"][0]["uuid"] = first["obs"][0]["uuid"]
    clinic.make("encounter", **second)
    assert clinic.read(f"encounter/{first['uuid']}")["obs"] == []
    stolen = clinic.read(f"obs/{first['obs'][0]['uuid']}", v="custom:(value,encounter,voided)")
    assert stolen["voided"] is True
    assert stolen["encounter"]["uuid"] == second["uuid"]


def test_moving_an_encounter_moves_its_observations(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5087: 76})
    time = moment(DAY + timedelta(minutes=40))
    answer = clinic.ask(
        "POST",
        f"encounter/{body['uuid']}?v=custom:(obs:(uuid,obsDatetime,value))",
        {"encounterDatetime": time},
    )
    (obs,) = answer.json()["obs"]
    assert (obs["obsDatetime"], obs["value"]) == (time, 76)
    assert obs["uuid"] != body["obs"][0]["uuid"]


def test_limits_of_concepts_can_be_asked_for_a_patient(clinic: Clinic) -> None:
    found = clinic.read(
        "conceptreferencerange/",
        patient=clinic.patient(),
        concept=f"{ciel(5085)},{ciel(1114)}",
        v="full",
    )
    assert [(one["lowAbsolute"], one["hiAbsolute"]) for one in found["results"]] == [(0, 250)]


def test_a_method_nobody_knows_answers_200_with_an_exception(clinic: Clinic) -> None:
    answer = clinic.ask("PUT", "location", {"name": "x"})
    assert answer.status_code == 200
    assert answer.json()["message"] == "Request method 'PUT' not supported"
