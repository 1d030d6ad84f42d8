"""What vital signs are conditioned on, as the numbers that the flow's nets read."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.synthesis.columns import Floats

OLDEST_YEARS: Final = 80.0
"""NHANES writes 80 for everyone of 80 and over (85 before 2007): past it, age says no more."""

STANDING_MONTHS: Final = 24.0
"""Lying length is measured below two years, standing height from then on."""

CHILD_PULSE_MONTHS: Final = 96.0
"""NHANES counts the heart rate of children under eight by stethoscope, later ones at the wrist."""

AGE_CENTRES: Final = np.linspace(0.0, np.log1p(OLDEST_YEARS), 20)
"""Centres of the age bumps in log(1 + years): as dense over infancy as over middle age."""

IMMEDIACY: Final = (1, 2, 3, 4, 5)
"""Triage levels of the emergency survey: 1 immediate .. 5 non-urgent."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """n people's sex ('F' or 'M'), exact age in months and, for the ill, immediacy 1..5.

    An immediacy of 0 says that the level is not known.
    """

    sex: NDArray[np.str_]
    age_months: Floats
    immediacy: NDArray[np.int64] | None = None

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> "Context":
        """Return the same of some rows."""
        return Context(
            sex=self.sex[rows],
            age_months=self.age_months[rows],
            immediacy=None if self.immediacy is None else self.immediacy[rows],
        )


def features(context: Context) -> Floats:
    """Return the features (F, n) of n people: sex, steps and smooth bumps of age, immediacy."""
    months = context.age_months
    years = np.minimum(months / 12, OLDEST_YEARS)
    warped = np.log1p(years)
    width = AGE_CENTRES[1] - AGE_CENTRES[0]
    rows = [
        np.where(context.sex == "F", 1.0, -1.0),
        np.where(months < STANDING_MONTHS, 1.0, 0.0),
        np.where(months < CHILD_PULSE_MONTHS, 1.0, 0.0),
        np.where(years >= OLDEST_YEARS, 1.0, 0.0),
        warped - 2.0,
        years / 40 - 1.0,
        *np.exp(-0.5 * ((warped - AGE_CENTRES[:, None]) / width) ** 2),
    ]
    if context.immediacy is not None:
        rows += [np.where(context.immediacy == level, 1.0, 0.0) for level in IMMEDIACY]
    return np.stack(rows)
