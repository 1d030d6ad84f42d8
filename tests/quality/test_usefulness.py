"""What synthetic people teach."""

import pandas as pd

from bridge.quality.frames import comparable
from bridge.quality.matching import trials
from bridge.quality.usefulness import Usefulness, measure_usefulness
from tests.quality.people import people, shuffled


def _taught(synthetic: pd.DataFrame) -> dict[str, Usefulness]:
    real = people(500, seed=1)[["sex", "age_months", "height_cm", "weight_kg"]]
    samples = comparable(real, synthetic[real.columns], people(600, seed=3)[real.columns])
    matched = trials(samples, seed=1, repeats=1)
    return {one.name: one for one in measure_usefulness(samples, matched, seed=1)}


def test_people_of_the_same_kind_teach_as_much_as_real_ones() -> None:
    """A ratio near 1."""
    found = _taught(people(500, seed=2))["height_cm"]
    assert found.from_real > 0.6
    assert found.ratio is not None
    assert 0.9 < found.ratio < 1.1


def test_values_that_lost_their_people_teach_nothing() -> None:
    """However right each column is."""
    found = _taught(shuffled(people(500, seed=2), "height_cm"))["height_cm"]
    assert found.ratio is not None
    assert found.ratio < 0.1
