"""Whether both tables are of the same people."""

import numpy as np
import pandas as pd
import pytest

from bridge.quality.evaluation import Evaluation, evaluate
from bridge.quality.report import Names, figures, render
from bridge.quality.verdicts import Verdict, shortcomings, verdicts
from tests.bench.conditions import SURVEYS, conditions_of, survey, told_apart
from tests.conftest import SHARED
from tests.lib.clinics import BY_MONTHS, BY_YEARS, by_months, by_years


def clinic(count: int, seed: int) -> pd.DataFrame:
    """People of a clinic whose pressure follows their age."""
    table = by_years(count, seed)
    rng = np.random.default_rng(seed)
    return table.assign(x=np.round(100 + table.age / 2 + rng.normal(0, 10, count)))


def first(found: Evaluation) -> Verdict:
    return verdicts(found)[0]


@pytest.fixture(scope="module")
def young() -> Evaluation:
    """A clinic against a sample that has lost nine in ten of those over 40."""
    made = clinic(2_000, 2)
    old = made.age >= 40
    kept = made[~old | (np.arange(len(made)) % 10 == 0)]
    return evaluate(clinic(1_200, 1), kept, conditions=["sex", "age"], repeats=1)


def test_that_the_old_are_missing_is_the_first_thing_said(young: Evaluation) -> None:
    """Matched people have the same ages: what is compared among them cannot show it."""
    said = first(young)
    assert said.question == "Are they of the same people?"
    assert said.sentence.startswith("No. By sex and age alone a classifier")
    assert "Age is spread least alike" in said.sentence
    assert young.people
    assert young.people.together
    assert young.people.together.excess > 0.03
    ages = next(one for one in young.people.columns if one.column.name == "age")
    assert ages.apart > 2 * ages.floor


def test_who_found_no_partner_is_named(young: Evaluation) -> None:
    assert young.people
    worst = young.people.partners[0]
    assert worst.group in ("40-59 years", "60+ years")
    assert worst.share > 1.5 * (1 - young.matching.pairs / young.matching.offered)
    said = next(one for one in shortcomings(young) if "found no partner" in one)
    assert f"Most of all: {worst.group} ({worst.without:.0f} of {worst.offered:.0f})" in said
    page = render(young, Names("real.csv", "made.csv"))
    assert "found no partners: who they are" in page
    assert page.index("As they come") < page.index('id="values"')


def test_other_people_of_the_same_clinic_pass() -> None:
    found = evaluate(
        clinic(600, 1), clinic(600, 2), clinic(600, 3), conditions=["sex", "age"], repeats=1
    )
    assert first(found).sentence.startswith("As far as can be seen, yes. ")
    told = figures(found, Names("a", "b"))["people"]
    assert [one["column"] for one in told["conditions"]] == ["sex", "age"]


def test_a_level_that_has_grown_is_named_with_its_shares() -> None:
    real, made = clinic(1_000, 1), clinic(1_000, 2)
    made = made[(made.sex == "F") | (np.arange(1_000) % 4 == 0)]
    found = evaluate(real, made, conditions=["sex", "age"], repeats=1)
    assert first(found).sentence.startswith("No. ")
    assert "Sex is spread least alike" in first(found).sentence


def test_rows_for_given_people_are_of_them() -> None:
    """As `bridge sample --like` makes them."""
    real = clinic(300, 1)
    found = evaluate(real, real.assign(x=real.x[::-1].to_numpy()), conditions=["sex", "age"])
    assert first(found).figure == "yes"


@pytest.mark.parametrize("size", [320, 600])
def test_drawn_people_pass_for_other_real_ones(size: int) -> None:
    """By their conditions alone; those of groups of five were told by far."""
    spec, draw = (BY_YEARS, by_years) if size == 320 else (BY_MONTHS, by_months)
    told = told_apart(spec, draw, size, range(8))
    assert told.excess < 0.02 + 2 * told.error


@pytest.mark.parametrize("name", SURVEYS)
def test_drawn_people_of_a_survey_pass_for_other_real_ones(name: str) -> None:
    file, model = SURVEYS[name]
    if not (SHARED / file).exists():
        pytest.skip(f"no {file} in {SHARED}")
    told = told_apart(
        conditions_of(model), lambda n, seed: survey(SHARED / file, n, seed), 1_000, range(4)
    )
    assert told.excess < 0.02 + 2 * told.error
