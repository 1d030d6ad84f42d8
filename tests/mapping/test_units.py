"""From a value's unit to its concept's: exactly, or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.codes import ciel_uuid
from bridge.mapping import units
from bridge.mapping.units import UCUM_OF_WORDS, convert
from bridge.unit_words import known_unit

ANY = "1234AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
PLATELETS = "729AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("value", "unit", "units", "expected"),
    [
        (98.6, "[degF]", "DEG C", 37.0),
        (100.0, "[lb_av]", "kg", 45.359237),
        (66.0, "[in_i]", "cm", 167.64),
        (0.05, "g/L", "mg/dL", 5.0),
        (5.0, "10*9/L", "10^3/uL", 5.0),
        (500.0, "{cells}/uL", "cells/uL", 500.0),
        (400.0, "{copies}/mL", "copies/ml", 400.0),
        (30.0, "U/L", "IU/L", 30.0),
        (90.0, "mL/min/{1.73_m2}", "ml/min/1.73m2", 90.0),
        (7.0, "{score}", None, 7.0),
        (6.5, "pH", None, 6.5),
    ],
)
def test_a_value_comes_in_the_unit_of_its_concept(
    value: float, unit: str, units: str | None, expected: float
) -> None:
    """Exactly as written on paper, without the noise of binary fractions."""
    converted = convert(value, unit, ANY, units)
    assert converted and converted.value == expected


@pytest.mark.parametrize(
    ("unit", "units"),
    [
        ("mmol/L", "mg/dL"),  # asks for a molar mass
        ("meq/L", "mmol/L"),  # asks for the ion's charge
        ("[IU]/mL", "copies/ml"),  # asks for the assay
        ("", "mg/dL"),
        ("%", None),
        ("no such unit", "mg/dL"),
        ("(" * 50, "mg/dL"),
        ("mg/dL", "CUT-OFF OD"),
    ],
)
def test_what_cannot_be_converted_is_not(unit: str, units: str | None) -> None:
    """A number in another kind of unit would be a false result."""
    assert convert(5.0, unit, ANY, units) is None


def test_a_unit_in_the_concepts_own_words_is_taken() -> None:
    """Also where the words are none that UCUM has."""
    converted = convert(0.4, "CUT-OFF OD", ANY, "CUT-OFF OD")
    assert converted == (0.4, False)


def test_platelets_are_in_thousands_per_microlitre() -> None:
    """CIEL's label says per millilitre, and its own normal range proves it wrong."""
    assert convert(250.0, "10*3/uL", PLATELETS, "10^3/mL") == (250.0, False)


@pytest.mark.parametrize(
    ("value", "unit", "ciel", "units", "expected"),
    [
        (200.0, "mg/dL", "1006", "mmol/L", 5.17),
        (150.0, "mg/dL", "1009", "mmol/L", 1.694),
        (14.0, "mg/dL", "857", "mmol/L", 5.0),
        (1.0, "mg/dL", "655", "umol/L", 17.1),
        (5.5, "mmol/L", "887", "mg/dl", 99.1),
        (88.4, "umol/L", "164364", "mg/dL", 1.0),
    ],
)
def test_mass_and_moles_convert_where_it_is_known_of_what(
    value: float, unit: str, ciel: str, units: str, expected: float
) -> None:
    """As the laboratory's own tables have it."""
    converted = convert(value, unit, ciel_uuid(ciel), units)
    assert converted and converted.value == pytest.approx(expected, rel=2e-3)
    assert convert(value, "[degF]", ciel_uuid(ciel), units) is None


@given(st.floats(0.001, 1e6), st.sampled_from(sorted(set(UCUM_OF_WORDS.values()))))
def test_a_value_in_its_concepts_unit_stays_as_it_is(value: float, ucum: str) -> None:
    """Not a bit changes, and it is not counted as converted."""
    words = next(words for words, known in UCUM_OF_WORDS.items() if known == ucum)
    assert convert(value, ucum, ANY, words) == (value, False)


@given(st.decimals("0.001", "100000", places=3))
def test_there_and_back_is_the_same(value: object) -> None:
    """Conversion rounds nothing of its own."""
    number = float(str(value))
    there = convert(number, "mg/dL", ANY, "g/L")
    assert there
    back = convert(there.value, "g/L", ANY, "mg/dL")
    assert back and back.value == number


def test_many_workers_convert_as_one_does() -> None:
    """Two at once broke the parser: units were taken for unknown, and values left out."""
    units._registry.cache_clear()
    units._unit.cache_clear()
    pairs = [("[lb_av]", "kg"), ("[in_i]", "cm"), ("g/L", "g/dL"), ("[degF]", "DEG C")] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda pair: units.convert(7.0, pair[0], "x", pair[1]), pairs))
    assert None not in found
    assert found == [units.convert(7.0, *(here, "x", there)) for here, there in pairs]


@pytest.mark.parametrize("unit", ["{}{}", "{a}{b}", "{kg}{x}"])
@pytest.mark.parametrize("words", ["%", "g/dL", "kg"])
def test_remarks_alone_are_no_unit(unit: str, words: str) -> None:
    """However many; the parser gives them back as words."""
    assert convert(5.0, unit, ANY, words) is None


@pytest.mark.parametrize(
    ("ways", "ucum"),
    [
        ("kg Kg KG kgs Kilograms {wet}kg kg.", "kg"),
        ("\u00b0C \u00baC \u02daC \u2103 Cel cel degC Celsius", "Cel"),
        ("mmHg mm[Hg] MMHG", "mm[Hg]"),
        ("/min bpm {beats}/min {resp}/min 1/min beats/minute", "/min"),
        ("% percent pct", "%"),
        ("lb lbs [lb_av] Pounds", "[lb_av]"),
        ("kg/m2 kg/m\u00b2 kg/m^2", "kg/m2"),
        ("{score} stone {kg}{x} kgm", ""),
    ],
)
def test_a_unit_is_known_in_each_of_its_ways(ways: str, ucum: str) -> None:
    """And nothing is taken for one that is none."""
    assert {way: known_unit(way) for way in ways.split()} == dict.fromkeys(ways.split(), ucum)
    assert known_unit("DEG C") == known_unit("Deg. C") == known_unit("degrees celsius") == "Cel"
    assert known_unit("beats / min") == "/min"
    assert known_unit("") == ""
