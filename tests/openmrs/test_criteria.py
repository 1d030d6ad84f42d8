"""For whom reference ranges are: criteria read as OpenMRS evaluates them."""

import operator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.age_limits import EVER, Bounds, Clock, Span, bounds_at, in_words
from bridge.chart import completed_months
from bridge.openmrs.criteria import Criterion, ReferenceRange, spans_of

OWN = (1.0, 300.0)
SIGNS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def bounds(spans: tuple[Span, ...], sex: str, months: int, then: int | None = None) -> Bounds:
    """Return what is taken of a person of a sex and age."""
    ages: dict[Clock, int] = {"today": months, "then": months if then is None else then}
    return bounds_at(spans, sex, ages)


def taken(criteria: str, sex: str, months: int) -> bool:
    """Tell whether one range is for a person."""
    found = bounds(spans_of([ReferenceRange(criteria, 10, 20)], OWN), sex, months)
    return {(10, 20): True, OWN: False}[found]


@pytest.mark.parametrize(
    ("criteria", "sex", "months", "is_for"),
    [
        ("$patient.getAgeInMonths() < 3", "F", 2, True),
        ("$patient.getAgeInMonths() < 3", "F", 3, False),
        ("$patient.getAgeInMonths() >= 18 && $patient.getAge() < 2", "M", 23, True),
        ("$patient.getAgeInMonths() >= 18 && $patient.getAge() < 2", "M", 24, False),
        ("$patient.getAge() >= 12 && $patient.getAge() <= 18", "F", 227, True),
        ("$patient.getAge() >= 12 && $patient.getAge() <= 18", "F", 228, False),
        ("$patient.getAge() >= 12 && $patient.getAge() <= 18", "F", 143, False),
        ('$patient.getAge() > 18 && $patient.getGender() == "M"', "M", 228, True),
        ('$patient.getAge() > 18 && $patient.getGender() == "M"', "F", 228, False),
        ("$patient.gender.equals('F') || $patient.age < 1", "M", 11, True),
        ("$patient.gender.equals('F') || $patient.age < 1", "M", 12, False),
        ("$patient.getGender().equalsIgnoreCase('f')", "F", 12, True),
        ("!($patient.getAge() &lt; 5)", "F", 60, True),
        ("!($patient.getAge() &lt; 5)", "F", 59, False),
        ("$patient.getAge() ge 5 and not ($patient.age eq 6)", "F", 71, True),
        ("$patient.getAge() ge 5 and not ($patient.age eq 6)", "F", 72, False),
        ("$patient.getBirthdate() != null && $patient.getAge() > 0", "F", 12, True),
        ("$patient.getAgeInWeeks() > 100", "F", 30, True),
        ("$patient.getAgeInDays() > 1000", "F", 20, False),
        ("$patient.getAge() != 30", "F", 371, False),
        ("true", "F", 371, True),
        ("$patient.getAge() < 2 && $fn.getCurrentHour() > 12", "F", 24, False),
        ("$patient.getAge() > 1 || $fn.getObsDays('CIEL:1427', $patient) > -1", "F", 24, True),
    ],
)
def test_a_range_is_for_those_whom_its_criteria_name(
    criteria: str, sex: str, months: int, is_for: bool
) -> None:
    """Ages in whole years, months, weeks and days; both languages' spellings."""
    assert taken(criteria, sex, months) is is_for


@pytest.mark.parametrize(
    "criteria",
    [
        "",
        "$fn.getCurrentHour() > 12",
        '$fn.isObsValueCodedAnswer("CIEL:45", $patient, "703AAAA")',
        "$patient.getAge() * 12 < 30",
        "$patient.getAge() < 2 && T(java.lang.Math).random() < 1",
        "$patient.getAge() <",
        "((((",
        "(" * 5000,
        "$patient.getAge($somebody.birthdate) < 2",
        "$patient.getAge() < 'five'",
        "x" * 20_000,
    ],
)
def test_what_asks_for_more_is_kept_to_by_all(criteria: str) -> None:
    """A range that may apply, may refuse; so may the concept's own limits where it does not."""
    for months in (0, 12, 400):
        assert bounds(spans_of([ReferenceRange(criteria, 10, 400)], OWN), "F", months) == (10, 300)


def test_the_strictest_of_those_that_apply_counts_and_else_the_concept_s_own() -> None:
    """As ConceptServiceImpl has it."""
    ranges = [
        ReferenceRange("$patient.getAge() < 10", 5, 60),
        ReferenceRange("$patient.getAge() < 5", 2, 30),
        ReferenceRange("$patient.getAge() < 5", None, 40),
    ]
    spans = spans_of(ranges, OWN)
    assert bounds(spans, "F", 59) == (5, 30)
    assert bounds(spans, "F", 60) == (5, 60)
    assert bounds(spans, "F", 120) == OWN
    assert spans_of([], OWN) == ()


def test_an_age_at_the_observation_is_another_than_today_s() -> None:
    """Criteria may ask for either, and for both."""
    then = [ReferenceRange("$patient.getAge($obs.obsDatetime) < 5", 2, 30)]
    assert bounds(spans_of(then, OWN), "F", 120, then=24) == (2, 30)
    assert bounds(spans_of(then, OWN), "F", 24, then=120) == OWN
    both = [*then, ReferenceRange("$patient.getAge() < 5", 4, 20)]
    assert bounds(spans_of(both, OWN), "F", 24, then=24) == (4, 20)
    assert bounds(spans_of(both, OWN), "F", 120, then=24) == (2, 30)
    mixed = [ReferenceRange("$patient.getAge() > 9 && $patient.getAge($date) < 5", 2, 30)]
    assert bounds(spans_of(mixed, OWN), "F", 120, then=300) == (2, 30)  # it may be
    assert bounds(spans_of(mixed, OWN), "F", 119, then=24) == OWN


@given(
    st.sampled_from(["getAge", "getAgeInMonths", "getAgeInWeeks", "getAgeInDays"]),
    st.sampled_from(list(SIGNS)),
    st.integers(0, 130),
    st.integers(0, 40_000),
)
def test_no_value_that_a_server_refuses_is_taken(
    getter: str, sign: str, number: int, days: int
) -> None:
    """At whatever age: where a day decides, both limits of its month are kept to."""
    today = date(2026, 11, 28)
    born = today - timedelta(days)
    months = completed_months(born, today)
    ages = {
        "getAge": months // 12,
        "getAgeInMonths": months,
        "getAgeInWeeks": days // 7,
        "getAgeInDays": days,
    }
    is_met = SIGNS[sign](ages[getter], number)
    spans = spans_of([ReferenceRange(f"$patient.{getter}() {sign} {number}", 10, 400)], OWN)
    low, high = bounds(spans, "F", months)
    assert low is not None
    assert high is not None
    assert (low, high) in {(10, 400), OWN, (10, 300)}
    assert (low >= 10) if is_met else (high <= 300)
    if getter in ("getAge", "getAgeInMonths"):
        assert (low, high) == ((10, 400) if is_met else OWN)


@given(st.text() | st.text(st.sampled_from("$patient.getAge()<>=!&|'\" 0123fnd,+-#T[]?:")))
def test_any_text_whatever_is_a_criterion(text: str) -> None:
    """The server's words are a stranger's."""
    Criterion(text)
    assert spans_of([ReferenceRange(text, 10, 20)], OWN)


def test_a_span_is_said_in_words() -> None:
    """Whom a server takes nothing plausible of."""
    assert in_words(Span("FM", 0, 11, 1, 2)) == "0 to 11 months"
    assert in_words(Span("FOU", 60, 119, 1, 2)) == "women of 5 to 9 years"
    assert in_words(Span("M", 216, EVER, 1, 2)) == "men of 18 years and over"
