"""Distances, correlations and medians, beside their floors."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, spearmanr

from bridge.quality.fidelity import ColumnFidelity, Fidelity, distance, measure_fidelity, spearman
from bridge.quality.frames import ComparedColumn, comparable
from bridge.quality.matching import trials
from tests.quality.people import people, shuffled

REAL = people(1200, seed=1)


def _measured(synthetic: pd.DataFrame, real: pd.DataFrame = REAL) -> Fidelity:
    samples = comparable(real, synthetic)
    return measure_fidelity(samples, trials(samples, seed=1, repeats=2))


def _of(fidelity: Fidelity, name: str) -> ColumnFidelity:
    return next(one for one in fidelity.measurements if one.column.name == name)


def test_other_people_of_the_same_kind_are_at_the_floor() -> None:
    """So that 1 is what a perfect generator gets."""
    found = _measured(people(1200, seed=2))
    for one in found.measurements:
        assert one.column.condition or one.at_size < 1.6 * one.floor
    assert found.correlations.mean_gap < 1.6 * found.correlations.mean_floor
    assert found.medians.mean_gap < 1.4 * found.medians.mean_floor


def test_a_shift_moves_the_mean_the_distance_and_the_medians() -> None:
    """And of that measurement only."""
    other = people(1200, seed=2)
    found = _measured(other.assign(pulse_bpm=other.pulse_bpm + 8))
    pulse, height = _of(found, "pulse_bpm"), _of(found, "height_cm")
    assert pulse.means
    assert pulse.means[1] - pulse.means[0] == pytest.approx(8, abs=1.5)
    assert pulse.at_size > 3 * pulse.floor
    assert height.at_size < 1.6 * height.floor
    assert found.medians.mean_gap > 1.3 * found.medians.mean_floor


def test_values_that_lost_their_people_keep_their_spread_and_lose_their_correlation() -> None:
    """What a table of columns one by one would not show."""
    found = _measured(shuffled(people(1200, seed=2), "weight_kg"))
    assert _of(found, "weight_kg").distance < 0.08
    assert found.correlations.largest_gap > 4 * found.correlations.largest_floor


def test_missing_values_are_counted() -> None:
    """On both sides."""
    found = _of(
        _measured(
            people(1200, seed=2),
            REAL.assign(sbp_mmhg=np.nan).fillna(
                {"sbp_mmhg": REAL.sbp_mmhg.where(REAL.index % 4 > 0)}
            ),
        ),
        "sbp_mmhg",
    )
    assert found.missing == (0.25, 0.0)
    assert found.counts == (900, 1200)


def test_the_distance_is_kolmogorov_and_smirnovs() -> None:
    """With ties, as measured values have them."""
    rng = np.random.default_rng(0)
    a, b = np.round(rng.normal(0, 3, 300)), np.round(rng.normal(1, 3, 200))
    assert distance(a, b, ComparedColumn("x", "number", condition=False)) == pytest.approx(
        ks_2samp(a, b).statistic
    )


def test_categories_are_as_far_apart_as_the_share_that_would_have_to_move() -> None:
    """A level that one side lacks counts in full."""
    column = ComparedColumn("x", "category", condition=False, levels=("a", "b", "c"))
    assert distance(np.array([0.0, 0, 1, 1]), np.array([0.0, 0, 2, 2]), column) == 0.5


def test_rank_correlations_are_of_the_rows_where_both_are_known() -> None:
    """As scipy has them of those rows alone."""
    table = REAL[["height_cm", "weight_kg", "pulse_bpm"]].copy()
    table.loc[::3, "pulse_bpm"] = np.nan
    own = spearman(table, list(table.columns))
    for i, first in enumerate(table):
        for j, second in enumerate(table):
            both = table[[first, second]].dropna()
            assert own[i, j] == pytest.approx(spearmanr(both.iloc[:, 0], both.iloc[:, 1])[0])


def test_a_grade_has_an_order_and_a_word_has_none() -> None:
    """How urgent a visit is goes with a pulse; a ward does not go with anything by rank."""
    real = REAL.assign(immediacy=np.arange(1200) % 5 + 1, ward=np.resize(["A", "B", "C"], 1200))
    names = _measured(real, real).correlations.names
    assert "immediacy" in names
    assert "sex" in names
    assert "ward" not in names


def test_a_column_of_one_value_goes_with_nothing() -> None:
    """A generator that makes only one value has lost the correlation; it is not unknown."""
    table = REAL.assign(weight_kg=70.0, dbp_mmhg=REAL.dbp_mmhg.where(REAL.index < 10))
    one, flat, rare = spearman(table, ["height_cm", "weight_kg", "dbp_mmhg"])
    assert one.tolist()[:2] == [1.0, 0.0] and flat.tolist()[:2] == [0.0, 1.0]
    assert np.isnan([one[2], flat[2], rare[0]]).all()
