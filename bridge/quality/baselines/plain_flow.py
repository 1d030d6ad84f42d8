"""The plain flow of the first published OpenMRS study, as its description has it.

Five times [random permutation + masked affine autoregressive transform, hidden 32] of nflows on
min-max scaled values, Adam 1e-3, batches of 64. A category is a number 0, 1, .. that is rounded.
The description leaves open how long; here 100 epochs, at most 16,000 steps. The loss jumps from
epoch to epoch (without a falling rate, on values that lie on a grid), so the weights of the best
epoch on a tenth of the rows are kept: with the last ones the mean KS was .07 with one seed and
.14 with another.
"""

import copy
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from nflows.distributions.normal import StandardNormal
from nflows.flows.base import Flow
from nflows.transforms.autoregressive import MaskedAffineAutoregressiveTransform
from nflows.transforms.base import CompositeTransform
from nflows.transforms.permutations import RandomPermutation

from bridge.flows.columns import Floats
from bridge.quality.baselines.scores import DECIMALS
from bridge.quality.frames import ComparedColumn

LAYERS: Final = 5
HIDDEN: Final = 32
RATE: Final = 1e-3
BATCH: Final = 64
EPOCHS: Final = 100
MOST_STEPS: Final = 16_000


@dataclass(frozen=True, slots=True)
class PlainFlow:
    """The flow that bridge's own has to be better than."""

    name: str = "plain flow (first study)"
    epochs: int = EPOCHS

    def fit(self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int) -> "Scaled":
        """Learn the scaled columns."""
        torch.manual_seed(seed)
        torch.set_num_threads(1)  # more add up in another order, and that gives other weights
        raw = frame[[column.name for column in columns]].to_numpy(np.float64)
        low, high = raw.min(axis=0), raw.max(axis=0)
        unit = (raw - low) / np.where(high > low, high - low, 1.0)
        flow = _flow(len(columns))
        _learn(flow, torch.from_numpy(unit).float(), self.epochs)
        return Scaled(columns=columns, low=low, high=high, flow=flow)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """A fitted flow and the way back from its scale."""

    columns: tuple[ComparedColumn, ...]
    low: Floats
    high: Floats
    flow: Any  # nflows ships no types

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows; what lies outside a column's bounds is put on them."""
        torch.manual_seed(seed)
        with torch.no_grad():
            unit = self.flow.sample(count).double().numpy()
        raw = np.clip(self.low + (self.high - self.low) * unit, self.low, self.high)
        made = {}
        for column, values in zip(self.columns, raw.T, strict=True):
            step = 1.0 if column.kind == "category" else column.step
            made[column.name] = (
                np.round(np.rint(values / step) * step, DECIMALS) if step else values
            )
        return pd.DataFrame(made)


def _flow(width: int) -> Any:
    layers: list[Any] = []
    for _ in range(LAYERS):
        layers += [
            RandomPermutation(features=width),
            MaskedAffineAutoregressiveTransform(features=width, hidden_features=HIDDEN),
        ]
    return Flow(CompositeTransform(layers), StandardNormal([width]))


def _learn(flow: Any, unit: torch.Tensor, epochs: int) -> None:
    """Descend, and leave the flow with the weights that were best on every tenth row."""
    shuffled = unit[torch.randperm(len(unit))]
    judged, rows = shuffled[::10], shuffled[torch.arange(len(unit)) % 10 > 0]
    optimizer = torch.optim.Adam(flow.parameters(), lr=RATE)
    best, kept = np.inf, copy.deepcopy(flow.state_dict())
    for _ in range(min(epochs, max(1, MOST_STEPS * BATCH // len(rows)))):
        for some in torch.chunk(torch.randperm(len(rows)), -(-len(rows) // BATCH)):
            loss = -flow.log_prob(rows[some]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            nats = -float(flow.log_prob(judged).mean())
        if nats < best:
            best, kept = nats, copy.deepcopy(flow.state_dict())
    flow.load_state_dict(kept)
