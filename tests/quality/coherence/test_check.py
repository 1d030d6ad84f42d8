"""Whole charts that hold together, and the commonest things that do not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.chart import Death, Gender
from bridge.quality.coherence import check
from tests.lib.patients import make_patient
from tests.lib.whole_charts import whole_chart
from tests.quality.coherence.chart import NEGATIVE, POSITIVE, Chart, diagnosis, drug, note, result
from tests.quality.coherence.planting import changed

DAY = date(2026, 5, 4)
AL = "Artemether / Lumefantrine 20mg/120mg"


def child(months: int = 30) -> Chart:
    """Begin a boy's chart."""
    return Chart("M", born=DAY - timedelta(30.44 * months))


def rules(chart: Chart) -> set[str]:
    """Return the rules that a chart breaks."""
    return {breach.rule for breach in check(chart.patient())}


def test_a_child_with_malaria_who_gets_what_is_due_breaks_nothing() -> None:
    """Test first, tablets by weight, and a note that says what was measured."""
    chart = child().visit(
        DAY,
        note("Fever for two days. Hot to touch, temperature 38.9."),
        result(1643, "Rapid test for malaria", POSITIVE),
        diagnosis(116128, "Malaria"),
        drug(AL, 1, "Tablet", "Twice daily", 3),
        drug("Paracetamol 500mg", 0.25, "Tablet", "Every six hours", 3),
        temp=38.9,
        weight=12.5,
        breaths=28,
        spo2=98,
    )
    assert check(chart.patient()) == ()


def test_the_sentence_has_the_numbers_and_the_place_its_visit() -> None:
    """Whoever mends a chart is to find it."""
    chart = child().visit(
        DAY,
        result(1643, "Rapid test for malaria", POSITIVE),
        diagnosis(116128, "Malaria"),
        drug(AL, 4, "Tablet", "Twice daily", 3),
        weight=12.5,
    )
    (breach,) = check(chart.patient())
    assert breach.rule == "dose"
    assert "80 mg of artemether lumefantrine a dose at 12.5 kg, not 20 to 20" in breach.what
    assert breach.where.startswith("visit of 2026-05-04, DrugOrder ")


def test_malaria_with_a_negative_test_is_a_breach_and_without_any_is_none() -> None:
    """A diagnosis is held against its numbers where there are some."""
    negative = child().visit(
        DAY, result(32, "Malarial smear", NEGATIVE), diagnosis(116128, "Malaria"), temp=38.2
    )
    assert rules(negative) == {"malaria_tests"}
    assert rules(child().visit(DAY, diagnosis(116128, "Malaria"), temp=38.2)) == set()


@pytest.mark.parametrize("sex", ["F", "M", "O", "U"])
def test_a_chart_of_everything_is_judged(sex: Gender) -> None:
    """Whoever it is: words without codes, attachments, appointments, a death without a time."""
    patient = whole_chart(make_patient(1), mother=make_patient(2).uuid)
    found = {breach.rule for breach in check(replace(patient, sex=sex, death=Death(time=None)))}
    # two orders of amlodipine for the same days, on purpose; none of them is of a sex
    assert not found & {"womens_disease", "mens_disease", "pregnancy_of_women"}


def test_a_chart_of_nothing_has_nothing_wrong() -> None:
    """A patient who was registered and never came."""
    assert check(child().patient()) == ()


def test_nothing_has_happened_after_the_day_of_the_chart() -> None:
    """Where that day is said; appointments lie ahead."""
    chart = child().visit(DAY, diagnosis(112770, "Sprain")).patient()
    before = datetime(2026, 5, 3, tzinfo=UTC)
    assert {breach.rule for breach in check(chart, as_of=before)} == {"in_the_future"}
    assert check(chart, as_of=before + timedelta(2)) == ()


def test_a_reaction_that_ended_the_course_is_how_the_allergy_is_known() -> None:
    """Later orders are a mistake, the first was none."""
    chart = child().allergic(162297, "Penicillins")
    chart.visit(DAY, drug("Amoxicillin 250mg", 1, "Tablet", "Twice daily", 5), weight=12)
    assert rules(chart) == {"allergy_penicillins"}
    patient = chart.patient()
    stopped = changed(
        patient, lambda e: replace(e, stopped=e.start + timedelta(2)) if "drug" in dir(e) else e
    )
    assert check(stopped) == ()


def test_who_is_known_to_have_it_comes_with_normal_numbers() -> None:
    """A first diagnosis is held against them, a refill is not."""
    seen = Chart("M", born=date(1970, 1, 1)).has(117399, "Hypertension", date(2019, 3, 1))
    assert rules(seen.visit(DAY, diagnosis(117399, "Hypertension"), sbp=124, dbp=76)) == set()
    new = Chart("M", born=date(1970, 1, 1))
    new.visit(DAY, diagnosis(117399, "Hypertension"), sbp=124, dbp=76)
    assert rules(new) == {"hypertension_numbers"}


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("Temperature 38.9.", False),
        ("Temperature 36.2.", True),
        ("Was 36.2 at home; temperature 38.9.", False),
        ("Temperature 36.2 at the last visit.", False),
        ("Return if temperature above 39.5.", False),
        ("Afebrile.", True),
        ("Not afebrile.", False),
        ("Come back if no fever goes down.", False),
    ],
)
def test_what_a_note_says_is_read_with_care(text: str, breaks: bool) -> None:
    """A number of another day is no contradiction, a denied word neither."""
    assert bool(rules(child().visit(DAY, note(text), temp=38.9))) == breaks
