"""The privacy section and the GDPR sheet say what was measured, and no more."""

from functools import cache
from html.parser import HTMLParser

import pytest

from bridge.quality.privacy.measure import measure_privacy
from bridge.quality.privacy.page import privacy_html, sheet_html, sheet_text
from bridge.quality.privacy.results import Privacy
from bridge.quality.privacy.sheet import Processing, Section, write_sheet
from tests.quality.privacy.people import CONDITIONS, draw

PROCESSING = Processing(
    purpose="Demonstration records for training nurses.",
    source="clinic.csv",
    rows=300,
    generated=("height_cm", "weight_kg", "pulse_bpm", "sbp_mmhg", "smokes"),
    given=CONDITIONS,
    special={"height_cm": "health", "smokes": "health"},
)


@cache
def privacy(copies: bool) -> Privacy:
    train = draw(300, 1)
    synthetic = train if copies else draw(300, 3)
    return measure_privacy(train, draw(300, 2), synthetic, CONDITIONS, seed=1, attacks=100)


def section(sheet: tuple[Section, ...], title: str) -> str:
    """Return the text of the section whose title holds a word."""
    (found,) = (section for section in sheet if title in section.title)
    return " ".join(found.sentences)


@pytest.mark.parametrize("question", ["singled out", "linked", "inferred"])
def test_copies_answer_each_question_of_the_working_party_with_yes(question: str) -> None:
    assert " Yes: " in section(write_sheet(PROCESSING, privacy(True)), question)
    honest = section(write_sheet(PROCESSING, privacy(False)), question)
    assert " Yes: " not in honest
    assert "cannot be ruled out" in honest or "nothing either way" in honest


def test_each_question_shows_its_worst_figure() -> None:
    """The mildest of ten attacks is nothing to show."""
    found = privacy(False)
    worst = max(found.inference, key=lambda attack: attack.risk.value)
    text = section(write_sheet(PROCESSING, found), "inferred")
    assert worst.name in text
    assert f"{100 * worst.risk.value:.1f} %" in text


def test_what_is_not_known_is_said() -> None:
    """An empty place is no good news."""
    sheet = write_sheet(PROCESSING, privacy(False))
    assert "Dates of the data: not known." in section(sheet, "went in")
    assert "not recorded" in section(sheet, "went in")
    assert "without differential privacy" in section(sheet, "Differential")
    assert "was not measured in this run" in section(sheet, "Minimisation")
    assert "how long they may be kept" in section(sheet, "cannot be said")


def test_what_is_known_is_said() -> None:
    processing = Processing(
        purpose="",
        source="clinic.csv",
        rows=12_345,
        generated=("weight_kg",),
        given=("sex",),
        special={"weight_kg": "health", "race_eth": "racial or ethnic origin"},
        dates="2019 to 2021",
        fingerprint="ab" * 32,
        left_out={"no weight": 17},
        budget={"epsilon": 3, "delta": 1e-5},
        minimisation=("With 4,000 rows the figures were the same.",),
    )
    sheet = write_sheet(processing, privacy(False))
    went_in = section(sheet, "went in")
    for known in ("12,345 rows", "2019 to 2021", "ab" * 32, "no weight: 17 rows"):
        assert known in went_in
    assert "health (Article 9 GDPR) in what went in: weight_kg." in section(sheet, "Special")
    assert "racial or ethnic origin" in section(sheet, "Special")
    assert "epsilon 3, delta 1e-05" in section(sheet, "Differential")
    assert "the figures were the same" in section(sheet, "Minimisation")
    assert "must state it" in section(sheet, "Purpose")


def test_the_sheet_promises_nothing() -> None:
    """Words that a measurement cannot carry, even when nothing was found."""
    text = sheet_text(write_sheet(PROCESSING, privacy(False))).lower()
    for word in ("guaranteed", "fully anonym", "is anonymous", "gdpr compliant", "gdpr-compliant"):
        assert word not in text
    assert "no legal advice" in text


def test_text_and_page_hold_the_same_sentences() -> None:
    sheet = write_sheet(PROCESSING, privacy(False))
    text, page = sheet_text(sheet), sheet_html(sheet)
    for title, sentences in sheet:
        assert f"## {title}" in text
        assert f"<h3>{title}</h3>" in page
        assert all(f"- {sentence}\n" in text for sentence in sentences)
    assert page.count("<li>") == sum(len(sentences) for _, sentences in sheet)


class _Tags(HTMLParser):
    """Checks that every tag is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """A tag such as <line/> closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("copies", [True, False])
def test_the_page_holds_every_figure_and_is_whole(copies: bool) -> None:
    found = privacy(copies)
    page = privacy_html(found)
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    for attack in found.attacks:
        assert page.count(f"{100 * attack.risk.value:.1f} %") >= 2  # in its row and its sentence
    assert f"{found.membership.worst.auc.value:.3f}" in page
    assert page.count("<circle") == len(found.attacks)
    assert "http" not in page


def test_names_from_a_file_are_no_markup() -> None:
    """A column may be called anything."""
    tables = [
        draw(150, seed).rename(columns={"smokes": "<script>alert(1)</script>"})
        for seed in (1, 2, 3)
    ]
    found = measure_privacy(*tables, CONDITIONS, seed=1, attacks=20)
    page = privacy_html(found) + sheet_html(write_sheet(PROCESSING, found))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_page_without_attacks_says_so() -> None:
    """One generated column, no other: nothing to link, nothing to infer from."""
    tables = [draw(150, seed)[["smokes"]] for seed in (1, 2, 3)]
    found = measure_privacy(*tables, (), seed=1, attacks=20)
    assert found.attacks == ()
    assert privacy_html(found).count("No attack of this kind could be run") == 3
    assert "nothing is known" in section(write_sheet(PROCESSING, found), "linked")
