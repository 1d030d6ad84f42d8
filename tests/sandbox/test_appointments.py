"""The appointments module: services, appointments and what becomes of them."""

from typing import Any

from .clinic import Clinic, message
from .hospital import Hospital

SOON = {
    "startDateTime": "2026-12-04T09:00:00.000+0000",
    "endDateTime": "2026-12-04T09:15:00.000+0000",
}


def body(hospital: Hospital, patient: str, **changes: Any) -> dict[str, Any]:
    return {
        "patientUuid": patient,
        "serviceUuid": hospital.service,
        "appointmentKind": "Scheduled",
        "locationUuid": hospital.location,
        "providers": [{"uuid": hospital.provider, "response": "ACCEPTED"}],
        "comments": "bring the card",
        **SOON,
        **changes,
    }


def found(hospital: Hospital, patient: str) -> list[dict[str, Any]]:
    since = {"patientUuid": patient, "startDate": "1900-01-01T00:00:00.000+0000"}
    listed: list[dict[str, Any]] = hospital.tell("appointments/search", **since)
    return listed


def test_an_appointment_is_made_and_found_by_its_patient(hospital: Hospital) -> None:
    patient = hospital.patient()
    made = hospital.tell("appointment", **body(hospital, patient))
    assert made["status"] == "Scheduled"
    assert made["startDateTime"] == 1796374800000
    assert made["service"]["name"] == "General Medicine"
    assert made["providers"][0]["name"] == "Grace Wanjiru"
    assert [one["uuid"] for one in found(hospital, patient)] == [made["uuid"]]
    assert hospital.read(f"appointments/{made['uuid']}")["comments"] == "bring the card"


def test_a_status_goes_forward_only(hospital: Hospital) -> None:
    patient = hospital.patient()
    uuid = hospital.tell("appointment", **body(hospital, patient))["uuid"]
    path = f"appointments/{uuid}/status-change"
    for status in ("CheckedIn", "Completed"):
        assert hospital.tell(path, toStatus=status)["status"] == status
    refused = hospital.ask("POST", path, {"toStatus": "Arrived"})
    assert refused.status_code == 500
    assert "can not be changed from Completed to Arrived" in message(refused)


def test_a_status_may_be_given_at_once(hospital: Hospital) -> None:
    made = hospital.tell("appointment", **body(hospital, hospital.patient(), status="Missed"))
    assert made["status"] == "Missed"


def test_what_the_module_cannot_make_is_refused(hospital: Hospital) -> None:
    patient = hospital.patient()
    for changes, reason in (
        ({"uuid": "b1d6e000-0000-5000-9000-000000001000"}, "is null"),
        ({"serviceUuid": "none"}, "without Service"),
        ({"patientUuid": "none"}, "without Patient"),
        ({"status": "Nowhere"}, "No enum constant"),
    ):
        answer = hospital.ask("POST", "appointment", body(hospital, patient, **changes))
        assert answer.status_code == 400
        assert reason in message(answer)
    assert found(hospital, patient) == []


def test_a_comment_is_as_long_as_the_column(hospital: Hospital) -> None:
    patient = hospital.patient()
    hospital.tell("appointment", **body(hospital, patient, comments="x" * 255))
    refused = hospital.ask("POST", "appointment", body(hospital, patient, comments="x" * 256))
    assert refused.status_code == 500
    assert "Data too long for column 'comments'" in refused.text
    assert len(found(hospital, patient)) == 1


def test_a_voided_patient_s_appointments_are_not_found(hospital: Hospital) -> None:
    patient = hospital.patient()
    hospital.tell("appointment", **body(hospital, patient))
    hospital.ask("DELETE", f"patient/{patient}", reason="undo")
    assert found(hospital, patient) == []


def test_a_search_finds_fifty_at_most(hospital: Hospital) -> None:
    patient = hospital.patient()
    for _ in range(51):
        hospital.tell("appointment", **body(hospital, patient))
    assert len(found(hospital, patient)) == 50


def test_services_are_listed_and_named_once(hospital: Hospital) -> None:
    listed = hospital.read("appointmentService/all/default")
    assert [one["name"] for one in listed] == ["General Medicine"]
    again = hospital.ask("POST", "appointmentService", {"name": "General Medicine"})
    assert again.status_code == 400


def test_nobody_reads_appointments_unasked(clinic: Clinic) -> None:
    clinic.client.cookies.clear()
    assert clinic.ask("GET", "appointmentService/all/default").status_code == 401
