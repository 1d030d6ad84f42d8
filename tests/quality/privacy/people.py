"""Made-up people with numbers, categories and gaps, and generators that keep secrets or not."""

import numpy as np
import pandas as pd

CONDITIONS = ("sex", "age_months")


def draw(count: int, seed: int) -> pd.DataFrame:
    """Draw people from one distribution: every fifth pulse is missing, and some smoking."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], count)
    age = rng.integers(240, 960, count)
    height = 162 + 12 * (sex == "M") + rng.normal(0, 7, count)
    weight = 0.9 * (height - 85) + rng.normal(0, 12, count)
    pulse = np.where(rng.random(count) < 0.2, np.nan, rng.normal(74, 11, count))
    smokes = pd.Series(rng.choice(["no", "once", "yes"], count, p=[0.6, 0.25, 0.15]))
    return pd.DataFrame(
        {
            "sex": sex,
            "age_months": age,
            "height_cm": height.round(1),
            "weight_kg": weight.round(1),
            "pulse_bpm": (pulse / 2).round() * 2,
            "sbp_mmhg": ((95 + age / 30 + rng.normal(0, 14, count)) / 2).round() * 2,
            "smokes": smokes.mask(rng.random(count) < 0.1),
        }
    )


def blurred(people: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Add noise of a share of each measurement's SD to people: a bad generator."""
    rng = np.random.default_rng(seed)
    blurred = people.copy()
    for name in ("height_cm", "weight_kg", "pulse_bpm", "sbp_mmhg"):
        noise = share * people[name].std() * rng.normal(size=len(people))
        blurred[name] = (people[name] + noise).round(1)
    return blurred
