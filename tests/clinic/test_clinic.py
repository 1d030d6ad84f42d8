"""The clinic at a glance adds up, and says what it counts."""

from dataclasses import replace
from datetime import date

import pytest

from bridge.chart import CodeableConcept, Enrollment, Immunization, Patient, ProgramState
from bridge.clinic.coverage import Dose, coverage
from bridge.clinic.page import seasons, section
from bridge.clinic.preview import rows
from bridge.clinic.tally import BANDS, Clinic, band_of, band_words
from bridge.histories.care.vaccines import schedule
from bridge.synthesis.care_codes import vaccine_code
from tests.lib.care_cohorts import care_cohort
from tests.lib.patients import make_patient

TODAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    """Return the clinic of some patients with whole charts."""
    found = Clinic(day=TODAY)
    for patient in care_cohort(60).patients(range(1, 61)):
        found.add(patient)
    return found


def test_everything_adds_up(clinic: Clinic) -> None:
    """Each visit has one reason and one month, each patient one band."""
    assert clinic.reasons.total() == clinic.visits
    assert clinic.ages.total() == clinic.patients == 60
    every = seasons(clinic)[0]
    assert every.visits == sum(every.months) == clinic.visits
    assert max(every.shades) == 1
    for cascade in clinic.programs.values():
        assert cascade.enrolled == cascade.goes_on + cascade.completed


def test_a_preview_names_reasons_programs_and_ages(clinic: Clinic) -> None:
    """Its visits and patients are those of the clinic."""
    said = list(rows(clinic))
    ages = [int(number) for what, number, _ in said if what.startswith("aged")]
    assert sum(ages) == 60
    words = [what for what, _, _ in said]
    assert {f"in {name}" for name in clinic.programs} <= set(words)
    assert clinic.reasons.most_common(1)[0][0] == words[0]


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(2026, 11, 27), "under 1"),
        (date(2025, 11, 28), "under 1"),
        (date(2025, 11, 27), "1-4"),
        (date(1926, 11, 27), "80 and more"),
    ],
)
def test_ages_are_of_completed_years(born: date, words: str) -> None:
    """A birthday counts from its day on."""
    assert band_words(band_of(born, TODAY)) == words
    assert len({band_words(place) for place in range(len(BANDS))}) == len(BANDS)


def child(number: int, *, doses: int) -> Patient:
    """Return a child of 18 months with the first vaccines of the schedule."""
    (patient,) = [make_patient(number, visits=1)]
    given = tuple(
        Immunization(
            uuid=f"{place}",
            vaccine=vaccine_code(one),
            time=patient.visits[0].start,
            dose_number=one.number_o3 or one.dose or None,
        )
        for place, one in enumerate(schedule("kenya")[:doses])
    )
    (visit,) = patient.visits
    (met,) = visit.encounters
    visit = replace(visit, encounters=(replace(met, entries=given),))
    return replace(patient, birthdate=date(2025, 5, 27), visits=(visit,))


def test_coverage_is_of_toddlers_who_are_vaccinated_here() -> None:
    """Whoever only ever came for something else is no evidence of anything."""
    clinic = Clinic(day=TODAY)
    for number, doses in enumerate((1, 2, 0), start=1):
        clinic.add(child(number, doses=doses))
    first, second, *_ = coverage(clinic, "kenya")
    assert (first.have, first.of) == (2, 2)
    assert (second.have, second.of) == (1, 2)


def test_a_share_is_far_only_beyond_chance() -> None:
    """One of two is near ninety in a hundred; ten of a hundred is not."""
    assert not Dose("penta 3", 1, 2, 0.9).is_far
    assert Dose("penta 3", 10, 100, 0.9).is_far
    assert not Dose("penta 3", 89, 100, 0.9).is_far


def test_a_section_shows_all_and_escapes_what_strangers_wrote(clinic: Clinic) -> None:
    """A program's name may be anything."""
    patient = make_patient(1, visits=1)
    state = ProgramState(state=CodeableConcept(text="<i>begun</i>"), start=TODAY)
    enrolled = Enrollment(
        uuid="1", program=CodeableConcept(text="<b>P</b>"), enrolled=TODAY, states=(state,)
    )
    other = Clinic(day=TODAY)
    other.add(replace(patient, entries=(enrolled,)))
    page = section(other, "kenya", "All of them")
    assert "&lt;b&gt;P&lt;/b&gt;" in page
    assert "&lt;i&gt;begun" in page
    assert "<b>P</b>" not in page
    whole = section(clinic, None, "All")
    assert all(name in whole for name in clinic.programs)
