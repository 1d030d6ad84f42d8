"""A cohort: counts by rule, relatives of whom each knows the other, and time."""

from dataclasses import replace
from datetime import date
from time import process_time
from typing import Literal

from bridge.chart import Patient, Relationship
from bridge.quality.coherence import check_cohort
from tests.quality.coherence.faults import faults
from tests.quality.coherence.lives import LIVES, malaria, mother, newborn, patients


def related(
    patient: Patient, other: Patient, kind: Literal["parent", "child", "sibling"]
) -> Patient:
    """Say in a chart what another patient is to this one."""
    entry = Relationship(uuid=f"{patient.uuid[:-1]}r", other=other.uuid, kind=kind)
    return replace(patient, entries=(*patient.entries, entry))


def family(born: date) -> tuple[Patient, Patient]:
    """Return a mother who was born then, and her child of 2024."""
    one, two = replace(mother().patient(), birthdate=born), newborn().patient()
    return related(one, two, "child"), related(two, one, "parent")


def test_a_mother_and_her_child_break_nothing() -> None:
    """She is 23, and both say the same."""
    found = check_cohort(family(date(2001, 7, 2)))
    assert (found.patients, found.broken) == (2, 0)
    assert not any(found.counts.values())


def test_a_mother_of_five_years_and_one_of_seventy_are_found() -> None:
    """By her child, whose parent she is."""
    for born in (date(2019, 1, 1), date(1950, 1, 1)):
        assert check_cohort(family(born)).counts["relative_age"] == 1


def test_two_who_call_each_other_child_are_found() -> None:
    """Each once."""
    one, two = mother().patient(), newborn().patient()
    found = check_cohort([related(one, two, "child"), related(two, one, "child")])
    assert found.counts["relative_one_sided"] == 2


def test_ones_own_sister_is_found_and_strangers_are_not_judged() -> None:
    """Whoever is in no chart here may be anybody."""
    one, two = malaria().patient(), newborn().patient()
    assert check_cohort([related(one, one, "sibling")]).counts["relative_of_oneself"] == 1
    assert check_cohort([related(one, two, "parent")]).broken == 0


def test_breaches_are_counted_by_rule_and_by_patient_with_examples() -> None:
    """The table that a bench prints."""
    some = [fault.patient for fault in faults(200, seed=2) if fault.rule == "dose"]
    found = check_cohort([*patients(), *some], examples=2)
    assert found.patients == len(LIVES) + len(some)
    assert found.broken == len({patient.uuid for patient in some})
    assert found.counts["dose"] >= len(some)
    assert found.patients_by_rule["dose"] == len(some)
    assert len(found.examples["dose"]) == 2
    assert "mg of" in found.examples["dose"][0].breach.what
    assert set(found.counts) > set(found.examples)


def test_a_chart_is_judged_within_milliseconds() -> None:
    """Ten thousand of forty entries within a minute: six milliseconds each, and room."""
    charts = patients() * 20
    check_cohort(charts[: len(LIVES)])
    begin = process_time()
    found = check_cohort(charts)
    seconds = process_time() - begin
    assert seconds / found.entries < 0.0006
