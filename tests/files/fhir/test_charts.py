"""Resources as entries: each kind, and what is not taken of it."""

import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.chart import (
    FREQUENCY_SYSTEM,
    Appointment,
    Attachment,
    Code,
    CodeableConcept,
    Condition,
    Diagnosis,
    DrugOrder,
    Enrollment,
    Finding,
    Immunization,
    NoKnownAllergies,
    Note,
    Quantity,
    Result,
    TestOrder,
)
from tests.lib.charts import read_all
from tests.lib.fhir import (
    ME,
    START,
    VISIT,
    Body,
    bundle,
    coded,
    encounter,
    observation,
    of_visit,
    patient,
    quantity,
    read,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HISTORY = "Observation", "o1"

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def entries(folder: Path, *resources: Body) -> list[Any]:
    """Return what stands in the encounters of a patient with one visit."""
    made, _ = read(folder, patient(), encounter(), *resources)
    return [entry for met in made.encounters() for entry in met.entries]


def refusal(folder: Path, resource: Body, **options: Any) -> str:
    """Return why a resource was left out."""
    _, reading = read(folder, patient(), encounter(), resource, **options)
    ((kind, reason),) = reading.left_out
    assert kind == resource["resourceType"]
    return reason


def test_an_observation_is_a_finding_in_its_encounter(tmp_path: Path) -> None:
    """With its codes, its value and its unit in UCUM."""
    (finding,) = entries(tmp_path, observation(note=[{"text": "sitting"}]))
    assert isinstance(finding, Finding)
    assert finding.value == Quantity(162.3, "cm")
    assert (finding.comment, finding.time, finding.source) == ("sitting", None, "Observation/o1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueString": "well"}, "well"),
        ({"valueBoolean": True}, True),
        ({"valueInteger": 3}, Quantity(3.0)),
        ({"valueDateTime": "2024-03-05"}, date(2024, 3, 5)),
        ({"valueDateTime": "2024-03-05T10:00:00Z"}, datetime(2024, 3, 5, 10, tzinfo=UTC)),
        ({"valueQuantity": {"value": 98, "unit": "\u00b0F"}}, Quantity(98.0, "[degF]")),
        ({"valueQuantity": {"value": 1, "unit": "Tablet"}}, Quantity(1.0, "Tablet")),
    ],
)
def test_a_value_of_each_type_is_taken(value: Body, expected: object, tmp_path: Path) -> None:
    """Units as UCUM writes them where that is sure, else as they are."""
    (finding,) = entries(tmp_path, observation(**value))
    assert finding.value == expected


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "entered-in-error"}, "status is entered-in-error"),
        ({"status": "preliminary"}, "status is preliminary"),
        ({"modifierExtension": [{"url": "x"}]}, "has a modifierExtension"),
        ({"valueQuantity": {**quantity(70, "%"), "comparator": "<"}}, "has a comparator"),
        ({"valueQuantity": quantity(70, "lb", "kg")}, "unit and its code contradict each other"),
        ({"dataAbsentReason": coded("not-performed")}, "value is absent"),
        ({"valueRange": {}}, "value is of a type that is not taken"),
        ({"valueQuantity": {"value": "x"}}, "is not as FHIR has it"),
        ({"valueQuantity": {"value": 10**400}}, "is not as FHIR has it"),
        ({"code": {}}, "has no code"),
        ({"component": [{"code": coded("1")}]}, "has no value"),
    ],
)
def test_an_observation_that_would_say_something_else_is_left_out(
    more: Body, reason: str, tmp_path: Path
) -> None:
    """And counted with its reason."""
    _, reading = read(tmp_path, patient(), encounter(), observation(**more))
    assert reading.left_out[("Observation", reason)] == 1


def test_components_and_members_stand_in_their_panel(tmp_path: Path) -> None:
    """Once each, with what each says; a panel without any is left out."""
    pressure = observation(
        component=[
            {"code": coded("8480-6", "http://loinc.org"), "valueQuantity": quantity(120, "mm[Hg]")},
            {"code": coded("8462-4", "http://loinc.org"), "dataAbsentReason": coded("unknown")},
        ]
    )
    (panel,) = entries(tmp_path, pressure)
    assert [member.value for member in panel.members] == [Quantity(120.0, "mm[Hg]")]
    member = observation("o2")
    (panel,) = entries(tmp_path, member, observation(hasMember=[{"reference": "Observation/o2"}]))
    assert [one.source for one in panel.members] == ["Observation/o2"]
    circle = [
        observation(n, hasMember=[{"reference": f"Observation/{m}"}]) for n, m in ("ab", "ba")
    ]
    _, reading = read(tmp_path, patient(), *circle)
    assert reading.left_out[("Observation", "none of its members was taken")] == 2


def test_a_report_of_the_laboratory_is_a_panel_of_results(tmp_path: Path) -> None:
    """With the test order that it answers, in an encounter of the laboratory."""
    made, _ = read(
        tmp_path,
        patient(),
        encounter(),
        of_visit(
            "ServiceRequest",
            "s",
            status="completed",
            intent="order",
            authoredOn=START,
            code=coded("58410-2"),
        ),
        observation(category=[coded("laboratory")], effectiveDateTime="2024-03-05T10:10:00-05:00"),
        of_visit(
            "DiagnosticReport",
            "d",
            status="final",
            code=coded("58410-2"),
            effectiveDateTime=START,
            basedOn=[{"reference": "ServiceRequest/s"}],
            result=[{"reference": "urn:uuid:o1"}],
        ),
    )
    clinic, laboratory = made.encounters()
    (order,), (result,) = clinic.entries, laboratory.entries
    assert isinstance(order, TestOrder) and isinstance(result, Result)
    assert (laboratory.kind, result.order) == ("laboratory", order.uuid)
    assert [one.time.minute for one in result.members if one.time] == [10]


def test_a_report_or_document_with_a_text_is_a_note_once(tmp_path: Path) -> None:
    """Synthea writes each of them as both."""
    data = base64.b64encode(b"Comes for a check.").decode()
    text = {"contentType": "text/plain; charset=utf-8", "data": data}
    found = entries(
        tmp_path,
        of_visit(
            "DiagnosticReport",
            "d",
            status="final",
            code=coded("34117-2"),
            effectiveDateTime=START,
            presentedForm=[text],
        ),
        {
            **of_visit(
                "DocumentReference",
                "r",
                status="current",
                date=START,
                content=[{"attachment": text}],
            ),
            "context": {"encounter": [{"reference": f"Encounter/{VISIT}"}]},
        },
    )
    assert [one.text for one in found if isinstance(one, Note)] == ["Comes for a check."]


def test_an_image_is_an_attachment(tmp_path: Path) -> None:
    """Also where a Binary holds it."""
    data = base64.b64encode(b"\x89PNG").decode()
    (image,) = entries(
        tmp_path,
        {"resourceType": "Binary", "id": "b", "contentType": "image/png", "data": data},
        of_visit(
            "DocumentReference",
            "r",
            status="current",
            date=START,
            description="Wound",
            content=[{"attachment": {"contentType": "image/png", "url": "Binary/b"}}],
        ),
    )
    assert isinstance(image, Attachment)
    assert (image.content, image.media_type, image.caption) == (b"\x89PNG", "image/png", "Wound")


def test_a_prescription_is_a_drug_order(tmp_path: Path) -> None:
    """With dose, route, times a day, duration and the reason that it refers to."""
    dosage = {
        "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "Tablet"}}],
        "route": coded("26643006", text="Oral"),
        "timing": {
            "repeat": {
                "frequency": 1,
                "period": 8,
                "periodUnit": "h",
                "boundsDuration": {"value": 5, "code": "d"},
            }
        },
    }
    made, _ = read(
        tmp_path,
        patient(),
        encounter(),
        of_visit("Condition", "c", code=coded("386661006", text="Fever")),
        of_visit(
            "MedicationRequest",
            "m",
            status="active",
            intent="order",
            authoredOn=START,
            medicationCodeableConcept=coded("313782", RXNORM),
            dosageInstruction=[dosage],
            reasonReference=[{"reference": "Condition/c"}],
            dispenseRequest={"numberOfRepeatsAllowed": 1, "quantity": {"value": 30}},
        ),
    )
    (order,) = [e for met in made.encounters() for e in met.entries]
    assert isinstance(order, DrugOrder) and order.frequency and order.reason
    assert (order.dose, order.duration) == (Quantity(2.0, "Tablet"), Quantity(5.0, "d"))
    assert order.frequency.codes == (Code(FREQUENCY_SYSTEM, "3"),)
    assert (order.refills, order.reason.text, order.stopped) == (1, "Fever", None)


def test_a_dose_without_a_unit_is_told_in_words(tmp_path: Path) -> None:
    """As Synthea writes it; a drug that is over ends when it is ordered next, else after a day."""
    dosage = {
        "doseAndRate": [{"doseQuantity": {"value": 1.0}}],
        "timing": {"repeat": {"frequency": 2, "period": 1.0, "periodUnit": "d"}},
    }
    common = {
        "intent": "order",
        "medicationCodeableConcept": coded("310798", RXNORM),
        "dosageInstruction": [dosage],
    }
    first, second = entries(
        tmp_path,
        of_visit("MedicationRequest", "m1", status="stopped", authoredOn=START, **common),
        of_visit(
            "MedicationRequest",
            "m2",
            status="stopped",
            authoredOn="2024-03-05T10:20:00-05:00",
            **common,
        ),
    )
    assert (first.dose, first.instructions) == (None, "1, 2 x every 1 d")
    assert first.stopped == second.start
    assert (second.stopped - second.start).days == 1


def test_a_diagnosis_with_a_course_is_a_problem_too(tmp_path: Path) -> None:
    """Unless the list of problems has it already; without an encounter it is one only."""
    category = {"category": [coded("encounter-diagnosis")]}
    course = {
        "clinicalStatus": coded("resolved"),
        "verificationStatus": coded("confirmed"),
        "onsetDateTime": "2024-03-05",
        "abatementDateTime": "2024-03-12",
    }
    flu = of_visit("Condition", "c1", code=coded("6142004"), **category, **course)
    bare = of_visit("Condition", "c2", code=coded("36971009"), **category)
    listed = of_visit(
        "Condition", "c3", code=coded("38341003"), category=[coded("problem-list-item")]
    )
    made, _ = read(tmp_path, patient(), encounter(), flu, bare, listed)
    diagnoses = [e for met in made.encounters() for e in met.entries if isinstance(e, Diagnosis)]
    problems = [e for e in made.entries if isinstance(e, Condition)]
    assert [one.source for one in diagnoses] == ["Condition/c1", "Condition/c2"]
    assert [one.rank for one in diagnoses] == [1, 2]
    assert [one.source for one in problems] == ["Condition/c3", "Condition/c1"] or [
        one.source for one in problems
    ] == ["Condition/c1", "Condition/c3"]
    end = next(one for one in problems if one.source == "Condition/c1")
    assert (end.is_active, end.onset, end.end) == (False, date(2024, 3, 5), date(2024, 3, 12))


def test_what_the_patient_has_as_a_whole(tmp_path: Path) -> None:
    """Vaccines in their encounter, allergies, programs and appointments."""
    made, reading = read(
        tmp_path,
        patient(),
        encounter(),
        of_visit(
            "Immunization",
            "i",
            status="completed",
            vaccineCode=coded("140"),
            occurrenceDateTime=START,
            protocolApplied=[{"doseNumberPositiveInt": 2}],
        ),
        of_visit(
            "AllergyIntolerance",
            "a",
            code=coded("91936005"),
            category=["medication"],
            reaction=[{"manifestation": [coded("247472004")], "severity": "severe"}],
        ),
        of_visit(
            "CarePlan",
            "p",
            status="completed",
            category=[coded("assess-plan"), coded("698360004", text="Diabetes")],
            period={"start": "2023-01-01", "end": "2024-01-01"},
        ),
        {
            "resourceType": "Appointment",
            "id": "t",
            "status": "noshow",
            "start": START,
            "end": END_,
            "serviceType": [{"text": "General Medicine"}],
            "participant": [{"actor": {"reference": f"Patient/{ME}"}}],
        },
    )
    assert not reading.left_out
    kinds = {type(entry): entry for entry in made.entries}
    (met,) = made.visits[0].encounters
    (vaccine,) = met.entries
    assert isinstance(vaccine, Immunization)
    assert (met.source, vaccine.dose_number) == (f"Encounter/{VISIT}", 2)
    assert kinds[Enrollment].program.text == "Diabetes"
    assert kinds[Appointment].status == "missed"
    assert len(kinds) == 3


@pytest.mark.parametrize(
    "code",
    [
        coded("716186003"),
        coded("160244002"),
        coded("no-known-allergies", IPS),
        {"text": "No known allergies"},
    ],
)
def test_no_known_allergies_are_no_allergy(code: Body, tmp_path: Path) -> None:
    """Whoever says so was asked: it is an entry of its own."""
    said = of_visit("AllergyIntolerance", "none", code=code)
    made, reading = read(tmp_path, patient(), encounter(), said)
    (entry,) = made.entries
    assert isinstance(entry, NoKnownAllergies)
    assert entry.source == "AllergyIntolerance/none"
    assert not reading.left_out


END_ = "2024-03-05T10:15:00-05:00"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (of_visit("Immunization", "i", status="not-done"), "status is not-done"),
        (of_visit("Condition", "c", verificationStatus=coded("refuted")), "status is refuted"),
        (
            of_visit("AllergyIntolerance", "a", clinicalStatus=coded("resolved")),
            "status is resolved",
        ),
        (
            of_visit("AllergyIntolerance", "a", code=coded("409137002")),
            "says that there is no allergy of one kind only",
        ),
        (
            of_visit("AllergyIntolerance", "a", code=coded("no-allergy-info", IPS)),
            "says that nothing is known",
        ),
        (of_visit("MedicationRequest", "m", status="cancelled"), "status is cancelled"),
        (of_visit("Procedure", "p", status="not-done"), "status is not-done"),
        (of_visit("CarePlan", "p", status="active"), "has no time"),
        (of_visit("RelatedPerson", "r"), "is no patient of these files"),
        (of_visit("Claim", "x"), "not part of a chart"),
        (of_visit("ServiceRequest", "s", status="active", intent="plan"), "intent is plan"),
        (
            encounter("e2", start="2024-03-06T10:00:00Z", end="2024-03-05T10:00:00Z"),
            "ends before it begins",
        ),
        (encounter("e2", start="2031-03-06T10:00:00Z"), "ends before it begins"),
        (encounter("e2", start="2031-03-06T10:00:00Z", end=None), "is in the future"),
        (encounter("e2", status="cancelled"), "status is cancelled"),
    ],
)
def test_what_is_not_so_is_left_out(resource: Body, reason: str, tmp_path: Path) -> None:
    """By its status, its time or its type."""
    assert refusal(tmp_path, resource, as_of=date(2026, 11, 21)) == reason


def test_a_procedure_answers_what_was_performed(tmp_path: Path) -> None:
    """As OpenMRS keeps it: an observation whose question is CIEL's."""
    (done,) = entries(
        tmp_path,
        of_visit(
            "Procedure", "p", status="completed", performedDateTime=START, code=coded("73761001")
        ),
    )
    assert done.what.label == "Procedure performed"
    assert done.value == CodeableConcept((Code("http://snomed.info/sct", "73761001"),), "73761001")


def test_what_stands_twice_is_counted_twice_where_the_first_is_not_taken(tmp_path: Path) -> None:
    """The account counts by type and id; the second says no more than it would after any other."""
    changed = observation(modifierExtension=[{"url": "x"}])
    made, reading = read(tmp_path, patient(), encounter(), changed, observation())
    assert [entry for met in made.encounters() for entry in met.entries] == []
    assert reading.left_out == {
        ("Observation", "has a modifierExtension"): 1,
        ("Observation", "stands twice"): 1,
    }


def test_an_address_that_reads_like_another_s_id_is_no_repetition(tmp_path: Path) -> None:
    """References may mean it; it is a resource of its own."""
    first, second = observation("o1"), observation("o2", loinc="29463-7")
    whole = bundle(patient(), encounter(), first, second)
    whole["entry"][2]["fullUrl"] = "https://example.org/fhir/Observation/o2"
    (tmp_path / "a.json").write_text(json.dumps(whole), encoding="utf-8")
    (made,), reading = read_all(tmp_path)
    assert len([entry for met in made.encounters() for entry in met.entries]) == 2
    assert not reading.left_out


def test_words_are_read_whole_however_long(tmp_path: Path) -> None:
    """Only who sends them knows how much room there is."""
    many, notes = "x" * 3000, [{"text": "y" * 2000}, {"text": "z" * 2000}]
    made, reading = read(
        tmp_path,
        patient(),
        encounter(),
        of_visit("Condition", "c", code={"text": many}, clinicalStatus=coded("active")),
        observation(note=notes),
    )
    (condition,) = made.entries
    assert isinstance(condition, Condition)
    assert condition.what.text == many
    (finding,) = (entry for met in made.encounters() for entry in met.entries)
    assert isinstance(finding, Finding)
    assert finding.comment == "y" * 2000 + "; " + "z" * 2000
    assert not reading.left_out
