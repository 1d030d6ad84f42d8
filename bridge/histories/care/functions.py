"""Distributions that modules leave to bridge: a country's haemoglobin, and blood chemistry."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from bridge.flows.columns import Floats
from bridge.flows.ranks import within
from bridge.histories.care.chemistry import CHEMISTRY, PERSISTENCE, RESULTS, blood_chemistry
from bridge.histories.care.figures.haemoglobin import haemoglobin
from bridge.histories.care.findings import Bounds, Function
from bridge.histories.care.randomness import Keys, scores
from bridge.histories.care.situation import Flags, Situation


def functions_of() -> Mapping[str, Function]:
    """Return the functions by the name that modules use."""
    return {"haemoglobin": _haemoglobin, "blood_chemistry": _chemistry}


STEADY: Final = 0.7
"""Correlation of two haemoglobins of one person (a choice)."""


def _haemoglobin(
    test: str, situation: Situation, of_person: Keys, of_visit: Keys, bounds: Bounds
) -> Floats:
    z = np.sqrt(STEADY) * scores(of_person, "haemoglobin")
    z = z + np.sqrt(1 - STEADY) * scores(of_visit, "haemoglobin")
    low, high = bounds.get(test, (np.nan, np.nan))

    def quantiles(z: Floats) -> Floats:
        sex, months, pregnant = situation.sex, situation.months, situation.pregnant
        return haemoglobin(situation.country, z, sex, months, pregnant)

    if np.isnan(low) and np.isnan(high):
        return quantiles(z)
    return within(quantiles, z, np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf))


def _chemistry(
    test: str, situation: Situation, of_person: Keys, of_visit: Keys, bounds: Bounds
) -> Floats:
    """Return one analyte; those of one visit go together, as their scores are drawn together."""
    columns = []
    for name in CHEMISTRY:
        share = PERSISTENCE[name].at_once
        kept = np.sqrt(share) * scores(of_person, name)
        columns.append(kept + np.sqrt(1 - share) * scores(of_visit, name))
    within = {}
    for key, (low, high) in bounds.items():
        if key in RESULTS:
            name, conversion = RESULTS[key]
            within[name] = low / conversion.factor, high / conversion.factor
    values = blood_chemistry(
        np.stack(columns, axis=1),
        situation.sex,
        np.maximum(situation.months, _SURVEYED_MONTHS),
        _has(situation, "diabetes"),
        _has(situation, "hypertension"),
        within,
    )
    name, conversion = RESULTS[test]
    found: Floats = values[name] * conversion.factor
    return found


_SURVEYED_MONTHS: Final = 144.0
"""The youngest of the survey stand for whoever is younger (a choice)."""


def _has(situation: Situation, module: str) -> Flags:
    return np.asarray(situation.has.get(module, np.zeros(len(situation), dtype=bool)))
