"""Children of a country: as many are stunted, wasted and heavy, small at birth, and they grow."""

from pathlib import Path

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.flows.checkpoint import load_model
from bridge.mapping.loading import load_mapping
from bridge.synthesis.base_space import UNCALIBRATED, Calibration
from bridge.synthesis.calibration import calibration_of
from bridge.synthesis.growth import growth_of, solved_growth
from bridge.synthesis.growth_solving import evened, growth_fits
from bridge.synthesis.growth_standard import GrowthStandard, load_growth_standard
from bridge.synthesis.newborns import add_newborns
from bridge.synthesis.population import FOLDER, Population, load_population, population_names
from bridge.synthesis.population_children import PublishedChildren, Share
from bridge.synthesis.reference_sample import quasi_normals
from bridge.synthesis.triage import ROUTINE
from bridge.synthesis.vitals import Visits, Vitals
from bridge.yaml_files import parse_yaml
from tests.lib.clinical import clinical_rows

MODEL = load_model("population")
ILLNESS = load_model("illness")
LIMITS = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
KENYA = (FOLDER / "kenya.yaml").read_text(encoding="utf-8")
MOVED = [name for name in population_names() if load_population(name).vitals]


def children_of(name: str) -> PublishedChildren:
    """Return what is published of a country's children."""
    vitals = load_population(name).vitals
    assert vitals is not None
    assert vitals.children is not None
    return vitals.children


def child(
    calibration: Calibration, sex: str, months: np.ndarray, z: float
) -> dict[str, np.ndarray]:
    """Return what one child has at many ages, always at the same place among its own."""
    base = np.full((len(months), len(MODEL.columns)), z)
    person = {"sex": np.full(len(months), sex), "age_months": months}
    values = MODEL.values(calibration.calibrated(base, MODEL.outputs, person), person)
    of = dict(zip(MODEL.outputs, values.T, strict=True))
    add_newborns(of, base, MODEL, calibration, person["sex"], months)
    return of


@pytest.fixture(scope="module")
def standard() -> GrowthStandard:
    """Return the WHO standard, which is not part of bridge."""
    return GrowthStandard(clinical_rows("who_growth_lms.csv"))


def test_the_moves_are_those_of_this_model_and_of_every_country_with_figures() -> None:
    """If this fails: `python -m bridge.synthesis.growth_solving`, then `...calibration`."""
    assert solved_growth().model == MODEL.fingerprint
    assert list(solved_growth().moves) == [children_of(name).growth for name in MOVED]


@pytest.mark.parametrize("name", ["nepal", "india"])
def test_as_many_are_stunted_wasted_and_heavy_as_is_published(
    name: str, standard: GrowthStandard
) -> None:
    """Nepal has the smallest survey, India the largest; tests.bench.country shows all."""
    children = children_of(name)
    fits = growth_fits(children, growth_of(name), MODEL, standard)
    assert len(fits) == 25
    for fit in fits:
        assert abs(fit.made - fit.published.percent) < 1.96 * fit.published.error + 0.1, fit


@pytest.mark.parametrize("name", population_names())
def test_weights_at_birth_are_the_country_s(name: str) -> None:
    """Mean and SD, and half of a hundred grams for the scales."""
    calibration = calibration_of(load_population(name), MODEL)
    z = quasi_normals(2000, len(MODEL.columns) + len(ILLNESS.columns))
    people = len(z)
    vitals = Vitals(MODEL, ILLNESS, LIMITS, calibration)
    visits = Visits(
        count=np.ones(people, dtype=np.int64),
        sex=np.resize(["F", "M"], people),
        months=np.zeros((people, 1)),
        triage=np.full((people, 1), ROUTINE),
    )
    stream = np.random.default_rng(2)
    values, _ = vitals.measure(
        visits, lambda some, shape: stream.standard_normal((np.count_nonzero(some), *shape))
    )
    weights = values[:, 0, 1]
    error = calibration.birth.sd_kg / people**0.5
    assert weights.mean() == pytest.approx(calibration.birth.mean_kg, abs=4 * error)
    assert weights.std() == pytest.approx(calibration.birth.sd_kg, rel=0.07)
    assert 39 < values[:, 0, 0].min() < values[:, 0, 0].max() < 59
    assert 31 < np.nanmedian(values[:, 0, 3]) < 36


@pytest.mark.parametrize("name", population_names())
def test_a_child_grows_from_birth_to_school_and_nothing_leaps_at_three_months(name: str) -> None:
    calibration = calibration_of(load_population(name), MODEL)
    months = np.arange(0.0, 72.0, 0.25)
    for sex in "FM":
        for z in (-1.5, 0.0, 1.5):
            of = child(calibration, sex, months, z)
            # Lying length becomes standing height at two years, .9 cm less in the survey.
            assert (np.diff(of["height_cm"]) > np.where(months[1:] == 24, -1.3, -0.25)).all()
            assert (np.diff(of["weight_kg"][months <= 9]) >= -0.1).all()
            edge = months == 3
            before = np.flatnonzero(edge) - 1
            assert abs(of["weight_kg"][edge] - of["weight_kg"][before]) < 0.4
            assert abs(of["height_cm"][edge] - of["height_cm"][before]) < 1.2


def test_arms_follow_weights() -> None:
    """A thinner child of one place among its own has a thinner arm."""
    months = np.array([12.0, 24.0, 48.0])
    india = calibration_of(load_population("india"), MODEL)
    for sex in "FM":
        thin, there = child(india, sex, months, 0.0), child(UNCALIBRATED, sex, months, 0.0)
        assert (thin["muac_cm"] < there["muac_cm"] - 0.5).all()


def test_a_share_of_many_children_stays_and_one_of_a_few_leans_on_its_neighbours() -> None:
    sds = np.full(3, 1.35)
    many = [Share(percent=share, n=20_000) for share in (20.0, 40.0, 20.0)]
    few = [Share(percent=20, n=20_000), Share(percent=40, n=20), Share(percent=20, n=20_000)]
    assert 100 * evened(many, sds, -2.0, 0.5) == pytest.approx([20, 40, 20], abs=0.1)
    evened_few = 100 * evened(few, sds, -2.0, 0.5)
    assert evened_few[[0, 2]] == pytest.approx([20, 20], abs=0.2)
    assert 24 < evened_few[1] < 38


def test_a_share_of_nobody_is_not_held_for_certain() -> None:
    assert Share(percent=0.0, n=300).error == pytest.approx(0.33, abs=0.01)
    assert Share(percent=12.0, se=1.04, n=1905).error == pytest.approx(1.04)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("growth: kenya", "growth: kenia", r"no moves of children are known for 'kenia'.*kenya"),
        ("from_months: 6, to_months: 11", "from_months: 7, to_months: 11", "expected one from 6"),
        ("to_months: 59", "to_months: 58", "the last one ends with 59 months"),
        ("high: 11.1", "high: 11.1, sd: 4.0", "an sd or a high share"),
        (
            "      standard: who",
            "      standard: who\n      survey_until: 10",
            "moved from birth on",
        ),
        ("mean: 119.8, high: 4.4, ci: 6.3", "mean: 119.8", "every band a high share, or none"),
    ],
)
def test_a_fault_in_a_file_is_said(old: str, new: str, complaint: str) -> None:
    assert old in KENYA
    with pytest.raises(InputError, match=complaint):
        calibration_of(parse_yaml(KENYA.replace(old, new, 1), Population, place="x.yaml"), MODEL)


def test_a_table_that_is_no_growth_standard_is_said(tmp_path: Path) -> None:
    (tmp_path / "lms.csv").write_text("standard,measure\nWHO 2006,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="no table of the WHO growth standard"):
        load_growth_standard(tmp_path / "lms.csv")
