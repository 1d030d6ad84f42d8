"""Whole charts that hold together, and the commonest things that do not."""

from datetime import date, timedelta

from bridge.quality.coherence import check
from tests.quality.coherence.chart import NEGATIVE, POSITIVE, Chart, diagnosis, drug, note, result

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
