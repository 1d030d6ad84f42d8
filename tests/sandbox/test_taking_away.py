"""Void and purge, in the order the real server asks for."""

from .clinic import Clinic, message


def test_voiding_a_patient_voids_all_there_is_of_it(clinic: Clinic) -> None:
    patient = clinic.patient()
    body = clinic.vitals(patient, {5087: 76})
    for _ in range(2):
        assert clinic.ask("DELETE", f"patient/{patient}", reason="undo").status_code == 204
    for path in (
        f"patient/{patient}",
        f"person/{patient}",
        f"visit/{body['visit']['uuid']}",
        f"encounter/{body['uuid']}",
        f"obs/{body['obs'][0]['uuid']}",
    ):
        assert clinic.read(path, v="custom:(voided)")["voided"] is True
    assert clinic.read("patient", q="Otieno")["results"] == []
    assert clinic.client.get(f"{clinic.fhir}/Patient/{patient}", timeout=10).status_code == 410
    assert clinic.search("Observation", patient=patient, _summary="count")["total"] == 0


def test_a_voided_patient_does_not_come_back(clinic: Clinic) -> None:
    patient = clinic.patient()
    clinic.ask("DELETE", f"patient/{patient}", reason="undo")
    assert clinic.ask("POST", f"patient/{patient}", {"deleted": "false"}).status_code == 400


def test_a_voided_visit_comes_back_with_what_went_with_it(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5087: 76})
    visit = f"visit/{body['visit']['uuid']}"
    clinic.ask("DELETE", visit)
    assert clinic.read(f"encounter/{body['uuid']}", v="custom:(voided)")["voided"] is True
    clinic.ask("POST", visit, {"deleted": "false"})
    assert len(clinic.read(f"encounter/{body['uuid']}")["obs"]) == 1


def test_what_is_not_there_cannot_be_voided_but_can_be_purged(clinic: Clinic) -> None:
    assert clinic.ask("DELETE", "patient/no-such").status_code == 404
    assert clinic.ask("DELETE", "patient/no-such", purge="true").status_code == 204


def test_purging_goes_from_the_observations_up(clinic: Clinic) -> None:
    patient = clinic.patient()
    body = clinic.vitals(patient, {5087: 76, 5088: 36.8})
    visit, encounter = f"visit/{body['visit']['uuid']}", f"encounter/{body['uuid']}"
    held = {
        f"patient/{patient}": "encounter_patient",
        visit: "visit that has encounters",
        encounter: "encounter_observations",
    }
    for path, reason in held.items():
        answer = clinic.ask("DELETE", path, purge="true")
        assert answer.status_code == 500
        assert reason in message(answer)
    below = [f"obs/{obs['uuid']}" for obs in body["obs"]]
    for path in (*below, encounter, visit, f"patient/{patient}"):
        assert clinic.ask("DELETE", path, purge="true").status_code == 204
    assert clinic.ask("GET", f"person/{patient}").status_code == 404


def test_purged_uuids_may_be_used_again(clinic: Clinic) -> None:
    (identifier,) = clinic.identifiers(1)
    body = clinic.patient_body(identifier)
    for _ in range(2):
        uuid = clinic.make("patient", **body)["uuid"]
        assert clinic.ask("DELETE", f"patient/{uuid}", purge="true").status_code == 204


def test_an_observation_with_a_newer_version_is_held_by_it(clinic: Clinic) -> None:
    body = clinic.vitals(clinic.patient(), {5087: 76})
    old = body["obs"][0]["uuid"]
    new = clinic.ask("POST", f"obs/{old}", {"value": 81}).json()["uuid"]
    assert "previous_version" in message(clinic.ask("DELETE", f"obs/{old}", purge="true"))
    for uuid in (new, old):
        assert clinic.ask("DELETE", f"obs/{uuid}", purge="true").status_code == 204
