"""Where the latents of new histories come from: N(0, 1), or a flow fitted to those of people."""

import copy
from typing import Any, Final

import numpy as np
import torch
from nflows.distributions.normal import StandardNormal
from nflows.flows.base import Flow
from nflows.transforms.autoregressive import MaskedPiecewiseRationalQuadraticAutoregressiveTransform
from nflows.transforms.base import CompositeTransform
from nflows.transforms.permutations import RandomPermutation
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAYERS: Final = 4
HIDDEN: Final = 64
BINS: Final = 8
BOUND: Final = 4.0
"""SDs within which the splines bend; beyond they are straight."""
RATE: Final = 1e-3
BATCH: Final = 64


class NormalLatents:
    """Independent N(0, 1)."""

    def __init__(self, width: int) -> None:
        self._width = width

    def draw(self, count: int, seed: int) -> Floats:
        """Draw latents (count, width)."""
        return np.random.default_rng([seed, 7]).standard_normal((count, self._width))


class FlowLatents:
    """A flow of latents, and the way back to their scale."""

    def __init__(self, flow: Any, mean: Floats, spread: Floats) -> None:
        self._flow, self._mean, self._spread = flow, mean, spread

    def draw(self, count: int, seed: int) -> Floats:
        """Draw latents (count, width)."""
        torch.manual_seed(seed)
        with torch.no_grad():
            unit = self._flow.sample(count).double().numpy()
        drawn: Floats = self._mean + self._spread * unit
        return drawn


def fit_flow(latents: Floats, seed: int, epochs: int) -> FlowLatents:
    """Fit four spline layers; the weights that are best on a tenth of the people are kept."""
    torch.manual_seed(seed)
    mean, spread = latents.mean(axis=0), np.maximum(latents.std(axis=0), 1e-6)
    unit = torch.from_numpy((latents - mean) / spread).float()
    flow = _flow(latents.shape[1])
    _learn(flow, unit[torch.randperm(len(unit))], epochs)
    return FlowLatents(flow, mean, spread)


def _flow(width: int) -> Any:
    layers: list[Any] = []
    for _ in range(LAYERS):
        layers += [
            RandomPermutation(features=width),
            MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
                features=width,
                hidden_features=HIDDEN,
                num_bins=BINS,
                tails="linear",
                tail_bound=BOUND,
                num_blocks=1,
            ),
        ]
    return Flow(CompositeTransform(layers), StandardNormal([width]))


def _learn(flow: Any, unit: torch.Tensor, epochs: int) -> None:
    tenth = torch.arange(len(unit)) % 10 == 0
    judged, rows = unit[tenth], unit[~tenth]
    optimizer = torch.optim.Adam(flow.parameters(), lr=RATE)
    best, kept = np.inf, copy.deepcopy(flow.state_dict())
    for _ in range(epochs):
        for some in torch.split(torch.randperm(len(rows)), BATCH):
            loss = -flow.log_prob(rows[some]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
            optimizer.step()
        with torch.no_grad():
            nats = -float(flow.log_prob(judged).mean())
        if nats < best:
            best, kept = nats, copy.deepcopy(flow.state_dict())
    flow.load_state_dict(kept)
    flow.eval()
