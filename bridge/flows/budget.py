"""How much noise each mechanism needs, so that all of them together keep to an epsilon.

A private fit looks at its rows three times: it counts groups of people, it counts the cells of
each column, and it descends by the rows' gradients. Each look is a Gaussian mechanism; opacus'
accountant (Renyi differential privacy; Mironov, Talwar and Zhang 2019) adds them up. Neighbours
are tables with and without one row.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bridge.errors import InputError, MissingExtra

OF_GROUPS: Final = 0.1
OF_COLUMNS: Final = 0.2
"""Shares of the whole, in 1 / noise^2, by which Gaussian mechanisms add up; the weights get the
rest. Half and twice the columns' share gave the same to .004 in the two-sample test (10,000 rows at
epsilon 3; twice also 2,000 at 1 and 3), less than two seeds do: nets learn what the knots miss."""

LEAST_NOISE: Final = 0.05
MOST_NOISE: Final = 1e5

ORDERS: Final = (
    1.05,
    *(1 + k / 10 for k in range(1, 10)),
    *(k / 2 for k in range(4, 24)),
    *range(12, 64, 2),
    *range(64, 513, 32),
)
"""The ends matter for an epsilon over 20 and under .5; whole orders are quickly computed."""


class PrivacyTarget(NamedTuple):
    """The epsilon and the delta that a fit has to keep to."""

    epsilon: float
    delta: float


class Mechanism(NamedTuple):
    """Noise per sensitivity, the share of rows it sees each time, and how many times."""

    noise: float
    rate: float
    times: int


class Budget(NamedTuple):
    """The target, the mechanisms by name, and the epsilon that they come to."""

    target: PrivacyTarget
    mechanisms: dict[str, Mechanism]
    epsilon: float

    def alone(self, name: str) -> float:
        """Return the epsilon of one mechanism, if the others were not used."""
        return spent([self.mechanisms[name]], self.target.delta)


def plan(target: PrivacyTarget, *, groups: bool, outputs: int, rate: float, steps: int) -> Budget:
    """Return the noise of each: `steps` are all outputs' together, each on a share `rate`.

    Raises InputError if no noise is enough, MissingExtra without opacus.
    """
    whole = least(lambda noise: spent([Mechanism(noise, 1.0, 1)], target.delta) <= target.epsilon)
    mechanisms = {"groups": Mechanism(whole / OF_GROUPS**0.5, 1.0, 1)} if groups else {}
    mechanisms["columns"] = Mechanism(whole * (outputs / OF_COLUMNS) ** 0.5, 1.0, outputs)
    counted = list(mechanisms.values())
    noise = least(
        lambda noise: (
            spent([*counted, Mechanism(noise, rate, steps)], target.delta) <= target.epsilon
        )
    )
    mechanisms["weights"] = Mechanism(noise, rate, steps)
    return Budget(target, mechanisms, spent(list(mechanisms.values()), target.delta))


def spent(mechanisms: list[Mechanism], delta: float) -> float:
    """Return the epsilon of several mechanisms together."""
    accountant = _accountant()
    accountant.history = [(one.noise, one.rate, one.times) for one in mechanisms]
    return float(accountant.get_epsilon(delta, alphas=ORDERS))


def _accountant() -> Any:
    try:
        from opacus.accountants import RDPAccountant
    except ImportError as error:
        raise MissingExtra("Fitting with differential privacy", "train") from error
    return RDPAccountant()


def least(enough: Callable[[float], bool]) -> float:
    """Return the least noise that is enough, to two in a thousand."""
    low, high = LEAST_NOISE, 1.0
    while not enough(high):
        low, high = high, 2 * high
        if high > MOST_NOISE:
            raise InputError("no noise is enough for this epsilon and delta; ask for larger ones")
    while high > 1.002 * low:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
