"""How a flow is built and fitted; apart from the fit, which needs torch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """The nets, the splines and the descent.

    `bound` is the spline's B; `decay` is how much of the averaged weights a step keeps;
    `patience` is how many epochs without a better loss end the fit of a measurement.
    """

    hidden: tuple[int, ...] = (64, 64)
    bins: int = 8
    bound: float = 5.0
    epochs: int = 30
    patience: int = 8
    batch: int = 256
    rate: float = 4e-3
    decay: float = 0.995
    seed: int = 1
