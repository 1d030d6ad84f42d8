"""What people come for: a routine visit, or an illness at a triage level."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from bridge.flows.columns import Floats
from bridge.patient_arrays import Whole

ROUTINE: Final = 0
"""The level of a visit that is not for an illness; 1 (immediate) to 5 (non-urgent) is triage."""


class Mix(NamedTuple):
    """Of the visits of an age: the share for an illness, and those at each level, 1 to 5."""

    ill: float
    levels: tuple[float, float, float, float, float]


class Mixes(NamedTuple):
    """What children, under 18 years, and adults come for."""

    child: Mix
    adult: Mix


# Outpatients' share for an illness: "new problem" as main reason of a visit, US office-based
# physicians 2014 (NCHS Data Brief 292), 41 % under 18 and 25 % at 18-64, taken for 65 and over as
# well, where it is not given. Levels: what the emergency survey (NHAMCS 2012-2014) has of triage
# levels, 11,636 children and 38,877 adults at 3 to 5; an outpatient at 1 or 2 is sent on to a
# hospital.
MIXES: Final[Mapping[str, Mixes]] = {
    "mixed": Mixes(
        Mix(0.41, (0.0, 0.0, 0.361, 0.525, 0.114)), Mix(0.25, (0.0, 0.0, 0.574, 0.359, 0.067))
    ),
    "none": Mixes(Mix(0.0, (0.0, 0.0, 0.0, 0.0, 1.0)), Mix(0.0, (0.0, 0.0, 0.0, 0.0, 1.0))),
    "emergency": Mixes(
        Mix(1.0, (0.009, 0.061, 0.336, 0.488, 0.106)), Mix(1.0, (0.010, 0.112, 0.504, 0.316, 0.059))
    ),
}


def triage_of(mix: Mix, draws: Floats) -> Whole:
    """Return the triage levels of visits, ROUTINE or 1 to 5, from uniform draws."""
    edges = (1 - mix.ill) + mix.ill * np.cumsum([0.0, *mix.levels[:-1]])
    return np.searchsorted(edges, draws, side="right")
