"""The report: one page, its sentences and its figures."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from bridge.quality.evaluation import Evaluation, evaluate
from bridge.quality.privacy_audit import audit, processing_of
from bridge.quality.report import Names, figures, render
from bridge.quality.verdicts import shortcomings, verdicts
from tests.quality.people import few, people

NAMES = Names("real.csv", "synthetic.csv", "train.csv")
HOSTILE = '<script>alert(1)</script> $x_2$ & "so"'


def children_and_adults(seed: int) -> pd.DataFrame:
    """Return enough children for growth curves, and adults for health indicators."""
    all_ages = people(8000, seed=seed)
    young = all_ages[all_ages.age_months < 72].head(400)
    return pd.concat([young, all_ages[all_ages.age_months > 400].head(400)], ignore_index=True)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    """Return an evaluation with everything a report can show."""
    real, synthetic, train = (
        children_and_adults(seed).assign(ward=np.resize([HOSTILE, "B"], 800)) for seed in (1, 2, 3)
    )
    return evaluate(real, synthetic, train, seed=1, repeats=1)


@pytest.fixture(scope="module")
def small() -> Evaluation:
    """Return an evaluation of too little data."""
    return evaluate(few(150, seed=1), few(150, seed=2), repeats=1)


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> str:
    """Return its report."""
    return render(evaluation, NAMES)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else(page: str) -> None:
    """No network, no script, and small enough to mail."""
    elements = _Elements()
    elements.feed(page)
    for tag, attributes in elements.found:
        assert tag not in ("script", "link", "iframe", "img", "object")
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png"))
    assert "@import" not in page
    assert "url(http" not in page
    assert len(page) < 3_000_000


def test_every_section_is_there_with_its_charts(page: str) -> None:
    """Each picture says in words what it shows, for readers who do not see it."""
    sections = re.findall(r'<section id="(\w+)">', page)
    assert sections == [
        *("short", "who", "values", "together", "apart", "health", "growth", "use"),
        *("privacy", "how"),
    ]
    assert page.count("<svg ") == page.count('aria-label="') > 30


def test_what_a_file_says_is_text(page: str) -> None:
    """A cell of a table is never markup, in HTML or in a chart."""
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_ids_that_pictures_refer_to_exist(page: str) -> None:
    """Or markers and clipped lines would be missing."""
    used = set(re.findall(r'(?:url\(|xlink:href=")#([^")]+)', page))
    assert used
    assert used <= set(re.findall(r' id="([^"]+)"', page))


def test_a_verdict_has_the_number_in_it(evaluation: Evaluation) -> None:
    """And the floor beside it."""
    said = {verdict.question: verdict for verdict in verdicts(evaluation)}
    assert len(said) == 8
    test = evaluation.two_sample.overall
    assert test
    apart = said["Can a classifier tell them apart?"]
    assert apart.figure == f"{test.excess:+.3f} AUC"
    assert f"AUC {test.auc:.3f}; two real samples reach {test.floor:.3f}" in apart.sentence
    match = said["Do the health indicators match?"]
    assert match.figure == f"{100 * evaluation.match.share:.0f} %"
    assert "the goal is 95 %" in match.sentence


def test_privacy_is_never_claimed_without_being_measured(small: Evaluation, page: str) -> None:
    """Its section is another's finished HTML, or says that there is none."""
    assert "Privacy was not measured" in page
    tables = [few(400, seed=seed) for seed in (1, 2, 3)]
    processing = processing_of(small.samples, "train.csv", 400, None)
    audited = audit(small.samples, *tables, processing, seed=1)
    measured = render(small, NAMES, audited)
    assert "Privacy was not measured" not in measured
    assert "GDPR sheet" in measured
    found = json.loads(json.dumps(figures(small, NAMES, audited), allow_nan=False))
    assert found["privacy"]["copies"]["rows"] == 400


def test_the_figures_are_json_without_nan(evaluation: Evaluation) -> None:
    """Other programs read them."""
    found = json.loads(json.dumps(figures(evaluation, NAMES), allow_nan=False))
    assert found["files"]["train"] == "train.csv"
    assert found["match"]["goal"] == 0.95
    height = next(one for one in found["measurements"] if one["column"] == "height_cm")
    assert height["floor"] > 0
    assert found["two_sample"]["overall"]["auc_error"] is None  # of one seed


def test_little_data_is_said_to_be_little_and_still_reported(small: Evaluation) -> None:
    """With what is needed for what."""
    assert verdicts(small)[1].figure == "too few rows"
    assert "pairs of rows are few" in shortcomings(small)[0]
    assert "needs 200 pairs of rows" in render(small, Names("a", "b"))


@pytest.mark.parametrize("columns", [["price", "kind"], ["kind"], ["price", "size"]])
def test_any_table_can_be_reported(columns: list[str]) -> None:
    """Not of people, without sex and age, with one number or none."""
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame(
            {
                "price": rng.normal(5, 1, 150),
                "size": np.append(rng.random(149), np.inf),
                "kind": rng.choice(["a", "b", "c"], 150),
            }
        )[columns]
        for _ in range(2)
    ]
    found = evaluate(*tables, repeats=1)
    page = render(found, Names("a.csv", "b.csv"))
    assert 'id="health"' not in page
    assert "No column says who was measured" in page
    figures(found, Names("a.csv", "b.csv"))


def test_the_same_tables_and_seed_give_the_same_page(small: Evaluation) -> None:
    """A report can be checked by making it again."""
    again = evaluate(few(150, seed=1), few(150, seed=2), repeats=1)
    assert render(again, NAMES) == render(small, NAMES)


def test_several_sets_say_how_much_a_verdict_hangs_on_one_draw() -> None:
    """A good set among bad ones must not pass for the generator."""
    good, bad = few(600, seed=2), few(600, seed=3)
    bad["sbp_mmhg"] = 2 * np.round(np.random.default_rng(1).normal(200, 5, 600) / 2)
    found = evaluate(few(1200, seed=1), good, repeats=1, others=[bad, few(600, seed=4)])
    assert len(found.sets) == 3
    assert found.sets[1].auc > 0.9 > found.sets[0].auc
    (said,) = (one for one in verdicts(found) if one.question == "Does that hang on one draw?")
    assert "the verdict hangs on the draw" in said.sentence
    assert len(figures(found, NAMES)["sets"]) == 3
