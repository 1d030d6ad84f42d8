"""Growth curves and age pyramids."""

import numpy as np
import pytest

from bridge.quality.frames import comparable
from bridge.quality.growth import growth_curves, pyramid
from tests.quality.people import people


def test_a_curve_follows_the_children_of_its_age_and_sex() -> None:
    """Centiles of both tables; the synthetic ones are 5 cm taller here."""
    real = people(6000, seed=1)
    curves = growth_curves(comparable(real, real.assign(height_cm=real.height_cm + 5)))
    assert [(c.measurement, c.sex) for c in curves] == [
        ("height_cm", "F"),
        ("height_cm", "M"),
        ("weight_kg", "F"),
        ("weight_kg", "M"),
    ]
    girls = curves[0]
    assert girls.synthetic - girls.real == pytest.approx(5)
    assert girls.years.min() >= 2
    assert (np.diff(girls.real, axis=1) > 0).all()
    assert girls.real[-1, 1] - girls.real[0, 1] > 40


def test_a_pyramid_counts_everyone_once() -> None:
    """Its shares are of all people of the table."""
    found = pyramid(comparable(people(500, seed=1), people(700, seed=2)))
    assert found
    assert found.sexes == ("F", "M")
    assert found.real.sum() == pytest.approx(1)
    assert found.synthetic.sum() == pytest.approx(1)


def test_there_is_none_without_ages() -> None:
    """Nor a curve."""
    real = people(300, seed=1).drop(columns="age_months")
    samples = comparable(real, real)
    assert pyramid(samples) is None
    assert growth_curves(samples) == ()
