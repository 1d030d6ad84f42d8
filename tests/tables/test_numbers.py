"""Which number a cell plainly is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.tables.ages import parse_age
from bridge.tables.numbers import is_code, parse_number


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("36.6", 36.6),
        ("36,6", 36.6),
        ("+3", 3),
        ("-1", -1),
        ("\u22121", -1),
        (".5", 0.5),
        ("5.", 5),
        ("0", 0),
        ("0.5", 0.5),
        ("1.2e-05", 1.2e-05),
        ("1.00E+02", 100),
        ("36.666666666666664", 36.666666666666664),
        ("12,345,678", 12_345_678),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234 567", 1_234_567),
        ("1'234.5", 1234.5),
    ],
)
def test_a_number_is_read_as_it_plainly_is(cell: str, value: float) -> None:
    number = parse_number(cell)
    assert number and number.value == value and not number.unit and not number.compared


@pytest.mark.parametrize(
    "cell",
    [
        *("", "abc", "0012", "007.5", "1E2", "1e5", "2B", "3C", "1m", "120/80", "5y 3m"),
        *("12 34", "1,23,456", "1.2.3", "2024-01-02", "12:30", "%", "kg", "--1", "1-2"),
        *("1234567890123456", "1.0e400", "0712345678", "nan", "inf", "1_000", "\u0663", "1,2,3"),
    ],
)
def test_codes_words_and_what_is_not_plain_are_no_numbers(cell: str) -> None:
    assert parse_number(cell) is None


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("98%", 98, "%"),
        ("98 %", 98, "%"),
        ("36.6 °C", 36.6, "°C"),
        ("37 C", 37, "C"),
        ("70kg", 70, "kg"),
        ("1.65 m", 1.65, "m"),
        ("120 mmHg", 120, "mmHg"),
        ("12.5 g/dL", 12.5, "g/dL"),
    ],
)
def test_a_unit_that_can_be_nothing_else_is_kept(cell: str, value: float, unit: str) -> None:
    number = parse_number(cell)
    assert number and (number.value, number.unit) == (value, unit)


@pytest.mark.parametrize(
    ("cell", "compared", "value"),
    [
        ("> 89", ">", 89),
        ("<70", "<", 70),
        ("≥ 5", ">=", 5),
        ("90+", ">=", 90),
        ("=<3", "<=", 3),
        ("over 89", ">", 89),
        ("85 or older", ">=", 85),
        ("under 1", "<", 1),
        ("90 and over", ">=", 90),
    ],
)
def test_a_comparison_is_no_plain_number(cell: str, compared: str, value: float) -> None:
    number = parse_number(cell)
    assert number and (number.compared, number.value) == (compared, value)


@pytest.mark.parametrize(
    ("cell", "comma"),
    [("36,6", "decimal"), ("0,123", "decimal"), ("1,234", "either"), ("1,234.5", "thousands")],
)
def test_what_a_comma_is_is_told_or_left_open(cell: str, comma: str) -> None:
    number = parse_number(cell)
    assert number and number.comma == comma


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_back(value: float) -> None:
    number = parse_number(repr(value))
    if number is None:  # digits without a point beyond what a measurement has
        assert abs(value) >= 1e15
    else:
        assert number.value == value


@given(st.text(max_size=12))
def test_no_cell_ends_in_a_traceback(cell: str) -> None:
    parse_number(cell)
    parse_age(cell)
    is_code(cell)


@pytest.mark.parametrize(
    ("cell", "months"),
    [
        ("5y 3m", 63),
        ("5y3m", 63),
        ("5 years", 60),
        ("18 months", 18),
        ("18mo", 18),
        ("1.5 y", 18),
        ("10 d", 0),
        ("6 weeks", 1),
        ("2 years and 1 month old", 25),
        ("1 yr, 2 mths", 14),
    ],
)
def test_ages_with_their_units_are_months(cell: str, months: int) -> None:
    assert parse_age(cell) == months


@pytest.mark.parametrize(
    "cell", ["", "5", "old", "y", "5 kg", "five years", "3m 5y", "9" * 400 + "y"]
)
def test_what_is_no_age_is_none(cell: str) -> None:
    assert parse_age(cell) is None
