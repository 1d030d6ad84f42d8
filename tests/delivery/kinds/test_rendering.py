"""How each kind is written, where the server knows its parts and where it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bridge.chart import (
    FREQUENCY_SYSTEM,
    Allergy,
    Appointment,
    Attachment,
    Code,
    CodeableConcept,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    Enrollment,
    Immunization,
    LeftOut,
    Note,
    ProgramState,
    Quantity,
    Relationship,
)
from bridge.codes import CIEL_SYSTEM, ciel_uuid
from bridge.delivery.kinds import BY_ENTRY
from bridge.delivery.kinds.allergies import IS_A_NUMBER
from bridge.delivery.kinds.appointments import STEPS
from bridge.delivery.kinds.deaths import UNKNOWN
from bridge.delivery.kinds.deaths import render as render_death
from bridge.delivery.kinds.enrollments import NO_STATE
from bridge.delivery.kinds.kind import NO_WORDS, NOT_TAKEN, Place
from bridge.delivery.kinds.relationships import PARENT_CHILD, SIBLING
from bridge.delivery.prescriptions import NO_QUANTITY, NOT_WHOLE
from bridge.delivery.rendering import rest_time
from bridge.delivery.requests import Context, Fragment, Request
from bridge.delivery.target import ALLERGY_CONCEPTS
from bridge.mapping.resolve import NO_CONCEPT
from bridge.mapping.room import TEXT_TOO_LONG, too_long
from bridge.mapping.terms import Meaning, ServerConcept, key_of
from tests.lib.chart_context import CONTEXT, TARGET, lacking
from tests.lib.patients import make_patient
from tests.lib.whole_charts import (
    AMLODIPINE,
    BCG,
    DAILY,
    HIV_CARE,
    HYPERTENSION,
    ON_TREATMENT,
    ORAL,
    PENICILLINS,
    PNG,
    RASH,
    SERVICE,
    WORDS_ONLY,
)

PATIENT = make_patient(1)
AT = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
PLACE = Place(PATIENT, "v", "e", AT)
UNHEARD_OF = CodeableConcept((), "Unheard of")


def written(entry: Any, context: Context = CONTEXT) -> Request:
    """Render an entry of the patient as a whole, which must be sent."""
    render = BY_ENTRY[type(entry)].render
    assert render
    request = render(entry, PATIENT, context)
    assert isinstance(request, Request)
    return request


def left_out(entry: Any, context: Context = CONTEXT) -> LeftOut:
    """Render one that must be left out."""
    render = BY_ENTRY[type(entry)].render
    assert render
    left = render(entry, PATIENT, context)
    assert isinstance(left, LeftOut)
    return left


def prescribed(context: Context = CONTEXT, **changes: Any) -> Fragment:
    """Render an order of amlodipine."""
    usual = DrugOrder(
        uuid=PATIENT.uuid,
        drug=AMLODIPINE,
        start=AT,
        dose=Quantity(5, "mg"),
        route=ORAL,
        frequency=DAILY,
        duration=Quantity(30, "d"),
        quantity=Quantity(30, "Tablet"),
        source="M/1",
    )
    render = BY_ENTRY[DrugOrder].render_within
    assert render
    return render(replace(usual, **changes), PLACE, context)


def test_a_condition_with_a_concept_and_one_in_words() -> None:
    """Words of more than OpenMRS holds are cut, and what is cut is counted."""
    condition = Condition(uuid="c", what=HYPERTENSION, onset=date(2019, 5, 1), is_confirmed=True)
    body = written(condition).body
    assert body["condition"] == {"coded": "117399AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
    assert (body["clinicalStatus"], body["verificationStatus"]) == ("ACTIVE", "CONFIRMED")
    assert body["onsetDate"] == "2019-05-01"
    long = Condition(uuid="c", what=CodeableConcept((), "x" * 300), is_active=False)
    assert written(long).body["condition"] == {"nonCoded": "x" * 255}
    assert [(one.reason, one.detail) for one in written(long).left_out] == [
        (too_long(255), "x" * 45)
    ]
    assert written(condition).left_out == ()
    assert written(long).body["clinicalStatus"] == "INACTIVE"


def test_an_allergen_and_a_reaction_in_words_stand_beside_other() -> None:
    """OpenMRS tells them by that concept."""
    allergy = Allergy(
        uuid="a", allergen=UNHEARD_OF, kind="food", reactions=(RASH, UNHEARD_OF), severity="mild"
    )
    body = written(allergy).body
    assert body["allergen"]["nonCodedAllergen"] == "Unheard of"
    assert body["allergen"]["codedAllergen"]["uuid"].startswith("5622A")
    assert [set(one) for one in body["reactions"]] == [
        {"reaction"},
        {"reaction", "reactionNonCoded"},
    ]
    assert body["severity"]["uuid"].startswith("1498A")
    coded = Allergy(uuid="a", allergen=PENICILLINS, kind="drug")
    assert "nonCodedAllergen" not in written(coded).body["allergen"]


def vaccinated(context: Context = CONTEXT, **changes: Any) -> Fragment:
    """Render a vaccination."""
    given = Immunization(uuid=PATIENT.uuid, vaccine=BCG, time=AT, dose_number=2, source="I/1")
    render = BY_ENTRY[Immunization].render_within
    assert render
    return render(replace(given, **changes), PLACE, context)


def test_an_immunization_is_the_group_that_fhir2_keeps() -> None:
    """Only with what is known; its uuid is ours, and its visit is where FHIR has an encounter."""
    (body,) = vaccinated().bodies
    said = {one["concept"][:4]: one["value"] for one in body["groupMembers"]}
    assert (body["uuid"], body["concept"][:4]) == (PATIENT.uuid, "1421")
    assert said == {"984A": ciel_uuid("886"), "1410": "2026-03-02", "1418": 2}
    assert len({one["uuid"] for one in body["groupMembers"]} - {PATIENT.uuid}) == 3
    assert "obsDatetime" not in body
    (expected,) = vaccinated(lot="7", expires=date(2027, 1, 1)).expected
    assert (expected.fields["lot"], expected.fields["expires"]) == ("7", date(2027, 1, 1))
    assert expected.fields["visit"] == "v"
    (later,) = vaccinated(time=AT + timedelta(minutes=5)).bodies
    assert later["obsDatetime"] == "2026-03-02T09:25:00.000+0000"


def test_an_immunization_that_the_server_cannot_keep_is_left_out() -> None:
    """For want of a vaccine, of the group, or of the role without which fhir2 shows none."""
    without_group = replace(CONTEXT.terms, vaccination={"984": "v", "1410": "d"})
    without_lot = {c: u for c, u in CONTEXT.terms.vaccination.items() if c != "1420"}
    nobody = replace(CONTEXT, target=replace(CONTEXT.target, administering_role=None))
    for fragment, reason in (
        (vaccinated(vaccine=UNHEARD_OF), NO_CONCEPT),
        (vaccinated(replace(CONTEXT, terms=without_group)), NOT_TAKEN),
        (vaccinated(nobody), NOT_TAKEN),
        (vaccinated(lacking("immunizations")), NOT_TAKEN),
    ):
        assert (fragment.bodies, [one.reason for one in fragment.left_out]) == ((), [reason])
    terms = replace(CONTEXT.terms, vaccination=without_lot)
    fragment = vaccinated(replace(CONTEXT, terms=terms), lot="7")
    assert [(one.source, one.detail) for one in fragment.left_out] == [("I/1#1420", "7")]
    assert fragment.expected[0].fields["lot"] == ""


def knowing(*meanings: str) -> Context:
    """Return the context of a server that has some of the concepts of allergies only."""
    known = {meaning: ALLERGY_CONCEPTS[meaning] for meaning in meanings}
    return replace(CONTEXT, target=replace(TARGET, allergy_concepts=known))


def test_an_allergy_is_in_words_only_where_the_server_has_a_concept_for_those() -> None:
    """OpenMRS refuses one without, and the patient with it; a reaction is a part."""
    allergy = Allergy(uuid="a", allergen=UNHEARD_OF, kind="food", source="A/1")
    assert left_out(allergy, knowing()) == LeftOut("A/1", NO_CONCEPT, "Unheard of")
    reacting = replace(allergy, allergen=PENICILLINS, reactions=(UNHEARD_OF, RASH))
    sent = written(replace(reacting, severity="severe"), knowing("mild"))
    assert len(sent.body["reactions"]) == 1
    assert "severity" not in sent.body
    assert sent.left_out == (
        LeftOut("A/1#severity", NO_CONCEPT, "severe"),
        LeftOut("A/1#reaction", NO_CONCEPT, "Unheard of"),
    )


def test_the_concept_for_others_alone_says_nothing() -> None:
    """Who wrote it wrote words beside it, which OpenMRS insists on."""
    other = CodeableConcept((Code(CIEL_SYSTEM, "5622"),), "House dust")
    concept = ServerConcept(
        ALLERGY_CONCEPTS["other"], "Other", "N/A", "Misc", None, True, None, None
    )
    terms = replace(
        CONTEXT.terms,
        concepts={concept.uuid: concept},
        meanings={"allergen": {key_of(other.codes[0]): Meaning(concept.uuid)}},
    )
    allergy = Allergy(uuid="a", allergen=other, kind="environment")
    body = written(allergy, replace(CONTEXT, terms=terms)).body
    assert body["allergen"]["nonCodedAllergen"] == "House dust"


@pytest.mark.parametrize("number", ["271807003", "-1.5", ".5"])
def test_a_reaction_that_is_a_number_is_a_part_left_out(number: str) -> None:
    """A code without words; OpenMRS refuses an allergy with one."""
    reactions = (CodeableConcept((Code("x", number),)), CodeableConcept((), "2 days"))
    sent = written(Allergy(uuid="a", allergen=PENICILLINS, kind="drug", reactions=reactions))
    assert [one["reactionNonCoded"] for one in sent.body["reactions"]] == ["2 days"]
    assert [(one.reason, one.detail) for one in sent.left_out] == [(IS_A_NUMBER, number)]


def test_an_allergy_has_room_for_a_longer_comment() -> None:
    """The rest is counted."""
    said = Allergy(uuid="a", allergen=PENICILLINS, kind="drug", comment="x" * 1030, source="A/1")
    sent = written(said)
    assert sent.body["comment"] == "x" * 1024
    assert sent.left_out == (LeftOut("A/1#comment", too_long(1024), "x" * 6),)


def test_what_has_neither_a_concept_nor_words_is_left_out() -> None:
    """OpenMRS would keep a problem of which nobody knows what it is."""
    nothing = CodeableConcept()
    assert left_out(Condition(uuid="c", what=nothing, source="C/1")) == LeftOut("C/1", NO_WORDS)
    render = BY_ENTRY[Diagnosis].render_within
    assert render
    diagnosis = Diagnosis(uuid="d", what=nothing, is_confirmed=True, rank=1, source="C/2")
    fragment = render(diagnosis, PLACE, CONTEXT)
    assert (fragment.bodies, fragment.left_out) == ((), (LeftOut("C/2", NO_WORDS),))
    died = render_death(Death(time=None, cause=nothing), PATIENT, CONTEXT)
    assert died.body["causeOfDeathNonCoded"] == UNKNOWN
    assert "orderReasonNonCoded" not in prescribed(reason=nothing).bodies[0]


def test_a_comment_and_a_caption_are_cut_where_openmrs_has_no_room_for_them() -> None:
    """It would refuse all of it; the rest is counted."""
    stop = AT + timedelta(minutes=30)
    long = Appointment(
        uuid="a", service=SERVICE, start=AT, stop=stop, comment="x" * 256, source="A/1"
    )
    sent = written(long)
    assert sent.body["comments"] == "x" * 255
    assert sent.left_out == (LeftOut("A/1#comment", too_long(255), "x"),)
    assert sent.expected
    assert sent.expected.fields["comment"] == "x" * 255
    picture = Attachment(
        uuid="p",
        content=PNG,
        media_type="image/png",
        file_name="p.png",
        time=AT,
        caption="x" * 254 + "\U0001f600",
        source="D/1",
    )
    render = BY_ENTRY[Attachment].render_within
    assert render
    fragment = render(picture, PLACE, CONTEXT)
    assert fragment.after[0].body["comment"] == "x" * 254  # Java counts the last letter as two
    assert fragment.left_out == (LeftOut("D/1#caption", too_long(255), "\U0001f600"),)


def test_long_words_are_cut_at_the_bytes_that_a_column_of_text_takes() -> None:
    """Instructions, notes, and what a vaccine's package says."""
    many = "\u0639" * 40_000
    order = prescribed(instructions=many)
    assert len(order.bodies[0]["dosingInstructions"].encode()) == 65_534
    assert (order.left_out[0].source, order.left_out[0].reason) == (
        "M/1#instructions",
        TEXT_TOO_LONG,
    )
    render = BY_ENTRY[Note].render_within
    assert render
    note = render(Note(uuid="n", text=many, source="N/1"), PLACE, CONTEXT)
    assert len(note.bodies[0]["value"].encode()) == 65_534
    assert note.expected[0].fields["value"] == note.bodies[0]["value"]
    assert [one.source for one in note.left_out] == ["N/1#text"]
    vaccine = vaccinated(lot=many, manufacturer=many)
    assert [one.source for one in vaccine.left_out] == ["I/1#lot", "I/1#manufacturer"]
    assert len(vaccine.bodies[0]["groupMembers"][-1]["value"].encode()) == 65_534


def test_states_that_the_program_does_not_have_are_parts_left_out() -> None:
    """The enrollment is sent with the others."""
    states = (
        ProgramState(state=ON_TREATMENT, start=date(2026, 3, 2)),
        ProgramState(state=UNHEARD_OF, start=date(2026, 4, 2)),
    )
    enrollment = Enrollment(
        uuid=PATIENT.uuid,
        program=HIV_CARE,
        enrolled=date(2026, 3, 2),
        states=states,
        source="CarePlan/1",
    )
    request = written(enrollment)
    assert [state["state"] for state in request.body["states"]] == ["on treatment"]
    assert request.left_out == (LeftOut("CarePlan/1#state", NO_STATE, "Unheard of"),)
    elsewhere = replace(enrollment, program=UNHEARD_OF)
    assert left_out(elsewhere).reason == "no program on the server"


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        ("scheduled", "Scheduled"),
        ("checked in", "CheckedIn"),
        ("completed", "Completed"),
        ("missed", "Missed"),
        ("cancelled", "Cancelled"),
    ],
)
def test_an_appointment_has_its_status_from_the_start(status: Any, sent: str) -> None:
    """And no uuid of ours, which the module would refuse."""
    appointment = Appointment(
        uuid="p", service=SERVICE, start=AT, stop=AT + timedelta(minutes=15), status=status
    )
    request = written(appointment)
    assert request.body["status"] == sent
    assert "uuid" not in request.body
    assert request.expected
    assert request.expected.fields["status"] == sent
    assert status in STEPS
    other = replace(appointment, service=UNHEARD_OF)
    assert left_out(other).reason == "no appointment service on the server"
    assert left_out(appointment, lacking("appointments")).reason == NOT_TAKEN


@pytest.mark.parametrize(
    ("kind", "first", "second", "type_"),
    [
        ("parent", "other", PATIENT.uuid, PARENT_CHILD),
        ("child", PATIENT.uuid, "other", PARENT_CHILD),
        ("sibling", PATIENT.uuid, "other", SIBLING),
    ],
)
def test_person_a_is_the_parent(kind: Any, first: str, second: str, type_: str) -> None:
    """Whoever of the two says it."""
    body = written(Relationship(uuid="r", other="other", kind=kind)).body
    assert (body["personA"], body["personB"], body["relationshipType"]) == (first, second, type_)


def test_a_death_has_a_cause_even_where_nobody_knows_it() -> None:
    """OpenMRS asks for one."""
    body = render_death(Death(time=None), PATIENT, CONTEXT).body
    assert body == {"dead": True, "causeOfDeathNonCoded": UNKNOWN}


def test_an_attachment_is_of_the_concept_of_its_type() -> None:
    """A picture or any other file; it is no part of the encounter's own request."""
    render = BY_ENTRY[Attachment].render_within
    assert render
    picture = Attachment(
        uuid="x", content=PNG, media_type="image/png", file_name="rash.png", time=AT
    )
    other = replace(picture, media_type="application/pdf")
    (first,), (second,) = (render(one, PLACE, CONTEXT).after for one in (picture, other))
    assert first.body["concept"] != second.body["concept"]
    assert first.file
    assert first.file.content == PNG


def test_a_prescription_whose_every_part_is_known_is_a_simple_one() -> None:
    """Of the formulary's drug."""
    fragment = prescribed()
    (body,) = fragment.bodies
    assert body["dosingType"] == "org.openmrs.SimpleDosingInstructions"
    assert (body["drug"], body["concept"]) == ("amlodipine 5", "amlodipine")
    assert (body["duration"], body["durationUnits"]) == (30, "days")
    assert fragment.left_out == ()
    assert fragment.changes == ()


def test_one_with_a_part_unknown_is_said_in_words_all_of_it() -> None:
    """What was written beside the dose does not take its place."""
    (body,) = prescribed(route=UNHEARD_OF, instructions="with food").bodies
    assert body["dosingType"] == "org.openmrs.FreeTextDosingInstructions"
    assert body["dosingInstructions"] == "5 mg, Unheard of, once a day; with food"
    assert "dose" not in body
    weekly = CodeableConcept((Code(FREQUENCY_SYSTEM, "0.143"),), "")
    (rare,) = prescribed(dose=None, route=None, frequency=weekly).bodies
    assert rare["dosingInstructions"] == "once in 7 days"
    (bare,) = prescribed(dose=None, route=None, frequency=None).bodies
    assert bare["dosingInstructions"] == "as directed"


def test_a_drug_without_a_concept_goes_in_words_where_the_server_lets_it() -> None:
    """Its name stands with how it is taken too, since O3 shows that alone; else it is left out."""
    (body,) = prescribed(drug=UNHEARD_OF).bodies
    assert (body["concept"], body["drugNonCoded"]) == ("other drug", "Unheard of")
    assert (body["dose"], body["dosingInstructions"]) == (5, "Unheard of")
    told = prescribed(drug=UNHEARD_OF, dose=None, instructions="a cup")
    assert told.bodies[0]["dosingInstructions"] == "Unheard of: Oral, once a day; a cup"
    assert told.expected[0].fields["dosingInstructions"] == "Unheard of: Oral, once a day; a cup"
    closed = replace(CONTEXT, target=replace(TARGET, other_drug=None))
    fragment = prescribed(closed, drug=UNHEARD_OF)
    assert fragment.bodies == ()
    assert [one.reason for one in fragment.left_out] == [NO_CONCEPT]


@pytest.mark.parametrize(
    ("duration", "reason"), [(Quantity(1.5, "d"), NOT_WHOLE), (Quantity(2, "moon"), NO_CONCEPT)]
)
def test_a_duration_that_openmrs_cannot_hold_is_a_part_left_out(
    duration: Quantity, reason: str
) -> None:
    """It is not cut to a whole number."""
    fragment = prescribed(duration=duration)
    assert "duration" not in fragment.bodies[0]
    assert [(one.source, one.reason) for one in fragment.left_out] == [("M/1#duration", reason)]


def test_a_quantity_that_the_server_insists_on_is_told_as_a_change() -> None:
    """And one in a unit that it does not know is a part left out."""
    wanting = replace(CONTEXT, target=replace(TARGET, required_quantity_unit="unit"))
    fragment = prescribed(wanting, quantity=None)
    assert (fragment.bodies[0]["quantity"], fragment.bodies[0]["quantityUnits"]) == (1.0, "unit")
    assert [one.what for one in fragment.changes] == [NO_QUANTITY]
    unknown = prescribed(quantity=Quantity(3, "jar"))
    assert "quantity" not in unknown.bodies[0]
    assert [one.detail for one in unknown.left_out] == ["quantity 3 jar"]


def test_the_reason_of_an_order_is_coded_or_in_words() -> None:
    """As diagnoses are."""
    assert "orderReason" in prescribed(reason=HYPERTENSION).bodies[0]
    assert prescribed(reason=WORDS_ONLY).bodies[0]["orderReasonNonCoded"] == "Low back pain"
    assert prescribed(reason=WORDS_ONLY).left_out == ()
    long = prescribed(reason=CodeableConcept((), "x" * 256))
    assert [(one.reason, one.detail) for one in long.left_out] == [(too_long(255), "x")]


def test_when_an_order_was_stopped_is_its_date_of_expiry() -> None:
    """In the order itself, with no request more; without it the duration decides."""
    stopped = prescribed(stopped=AT + timedelta(days=3))
    assert stopped.bodies[0]["autoExpireDate"] == rest_time(AT + timedelta(days=3))
    assert stopped.after == ()
    assert "autoExpireDate" not in prescribed().bodies[0]
