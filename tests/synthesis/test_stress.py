"""Patients for testers: each is as ugly as it says, and the same again."""

from dataclasses import replace
from datetime import date

import pytest

from bridge.chart import Allergy, DrugOrder, Note, Patient, Relationship
from bridge.synthesis.cohort import GeneratedCohort, cohort_of
from bridge.synthesis.stress import DRUGS, STRESSES, VISITS
from tests.lib.care_cohorts import care_cohort

PLAIN = 2
AS_OF = date(2026, 11, 27)


def cohort() -> GeneratedCohort:
    """Return two patients as usual, and one of each kind."""
    request = replace(care_cohort(1).request, stress=len(STRESSES))
    return cohort_of(request, PLAIN + len(STRESSES))


@pytest.fixture(scope="module")
def made() -> dict[str, Patient]:
    """Return them by kind."""
    of = cohort()
    return dict(zip(STRESSES, of.patients(range(PLAIN + 1, of.count + 1)), strict=True))


def test_each_kind_is_what_it_says(made: dict[str, Patient]) -> None:
    """Counted where it can be."""
    assert len(made["long history"].visits) == VISITS
    drugs = [
        e for m in made["40 drugs"].encounters() for e in m.entries if isinstance(e, DrugOrder)
    ]
    assert len({order.drug.codes for order in drugs}) == DRUGS
    first, second = made["twin"], made["twin, the other"]
    (of_first,), (of_second,) = first.entries, second.entries
    assert isinstance(of_first, Relationship)
    assert isinstance(of_second, Relationship)
    assert (of_first.other, of_second.other) == (second.uuid, first.uuid)
    assert first.birthdate == second.birthdate
    assert first.family_name == second.family_name
    assert all(isinstance(entry, Allergy) for entry in made["all allergies"].entries)
    assert made["one name"].family_name == "."
    assert made["birthdate unknown"].is_birthdate_estimated
    died = made["dies at the visit"]
    assert died.death
    assert died.death.time == died.visits[-1].stop
    assert not made["nothing at all"].visits + made["nothing at all"].entries
    assert [visit.encounters for visit in made["empty visit"].visits] == [()]
    assert not [m for e in made["no vital signs"].encounters() for m in e.measurements]
    assert len(made["longest names"].given_name) == len(made["longest names"].family_name) == 50
    assert AS_OF.year - made["a hundred years"].birthdate.year == 100
    assert (AS_OF - made["newborn"].birthdate).days == 1
    (note,) = [e for m in made["long note"].encounters() for e in m.entries if isinstance(e, Note)]
    assert len(note.text) > 3_900


def test_nothing_happens_before_birth_or_after_the_last_day(made: dict[str, Patient]) -> None:
    """Ugly is not impossible: a server has to take them."""
    for kind, patient in made.items():
        uuids = [v.uuid for v in patient.visits] + [e.uuid for e in patient.encounters()]
        uuids += [one.uuid for met in patient.encounters() for one in met.entries]
        assert len(set(uuids)) == len(uuids), kind
        for visit in patient.visits:
            assert patient.birthdate <= visit.start.date() < AS_OF, kind


def test_the_others_are_as_usual_and_all_are_the_same_again(made: dict[str, Patient]) -> None:
    """In whatever order they are asked for."""
    again = cohort()
    (last,) = again.patients([again.count])
    assert last == made["long note"]
    usual = list(again.patients([1, 2]))
    assert all(patient.visits for patient in usual)
