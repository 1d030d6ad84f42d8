"""Told apart or not."""

import numpy as np
import pandas as pd

from bridge.quality.frames import comparable
from bridge.quality.matching import trials
from bridge.quality.two_sample import TwoSample, distinguish
from tests.quality.people import people, shuffled

OTHERS = people(900, seed=9)


def _tested(
    real: pd.DataFrame, synthetic: pd.DataFrame, others: pd.DataFrame = OTHERS
) -> TwoSample:
    samples = comparable(real, synthetic, others)
    return distinguish(samples, trials(samples, seed=1, repeats=1), seed=1)


def test_other_people_of_the_same_kind_cannot_be_told_apart() -> None:
    """Neither can the floor's."""
    found = _tested(people(500, seed=1), people(500, seed=2)).overall
    assert found
    assert abs(found.auc - 0.5) < 4 * found.noise
    assert abs(found.floor - 0.5) < 4 * found.noise
    assert found.excess == found.auc - found.floor


def test_people_put_together_at_random_are_told_apart() -> None:
    """Though each column is right by itself; and a group too small for a test is named."""
    found = _tested(people(500, seed=1), shuffled(people(500, seed=2), "weight_kg", "height_cm"))
    assert found.overall
    assert found.overall.excess > 0.15
    assert "0-1 years" not in dict(found.too_small)  # nobody is of that age
    assert "5-7 years" in dict(found.too_small)


def test_a_wrong_grid_shows_only_where_it_is_not_snapped() -> None:
    """How finely a pulse is counted is the instrument's, not the person's."""
    real, others = (
        table.assign(pulse_bpm=5 * np.round(table.pulse_bpm / 5))
        for table in (people(500, seed=1), OTHERS)
    )
    found = _tested(real, people(500, seed=2), others)
    assert found.overall
    assert found.unsnapped
    assert found.overall.excess < 0.1
    assert found.unsnapped.excess > found.overall.excess + 0.1


def test_too_few_people_are_not_tested() -> None:
    """A number out of noise would be believed."""
    found = _tested(people(150, seed=1), people(150, seed=2))
    assert found.overall is None
    assert found.groups == ()
