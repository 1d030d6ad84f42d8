"""A chart to the requests that make it: their order, their uuids, and what is left out."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bridge.age_limits import Span
from bridge.chart import (
    DrugOrder,
    Encounter,
    Identifier,
    LeftOut,
    Note,
    Patient,
    Quantity,
    Result,
    TestOrder,
    Visit,
)
from bridge.delivery.forms import by_kind
from bridge.delivery.generations import reissue_patient
from bridge.delivery.kinds import KINDS
from bridge.delivery.kinds.kind import NOT_TAKEN
from bridge.delivery.plan import (
    NO_IDENTIFIER_TYPE,
    ORDERED_BEFORE,
    OVERLAPPING,
    plan_patient,
)
from bridge.delivery.requests import PatientPlan
from bridge.identity import part_uuid, reissue
from bridge.mapping.resolve import OUTSIDE
from bridge.mapping.terms import Terms
from tests.lib.chart_context import CONTEXT, lacking
from tests.lib.patients import make_patient, make_visit
from tests.lib.whole_charts import AMLODIPINE, HAEMOGLOBIN, SMEAR, ChartCohort, whole_chart

OWNER = make_patient(1).uuid
AT = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


def chart(*, dead: bool = True) -> Patient:
    """Make a patient with something of everything, who names a mother."""
    return whole_chart(make_patient(2), mother=make_patient(1).uuid, dead=dead)


def with_entries(*entries: object, time: datetime = AT) -> Patient:
    """Make a patient with one visit of one consultation."""
    encounter = Encounter(
        uuid=part_uuid(OWNER, "e"),
        time=time,
        kind="consultation",
        entries=tuple(entries),  # type: ignore[arg-type]
    )
    visit = replace(make_visit(OWNER, 0), encounters=(encounter,))
    return replace(make_patient(1), visits=(visit,), source="Patient/p")


def order(name: str, start: datetime = AT, **changes: object) -> DrugOrder:
    """Make an order of amlodipine for ten days."""
    usual = DrugOrder(
        uuid=part_uuid(OWNER, name),
        drug=AMLODIPINE,
        start=start,
        duration=Quantity(10, "d"),
        source=f"MedicationRequest/{name}",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def body_parts(plan: PatientPlan, part: str) -> list[str]:
    """List the uuids of a part of the encounters' bodies."""
    encounters = (one for visit in plan.visits for one in visit.encounters)
    return [body["uuid"] for one in encounters for body in one.body.get(part, ())]


def test_an_encounter_is_parted_as_the_forms_of_openmrs_are() -> None:
    """Vitals, visit note and laboratory; the part of the encounter's own kind keeps its uuid."""
    (visit,) = chart().visits
    vitals, consultation, laboratory = visit.encounters
    mixed = replace(
        consultation, entries=(*laboratory.entries, *consultation.entries, *vitals.entries)
    )
    forms = list(by_kind(mixed))
    assert [form.kind for form in forms] == ["vitals", "note", "laboratory"]
    assert [form.uuid for form in forms] == [
        part_uuid(mixed.uuid, "vitals"),
        mixed.uuid,
        part_uuid(mixed.uuid, "laboratory"),
    ]
    assert sum(len(form.entries) for form in forms) == len(mixed.entries)
    assert {form.time for form in forms} == {mixed.time}


def test_an_encounter_without_entries_stays_one() -> None:
    """It is sent all the same: somebody was seen."""
    encounter = Encounter(uuid=OWNER, time=AT, kind="consultation", entries=())
    assert list(by_kind(encounter)) == [encounter]


def test_the_kinds_are_sent_in_their_order_and_death_is_last() -> None:
    """What rides in encounters first, in the order of the visits."""
    plan = plan_patient(chart(), CONTEXT)
    order_of_kinds = [kind.name for kind in KINDS]
    sent = [request.kind for request in plan.requests]
    assert sent == sorted(sent, key=order_of_kinds.index)
    assert sent[-1] == "deaths"
    assert Counter(sent) == {
        "conditions": 2,
        "allergies": 2,
        "enrollments": 1,
        "appointments": 3,
        "relationships": 1,
        "deaths": 1,
    }
    after = [request.kind for request in plan.following()][: -len(sent)]
    assert after == ["test orders", "attachments", "attachments"]


def test_a_plan_names_each_entry_once_in_what_it_expects() -> None:
    """No uuid twice, and every body of an encounter is expected back."""
    plan = plan_patient(chart(), CONTEXT)
    keys = [(one.kind, one.key) for one in plan.expected()]
    assert len(keys) == len(set(keys))
    expected = {key for _, key in keys}
    for part in ("obs", "orders", "diagnoses"):
        assert set(body_parts(plan, part)) <= expected
    assert len(body_parts(plan, "orders")) == 4
    assert len(body_parts(plan, "diagnoses")) == 2
    assert plan.left_out == ()


def test_a_drug_ordered_twice_for_a_time_is_ordered_once() -> None:
    """The earlier stays; one that begins when it has ended is another course."""
    first, again = order("first"), order("again", AT + timedelta(days=5))
    after = order("after", AT + timedelta(days=11))
    plan = plan_patient(with_entries(again, after, first), CONTEXT)
    assert set(body_parts(plan, "orders")) == {first.uuid, after.uuid}
    assert plan.left_out == (LeftOut("MedicationRequest/again", OVERLAPPING, "Amlodipine"),)


def test_one_that_was_stopped_makes_room_for_the_next() -> None:
    """From the moment after its end."""
    first = order("first", stopped=AT + timedelta(days=2))
    again = order("again", AT + timedelta(days=3))
    plan = plan_patient(with_entries(first, again), CONTEXT)
    assert set(body_parts(plan, "orders")) == {first.uuid, again.uuid}
    orders = [o for v in plan.visits for e in v.encounters for o in e.body.get("orders", ())]
    (stopped,) = (order for order in orders if order["uuid"] == first.uuid)
    assert stopped["autoExpireDate"] == "2026-03-04T09:20:00.000+0000"


def test_an_order_of_before_its_encounter_has_an_encounter_of_its_own() -> None:
    """At the time of the earliest: no order may begin before its encounter."""
    early = order("early", AT - timedelta(minutes=8))
    patient = with_entries(Note(uuid="n", text="x"), early)
    (visit,) = plan_patient(patient, CONTEXT).visits
    kinds = {one.body["encounterType"]: one.body["encounterDatetime"] for one in visit.encounters}
    assert kinds == {
        "visit note": "2026-03-02T09:20:00.000+0000",
        "order form": "2026-03-02T09:12:00.000+0000",
    }


def test_an_order_of_before_its_visit_is_left_out() -> None:
    """Its encounter would lie outside."""
    early = order("early", AT - timedelta(days=3))
    plan = plan_patient(with_entries(early), CONTEXT)
    assert body_parts(plan, "orders") == []
    assert [(one.source, one.reason) for one in plan.left_out] == [
        ("MedicationRequest/early", ORDERED_BEFORE)
    ]


def test_a_result_refers_only_to_an_order_that_is_sent() -> None:
    """OpenMRS would refuse the whole encounter for one that it does not know."""
    test = TestOrder(uuid="t", what=SMEAR, time=AT, source="ServiceRequest/t")
    unknown = TestOrder(
        uuid="u", what=replace(SMEAR, codes=(), text="Scan"), time=AT, source="ServiceRequest/u"
    )
    results = [
        Result(uuid=f"r{one.uuid}", what=HAEMOGLOBIN, value=Quantity(9, "g/dL"), order=one.uuid)
        for one in (test, unknown)
    ]
    plan = plan_patient(with_entries(test, unknown, *results), CONTEXT)
    (visit,) = plan.visits
    (laboratory,) = (e for e in visit.encounters if e.body["encounterType"] == "lab results")
    assert [obs.get("order") for obs in laboratory.body["obs"]] == ["t", None]
    assert [one.source for one in plan.left_out] == ["ServiceRequest/u"]


def test_a_source_is_left_out_once_and_of_one_that_is_sent_a_part_only() -> None:
    """So that sent and left out add up to what was read."""
    nowhere = replace(HAEMOGLOBIN, codes=(), text="Ferritin")
    lost = [
        Result(uuid=f"r{n}", what=nowhere, value=Quantity(1, ""), source="Observation/lost")
        for n in range(2)
    ]
    partly = [
        Result(uuid="s0", what=nowhere, value=Quantity(1, ""), source="Observation/partly"),
        Result(uuid="s1", what=HAEMOGLOBIN, value=Quantity(9, "g/dL"), source="Observation/partly"),
    ]
    plan = plan_patient(with_entries(*lost, *partly), CONTEXT)
    assert [one.source for one in plan.left_out] == ["Observation/lost", "Observation/partly#"]
    assert "Observation/partly" in plan.sent
    assert "Observation/lost" not in plan.sent
    # the patient's own resource, and the two of the results
    assert plan.resources == 3


def test_a_server_that_lacks_a_kind_leaves_its_entries_out_and_nothing_else() -> None:
    """Each with its reason."""
    without = lacking("conditions", "allergies", "programs", "relationships", "immunizations")
    plan = plan_patient(chart(), without)
    assert {request.kind for request in plan.requests} == {"appointments", "deaths"}
    reasons = Counter((one.reason, one.detail) for one in plan.left_out)
    assert reasons == {
        (NOT_TAKEN, "conditions"): 2,
        (NOT_TAKEN, "allergies"): 2,
        (NOT_TAKEN, "immunizations"): 1,
        (NOT_TAKEN, "programs"): 1,
        (NOT_TAKEN, "relationships"): 1,
    }
    whole = plan_patient(chart(), CONTEXT)
    assert [v.body for v in plan.visits] == [v.body for v in whole.visits]
    bare = plan_patient(chart(), lacking("orders", "diagnoses", "attachments"))
    assert body_parts(bare, "orders") == body_parts(bare, "diagnoses") == []
    assert body_parts(bare, "obs") == body_parts(whole, "obs")


def test_nothing_known_sends_words_where_words_will_do() -> None:
    """Conditions, diagnoses, allergens and causes of death go as text."""
    plan = plan_patient(chart(), replace(CONTEXT, terms=Terms()))
    kinds = Counter(request.kind for request in plan.requests)
    assert kinds == {"conditions": 2, "allergies": 2, "relationships": 1, "deaths": 1}
    conditions = [r.body["condition"] for r in plan.requests if r.kind == "conditions"]
    assert conditions == [{"nonCoded": "Hypertension"}, {"nonCoded": "Low back pain"}]


def test_an_identifier_of_an_unknown_type_is_a_part_left_out() -> None:
    """The patient is sent all the same."""
    patient = replace(make_patient(1), identifiers=(Identifier(type="Ward", value="7"),))
    plan = plan_patient(patient, CONTEXT)
    assert [(one.reason, one.detail) for one in plan.left_out] == [(NO_IDENTIFIER_TYPE, "Ward")]
    assert "#" in plan.left_out[0].source


def test_a_later_generation_shares_no_uuid_and_refers_to_its_own() -> None:
    """OpenMRS never frees a voided one: not of a member, nor of what others refer to."""
    made = next(ChartCohort(2, mutual=True).patients([1]))
    later = reissue_patient(made, 1)
    assert uuids(later).isdisjoint(uuids(made))
    assert len(uuids(later)) == len(uuids(made))
    plan = plan_patient(later, CONTEXT)
    (relationship,) = (one for one in plan.requests if one.kind == "relationships")
    (child,) = ChartCohort(2).patients([2])
    assert relationship.body["personB"] == reissue(child.uuid, 1)
    (laboratory,) = (e for v in later.visits for e in v.encounters if e.kind == "laboratory")
    ordered = {e.uuid for v in later.visits for x in v.encounters for e in x.entries}
    assert {one.order for one in laboratory.entries if isinstance(one, Result) and one.order} <= (
        ordered
    )
    assert reissue_patient(made, 0) is made


def uuids(patient: Patient) -> set[str]:
    """Collect every uuid that a plan of the patient names as its own."""
    plan = plan_patient(patient, CONTEXT)
    found = {plan.uuid, *(visit.uuid for visit in plan.visits)}
    found |= {encounter.uuid for visit in plan.visits for encounter in visit.encounters}
    found |= {one.key for one in plan.expected()} | {one.uuid for one in plan.following()}
    return found


def test_a_visit_that_lasts_has_no_end() -> None:
    """And its encounters are planned like any other's."""
    visit = replace(make_visit(OWNER, 0), stop=None)
    assert isinstance(visit, Visit)
    (planned,) = plan_patient(replace(make_patient(1), visits=(visit,)), CONTEXT).visits
    assert "stopDatetime" not in planned.body
    assert planned.observations == 9


def test_the_date_of_birth_and_the_like_are_not_the_plans() -> None:
    """A patient without visits, entries or death needs no request beside its own."""
    patient = replace(make_patient(1), visits=(), birthdate=date(2000, 1, 1))
    plan = plan_patient(patient, CONTEXT)
    assert (plan.visits, plan.requests, list(plan.expected())) == ((), (), [])


def test_what_a_server_refuses_for_the_age_today_is_left_out_and_counted() -> None:
    """It judges what a child had years ago by the age that the child has now."""
    spans = (Span("FM", 0, 59, 3, 30), Span("FM", 60, 10_000, 12, 300))
    target = replace(CONTEXT.target, ages={"weight_kg": spans}, judged=date(2026, 3, 20))
    patient = replace(
        make_patient(1),
        birthdate=date(2021, 3, 1),
        visits=tuple(make_visit(OWNER, place, {"weight_kg": 11.0}) for place in range(2)),
    )
    for judged, count in ((date(2026, 3, 20), 0), (date(2026, 2, 20), 2), (date(2026, 3, 1), 0)):
        context = replace(CONTEXT, target=replace(target, judged=judged))
        plan = plan_patient(patient, context)
        assert sum(visit.observations for visit in plan.visits) == count
        assert [one.reason for one in plan.left_out] == [OUTSIDE] * (2 - count)
        assert len({one.source for one in plan.left_out}) == 2 - count
    then = tuple(span._replace(clock="then") for span in spans)
    context = replace(CONTEXT, target=replace(target, ages={"weight_kg": then}))
    assert plan_patient(patient, context).left_out  # the visits are of the week after the birthday


def test_a_result_is_held_to_the_limits_of_the_patient_s_age() -> None:
    """Of a concept of the server's own as well."""
    haemoglobin = CONTEXT.terms.concept(HAEMOGLOBIN, "result")
    assert haemoglobin
    ages = (Span("FMOU", 0, 11, 10, 24), Span("FMOU", 12, 10_000, 5, 11))
    concepts = {**CONTEXT.terms.concepts, haemoglobin.uuid: haemoglobin._replace(ages=ages)}
    context = replace(
        CONTEXT,
        terms=replace(CONTEXT.terms, concepts=concepts),
        target=replace(CONTEXT.target, judged=date(2026, 3, 20)),
    )
    value = Quantity(12.0, haemoglobin.units or "")
    result = Result(uuid=part_uuid(OWNER, "hb"), what=HAEMOGLOBIN, value=value, source="r/1")
    grown = with_entries(result)
    small = replace(grown, birthdate=date(2025, 12, 1))
    assert [one.reason for one in plan_patient(grown, context).left_out] == [OUTSIDE]
    assert plan_patient(small, context).left_out == ()
