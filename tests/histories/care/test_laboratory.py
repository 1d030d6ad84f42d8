"""Blood chemistry: HbA1c, glucose, creatinine and lipids by what somebody has."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.histories.care.chemistry import (
    CHEMISTRY,
    PERSISTENCE,
    RESULTS,
    blood_chemistry,
    bounds_of,
    results_of,
    scores_over_time,
)

COUNT = 4_000


def chemistry(seed: int = 0, z: Floats | None = None, **given: Any) -> dict[str, Floats]:
    """Return the values of adults of one age, without diabetes and hypertension unless given."""
    rng = np.random.default_rng(seed)
    bounds = given.pop("bounds", None)
    people: dict[str, NDArray[Any]] = {
        "sex": np.resize(["F", "M"], COUNT),
        "age_months": np.full(COUNT, 660.0),
        "diabetes": np.full(COUNT, False),
        "hypertension": np.full(COUNT, False),
    }
    people |= {name: np.full(COUNT, value) for name, value in given.items()}
    drawn = rng.standard_normal((COUNT, len(CHEMISTRY))) if z is None else z
    return blood_chemistry(drawn, **people, bounds=bounds)


def test_diabetes_raises_what_it_raises() -> None:
    well, ill = chemistry(), chemistry(diabetes=True)
    assert 5.2 <= np.median(well["hba1c_pct"]) <= 5.8
    assert 6.4 <= np.median(ill["hba1c_pct"]) <= 7.6
    assert np.mean(well["hba1c_pct"] >= 6.5) < 0.1 < 0.5 < np.mean(ill["hba1c_pct"] >= 6.5)
    assert np.median(ill["glucose_serum_mgdl"]) > np.median(well["glucose_serum_mgdl"]) + 20
    assert np.median(ill["hdl_mgdl"]) < np.median(well["hdl_mgdl"])


def test_men_have_more_creatinine_and_less_hdl() -> None:
    men, women = chemistry(sex="M"), chemistry(sex="F")
    assert np.median(men["creatinine_mgdl"]) > np.median(women["creatinine_mgdl"]) + 0.15
    assert np.median(men["hdl_mgdl"]) < np.median(women["hdl_mgdl"]) - 5


def test_glucose_goes_with_hba1c() -> None:
    ill = chemistry(diabetes=True)
    ranks = [np.argsort(np.argsort(ill[name])) for name in CHEMISTRY[:2]]
    assert 0.5 < np.asarray(np.corrcoef(ranks))[0, 1] < 0.8


def test_values_are_written_as_an_analyser_writes_them() -> None:
    for name, decimals in zip(CHEMISTRY, (1, 0, 2, 0, 0), strict=True):
        values = chemistry(diabetes=True)[name]
        assert np.array_equal(values, np.round(values, decimals))
        assert np.isfinite(values).all()


@pytest.mark.parametrize("bounds", [(np.nan, 6.9), (7.0, np.nan), (7.0, 8.0)])
def test_a_diabetics_control_holds_and_glucose_follows(bounds: tuple[float, float]) -> None:
    held = chemistry(diabetes=True, bounds={"hba1c_pct": bounds})
    free = chemistry(diabetes=True)
    low, high = np.nan_to_num(bounds, nan=0)[0], np.nan_to_num(bounds, nan=99)[1]
    assert held["hba1c_pct"].min() >= low
    assert held["hba1c_pct"].max() <= high
    there = (free["hba1c_pct"] >= low) & (free["hba1c_pct"] <= high)
    for name in ("hba1c_pct", "glucose_serum_mgdl"):
        real = free[name][there]
        assert np.median(held[name]) == pytest.approx(np.median(real), rel=0.05)


def test_a_persons_rank_is_kept_whatever_the_control() -> None:
    z = np.zeros((COUNT, len(CHEMISTRY)))
    z[:, 0] = np.linspace(-2.5, 2.5, COUNT)
    for bounds in (None, {"hba1c_pct": (np.nan, 6.9)}, {"hba1c_pct": (7.0, np.nan)}):
        values = chemistry(z=z, sex="F", diabetes=True, bounds=bounds)["hba1c_pct"]
        assert np.all(np.diff(values) >= 0)
        assert len(np.unique(values)) > 10


def test_bounds_may_hold_for_some_only() -> None:
    low = np.where(np.arange(COUNT) < 100, 8.0, np.nan)
    held = chemistry(diabetes=True, bounds={"hba1c_pct": (low, np.nan)})
    free = chemistry(diabetes=True)
    assert held["hba1c_pct"][:100].min() >= 8.0
    assert np.array_equal(held["hba1c_pct"][100:], free["hba1c_pct"][100:])


def test_bounds_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="hb is no output of blood chemistry"):
        chemistry(bounds={"hb": (1.0, 2.0)})
    with pytest.raises(InputError, match="hba1c_pct: a least value lies over the greatest"):
        chemistry(bounds={"hba1c_pct": (8.0, 7.0)})


def test_children_under_twelve_have_none_and_hypertension_counts_from_sixteen() -> None:
    assert all(np.isnan(values).all() for values in chemistry(age_months=143.9).values())
    young = [chemistry(age_months=170.0, hypertension=told) for told in (False, True)]
    assert all(np.array_equal(young[0][name], young[1][name]) for name in CHEMISTRY)
    grown = [chemistry(hypertension=told)["creatinine_mgdl"] for told in (False, True)]
    assert np.median(grown[1]) > np.median(grown[0])


def test_nobody_gives_nothing() -> None:
    none = blood_chemistry(
        np.zeros((0, 5)),
        np.zeros(0, dtype=np.str_),
        np.zeros(0),
        np.zeros(0, dtype=bool),
        np.zeros(0, dtype=bool),
    )
    assert {name: len(values) for name, values in none.items()} == dict.fromkeys(CHEMISTRY, 0)


def test_results_are_in_the_concepts_units() -> None:
    values = {
        "hba1c_pct": np.array([6.5]),
        "glucose_serum_mgdl": np.array([126.0]),
        "creatinine_mgdl": np.array([1.0]),
        "total_chol_mgdl": np.array([200.0]),
        "hdl_mgdl": np.array([40.0]),
    }
    found = {test: results_of(test, values).item() for test in RESULTS}
    assert found == {
        "hba1c": 6.5,
        "glucose": 7.0,
        "fasting_glucose": 126.0,
        "glucose_mgdl": 126.0,
        "creatinine": 88.0,
        "creatinine_mgdl": 1.0,
        "cholesterol": 5.17,
        "hdl": 1.03,
    }
    with pytest.raises(InputError, match="ldl is no test of blood chemistry"):
        results_of("ldl", values)


@pytest.mark.parametrize(
    ("test", "low", "high"),
    [("hba1c", np.nan, 6.9), ("glucose", 7.0, np.nan), ("creatinine", 121, 180), ("hdl", 1.0, 1.2)],
)
def test_bounds_are_given_in_the_tests_unit(test: str, low: float, high: float) -> None:
    found = results_of(test, chemistry(diabetes=True, bounds=bounds_of(test, low, high)))
    assert not (found < low).any()
    assert not (found > high).any()
    assert len(np.unique(found)) > 5


def lives(years: list[float], **given: Any) -> dict[str, Floats]:
    """Return values (people, V) at times apart."""
    places, people = len(years), COUNT // len(years)
    normals = np.random.default_rng(4).standard_normal((people, places, 2, len(CHEMISTRY)))
    z = scores_over_time(normals, np.tile(years, (people, 1))).reshape(people * places, -1)
    sexes = np.repeat(np.resize(["F", "M"], people), places)
    found = blood_chemistry(
        z,
        sexes,
        np.full(people * places, 660.0),
        np.full(people * places, bool(given.get("diabetes"))),
        np.full(people * places, False),
    )
    return {name: values.reshape(people, places) for name, values in found.items()}


def within_cv(pairs: Floats) -> float:
    return float(np.sqrt(np.mean(np.diff(np.log(pairs), axis=1) ** 2) / 2))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("hba1c_pct", 0.013, 0.025),
        ("creatinine_mgdl", 0.035, 0.065),
        ("total_chol_mgdl", 0.048, 0.072),
        ("hdl_mgdl", 0.050, 0.085),
    ],
)
def test_a_well_person_varies_from_week_to_week_as_published(
    name: str, low: float, high: float
) -> None:
    assert low <= within_cv(lives([0.0, 2 / 52])[name]) <= high


def test_a_diabetics_hba1c_varies_as_published_over_a_year() -> None:
    assert 0.06 <= within_cv(lives([0.0, 1.0], diabetes=True)["hba1c_pct"]) <= 0.10


def test_a_person_is_known_by_their_values() -> None:
    """Two years on the cholesterol is still theirs, and not the same number by rounding."""
    found = lives([0.0, 0.25, 2.0])
    apart = np.asarray(np.corrcoef(found["total_chol_mgdl"][:, [0, 2]].T))
    assert 0.6 <= apart[0, 1] <= 0.9
    for name in ("glucose_serum_mgdl", "creatinine_mgdl", "total_chol_mgdl", "hdl_mgdl"):
        pair = found[name][:, :2]
        assert np.mean(pair[:, 0] == pair[:, 1]) < 0.12


def test_every_output_has_a_persistence() -> None:
    assert tuple(PERSISTENCE) == CHEMISTRY
    assert all(0 < p.at_once < 1 and 0 < p.per_year < 1 for p in PERSISTENCE.values())
