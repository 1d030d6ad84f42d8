"""A country's published means: what the file may say, and that the vitals have them."""

import json
import re
from typing import Any

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.flows.checkpoint import load_model
from bridge.flows.model import Model
from bridge.synthesis import calibration
from bridge.synthesis.base_space import UNCALIBRATED, Calibration
from bridge.synthesis.calibration import calibration_of, fits_of, solve
from bridge.synthesis.population import FOLDER, Population, load_population, population_names
from bridge.synthesis.population_warnings import warnings
from bridge.yaml_files import parse_yaml

MODEL = load_model("population")
PLAIN = (FOLDER / "us.yaml").read_text(encoding="utf-8")
VITALS = """
vitals:
  about: None of this is true; it is a country of a test.
  figures:
    - measure: height_cm
      source: A test, which publishes nothing
      survey_until: 2
      full_from: 12
      bands:
        - {sex: F, from: 20, to: 29, mean: 152.0, sd: 5.0}
        - {sex: F, from: 30, to: 39, mean: 155.0, sd: 5.5}
        - {sex: M, from: 20, to: 39, mean: 166.0}
    - measure: bmi
      source: A test, which publishes nothing
      standard: who
      survey_until: 10
      bands:
        - {sex: F, from: 20, to: 39, mean: 22.0}
        - {sex: M, from: 20, to: 39, mean: 21.0}
    - measure: dbp_mmhg
      source: A test, which publishes nothing
      bands:
        - {sex: M, from: 20, to: 39, mean: 80.0, sd: 9.0}
"""


def written(text: str) -> Population:
    """Return the population of a file's text."""
    return parse_yaml(text, Population, place="x.yaml")


@pytest.fixture(scope="module")
def country() -> Population:
    """Return a population with figures."""
    return written(PLAIN + VITALS)


@pytest.fixture(scope="module")
def solved(country: Population) -> Calibration:
    """Return its calibration."""
    return solve(country, MODEL)


def measured(model: Model, of: Calibration, sex: str, years: np.ndarray, z: np.ndarray) -> Any:
    """Return values by name."""
    person = {"sex": np.full(len(years), sex), "age_months": years * 12}
    values = model.values(of.calibrated(z, model.outputs, person), person)
    return dict(zip(model.outputs, values.T, strict=True))


@pytest.mark.parametrize(
    ("measure", "sex", "first", "last", "mean", "sd"),
    [
        ("height_cm", "F", 20, 29, 152.0, 5.0),
        ("height_cm", "F", 30, 39, 155.0, 5.5),
        ("height_cm", "M", 20, 39, 166.0, None),
        ("bmi", "M", 20, 39, 21.0, None),
        ("dbp_mmhg", "M", 20, 39, 80.0, 9.0),
    ],
)
def test_other_people_than_it_was_solved_with_have_the_published_mean(
    measure: str,
    sex: str,
    first: int,
    last: int,
    mean: float,
    sd: float | None,
    solved: Calibration,
) -> None:
    """Within what chance does to 4,000 people, and the SD where there is one."""
    stream = np.random.default_rng(3)
    years = first + (last + 1 - first) * stream.random(4000)
    of = measured(MODEL, solved, sex, years, stream.standard_normal((4000, len(MODEL.columns))))
    of["bmi"] = of["weight_kg"] / (of["height_cm"] / 100) ** 2
    spread = of[measure].std()
    assert of[measure].mean() == pytest.approx(mean, abs=5 * spread / 4000**0.5)
    assert sd is None or spread == pytest.approx(sd, rel=0.06)


def test_without_figures_nothing_changes() -> None:
    """As in the United States."""
    assert calibration_of(load_population("us"), MODEL) is UNCALIBRATED
    z = np.ones((2, len(MODEL.columns)))
    person = {"sex": np.array(["F", "M"]), "age_months": np.array([3.0, 300.0])}
    assert UNCALIBRATED.calibrated(z, MODEL.outputs, person) is z


def test_the_survey_s_children_stay_and_nobody_jumps(solved: Calibration) -> None:
    """A calibration has no steps in age: children grow through it."""
    years = np.arange(0.0, 80.0, 0.1)
    z = np.full((len(years), len(MODEL.columns)), -1.0)
    for sex in "FM":
        person = {"sex": np.full(len(years), sex), "age_months": years * 12}
        placed = solved.calibrated(z, MODEL.outputs, person)
        height = placed[:, MODEL.outputs.index("height_cm")]
        assert (height[years <= 2] == -1).all()
        assert np.abs(height[years >= 12] + 1).min() > 0.2
        assert np.abs(np.diff(placed, axis=0)).max() < 0.05
        assert (np.diff(measured(MODEL, solved, sex, years, z)["height_cm"][20:150]) > -0.3).all()


def test_the_stored_calibrations_are_those_of_this_model_and_these_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If this fails: `python -m bridge.synthesis.calibration`."""
    again = solve(load_population("haiti"), MODEL)

    def never(population: Population, model: Model) -> Calibration:
        raise AssertionError(f"{population.title} is solved at every start")

    monkeypatch.setattr(calibration, "solve", never)
    for name in population_names():
        calibration_of(load_population(name), MODEL)
    stored = calibration_of(load_population("haiti"), MODEL)
    for line, solved_again in zip(stored.lines, again.lines, strict=True):
        assert line[:2] == solved_again[:2]
        assert np.allclose(line.years, solved_again.years)
        assert np.allclose(line.shift, solved_again.shift, atol=0.0021)
        assert np.allclose(line.stretch, solved_again.stretch, atol=0.0021)
    assert json.loads(calibration.STORED.read_text(encoding="utf-8")).keys() == {
        name for name in population_names() if load_population(name).vitals
    }


def test_a_changed_file_is_solved_anew(
    country: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never calibrated by what was stored for another."""
    monkeypatch.setattr(calibration, "solve", lambda population, model: Calibration())
    assert calibration_of(load_population("haiti"), MODEL).lines
    assert not calibration_of(country, MODEL).lines


@pytest.mark.parametrize("name", [n for n in population_names() if load_population(n).vitals])
def test_what_comes_with_bridge_hits_its_figures(name: str) -> None:
    """Every band of every country, without a warning."""
    population = load_population(name)
    found = calibration_of(population, MODEL)
    for fit in fits_of(population, MODEL, found):
        assert abs(fit.mean - fit.band.mean) < max(0.015 * fit.sd, fit.band.ci or 0), fit
        assert fit.band.high is None or abs(fit.high - fit.band.high) < 0.5, fit
    assert not warnings(population, MODEL, found)


def test_a_mean_that_no_calibration_gives_is_said_so() -> None:
    """With the nearest."""
    text = PLAIN + VITALS.replace("mean: 152.0, sd: 5.0", "mean: 80.0, sd: 5.0")
    with pytest.raises(InputError, match=r"no calibration gives height_cm of F 20-29 .* 80 .*near"):
        solve(written(text), MODEL)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("measure: bmi", "measure: bmj", r"figures.1.measure: .*'bmi'"),
        ("mean: 22.0", "mean: 220", r"a mean of bmi lies between 12 and 40, not at 220"),
        ("from: 30, to: 39", "from: 29, to: 39", r"bands: F: after 29 comes a higher from"),
        ("from: 30, to: 39", "from: 30, to: 19", r"to: comes after from"),
        (", sd: 5.5", "", r"bands: F: give every band an sd, or none"),
        ("      survey_until: 2\n", "", r"full_from: goes with survey_until"),
        ("survey_until: 2", "survey_until: 12", r"survey_until: lies below full_from"),
        ("full_from: 12", "full_from: 21", r"full_from: lies at or below the first band"),
        ("measure: dbp_mmhg", "measure: height_cm", r"vitals: figures: each measure stands once"),
        ("M, from: 20, to: 39, mean: 80.0", "M, from: 6, to: 39, mean: 80.0", r"under 8 years"),
        ("mean: 80.0, sd: 9.0", "mean: 80.0, high: 9.0", r"bands: high goes with bmi and sbp_mmhg"),
        ("source: A test, which publishes nothing", "source: me", r"source: .* 20 characters"),
        ("standard: who", "standart: who", r"standart: unknown key, did you mean 'standard'"),
    ],
)
def test_a_fault_in_the_figures_names_line_and_key(old: str, new: str, complaint: str) -> None:
    """Users add countries by adding files."""
    assert old in VITALS
    with pytest.raises(InputError, match=r"x.yaml:\d+: .*" + complaint):
        written(PLAIN + VITALS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("female: 10200006", "female: 1020000", "female of 5-9 and 10-14 are"),
        ("male: 11390736", "male: 1139073", "25-29 has 11,069,140 women and 1,139,073 men"),
        ("people: ", "people: 9", "live in towns, and the pyramid has"),
        ("Michael, David,", "Michael, Michael, David,", "given.M: twice: Michael"),
        ("full_from: 12", "full_from: 20", r"children \(F\) get 0.\d cm shorter from"),
    ],
)
def test_what_looks_odd_is_said(old: str, new: str, warning: str, solved: Calibration) -> None:
    """It may be true; a missing digit is more likely."""
    text = PLAIN + VITALS.replace("mean: 152.0", "mean: 140.0")
    assert old in text
    population = written(text.replace(old, new))
    odd = solve(population, MODEL) if "full_from" in old else solved
    assert any(re.search(warning, found) for found in warnings(population, MODEL, odd))
