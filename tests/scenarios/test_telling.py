"""Charts of a class: who, when, how far the story is told, and that it is the same again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bridge.chart import (
    Appointment,
    Condition,
    Diagnosis,
    DrugOrder,
    Immunization,
    Measurement,
    Note,
    Patient,
    Relationship,
    Result,
    completed_months,
)
from bridge.errors import InputError
from bridge.scenarios.catalogue import all_cases
from bridge.scenarios.cohort import ClassRequest, ScenarioCohort
from tests.scenarios.cases import SHORT

DAY = date(2026, 11, 28)
NOON = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture
def short(tmp_path: Path) -> str:
    """Return the path of a short scenario."""
    file = tmp_path / "short.yaml"
    file.write_text(SHORT, encoding="utf-8")
    return str(file)


def told(
    name: str, until: str = "", learners: int = 1, now: datetime | None = None
) -> list[Patient]:
    """Return the patients of a class."""
    request = ClassRequest(
        scenarios=(name,), learners=("",) * learners, until=until, as_of=DAY, now=now
    )
    cohort = ScenarioCohort(request)
    return list(cohort.patients(range(1, cohort.count + 1)))


def entries(patient: Patient, kind: type) -> list[object]:
    """Return the entries of one kind."""
    inner = [one for encounter in patient.encounters() for one in encounter.entries]
    return [one for one in (*inner, *patient.entries) if isinstance(one, kind)]


def test_each_learner_has_a_patient_of_their_own_with_the_same_story(short: str) -> None:
    """Other names and uuids, marked; all else is the same."""
    patients = told(short, learners=12)
    assert len(patients) == 24
    children = patients[::2]
    assert len({(one.given_name, one.family_name) for one in children}) == 12
    assert [one.middle_name for one in children[:2]] == ["L01", "L02"]
    assert children[2].identifiers[0].value == "L03-T01"
    assert patients[5].identifiers[0].value == "L03-T01-MOTHER"
    assert len(set(_uuids(patients))) == len(list(_uuids(patients)))
    assert {one.birthdate for one in children} == {children[0].birthdate}
    assert len({_story(one) for one in children}) == 1


def test_who_comes_late_changes_nobody(short: str) -> None:
    """A class of two is the beginning of a class of three, and a day's is the same again."""
    assert told(short, learners=2) == told(short, learners=3)[:4]


def test_the_days_are_relative_to_the_class_and_the_age_to_the_first_visit(short: str) -> None:
    """The vaccine of before the story is at its age."""
    child, mother = told(short)
    days = [visit.start.date().isoformat() for visit in child.visits]
    assert days[1:] == ["2026-11-23", "2026-11-26", "2026-11-28"]
    assert completed_months(child.birthdate, date(2026, 11, 23)) == 18
    assert (date.fromisoformat(days[0]) - child.birthdate).days == 42
    assert all(visit.stop and visit.start < visit.stop for visit in child.visits)
    assert child.family_name == mother.family_name
    (relation,) = entries(mother, Relationship)
    assert isinstance(relation, Relationship)
    assert (relation.other, relation.kind) == (child.uuid, "child")


def test_until_stops_before_the_decision(short: str) -> None:
    """What is decided from that visit on is not there; the visit is today and goes on."""
    whole, until = told(short)[0], told(short, "visit-2")[0]
    assert [visit.start.date() for visit in until.visits[1:]] == [date(2026, 11, 25), DAY]
    assert until.visits[-1].stop is None
    assert (len(entries(whole, DrugOrder)), entries(until, DrugOrder)) == (2, [])
    assert [one.what.text for one in entries(until, Diagnosis)] == ["Acute Coryza"]  # type: ignore[attr-defined]
    assert (len(entries(whole, Immunization)), len(entries(until, Immunization))) == (2, 1)
    assert len(entries(until, Result)) == 1
    assert {one.value for one in entries(until, Measurement)} >= {38.6, 44}  # type: ignore[attr-defined]
    text = entries(until, Note)[-1].text  # type: ignore[attr-defined]
    assert "44 breaths" in text
    assert "Amoxicillin" not in text
    (condition,) = entries(until, Condition)
    assert isinstance(condition, Condition)
    assert condition.is_active
    assert until.uuid != whole.uuid


def test_others_are_told_as_far_as_the_decision(short: str) -> None:
    """The mother's visit of before, on the same day, is known but for its plan; the next is not."""
    mother = told(short, "decision")[1]
    assert len(mother.visits) == 1
    assert "Rest" not in entries(mother, Note)[0].text  # type: ignore[attr-defined]


def test_a_drug_that_is_ordered_anew_ends_the_order_before(short: str) -> None:
    """OpenMRS takes no two orders of a drug for one time."""
    first, second = entries(told(short)[0], DrugOrder)
    assert isinstance(first, DrugOrder)
    assert isinstance(second, DrugOrder)
    assert first.stopped
    assert first.stopped < second.start
    assert second.stopped is None


def test_an_appointment_that_has_passed_was_kept(short: str) -> None:
    """One whose day is the class's or later is still to come."""
    (kept,) = entries(told(short)[0], Appointment)
    (coming,) = entries(told(short, "decision")[0], Appointment)
    assert isinstance(kept, Appointment)
    assert isinstance(coming, Appointment)
    assert (kept.status, coming.status) == ("completed", "scheduled")


def test_nothing_lies_after_now(short: str) -> None:
    """Visits of the day are moved whole hours back, and a second class in the hour is the same."""
    early = datetime(2026, 11, 28, 5, 10, tzinfo=UTC)
    for until in ("", "decision"):
        patients = told(short, until, now=early)
        for patient in patients:
            assert all(one.time <= early for one in patient.encounters())
        again = told(short, until, now=early.replace(minute=20))
        assert [one.uuid for one in patients] == [one.uuid for one in again]
        assert patients[0].uuid != told(short, until, now=NOON)[0].uuid


def test_a_stay_that_goes_on_began_today() -> None:
    """How long it will last when all is done is nothing that has to be over by now."""
    (patient,) = told("stroke", "decision", now=NOON)
    assert patient.visits[-1].start.date() == DAY
    assert patient.visits[-1].stop is None


def test_a_visit_that_is_not_there_is_said(short: str) -> None:
    """With the name of the case, as several may be taught."""
    for until in ("visit-4", "visit-x"):
        with pytest.raises(InputError, match="short: "):
            told(short, until)


def test_those_that_come_with_bridge_are_told_from_end_to_end() -> None:
    """Every visit has a time before its end, and no two parts have one uuid."""
    cases = all_cases()
    assert len(cases) == 20
    assert [case.scenario.mark for case in cases] == [f"C{n:02}" for n in range(1, 21)]
    for until in ("", "decision"):
        names = tuple(case.name for case in cases)
        cohort = ScenarioCohort(ClassRequest(scenarios=names, as_of=DAY, until=until, now=NOON))
        patients = list(cohort.patients(range(1, cohort.count + 1)))
        uuids = list(_uuids(patients))
        assert len(uuids) == len(set(uuids))
        for patient in patients:
            assert [v.start for v in patient.visits] == sorted(v.start for v in patient.visits)
            for visit, after in zip(patient.visits, patient.visits[1:], strict=False):
                assert visit.stop
                assert visit.stop <= after.start, (patient.source, visit.start)
            for visit in patient.visits:
                for one in visit.encounters:
                    assert visit.start <= one.time <= (visit.stop or NOON)


def _uuids(patients: list[Patient]) -> Iterator[str]:
    for patient in patients:
        yield patient.uuid
        yield from (visit.uuid for visit in patient.visits)
        for encounter in patient.encounters():
            yield encounter.uuid
            yield from (entry.uuid for entry in encounter.entries)
        yield from (entry.uuid for entry in patient.entries)


def _story(patient: Patient) -> tuple[object, ...]:
    """Return what is the same for all learners."""
    return tuple(
        (visit.start, tuple((one.time, one.kind, len(one.entries)) for one in visit.encounters))
        for visit in patient.visits
    )
