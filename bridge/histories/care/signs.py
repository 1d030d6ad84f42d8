"""What the states of a visit do to its vital signs."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.centiles import drawn
from bridge.histories.care.model import Effect
from bridge.histories.care.randomness import Keys, derived, scores, uniforms
from bridge.histories.care.situation import Flags, Situation
from bridge.patient_arrays import Whole

ADULT_MONTHS: Final = 18 * 12.0

# Beats and breaths a minute for each degree Celsius. Children's pulse: Davies and Maconochie, Emerg
# Med J 2009;26:641 (21,033 children). Adults' pulse and children's breaths are recalled figures.
PULSE_PER_DEGREE: Final = {"child": 10.0, "adult": 8.5}
BREATHS_PER_DEGREE: Final = {"child": 2.0, "adult": 1.0}

STEADY: Final = 0.6
"""Correlation of two draws of one patient in the same measurement (a choice)."""

LASTING: Final[Mapping[str, float]] = {"weight_kg": 1.0}
"""What a body has lost or gained it has at the next visit, too."""

NOISE: Final[Mapping[str, float]] = {
    "height_cm": 1.0,
    "weight_kg": 0.5,
    "muac_cm": 0.3,
    "sbp_mmhg": 6.0,
    "dbp_mmhg": 4.0,
    "pulse_bpm": 6.0,
    "temperature_c": 0.2,
    "resp_rate_bpm": 2.0,
    "spo2_pct": 1.0,
}
"""How far within a bound a value lies that was beyond it (a choice): a half normal's SD."""

MUAC_PER_WEIGHT: Final = 0.5
"""An arm's circumference goes with the square root of weight at a given height (a choice: its
cross-section is what grows)."""

DIASTOLIC_PER_SYSTOLIC: Final = 0.55
"""What the diastolic pressure does when the systolic one changes: 5.5 of 9.1 mmHg fall with one
drug (Law, BMJ 2003;326:1427 as the facts have it)."""

LEAST_PULSE_PRESSURE: Final = 15.0


def moved(
    values: Mapping[str, Floats],
    effects: Sequence[tuple[Effect, Whole]],
    situation: Situation,
    keys: tuple[Keys, Keys],
) -> dict[str, Floats]:
    """Return vital signs (m,) by name after effects, each on some of the visits (rows).

    `keys` tell patients and visits (m,) apart: what is drawn hangs on both.
    """
    now = {name: column.copy() for name, column in values.items()}
    before = {name: values[name] for name in ("temperature_c", "sbp_mmhg", "weight_kg")}
    told = {name: np.zeros(len(situation), dtype=bool) for name in ("dbp_mmhg", "muac_cm")}
    for effect, rows in effects:
        some = rows[situation.some(rows).where(effect.when)]
        some = some[~np.isnan(now[effect.measure][some])]
        purpose = f"{effect.measure} {effect.effect}"
        if effect.share < 1:
            some = some[uniforms(keys[1][some], f"{purpose} share") < effect.share]
        if effect.measure in told:
            told[effect.measure][some] = True
        column = now[effect.measure]
        column[some] = _applied(effect, column[some], keys[0][some], keys[1][some])
    _follow(now, before, situation, told)
    for effect, rows in effects:  # a fever has moved these since
        if effect.measure in ("pulse_bpm", "resp_rate_bpm") and _has_bounds(effect):
            some = rows[situation.some(rows).where(effect.when)]
            column = now[effect.measure]
            column[some] = _bounded(effect, column[some], keys[1][some])
    return now


def visit_keys(of_patient: Keys, day: NDArray[np.datetime64]) -> Keys:
    """Return what the vital signs of visits (m,) follow from, beside the patient."""
    return derived(of_patient, "signs", day.astype(np.int64))


def _applied(effect: Effect, values: Floats, of_patient: Keys, of_visit: Keys) -> Floats:
    if effect.effect == "bound":
        return _bounded(effect, values, of_visit)
    steady = LASTING.get(effect.measure, STEADY)
    z = np.sqrt(steady) * scores(derived(of_patient, effect.measure), effect.effect)
    z = z + np.sqrt(1 - steady) * scores(derived(of_visit, effect.measure), effect.effect)
    centiles = (effect.low or 0.0, effect.typical or 0.0, effect.high or 0.0)
    if effect.effect == "draw":
        return drawn(z, centiles, effect.at_least, effect.at_most)
    amount = drawn(z, centiles)
    found = values + amount if effect.effect == "add" else values * amount
    return _bounded(effect, found, of_visit)


def _bounded(effect: Effect, values: Floats, keys: Keys) -> Floats:
    """Bring values beyond a bound a little within it, not all to the same number."""
    within = np.abs(scores(keys, f"{effect.measure} within")) * NOISE[effect.measure]
    if effect.at_least is not None:
        values = np.where(values < effect.at_least, effect.at_least + within, values)
    if effect.at_most is not None:
        values = np.where(values > effect.at_most, effect.at_most - within, values)
    return np.clip(values, effect.at_least, effect.at_most) if _has_bounds(effect) else values


def _has_bounds(effect: Effect) -> bool:
    return effect.at_least is not None or effect.at_most is not None


def _follow(
    now: dict[str, Floats],
    before: Mapping[str, Floats],
    situation: Situation,
    told: Mapping[str, Flags],
) -> None:
    """Let pulse and breaths follow a fever, the arm the weight, one pressure the other.

    `told` are those whose arm or diastolic pressure a state says itself.
    """
    child = situation.months < ADULT_MONTHS
    fever = np.nan_to_num(now["temperature_c"] - before["temperature_c"])
    now["pulse_bpm"] += fever * np.where(child, *PULSE_PER_DEGREE.values())
    now["resp_rate_bpm"] += fever * np.where(child, *BREATHS_PER_DEGREE.values())
    ratio = now["weight_kg"] / before["weight_kg"]
    follows = (ratio != 1) & ~told["muac_cm"] & ~situation.pregnant
    now["muac_cm"] *= np.where(follows, ratio**MUAC_PER_WEIGHT, 1.0)
    rise = np.nan_to_num(now["sbp_mmhg"] - before["sbp_mmhg"])
    now["dbp_mmhg"] += np.where(told["dbp_mmhg"], 0.0, rise * DIASTOLIC_PER_SYSTOLIC)
    now["dbp_mmhg"] = np.minimum(now["dbp_mmhg"], now["sbp_mmhg"] - LEAST_PULSE_PRESSURE)
