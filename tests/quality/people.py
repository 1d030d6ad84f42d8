"""Made-up people, real enough for statistics: everything follows sex and age."""

import numpy as np
import pandas as pd


def people(count: int, *, seed: int) -> pd.DataFrame:
    """Return adults and children with heights, weights, pressures and a pulse, on their grids."""
    rng = np.random.default_rng(seed)
    male = rng.random(count) < 0.5
    months = rng.integers(24, 960, count)
    grown = np.minimum(months / 216, 1)
    height = 85 + grown * (78 + 12 * male) + rng.normal(0, 5, count)
    weight = (height / 100) ** 2 * (16 + 9 * grown) * rng.lognormal(0, 0.15, count)
    sbp = 2 * np.round((95 + months / 24 + rng.normal(0, 12, count)) / 2)
    return pd.DataFrame(
        {
            "person_id": np.arange(count) + 1000,
            "sex": np.where(male, "M", "F"),
            "age_months": months,
            "height_cm": np.round(height, 1),
            "weight_kg": np.round(weight, 1),
            "sbp_mmhg": sbp,
            "dbp_mmhg": 2 * np.round((0.5 * sbp + 10 + rng.normal(0, 6, count)) / 2),
            "pulse_bpm": np.round(110 - 40 * grown + rng.normal(0, 10, count)),
        }
    )


def few(count: int, *, seed: int) -> pd.DataFrame:
    """Return people with one measurement: a report of them is drawn sooner."""
    return people(count, seed=seed)[["sex", "age_months", "sbp_mmhg"]]


def shuffled(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return a table whose columns `names` have lost their people."""
    rng = np.random.default_rng(0)
    return table.assign(**{name: rng.permutation(table[name].to_numpy()) for name in names})
