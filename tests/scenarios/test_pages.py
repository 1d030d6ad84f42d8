"""The learner's sheet and the teacher's key."""

import base64
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bridge.scenarios.catalogue import Case, all_cases, load_case
from bridge.scenarios.cohort import ClassRequest, ScenarioCohort
from bridge.scenarios.learners import Learner
from bridge.scenarios.pages import answer_key, drug_text, learner_sheet, result_text
from tests.scenarios.cases import SHORT

DAY = date(2026, 11, 28)
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def asked(case: Case, until: str = "decision") -> ClassRequest:
    """Return a class of one case."""
    return ClassRequest(scenarios=(case.name,), as_of=DAY, until=until)


def test_a_sheet_says_who_the_story_what_is_known_and_the_questions() -> None:
    """The same patient as the load makes for this learner, and nothing of the decision."""
    case = load_case("stroke")
    page = learner_sheet(case, Learner(2, "Mary <Wanjiru>"), asked(case))
    request = ClassRequest(
        scenarios=("stroke",), learners=("", "Mary <Wanjiru>"), as_of=DAY, until="decision"
    )
    (patient,) = ScenarioCohort(request).patients([2])
    assert f"{patient.given_name} L02 {patient.family_name}" in page
    assert "Mary &lt;Wanjiru&gt;" in page
    assert "L02-C13" in page
    for known in ("Stroke after", "Cerebrovascular accident", "Aspirin", "swallow test is"):
        assert known not in page
    for known in ("206", "112", "Coughs on a teaspoon", "Glucose", "Do you lower the pressure"):
        assert known.casefold() in page.casefold()
    assert case.scenario.questions[0].answer not in page


def test_a_key_has_answers_decisions_points_and_sources() -> None:
    """All that the sheet has not."""
    case = load_case("stroke")
    page = answer_key(case, asked(case))
    for wanted in (
        case.scenario.title,
        case.scenario.questions[1].answer,
        case.scenario.learning_points[0],
        "Aspirin 325mg: 1 tablet per ng tube, once daily, 13 days",
        "how it went on",
        "NHS Highland acute treatment of ischaemic stroke",
        "recalled, look it up",
        "(choice)",
    ):
        assert wanted.casefold() in page.casefold(), wanted


def test_a_decision_elsewhere_gives_another_sheet_and_key(tmp_path: Path) -> None:
    """`--until` moves what is known, and what is answered."""
    file = tmp_path / "short.yaml"
    file.write_text(SHORT, encoding="utf-8")
    case = load_case(str(file))
    early = learner_sheet(case, Learner(1), asked(case, "visit-1"))
    late = learner_sheet(case, Learner(1), asked(case, "visit-3"))
    assert "Amoxicillin at home" not in early
    assert "Amoxicillin at home" in late
    assert "Amoxicillin Dispersible" in answer_key(case, asked(case, "visit-2"))


def test_drugs_and_results_in_words() -> None:
    """As a prescription is written, and without the unit twice."""
    visit = load_case("severe-malaria-child").scenario.patient.visits[0]
    assert drug_text(visit.drugs[0]) == (
        "Artesunate Injection 60mg: 31 mg IV, every twelve hours; at 0, 12 and 24 hours"
    )
    assert [result_text(one) for one in visit.results] == [
        "Rapid test for malaria: Positive",
        "Haemoglobin 4.4 g/dL",
        "Serum glucose 1.9 mmol/L",
    ]


LONGEST = ("hiv-exposed-infant", "pre-eclampsia", "postpartum-haemorrhage")


def test_the_longest_sheets_and_keys_are_one_page_of_a4(tmp_path: Path) -> None:
    """As Chromium prints them."""
    _print([load_case(name) for name in LONGEST], tmp_path)


@pytest.mark.campaign
def test_all_sheets_and_keys_are_one_page_of_a4(tmp_path: Path) -> None:
    """Half a minute of printing."""
    _print(all_cases(), tmp_path)


def _print(cases: list[Case], folder: Path) -> None:
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs chromium and chromedriver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=Service(DRIVER))
    try:
        for case in cases:
            learner = Learner(7, "Immaculate Nyokabi Wanjiru-Otieno")
            for page in (learner_sheet(case, learner, asked(case)), answer_key(case, asked(case))):
                file = folder / "page.html"
                file.write_text(page, encoding="utf-8")
                browser.get(file.as_uri())
                printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
                pages = re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"]))
                assert len(pages) == 1, (case.name, page[:300])
    finally:
        browser.quit()
