"""Orders of drugs and tests: in encounters and alone, stopped, and refused."""

from datetime import timedelta
from uuid import uuid4

from .clinic import DAY, fields, message, moment
from .conftest import NOW
from .hospital import AMLODIPINE, HEMOGLOBIN, METFORMIN, Hospital


def test_a_past_course_keeps_its_time_and_ends_by_its_duration(hospital: Hospital) -> None:
    patient = hospital.patient()
    order = hospital.prescribe(patient, DAY)["orders"][0]["uuid"]
    found = hospital.read(f"order/{order}", v="full")
    assert found["display"] == "(NEW) Amlodipine 5mg: 5.0 Milligram Oral Once daily 30 Days"
    assert found["dateActivated"] == moment(DAY + timedelta(minutes=15))
    assert found["autoExpireDate"] == moment(
        DAY + timedelta(days=30, minutes=15) - timedelta(seconds=1)
    )
    assert found["dose"] == 5.0
    assert found["numRefills"] == 2


def test_a_duration_in_months_ends_on_the_day_of_the_month(hospital: Hospital) -> None:
    patient = hospital.patient()
    months = {"duration": 3, "durationUnits": "1074".ljust(36, "A")}
    order = hospital.prescribe(patient, DAY, **months)["orders"][0]["uuid"]
    ends = hospital.read(f"order/{order}")["autoExpireDate"]
    assert ends == "2026-06-04T09:14:59.000+0000"


def test_the_same_drug_twice_at_a_time_is_refused_one_after_the_other_is_not(
    hospital: Hospital,
) -> None:
    patient = hospital.patient()
    hospital.prescribe(patient, DAY)
    body = hospital.encounter_body(patient, {}, DAY + timedelta(days=10))
    overlapping = hospital.drug_order(patient, DAY + timedelta(days=10, minutes=15))
    answer = hospital.ask("POST", "encounter", body | {"orders": [overlapping]})
    assert answer.status_code == 500
    assert message(answer) == "[Order.cannot.have.more.than.one]"
    assert hospital.ask("GET", f"encounter/{body['uuid']}").status_code == 404
    for days in (60, -60):
        hospital.prescribe(patient, DAY + timedelta(days=days))
    found = hospital.read("order", patient=patient, status="any", v="custom:(uuid)")
    assert len(found["results"]) == 3


def test_stopping_an_order_ends_it_a_second_before(hospital: Hospital) -> None:
    patient = hospital.patient()
    first = hospital.prescribe(patient, DAY)
    stop = DAY + timedelta(minutes=45)
    body = hospital.encounter_body(patient, {}, DAY)
    ending = {
        key: value
        for key, value in hospital.drug_order(patient, stop).items()
        if key in ("uuid", "type", "patient", "careSetting", "orderer", "drug", "concept")
    }
    body |= {"visit": first["visit"]["uuid"], "uuid": str(uuid4())}
    before = first["orders"][0]["uuid"]
    order = ending | {
        "action": "DISCONTINUE",
        "previousOrder": before,
        "dateActivated": moment(stop),
    }
    hospital.make("encounter", **body, orders=[order])
    found = hospital.read(f"order/{before}", v="custom:(dateStopped)")
    assert found["dateStopped"] == moment(stop - timedelta(seconds=1))
    hospital.prescribe(patient, DAY + timedelta(days=1))
    status = hospital.search("MedicationRequest", _id=before)["entry"][0]["resource"]["status"]
    assert status == "cancelled"


def test_what_a_drug_order_lacks_is_said_field_by_field(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = hospital.encounter_body(patient, {})
    at = DAY + timedelta(minutes=15)
    bare = {"dose": None, "quantity": None, "durationUnits": METFORMIN}
    answer = hospital.ask(
        "POST", "encounter", body | {"orders": [hospital.drug_order(patient, at, **bare)]}
    )
    assert fields(answer) == {
        "dose": ["DrugOrder.error.doseIsNullForDosingTypeSimple"],
        "quantity": ["DrugOrder.error.quantityIsNullForOutPatient"],
        "durationUnits": [
            "DrugOrder.error.durationUnitsNotMappedToSnomedCtDurationCode",
            "DrugOrder.error.notAmongAllowedConcepts",
        ],
    }
    early = hospital.drug_order(patient, DAY)
    answer = hospital.ask("POST", "encounter", body | {"orders": [early]})
    assert set(fields(answer)) == {"dateActivated"}


def test_a_drug_in_words_keeps_them(hospital: Hospital) -> None:
    patient = hospital.patient()
    words = {
        "drug": None,
        "drugNonCoded": "Artemether/lumefantrine 20/120",
        "dosingType": "org.openmrs.FreeTextDosingInstructions",
        "dosingInstructions": "4 tablets twice a day for 3 days",
    }
    order = hospital.prescribe(patient, DAY, **words)["orders"][0]["uuid"]
    found = hospital.read(f"order/{order}")
    assert found["drugNonCoded"] == words["drugNonCoded"]
    assert "4 tablets twice a day" in found["display"]
    shown = hospital.search("MedicationRequest", patient=patient)["entry"][0]["resource"]
    assert shown["medicationCodeableConcept"]["text"] == words["drugNonCoded"]


def test_a_result_stands_by_its_test_order_which_is_then_completed(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = hospital.encounter_body(patient, {})
    order = hospital.test_order(patient, DAY + timedelta(minutes=15))
    hospital.make("encounter", **body, orders=[order])
    result = {"uuid": str(uuid4()), "concept": HEMOGLOBIN, "value": 6.4, "order": order["uuid"]}
    labs = hospital.encounter_body(patient, {}) | {"encounterType": hospital.lab_type}
    hospital.make("encounter", **labs | {"visit": body["visit"]["uuid"], "obs": [result]})
    assert hospital.read(f"obs/{result['uuid']}")["order"]["uuid"] == order["uuid"]
    answer = hospital.ask(
        "POST", f"order/{order['uuid']}/fulfillerdetails/", {"fulfillerStatus": "COMPLETED"}
    )
    assert (answer.status_code, answer.text) == (201, "")
    shown = hospital.read(f"order/{order['uuid']}", v="custom:(fulfillerStatus)")
    assert shown["fulfillerStatus"] == "COMPLETED"
    tree = hospital.read("obstree", patient=patient, concept=HEMOGLOBIN)
    (test,) = tree["subSets"]
    assert [one["value"] for one in test["obs"]] == ["6.4"]
    assert test["obs"][0]["interpretation"] == "CRITICALLY_LOW"
    assert hospital.search("ServiceRequest", patient=patient)["total"] == 1


def test_what_may_be_ordered_is_listed(hospital: Hospital) -> None:
    found = hospital.read("orderentryconfig")
    assert [one["display"] for one in found["drugRoutes"]] == ["Oral"]
    assert [one["display"] for one in found["orderFrequencies"]] == ["Once daily"]
    drugs = hospital.read("drug", q="amlo", v="custom:(uuid,concept:(uuid),strength)")
    assert drugs["results"][0]["concept"]["uuid"] == AMLODIPINE


def test_an_order_says_what_it_is_of(hospital: Hospital) -> None:
    order = hospital.test_order(hospital.patient(), NOW)
    for kind, reason in ((None, "indicate the particular subclass"), ("x", "is not handled")):
        answer = hospital.ask("POST", "order", order | {"type": kind})
        assert answer.status_code == 500
        assert reason in message(answer)


def test_an_order_is_voided_with_its_encounter(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = hospital.prescribe(patient, DAY)
    order = body["orders"][0]["uuid"]
    hospital.ask("DELETE", f"patient/{patient}", reason="undo")
    assert hospital.read(f"order/{order}", v="custom:(voided)")["voided"] is True
    held = hospital.ask("DELETE", f"encounter/{body['uuid']}", purge="true")
    assert "orders_in_encounter" in message(held)
    assert hospital.ask("DELETE", f"order/{order}", purge="true").status_code == 204
    assert hospital.ask("DELETE", f"encounter/{body['uuid']}", purge="true").status_code == 204


def test_a_test_order_is_never_purged(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = hospital.encounter_body(patient, {})
    order = hospital.test_order(patient, DAY + timedelta(minutes=15))
    hospital.make("encounter", **body, orders=[order])
    refused = hospital.ask("DELETE", f"order/{order['uuid']}", purge="true")
    assert refused.status_code == 500
    assert "test_order_order_id_fk" in message(refused)
