"""Conditions, diagnoses and allergies, by REST and by FHIR."""

from uuid import uuid4

from .clinic import Clinic, ciel, fields, message
from .hospital import HYPERTENSION, MALARIA, MODERATE, OTHER, PENICILLIN, RASH, Hospital


def condition(patient: str, **changes: object) -> dict[str, object]:
    return {
        "uuid": str(uuid4()),
        "patient": patient,
        "condition": {"coded": HYPERTENSION},
        "clinicalStatus": "ACTIVE",
        "verificationStatus": "CONFIRMED",
        "onsetDate": "2019-05-01",
        **changes,
    }


def test_conditions_are_listed_active_or_all(hospital: Hospital) -> None:
    patient = hospital.patient()
    hospital.make("condition", **condition(patient))
    over = {"clinicalStatus": "INACTIVE", "endDate": "2020-01-31"}
    hospital.make(
        "condition", **condition(patient, condition={"nonCoded": "Low back pain"}, **over)
    )
    active = hospital.read("condition", patientUuid=patient)["results"]
    assert [one["display"] for one in active] == ["Hypertension"]
    everything = hospital.read("condition", patientUuid=patient, includeInactive="true")
    assert len(everything["results"]) == 2
    assert hospital.read("condition", patient=patient)["results"] == []
    found = hospital.search("Condition", patient=patient, **{"clinical-status": "inactive"})
    (entry,) = found["entry"]
    assert entry["resource"]["abatementDateTime"] == "2020-01-31T00:00:00+00:00"
    assert entry["resource"]["extension"][0]["valueString"] == "Low back pain"


def test_a_condition_twice_under_one_uuid_is_refused(hospital: Hospital) -> None:
    body = condition(hospital.patient())
    hospital.make("condition", **body)
    answer = hospital.ask("POST", "condition", body)
    assert answer.status_code == 500
    assert "Duplicate entry" in message(answer)
    wrong = condition(hospital.patient(), clinicalStatus="SOMETIMES")
    assert hospital.ask("POST", "condition", wrong).status_code == 400


def test_voiding_a_patient_leaves_conditions_enrolments_and_relationships(
    hospital: Hospital,
) -> None:
    patient, child = hospital.patient(), hospital.patient()
    body = condition(patient)
    hospital.make("condition", **body)
    enrolled = {"program": hospital.program, "dateEnrolled": "2026-03-04"}
    enrollment = hospital.make("programenrollment", patient=patient, **enrolled)["uuid"]
    kind = "8d91a210-c2cc-11de-8d13-0010c6dffd0f"
    related = hospital.make("relationship", personA=patient, personB=child, relationshipType=kind)
    hospital.ask("DELETE", f"patient/{patient}", reason="undo")
    for path in (
        f"condition/{body['uuid']}",
        f"programenrollment/{enrollment}",
        f"relationship/{related['uuid']}",
    ):
        assert hospital.read(path, v="custom:(voided)")["voided"] is False
        for purge in ({}, {"purge": "true"}):
            assert hospital.ask("DELETE", path, None, **purge).status_code == 204


def test_diagnoses_ride_in_the_encounter_and_go_with_it(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = hospital.encounter_body(patient, {}) | {"encounterType": hospital.note_type}
    first, second = str(uuid4()), str(uuid4())
    body["diagnoses"] = [
        {
            "uuid": first,
            "diagnosis": {"coded": MALARIA},
            "certainty": "CONFIRMED",
            "rank": 1,
        },
        {
            "uuid": second,
            "diagnosis": {"nonCoded": "Tired"},
            "certainty": "PROVISIONAL",
            "rank": 2,
        },
    ]
    hospital.make("encounter", **body)
    given = {"patientUuid": patient, "fromDate": "1900-01-01", "v": "custom:(display,rank)"}
    listed = hospital.read("patientdiagnoses", **given)["results"]
    assert [(one["display"], one["rank"]) for one in listed] == [("Malaria", 1), ("Tired", 2)]
    found = hospital.search("Condition", patient=patient, category="encounter-diagnosis")
    assert found["total"] == 2
    held = hospital.ask("DELETE", f"encounter/{body['uuid']}", purge="true")
    assert "encounter_diagnosis" in message(held)
    hospital.ask("DELETE", f"encounter/{body['uuid']}")
    assert hospital.read(f"patientdiagnoses/{first}", v="custom:(voided)")["voided"] is True
    for uuid in (first, second):
        path = f"patientdiagnoses/{uuid}"
        assert hospital.ask("DELETE", path, purge="true").status_code == 204
    assert hospital.ask("DELETE", f"encounter/{body['uuid']}", purge="true").status_code == 204


def allergy(**changes: object) -> dict[str, object]:
    return {
        "uuid": str(uuid4()),
        "allergen": {"allergenType": "DRUG", "codedAllergen": {"uuid": PENICILLIN}},
        "severity": {"uuid": MODERATE},
        "reactions": [{"reaction": {"uuid": RASH}}],
        "comment": "as a child",
        **changes,
    }


def test_allergies_are_unknown_then_none_then_listed(hospital: Hospital) -> None:
    path = f"patient/{hospital.patient()}/allergy"
    assert hospital.ask("GET", path).status_code == 204
    assert hospital.ask("PUT", path, {}).status_code == 204
    assert hospital.read(path) == {"results": []}
    hospital.make(path, **allergy())
    (listed,) = hospital.read(path)["results"]
    assert listed["display"] == "Penicillins"
    assert listed["reactions"][0]["reaction"]["display"] == "Rash"
    assert hospital.ask("PUT", path, {}).status_code == 400


def test_an_allergen_is_said_once_and_words_need_the_concept_for_others(
    hospital: Hospital,
) -> None:
    patient = hospital.patient()
    path = f"patient/{patient}/allergy"
    hospital.make(path, **allergy())
    twice = hospital.ask("POST", path, allergy())
    assert fields(twice) == {"allergen": ["allergyapi.message.duplicateAllergen"]}
    words = {"allergenType": "OTHER", "nonCodedAllergen": "House dust"}
    assert hospital.ask("POST", path, allergy(allergen=words)).status_code == 500
    named = words | {"codedAllergen": {"uuid": OTHER}}
    assert hospital.make(path, **allergy(allergen=named))["display"] == "House dust"
    found = hospital.search("AllergyIntolerance", patient=patient)
    assert found["total"] == 2
    assert found["entry"][0]["resource"]["reaction"][0]["severity"] == "moderate"


def test_an_allergy_that_names_a_concept_which_is_not_there_is_refused(hospital: Hospital) -> None:
    path = f"patient/{hospital.patient()}/allergy"
    lacking = {"uuid": str(uuid4())}
    words = {"allergenType": "OTHER", "nonCodedAllergen": "Dust", "codedAllergen": lacking}
    for changes in (
        {"allergen": words},
        {"severity": lacking},
        {"reactions": [{"reaction": lacking, "reactionNonCoded": "Sneezing"}]},
    ):
        assert hospital.ask("POST", path, allergy(**changes)).status_code == 500


def test_words_are_as_long_as_their_column(hospital: Hospital) -> None:
    patient = hospital.patient()
    for most, path, bodies in (
        (255, "condition", lambda said: condition(patient, condition={"nonCoded": said})),
        (1024, f"patient/{patient}/allergy", lambda said: allergy(comment=said)),
    ):
        assert hospital.ask("POST", path, bodies("x" * (most + 1))).status_code == 500
        hospital.make(path, **bodies("x" * most))


def test_a_reaction_in_words_is_no_number(hospital: Hospital) -> None:
    path = f"patient/{hospital.patient()}/allergy"
    reaction = {"reaction": {"uuid": OTHER}, "reactionNonCoded": "271807003"}
    refused = hospital.ask("POST", path, allergy(reactions=[reaction]))
    assert "reactionNonCoded" in fields(refused)


def test_an_allergy_is_voided_and_never_purged(hospital: Hospital) -> None:
    patient = hospital.patient()
    body = allergy()
    hospital.make(f"patient/{patient}/allergy", **body)
    path = f"patient/{patient}/allergy/{body['uuid']}"
    assert hospital.ask("DELETE", path, purge="true").status_code == 400
    assert hospital.ask("DELETE", path).status_code == 204
    assert hospital.read(path, v="custom:(voided)")["voided"] is True
    held = hospital.ask("DELETE", f"patient/{patient}", purge="true")
    assert "allergy_patient_id_fk" in message(held)


def test_conditions_and_allergies_are_made_and_deleted_through_fhir_too(hospital: Hospital) -> None:
    patient = hospital.patient()
    subject = {"reference": f"Patient/{patient}"}
    bodies = {
        "Condition": {
            "subject": subject,
            "code": {"coding": [{"code": HYPERTENSION}]},
            "clinicalStatus": {"coding": [{"code": "active"}]},
        },
        "AllergyIntolerance": {
            "patient": subject,
            "code": {"coding": [{"code": PENICILLIN}]},
            "category": ["medication"],
            "reaction": [{"severity": "moderate", "manifestation": [{"coding": [{"code": RASH}]}]}],
        },
    }
    for name, body in bodies.items():
        url = f"{hospital.fhir}/{name}"
        made = hospital.client.post(url, json=body, timeout=10)
        assert made.status_code == 201, made.text
        address = f"{url}/{made.json()['id']}"
        assert hospital.client.get(address, timeout=10).status_code == 200
        assert hospital.client.delete(address, timeout=10).status_code == 200
        assert hospital.client.get(address, timeout=10).status_code == 410


def test_no_concept_is_no_fault_of_a_clinic_without_content(clinic: Clinic) -> None:
    """An unknown uuid in a reference becomes nothing, as everywhere in OpenMRS."""
    body = condition(clinic.patient(), condition={"coded": ciel(1)})
    assert clinic.make("condition", **body)["condition"] == {"nonCoded": None}
