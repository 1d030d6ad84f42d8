"""The figures behind the attacks: rates, areas, distances, predicates and their correction."""

from itertools import islice

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.quality.privacy.closest import count_copies
from bridge.quality.privacy.predicates import blind, fitting, multivariate, univariate
from bridge.quality.privacy.rates import area, judge, risk, wilson
from bridge.quality.privacy.singling_out import as_many
from bridge.quality.privacy.tables import nearest, parse_tables, space
from tests.quality.privacy.people import CONDITIONS, draw


def test_a_rates_interval_is_wilsons() -> None:
    """10 of 100, from Brown, Cai and DasGupta's formula by hand: .0552 to .1744."""
    assert wilson(10, 100)[1:] == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert wilson(0, 50).low == 0
    assert wilson(50, 50).high == pytest.approx(1)


def test_risk_is_the_gain_over_what_could_be_gained() -> None:
    """An attack that is always right on training people, half the time on others, risks all."""
    assert risk(wilson(10**6, 10**6), wilson(500, 1000)).value == pytest.approx(1, abs=1e-4)
    assert risk(wilson(750, 1000), wilson(500, 1000)).value == pytest.approx(0.5, abs=2e-3)
    none = risk(wilson(300, 1000), wilson(310, 1000))
    assert none.low < none.value < 0 < none.high


@pytest.mark.parametrize(
    ("right", "meaning"),
    [
        (300, "cannot be ruled out"),
        (345, "chance may do that"),
        (380, "given away beyond"),
        (240, "by chance or because"),
        (100, "says nothing"),
    ],
)
def test_a_verdict_goes_with_how_sure_it_can_be(right: int, meaning: str) -> None:
    """300 of 1,000 people never seen are guessed right, and 100 by a blind guess."""
    train, control, blind_rate = (wilson(successes, 1_000) for successes in (right, 300, 100))
    found = judge("Guessing", "guesses", 1_000, train=train, control=control, blind=blind_rate)
    assert meaning in found.verdict


@given(seed=st.integers(0, 1_000), members=st.integers(2, 30), others=st.integers(2, 30))
def test_the_area_is_the_share_of_pairs_in_the_right_order(
    seed: int, members: int, others: int
) -> None:
    """Ties count half."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 6, members) * 1.0, rng.integers(0, 6, others) * 1.0
    pairs = (a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean()
    found = area(a, b)
    assert found.value == pytest.approx(pairs)
    assert found.low <= found.value <= found.high


def test_an_areas_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Scores one SD apart have an area of .760; 95 of 100 intervals hold it."""
    rng = np.random.default_rng(1)
    found = [area(rng.normal(1, 1, 200), rng.normal(0, 1, 100)) for _ in range(400)]
    assert np.mean([low < 0.7602 < high for _, low, high in found]) == pytest.approx(0.95, abs=0.03)


def test_distance_is_in_sds_of_training_people_and_one_for_another_category() -> None:
    """Missing in both is equal; missing in one is 1 more than the way to the mean."""
    train = pd.DataFrame({"height_cm": [160.0, 170.0] * 50, "smokes": ["no", "yes"] * 50})
    rows = train.copy()
    rows.loc[0] = [np.nan, None]
    tables = parse_tables(train, train, rows, ())
    points = space(tables, np.array([0, 1])).points(tables.synthetic)
    apart = np.abs(points[:, None] - points).sum(axis=2)
    assert apart[1, 2] == 2 + 1  # 160 and 170 are 2 SDs apart, no is not yes
    assert apart[1, 3] == 0
    assert apart[0, 1] == (1 + 1) + 1  # 170 is 1 SD from the mean, and a gap is no answer
    assert apart[0, 0] == 0


def test_the_nearest_are_the_nearest() -> None:
    """Also where many rows are one point."""
    rng = np.random.default_rng(1)
    among = rng.integers(0, 4, (300, 3)) * 1.0
    of = rng.normal(2, 2, (50, 3))
    every = np.sort(np.abs(of[:, None] - among).sum(axis=2), axis=1)
    distances, places = nearest(among, of, 5)
    assert distances == pytest.approx(every[:, :5])
    assert np.abs(of - among[places[:, 0]]).sum(axis=1) == pytest.approx(every[:, 0])


def test_predicates_fit_exactly_one_synthetic_row() -> None:
    """That is what makes them a guess that somebody is unique."""
    tables = parse_tables(draw(300, 1), draw(300, 2), draw(300, 3), CONDITIONS)
    columns = tables.synthetic.T
    one, several = univariate(tables), multivariate(tables, 50, np.random.default_rng(1))
    assert len(several) == len(set(several)) == 50
    assert all(fitting(predicate, columns) == 1 for predicate in one + several)
    assert all(term.column in tables.outputs for predicate in one for term in predicate)
    assert {len(predicate) for predicate in several} > {3, 4}


def test_blind_guesses_differ_from_what_synthetic_rows_say() -> None:
    """They name values that occur, and fit any number of rows."""
    tables = parse_tables(draw(300, 1), draw(300, 2), draw(300, 3), CONDITIONS)
    guesses = list(islice(blind(tables, True, np.random.default_rng(1)), 200))
    fits = [fitting(predicate, tables.synthetic.T) for predicate in guesses]
    assert min(fits) == 0
    assert max(fits) > 10


@pytest.mark.parametrize("wanted", [200, 500, 1_000, 3_000, 10_000])
def test_control_people_are_counted_as_if_they_were_as_many_as_the_training_people(
    wanted: int,
) -> None:
    """Predicates of known weight: the estimate from 1,000 people is what `wanted` would give."""
    rng = np.random.default_rng(1)
    weights = rng.uniform(0, 1 / 1_500, 4_000)
    truth = (wanted * weights * (1 - weights) ** (wanted - 1)).sum()
    counts = rng.binomial(1_000, weights).astype(np.float64)
    assert as_many(counts, 1_000, wanted) == pytest.approx(truth, rel=0.15)


def test_copies_are_counted_with_what_is_missing() -> None:
    """A gap equals a gap; a row of two measurements is not counted among the full ones."""
    train, control, synthetic = draw(200, 1), draw(200, 2), draw(200, 3)
    train.loc[0, ["pulse_bpm", "smokes"]] = None
    synthetic.loc[7] = train.loc[0]
    control.loc[5] = train.loc[1]
    bare = ["weight_kg", "pulse_bpm", "sbp_mmhg", "smokes"]
    train.loc[2, bare] = None
    synthetic.loc[8] = train.loc[2]
    synthetic.loc[9] = train.loc[3]
    synthetic.loc[9, "sbp_mmhg"] += 2
    found = count_copies(parse_tables(train, control, synthetic, CONDITIONS))
    assert (found.copied, found.full_copied) == (2, 1)
    assert (found.alike, found.full_alike) == (1, 1)
    assert "2 of 200 synthetic rows" in found.verdict
