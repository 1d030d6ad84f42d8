"""Whole charts: what is always true of them, and what does not hang on who else is made."""

import hashlib
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bridge.chart import (
    Condition,
    Diagnosis,
    DrugOrder,
    Enrollment,
    Immunization,
    Measurement,
    Note,
    Patient,
    Relationship,
    Result,
    TestOrder,
    Visit,
)
from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import GeneratedCohort, Request, cohort_of
from bridge.synthesis.population import DAYS, load_population

AS_OF = date(2026, 11, 21)
LIMITS = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
REQUEST = Request(seed=1, as_of=AS_OF, population="kenya", visits=None, limits=LIMITS, chart="full")
COUNT = 700


def cohort(count: int = COUNT, **changes: object) -> GeneratedCohort:
    """Return a cohort that differs from the usual one in `changes`."""
    return cohort_of(replace(REQUEST, **changes), count)  # type: ignore[arg-type]


def everybody(made: GeneratedCohort) -> list[Patient]:
    """Return all patients."""
    return list(made.patients(range(1, made.count + 1)))


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    """Return the patients that most tests look at."""
    return everybody(cohort())


def entries_of(patient: Patient, kind: type) -> list[object]:
    """Return the entries of one kind in a patient's encounters."""
    return [e for one in patient.encounters() for e in one.entries if isinstance(e, kind)]


def test_a_patient_is_the_same_however_many_are_asked_for(patients: list[Patient]) -> None:
    """Alone, among others, in another order."""
    assert list(cohort(20).patients([3, 4, 17])) == [patients[2], patients[3], patients[16]]
    assert list(cohort(600).patients([257, 600])) == [patients[256], patients[599]]


def test_columns_and_patients_are_the_same(patients: list[Patient]) -> None:
    """Files are written from columns, a server is sent patients."""
    from bridge.synthesis.care_charts import Charts

    assert list(Charts(cohort().part(0)).patients()) == patients


def test_every_kind_of_entry_is_there(patients: list[Patient]) -> None:
    """Each tab of O3's chart has something to show."""
    found = {type(e) for p in patients for one in p.encounters() for e in one.entries}
    found |= {type(e) for p in patients for e in p.entries}
    assert found >= {Measurement, Diagnosis, DrugOrder, TestOrder, Result, Note, Immunization}
    assert found >= {Condition, Enrollment, Relationship}


def test_everybody_comes_and_has_one_name_for_each_thing(patients: list[Patient]) -> None:
    """A patient without a visit is of no use, and no two things may have one uuid."""
    assert all(patient.visits for patient in patients)
    uuids = [p.uuid for p in patients]
    for patient in patients:
        uuids += [v.uuid for v in patient.visits] + [e.uuid for e in patient.entries]
        for encounter in patient.encounters():
            uuids += [encounter.uuid, *(entry.uuid for entry in encounter.entries)]
    assert len(uuids) == len(set(uuids))


def test_visits_are_on_working_days_in_order_and_apart(patients: list[Patient]) -> None:
    """Nobody is in two visits at once, and nothing is on the last day or after it."""
    facility = load_population("kenya").facility
    for patient in patients:
        for before, after in pairwise(patient.visits):
            assert before.stop and before.stop < after.start
        for visit in patient.visits:
            assert DAYS[visit.start.weekday()] in facility.days
            assert patient.birthdate <= visit.start.date() < AS_OF
            assert all(within(visit, encounter.time) for encounter in visit.encounters)


def within(visit: Visit, time: datetime) -> bool:
    """Tell whether a time is within a visit."""
    return visit.start <= time and (visit.stop is None or time <= visit.stop)


def test_a_newborn_is_her_mothers_patient(patients: list[Patient]) -> None:
    """They name each other, share a family name and an address, and the birth is a visit."""
    by_uuid = {patient.uuid: patient for patient in patients}
    children = [
        (by_uuid[e.other], patient)
        for patient in patients
        for e in patient.entries
        if isinstance(e, Relationship) and e.kind == "parent"
    ]
    assert children
    for mother, child in children:
        assert (mother.sex, mother.family_name) == ("F", child.family_name)
        assert mother.address == child.address
        assert child.birthdate in {visit.start.date() for visit in mother.visits}
        back = [e.other for e in mother.entries if isinstance(e, Relationship)]
        assert child.uuid in back


def test_a_result_stands_after_its_order(patients: list[Patient]) -> None:
    """And refers to it."""
    for patient in patients:
        orders = {e.uuid: e.time for e in entries_of(patient, TestOrder)}  # type: ignore[attr-defined]
        for encounter in patient.encounters():
            for entry in encounter.entries:
                if isinstance(entry, Result) and entry.order:
                    assert orders[entry.order] < encounter.time


def test_no_drug_is_ordered_while_it_is_still_taken(patients: list[Patient]) -> None:
    """OpenMRS refuses a second active order of a drug."""
    for patient in patients:
        last: dict[str, DrugOrder] = {}
        for order in entries_of(patient, DrugOrder):
            assert isinstance(order, DrugOrder)
            before = last.get(order.drug.text)
            assert before is None or (before.end and before.end < order.start)
            last[order.drug.text] = order


def test_notes_have_no_word_left_unfilled(patients: list[Patient]) -> None:
    """A brace or a question mark for a missing word would be read by a clinician."""
    texts = [e.text for p in patients for e in entries_of(p, Note)]  # type: ignore[attr-defined]
    assert len(texts) > COUNT
    assert not [text for text in texts if "{" in text or "}" in text or " ?" in text]


@pytest.mark.parametrize("visits", [(1, 2), (3, 5)])
def test_visits_are_bounded_where_somebody_asks(visits: tuple[int, int]) -> None:
    """The newest are kept; a few records (the newborn, the lost) hold fewer from the start."""
    counts = [len(patient.visits) for patient in everybody(cohort(200, visits=visits))]
    assert max(counts) == visits[1]
    assert sum(count < visits[0] for count in counts) <= len(counts) * 0.12


def test_illness_none_leaves_out_what_is_acute() -> None:
    """And emergency all else."""
    well = everybody(cohort(200, illness="none"))
    ill = everybody(cohort(200, illness="emergency"))
    malaria = {
        p.number for p in well for d in entries_of(p, Diagnosis) if "Malaria" in d.what.label
    }  # type: ignore[attr-defined]
    assert not malaria
    assert not [
        e for p in ill for e in p.entries if isinstance(e, Enrollment) and "HIV" in e.program.label
    ]


def test_who_is_there_now_waits_with_vital_signs_alone() -> None:
    """Their visit goes on; what was found in it nobody knows yet."""
    now = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Africa/Nairobi"))
    here = everybody(cohort(6, active=4, now=now))
    for patient in here[:4]:
        last = patient.visits[-1]
        assert last.stop is None and last.start < now
        assert {type(e) for one in last.encounters for e in one.entries} == {Measurement}
    assert all(patient.visits[-1].stop for patient in here[4:])


def test_a_user_s_own_population_has_charts_too(tmp_path: object) -> None:
    """With the figures of care of the country that stands in."""
    from pathlib import Path

    from bridge.synthesis.population import population_path

    own = Path(str(tmp_path)) / "own.yaml"
    own.write_text(population_path("nepal").read_text(encoding="utf-8"), encoding="utf-8")
    assert all(patient.visits for patient in everybody(cohort(20, population=str(own))))


def test_the_charts_of_a_seed_never_change() -> None:
    """If this fails on purpose (a module, a figure, the engine), renew it and say so."""
    told = hashlib.sha256(repr(everybody(cohort(20))).encode()).hexdigest()[:16]
    assert told == "1a9b40bdde25c3f9"
