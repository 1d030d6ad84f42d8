"""How many have what: every country, both sexes, all ages; and the sources' figures stand."""

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.care.figures.prevalence import (
    COLUMNS,
    conditions,
    countries,
    parse_prevalence,
    prevalence,
    prevalence_rows,
)
from bridge.synthesis.population import population_names
from tests.lib.clinical import clinical_rows

SEX = np.array(["F", "M"])
HEADER = ",".join(COLUMNS)


def test_every_condition_has_a_figure_for_everybody_of_every_country() -> None:
    assert countries() == population_names()
    years = np.arange(0, 121, 0.5)
    for country in countries():
        for condition in conditions():
            for sex in "FM":
                shares = prevalence(country, condition, np.full(len(years), sex), years)
                assert ((shares >= 0) & (shares <= 1)).all()


def test_a_figure_is_the_published_one_up_to_the_last_day_of_its_band() -> None:
    years = np.array([44.99, 44.99])
    assert prevalence("kenya", "raised_pressure", SEX, years) == pytest.approx([0.235, 0.247])
    assert prevalence("kenya", "raised_pressure", SEX, years + 0.01) == pytest.approx(
        [0.325, 0.302]
    )


def test_raised_pressures_are_the_table_of_the_collaboration() -> None:
    published = {
        (row["country"].lower(), row["sex"], int(row["age_from"])): float(row["value"]) / 100
        for row in clinical_rows("chronic.csv")
        if row["measure"].startswith("measured raised")
    }
    ours = {
        (row.country.replace("us", "united states"), row.sex, row.first): row.share
        for row in prevalence_rows()
        if row.condition == "raised_pressure" and row.verified == "yes"
    }
    assert ours == pytest.approx(published)


def test_nobody_is_treated_who_is_not_known_nor_controlled_who_is_not_treated() -> None:
    ladders = [
        *(
            [f"{ill}_{step}" for step in ("known", "treated", "controlled")]
            for ill in ("hypertension", "diabetes")
        ),
        [f"hiv_{step}" for step in ("known", "on_art", "suppressed")],
    ]
    for country in countries():
        for ladder in ladders:
            steps = [prevalence(country, step, SEX, np.array([50.0, 50.0])) for step in ladder]
            assert (np.diff(steps, axis=0) <= 0).all(), (country, ladder)


def test_an_own_population_has_the_stand_ins_figures() -> None:
    years = np.array([50.0, 50.0])
    own = prevalence("./my-country.yaml", "hiv", SEX, years)
    assert own == pytest.approx(prevalence("kenya", "hiv", SEX, years))


def test_an_unknown_condition_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'diabets'.*diabetes"):
        prevalence("kenya", "diabets", SEX, np.array([1.0, 1.0]))


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("x,y,both,0,49,1,s,yes,\nx,y,both,51,120,1,s,yes,", "without a gap"),
        ("x,y,both,0,120,101,s,yes,", "0 to 100 percent"),
        ("x,y,both,0,120,1,,yes,", "a source"),
        ("x,y,both,0,120,1,s,surely,", "verified"),
        ("x,y,all,0,120,1,s,yes,", "'all'"),
        ("x,y,both,0,120", "line 2"),
    ],
)
def test_a_wrong_row_is_refused(rows: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_prevalence(f"{HEADER}\n{rows}\n", place="own.csv")
    assert complaint in str(caught.value)
