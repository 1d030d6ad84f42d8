"""The first three months: from the size at birth to what the flow makes of a child of three months.

The survey measured infants by the month, and none of under 48 cm or 3.1 kg; so its flow knows no
small newborn. Weight at birth is a country's published mean and SD; a child then grows straight to
its own place at three months, at the pace of the WHO standard's medians.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.chart import DECIMALS
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.synthesis.base_space import BirthSize, Calibration

FLOW_FROM_MONTHS: Final = 3.0
"""From this age on, all is the flow's."""

LENGTH_CM: Final = {"F": 49.1, "M": 49.9}
"""Median lengths at birth of the WHO standard (WHO 2006)."""
LENGTH_SD_CM: Final = 2.2
"""A choice, a little over the standard's 1.9, as measured lengths are."""
CM_PER_KG: Final = 3.0
"""How much longer the newborns of a country are whose mean is a kilogram heavier (a choice: between
what lengths and weights of equal SDs from the standard's medians say, 4, and one child's, 2.5)."""

WEIGHT_KG: Final = 3.29
"""Mean of the standard's medians of girls and boys at birth (WHO 2006)."""
BOY_HEAVIER_KG: Final = 0.057
"""Half of what the standard's medians of boys and girls differ by: boys over, girls under."""
LENGTH_OF_WEIGHT: Final = 0.7
"""Correlation of weight and length at birth (a choice)."""

HEAD_CM: Final = {"F": 33.9, "M": 34.5}
"""Median head circumferences at birth of the WHO standard (WHO 2006)."""
HEAD_SD_CM: Final = 1.3
HEAD_CM_PER_KG: Final = 1.5
"""As CM_PER_KG, of the head, and of a single child (a choice)."""

PACE: Final = {"height_cm": 0.2, "weight_kg": 0.12, "head_circ_cm": 0.4}
"""How fast growth slows down, by month: the standard's medians of one and two months lie so far
between birth and three months, within .02 of the way."""


def add_newborns(
    measured: dict[str, Floats],
    base: Floats,
    model: Model,
    calibration: Calibration,
    sex: NDArray[np.str_],
    months: Floats,
) -> None:
    """Put in lengths, weights and heads of those of n people who are under three months.

    `measured` (n,) by measurement is what the flow made of them at their age, `base` (n, D) their
    places in the base space before the calibration.
    """
    young = months < FLOW_FROM_MONTHS
    if not young.any():
        return
    person = {"sex": sex[young], "age_months": np.full(int(young.sum()), FLOW_FROM_MONTHS)}
    placed = calibration.calibrated(base[young], model.outputs, person)
    grown = dict(zip(model.outputs, model.values(placed, person).T, strict=True))
    scores = {name: base[young, model.outputs.index(name)] for name in PACE}
    for name, at_birth in _at_birth(calibration.birth, scores, sex[young]).items():
        way = _way(PACE[name], months[young])
        values = at_birth + way * (grown[name] - at_birth)
        measured[name][young] = np.round(values, DECIMALS[name])


def birth_weights(
    birth: BirthSize, z_length: Floats, z_weight: Floats, sex: NDArray[np.str_]
) -> Floats:
    """Return weights at birth (n,) in kg of the same children in the base space."""
    return _at_birth(birth, {"height_cm": z_length, "weight_kg": z_weight}, sex)["weight_kg"]


def _at_birth(
    birth: BirthSize, scores: dict[str, Floats], sex: NDArray[np.str_]
) -> dict[str, Floats]:
    boys = sex == "M"
    off_kg = birth.mean_kg - WEIGHT_KG
    z_length = scores["height_cm"]
    z_weight = LENGTH_OF_WEIGHT * z_length + (1 - LENGTH_OF_WEIGHT**2) ** 0.5 * scores["weight_kg"]
    sex_kg = np.where(boys, BOY_HEAVIER_KG, -BOY_HEAVIER_KG)
    own_sd = (birth.sd_kg**2 - BOY_HEAVIER_KG**2) ** 0.5
    sizes = {
        "height_cm": _of_sex(LENGTH_CM, boys) + CM_PER_KG * off_kg + LENGTH_SD_CM * z_length,
        "weight_kg": birth.mean_kg + sex_kg + own_sd * z_weight,
    }
    if "head_circ_cm" in scores:
        of_weight = HEAD_CM_PER_KG * (off_kg + own_sd * z_weight)
        rest = (HEAD_SD_CM**2 - (HEAD_CM_PER_KG * own_sd) ** 2) ** 0.5
        sizes["head_circ_cm"] = _of_sex(HEAD_CM, boys) + of_weight + rest * scores["head_circ_cm"]
    return sizes


def _of_sex(median: dict[str, float], boys: NDArray[np.bool_]) -> Floats:
    return np.where(boys, median["M"], median["F"])


def _way(pace: float, months: Floats) -> Floats:
    """Return which part (n,) of the way to three months is grown at an age."""
    way: Floats = np.expm1(-pace * months) / np.expm1(-pace * FLOW_FROM_MONTHS)
    return way
