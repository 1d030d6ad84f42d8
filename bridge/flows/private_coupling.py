"""Fits a conditional transform by gradients of single rows, cut to a length, with noise (DP-SGD).

Abadi et al., Deep Learning with Differential Privacy, CCS 2016; opacus takes the rows' gradients
apart and cuts them. Only the net has weights, so only the net is wrapped, not nflows' spline.
"""

from typing import Any

import numpy as np
import torch
from opacus.grad_sample import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import Tensor

from bridge.flows.columns import Floats
from bridge.flows.coupling import Fitter
from bridge.flows.spec import Fit


class PrivateFitter(Fitter):
    """Fits one step with noise; `people` (of all, not only those who have the output) are public.

    Each step takes every row with the same chance, so that one row's part in it is small.
    """

    def __init__(
        self,
        inputs: int,
        people: int,
        settings: Fit,
        *,
        noise: float,
        clip: float,
        rng: np.random.Generator,
    ) -> None:
        self._steps = people // settings.batch
        super().__init__(inputs, self._steps, settings, seed=int(rng.integers(2**32)))
        self._share = settings.batch / people
        self._rng = rng
        self._step.net = GradSampleModule(self._step.net)
        self._optimizer: Any = _NoisyOptimizer(
            self._optimizer,
            noise_multiplier=noise,
            max_grad_norm=clip,
            expected_batch_size=settings.batch,
        )
        self._optimizer.rng = rng

    def pass_over(self, rows: Floats) -> None:
        """Take an epoch's steps on random rows of rows (n, F + 1)."""
        data = torch.from_numpy(rows.astype(np.float32))
        for _ in range(self._steps):
            chosen = self._rng.random(len(data)) < self._share
            self._take_apart(data[torch.from_numpy(chosen)])
            self._descend()

    def _take_apart(self, rows: Tensor) -> None:
        """Leave each weight the gradients (n, ...) of single rows, none of them infinite."""
        self._optimizer.zero_grad()
        weights: list[Any] = list(self._step.parameters())  # opacus adds a grad_sample
        if len(rows):  # the hooks warn where the net's inputs need no gradient
            self._step.nats(rows.requires_grad_()).backward()  # type: ignore[no-untyped-call]
        for weight in weights:
            apart = weight.grad_sample if len(rows) else weight.new_zeros(0, *weight.shape)
            weight.grad_sample = torch.nan_to_num(apart, 0.0, 0.0, 0.0)


class _NoisyOptimizer(DPOptimizer):  # type: ignore[misc]
    """Draws the noise from numpy: torch's generators keep 32 bits of a seed, few enough to try."""

    rng: np.random.Generator

    def add_noise(self) -> None:
        """Put sums of cut gradients, with noise, where the optimizer looks for gradients."""
        for weight in self.params:
            noise = self.rng.normal(0.0, self.noise_multiplier * self.max_grad_norm, weight.shape)
            weight.grad = weight.summed_grad + torch.from_numpy(noise).to(weight.dtype)
