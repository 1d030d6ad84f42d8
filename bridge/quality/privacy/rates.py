"""Rates, risks and areas with 95 % intervals."""

import numpy as np
import pandas as pd

from bridge.flows.columns import Floats
from bridge.quality.privacy.results import Attack, Estimate, Z


def wilson(successes: float, trials: float) -> Estimate:
    """Return the Wilson score estimate of a rate: the interval's middle and its ends.

    Wilson, J. Am. Stat. Assoc. 1927; 22:209. The middle, not successes / trials, is the rate in
    Giomi et al. (PoPETs 2023). Counts need not be whole.
    """
    middle = (successes + Z**2 / 2) / (trials + Z**2)
    spread = successes * max(trials - successes, 0.0) / trials + Z**2 / 4
    half = Z * spread**0.5 / (trials + Z**2)
    # exactly 0 and 1 at the ends, where rounding would leave nobody or everybody outside
    low = middle - half if successes > 0 else 0.0
    high = middle + half if successes < trials else 1.0
    return Estimate(middle, max(low, 0.0), min(high, 1.0))


def risk(train: Estimate, control: Estimate) -> Estimate:
    """Return R = (train - control) / (1 - control), the attack's gain over its possible gain.

    Giomi et al., A Unified Framework for Quantifying Privacy Risk in Synthetic Data (PoPETs
    2023); the interval by propagation of both errors, as there. It is not cut off at 0, so that
    an interval can be seen to contain it.
    """
    room = 1 - control.value
    value = (train.value - control.value) / room
    half = float(np.hypot(_half(train), _half(control) * (1 - train.value) / room)) / room
    return Estimate(value, value - half, min(value + half, 1.0))


def judge(
    name: str, how: str, attacks: int, *, train: Estimate, control: Estimate, blind: Estimate
) -> Attack:
    """Return an attack's result with the sentence that says what it shows."""
    found = Attack(name, how, attacks, train, control, blind, risk(train, control), "")
    right = (
        f"{name}: {attacks:,} attacks, right for {percent(train.value)} of training people, "
        f"{percent(control.value)} of people never seen, {percent(blind.value)} by blind guess; "
        f"risk {interval(found.risk)}."
    )
    return found._replace(verdict=f"{right} {_meaning(found)}")


def _meaning(found: Attack) -> str:
    if found.leaks:
        return "Training people are given away beyond what the population tells of anybody."
    if found.doubtful:
        return (
            "The interval lies above zero, but among several attacks chance may do that: repeat "
            "with another seed or more people."
        )
    if not found.stronger:
        return "The attack is no better than its blind guess, so it says nothing."
    if found.risk.high <= 0:
        return (
            "Training people are found less often than others, by chance or because the two differ."
        )
    return (
        "No difference from people never seen was found; a risk of up to "
        f"{percent(found.risk.high)} cannot be ruled out."
    )


def area(members: Floats, others: Floats) -> Estimate:
    """Return the area under the ROC curve of scores (m,) against (n,), which should be lower.

    The interval is DeLong's (DeLong, DeLong and Clarke-Pearson, Biometrics 1988; 44:837), by
    mid-ranks. At an area of 0 or 1 it has no width.
    """
    m, n = len(members), len(others)
    together = _ranks(np.concatenate([members, others]))
    above = (together[:m] - _ranks(members)) / n
    below = 1 - (together[m:] - _ranks(others)) / m
    value = float(above.mean())
    half = Z * float(above.var(ddof=1) / m + below.var(ddof=1) / n) ** 0.5
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def percent(rate: float) -> str:
    """Write a rate as per cent with one decimal."""
    return f"{100 * rate:.1f} %"


def interval(estimate: Estimate) -> str:
    """Write a rate as per cent with its interval."""
    return f"{percent(estimate.value)} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _half(estimate: Estimate) -> float:
    return max(estimate.value - estimate.low, estimate.high - estimate.value)


def _ranks(scores: Floats) -> Floats:
    return np.asarray(pd.Series(scores).rank(), dtype=np.float64)
