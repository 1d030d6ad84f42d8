"""What a scenario's file may say, and what is said of one that says something else."""

from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.scenarios.catalogue import load_case, load_cases, scenario_path
from bridge.scenarios.scenario import Scenario
from bridge.yaml_files import parse_yaml
from tests.scenarios.cases import SHORT, spoilt


def parse(text: str) -> Scenario:
    """Check a scenario's text."""
    return parse_yaml(text, Scenario, place="mine.yaml")


def test_a_short_one_is_read() -> None:
    """Codes with their names, ages in words, and the visit where the class decides."""
    short = parse(SHORT)
    assert short.decides_at == 2
    assert short.patient.visits[1].diagnoses[0].diagnosis == ("114100", "Pneumonia")
    assert [person.role for person in short.people] == ["patient", "mother"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("complaint: Fever.", "complain: Fever.", r"mine.yaml:24: .*did you mean 'complaint'\?"),
        ("114100 Pneumonia}]", "Pneumonia 114100x}]\n      foo: 1", "unknown key"),
        ("82215 Pneumococcal vaccine", "Pneumococcal", "one of CIEL's codes with its name"),
        ("age: 18 months", "age: 18", "an age is expected, like 3 days"),
        ("age: 18 months", "age: 900 months", "nobody is 900 months old"),
        ("age: 24 years", "age: two years", "an age is expected"),
        ("day: -2\n", "day: -9\n", "the 2. is not after the one before it"),
        ("day: 0\n", "day: 3\n", "less than or equal to 0"),
        ('at: "09:00"', "at: 11:30", "put it in quotes"),
        ("dose: 2, unit: Tablet, route: Oral,", "dose: 2, unit: Tablet,", "goes with route too"),
        ("value: 10.9, unit: g/dL", "unit: g/dL", "one of value, answer and text"),
        ("source: imci}]", "source: imcy}]", "there is no source 'imcy'"),
        ("decision: visit-2", "decision: visit-4", "there is no visit-4: the patient has 3"),
        ("decision: visit-2", "decision: second", "'second' is no visit"),
        ("mark: T01", "mark: t-01", "String should match pattern"),
        ("role: mother", "role: patient", "the role 'patient' stands twice"),
        ("temperature_c: 38.6", "temperature: 38.6", "did you mean 'temperature_c'"),
        ('verified: "yes"', "verified: maybe", "'yes', 'partly' or 'recalled'"),
        ("no_known_allergies: true", "allergies: 3", "tuple"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, said: str) -> None:
    """With the file, the line and what to write instead."""
    with pytest.raises(InputError, match=said) as caught:
        parse(spoilt(old, new))
    assert str(caught.value).startswith("mine.yaml:")


def test_a_name_that_is_none_is_told_the_nearest() -> None:
    """Also where to look for those there are."""
    with pytest.raises(InputError, match=r"did you mean .snake-bite.*scenario list"):
        scenario_path("snakebite")


def test_two_scenarios_of_one_mark_are_refused(tmp_path: Path) -> None:
    """Nobody could tell their patients apart."""
    for name in ("one.yaml", "other.yaml"):
        (tmp_path / name).write_text(SHORT, encoding="utf-8")
    with pytest.raises(InputError, match="have one mark, T01"):
        load_cases((str(tmp_path / "one.yaml"), str(tmp_path / "other.yaml")))
    with pytest.raises(InputError, match="named twice"):
        load_cases(("stroke", "stroke"))


def test_what_was_changed_has_another_digest(tmp_path: Path) -> None:
    """Whatever it is; a comment or the order of keys is no change."""
    file = tmp_path / "mine.yaml"
    digests = []
    for text in (SHORT, f"# mine\n{SHORT}", spoilt("38.6", "38.7")):
        file.write_text(text, encoding="utf-8")
        digests.append(load_case(str(file)).digest)
    assert digests[0] == digests[1] != digests[2]
