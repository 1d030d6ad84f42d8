"""What `bridge scenario check` finds."""

from datetime import date
from pathlib import Path

import pytest

from bridge.scenarios.catalogue import all_cases, load_case
from bridge.scenarios.checking import Judged, judge
from tests.scenarios.cases import SHORT, spoilt

DAY = date(2026, 11, 28)


def judged(folder: Path, text: str) -> Judged:
    """Judge a scenario's text."""
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return judge(load_case(str(file)), DAY)


def test_those_that_come_with_bridge_are_clean() -> None:
    """Nothing to be mended, and every word is of the content package."""
    for case in all_cases():
        assert judge(case, DAY) == Judged((), ()), case.name


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Fast breathing, 44 breaths", "Fast breathing, 54 breaths", "resp_rate_bpm is 44"),
        ("finding: Well.", "finding: Well. Temperature 39.4.", "temperature_c is 37.4"),
        ("day: 0\n", "day: -1\n", "the last visit is on day -1"),
        ("dose: 2, unit: Tablet", "dose: 20, unit: Tablet", "amoxicillin per kg"),
        ("no_known_allergies: true", "allergies: [{allergen: 162297 Penicillins}]", "llerg"),
        ("82215 Pneumococcal vaccine", "162586 Measles-Rubella vaccine", "easles"),
        ("p. 2,", "p. 2, verified: partly}\n  who: {title: a, where: b,", "come from who"),
    ],
)
def test_faults_are_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A note against its own numbers, and a story that makes no class."""
    found = judged(tmp_path, spoilt(old, new))
    assert any(said in fault for fault in found.faults), found
    assert judged(tmp_path, SHORT).faults == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("114100 Pneumonia}]", "114101 Pneumonia}]", "114101 Pneumonia is not in the content"),
        ("114100 Pneumonia}]", "117399 Pneumonia}]", "117399 is Hypertension, not Pneumonia"),
        ("unit: Tablet", "unit: Pill", "no unit is called Pill"),
        ("Twice daily", "Twice a night", "no frequency is called Twice a night"),
        ("program: Child welfare", "program: Welfare", "no program is called Welfare"),
        ("service: Child welfare clinic", "service: Cinema", "no appointment service"),
        (
            "test: 21 Haemoglobin, value: 10.9",
            "test: 1643 Rapid test for malaria, value: 1",
            "no number",
        ),
    ],
)
def test_words_of_no_server_are_noted(tmp_path: Path, old: str, new: str, said: str) -> None:
    """They may be of another one, so it is no fault."""
    found = judged(tmp_path, spoilt(old, new))
    assert any(said in note for note in found.notes), found
    assert judged(tmp_path, SHORT).notes == ()
