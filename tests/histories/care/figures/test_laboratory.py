"""The laboratory's figures: whole, within what a server takes, and drawn as they say."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.care import package
from bridge.histories.care.figures.laboratory import (
    Figure,
    LaboratoryFigures,
    LaboratoryTest,
    draw,
    laboratory_figures,
)
from bridge.yaml_files import parse_yaml
from tests.conftest import SHARED

CLINICAL = SHARED / "data" / "clinical"
SCORES = np.random.default_rng(0).standard_normal(4_000)
EVERY = [(test, context) for test, one in laboratory_figures().items() for context in one.contexts]
ELSEWHERE = {"21", "161421", "5089"}
"""Haemoglobin and what is no number or answer of a laboratory."""


def of(test: str, context: str) -> tuple[LaboratoryTest, Figure]:
    found = laboratory_figures()[test]
    return found, found.contexts[context]


@pytest.fixture(scope="module")
def concepts() -> Mapping[str, Mapping[str, str]]:
    return {row["ciel"]: row for row in rows(CLINICAL / "refapp_concepts.csv")}


def rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"needs {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("test", "context"), EVERY)
def test_results_lie_within_what_the_concept_takes(test: str, context: str) -> None:
    found, figure = of(test, context)
    results = draw(test, context, SCORES)
    if found.kind == "coded":
        assert set(np.unique(results).tolist()) <= set(figure.answers)
        return
    low, high = found.bounds(figure)
    assert np.isfinite(results.astype(np.float64)).all()
    assert low <= results.min() and results.max() <= high
    assert np.array_equal(results, np.round(results.astype(np.float64), found.decimals))


@pytest.mark.parametrize(("test", "context"), EVERY)
def test_results_are_spread_as_the_figure_says(test: str, context: str) -> None:
    found, figure = of(test, context)
    results = draw(test, context, SCORES)
    if figure.distribution == "answers":
        for answer, share in figure.answers.items():
            assert np.mean(results == answer) == pytest.approx(share, abs=0.03)
    elif figure.distribution in ("normal", "lognormal"):
        centre = figure.mean if figure.mean is not None else figure.median
        assert centre is not None
        low, high = found.bounds(figure)
        if low <= centre <= high and np.isfinite([low, high]).all():
            spread = np.std(results.astype(np.float64))
            assert abs(float(np.median(results.astype(np.float64))) - centre) <= 1.0 * spread


@pytest.mark.parametrize(("test", "context"), EVERY)
def test_a_higher_score_is_no_lower_result(test: str, context: str) -> None:
    found, figure = of(test, context)
    results = draw(test, context, np.linspace(-4, 4, 300))
    if found.kind == "coded":
        order = {answer: place for place, answer in enumerate(figure.answers)}
        results = np.array([order[str(answer)] for answer in results], dtype=np.float64)
    assert np.all(np.diff(results.astype(np.float64)) >= 0)


def test_known_figures_come_out() -> None:
    start = draw("cd4", "start", SCORES).astype(np.float64)
    assert np.quantile(start, [0.25, 0.5, 0.75]) == pytest.approx([155, 281, 500], rel=0.1)
    suppressed = draw("viral_load", "on_art_kenya", SCORES).astype(np.float64)
    assert np.mean(suppressed < 1000) == pytest.approx(0.91, abs=0.015)
    assert np.mean(draw("hba1c", "screened_hypertension", SCORES).astype(float) >= 6.5) == (
        pytest.approx(0.14, abs=0.02)
    )
    assert draw("cd4", "gain_6_months", SCORES).astype(float).min() < 0


def test_a_viral_load_under_fifty_is_a_whole_number() -> None:
    assert set(draw("viral_load", "suppressed", SCORES).tolist()) == {0.0, 20.0, 49.0}


def test_an_unknown_test_or_context_is_named_with_what_is_near() -> None:
    with pytest.raises(InputError, match="called viralload, did you mean 'viral_load'"):
        draw("viralload", "suppressed", SCORES)
    with pytest.raises(InputError, match="no context of cd4 is called begin"):
        draw("cd4", "begin", SCORES)


@pytest.mark.parametrize("test", laboratory_figures())
def test_a_test_is_the_concept_that_a_server_has(
    test: str, concepts: Mapping[str, Mapping[str, str]]
) -> None:
    found = laboratory_figures()[test]
    concept = concepts[found.concept]
    assert concept["name"] == found.name
    assert concept["datatype"] == ("Numeric" if found.kind == "number" else "Coded")
    if found.kind == "number":
        assert found.decimals == 0 or concept["allow_decimal"] == "True"
        if concept["absolute_low"]:
            assert found.low == float(concept["absolute_low"])
        assert concept["absolute_high"] == "" or found.high == float(concept["absolute_high"])
    answers = {answer for figure in found.contexts.values() for answer in figure.answers}
    assert answers <= set(concept["answers"].split(";"))


def test_every_test_with_facts_has_figures() -> None:
    named = {row["ciel"] for row in rows(CLINICAL / "labs.csv")} - ELSEWHERE
    assert named <= {test.concept for test in laboratory_figures().values()}


def test_figures_and_the_laboratorys_tests_are_of_one_mind() -> None:
    tests = package.tests()
    for key in laboratory_figures().keys() & tests.keys():
        ours, theirs = laboratory_figures()[key], tests[key]
        assert (ours.concept, ours.unit, ours.decimals) == (
            theirs.concept,
            theirs.unit,
            theirs.decimals,
        )


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("{distribution: normal, mean: 1}", "normal takes mean and sd, and nothing else"),
        ("{distribution: normal, mean: 1, sd: 1, median: 2}", "normal takes mean and sd"),
        ("{distribution: values, values: {0: 0.5, 1: 0.4}}", "shares come to 0.9"),
        ("{distribution: normal, mean: 1, sd: 1, low: 3, high: 2}", "low must be under high"),
        ("{distribution: mixture, of: {b: 1.0}}", "no context is called b"),
        ('{distribution: answers, answers: {"703": 1.0}}', "answers of a number test"),
    ],
)
def test_a_figure_that_makes_no_sense_is_refused(figure: str, said: str) -> None:
    given = figure[:-1] + ", whom: all, source: none, verified: choice}"
    text = f"tests: {{t: {{name: T, concept: 1, kind: number, contexts: {{a: {given}}}}}}}"
    with pytest.raises(InputError, match=said):
        parse_yaml(text.replace("concept: 1,", 'concept: "1",'), LaboratoryFigures, place="x.yaml")
