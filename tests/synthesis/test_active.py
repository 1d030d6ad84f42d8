"""Patients who are at the facility now: their last visit goes on, and nobody else's changes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.chart import Patient, completed_months
from tests.synthesis.test_cohort import AS_OF, cohort, everybody

NOW = datetime(2026, 11, 21, 9, 41, 17, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, 21, 1, tzinfo=UTC)
"""A minute past it in Nairobi."""


@pytest.mark.parametrize("now", [NOW, MIDNIGHT])
def test_the_last_visit_is_of_now_and_goes_on(now: datetime) -> None:
    """Begun minutes before, with the vitals within, and after the visits before it."""
    made = everybody(cohort(300, active=300, now=now))
    for patient in made:
        *before, last = patient.visits
        (encounter,) = last.encounters
        assert last.stop is None
        assert now - timedelta(minutes=30) < last.start < encounter.time < now
        assert encounter.measurements
        assert all(visit.stop and visit.stop < last.start for visit in before)
    assert len({patient.visits[-1].start for patient in made}) > 10


def test_everybody_else_stays_as_without_them() -> None:
    """To the last value and uuid, in the same block of draws too."""
    plain, some = everybody(cohort(300)), everybody(cohort(300, active=7, now=NOW))
    assert some[7:] == plain[7:]
    assert {one.uuid for one in some[:7]}.isdisjoint(one.uuid for one in plain)
    alike = [_person(one) for one in some[:7]]
    assert alike == [_person(one) for one in plain[:7]]


def test_who_is_there_does_not_depend_on_how_many() -> None:
    """Nor on who else is asked for; but on the moment."""
    few, many = cohort(300, active=3, now=NOW), cohort(300, active=290, now=NOW)
    assert next(few.patients([2])) == next(many.patients([2]))
    assert everybody(many)[280:] == list(many.patients(range(281, 301)))
    later = cohort(300, active=3, now=NOW + timedelta(minutes=1))
    assert next(later.patients([2])).uuid != next(few.patients([2])).uuid


def test_a_child_born_the_day_before_has_that_one_visit() -> None:
    """Who could not come before can be there now."""
    newborn = [p for p in everybody(cohort(1500, active=1500, now=NOW)) if len(p.visits) == 1]
    youngest = min(newborn, key=lambda patient: AS_OF - patient.birthdate)
    assert youngest.visits[0].start.date() >= youngest.birthdate
    assert completed_months(youngest.birthdate, AS_OF) < 12


def test_now_is_now_where_the_clock_is_changed_that_day() -> None:
    """Also in the night before it is."""
    now = datetime(2026, 11, 1, 4, 40, tzinfo=UTC)  # 00:40 in New York, by summer's clock still
    day = date(2026, 11, 1)
    for patient in everybody(cohort(20, active=20, now=now, as_of=day, population="us")):
        last = patient.visits[-1]
        assert now - timedelta(minutes=30) < last.start < last.encounters[0].time < now


def _person(patient: Patient) -> tuple[object, ...]:
    return patient.sex, patient.birthdate, patient.given_name, patient.family_name, patient.address
