"""Distributions that modules leave to bridge: a country's haemoglobin, and blood chemistry."""

from collections.abc import Mapping

import numpy as np

from bridge.flows.columns import Floats
from bridge.histories.care.findings import Function
from bridge.histories.care.situation import Situation


def functions_of() -> Mapping[str, Function]:
    """Return the functions by the name that modules use."""
    return {"haemoglobin": _haemoglobin, "blood_chemistry": _chemistry}


def _haemoglobin(test: str, z: Floats, situation: Situation) -> Floats:
    mean = np.where(situation.months < 60, 10.9, np.where(situation.sex == "F", 12.8, 14.2))
    return mean + 1.3 * z


def _chemistry(test: str, z: Floats, situation: Situation) -> Floats:
    centre = {
        "hba1c": (5.4, 0.4),
        "fasting_glucose": (5.2, 0.6),
        "creatinine": (75, 14),
        "cholesterol": (4.3, 0.9),
        "hdl": (1.3, 0.3),
    }
    mean, sd = centre.get(test, (5, 1))
    return mean + sd * z
