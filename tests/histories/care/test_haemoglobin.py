"""Haemoglobin: as many are anaemic as the surveys say, and nobody's is out of this world."""

import numpy as np
import pytest

from bridge.histories.care.figures.haemoglobin import anaemia_shares, haemoglobin
from bridge.synthesis.population import population_names
from tests.lib.clinical import clinical_rows

COUNTRIES = population_names()
PEOPLE = 40_000


def drawn(
    population: str, sex: str, low: float, high: float, *, pregnant: bool = False
) -> np.ndarray:
    """Return values, read to a tenth, of people between two ages in months."""
    stream = np.random.default_rng(5)
    z, months = stream.standard_normal(PEOPLE), stream.uniform(low, high, PEOPLE)
    with_child = np.full(PEOPLE, pregnant)
    values = haemoglobin(population, z, np.full(PEOPLE, sex), months, with_child)
    return np.round(values, 1)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize(
    ("group", "sex", "low", "high", "cutoff"),
    [
        ("child", "F", 6, 60, 11.0),
        ("child", "M", 6, 60, 11.0),
        ("woman", "F", 186, 600, 12.0),
        ("man", "M", 216, 600, 13.0),
        ("pregnant", "F", 186, 600, 11.0),
    ],
)
def test_as_many_are_anaemic_as_is_published(
    country: str, group: str, sex: str, low: float, high: float, cutoff: float
) -> None:
    published = {row.group: row.percent for row in anaemia_shares() if row.population == country}
    values = drawn(country, sex, low, high, pregnant=group == "pregnant")
    assert 100 * (values < cutoff).mean() == pytest.approx(published[group], abs=1.0)


def test_the_figures_are_the_survey_s() -> None:
    ours = {(row.population, row.group): row for row in anaemia_shares()}
    groups = {"anaemia (": "child", "anaemia, women": "woman", "anaemia, men": "man"}
    rows = [
        row for row in clinical_rows("children_growth.csv") if row["measure"].startswith("anaemia")
    ]
    assert len(rows) >= 13
    for row in rows:
        group = next(of for start, of in groups.items() if row["measure"].startswith(start))
        share = ours[row["country"].lower(), group]
        assert share.percent == float(row["value"])
        assert share.verified == row["verified"]


def test_a_life_s_course_has_no_leap_but_the_fall_after_birth() -> None:
    months = np.arange(3.0, 1200.0, 1.0)
    for country in COUNTRIES:
        for sex in "FM":
            nobody = np.zeros(len(months), dtype=bool)
            values = haemoglobin(
                country, np.zeros(len(months)), np.full(len(months), sex), months, nobody
            )
            assert np.abs(np.diff(values)).max() < 0.4
            assert values.min() > 9.4
            assert values.max() < 16.5


def test_nobody_is_next_to_bloodless() -> None:
    z = np.array([-9.0, 9.0])
    values = haemoglobin(
        "india", z, np.array(["F", "F"]), np.array([12.0, 12.0]), np.zeros(2, bool)
    )
    assert values[0] == pytest.approx(3.0)
    assert values[1] > 15
