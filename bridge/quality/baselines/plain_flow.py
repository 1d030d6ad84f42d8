"""The plain flow of the first published OpenMRS study, as its description has it.

Five times [random permutation + masked affine autoregressive transform, hidden 32] of nflows on
min-max scaled values, Adam 1e-3, batches of 64. The description leaves open how long: here 100
epochs, or 16,000 steps where that is fewer. A category is a number 0, 1, .. that is rounded.
"""

from collections.abc import Iterator
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
from numpy.typing import NDArray

from bridge.quality.baselines.generator import Column, Floats

LAYERS: Final = 5
HIDDEN: Final = 32
RATE: Final = 1e-3
BATCH: Final = 64
EPOCHS: Final = 100
MOST_STEPS: Final = 16_000


@dataclass(frozen=True, slots=True)
class PlainFlow:
    """The flow that bridge's own has to be better than."""

    name: str = "plain flow of the first study"

    def fit(self, frame: pd.DataFrame, columns: tuple[Column, ...], seed: int) -> "Scaled":
        """Learn the scaled columns."""
        torch.manual_seed(seed)
        torch.set_num_threads(1)  # more add up in another order, and that gives other weights
        levels = {c.name: _levels(frame[c.name]) for c in columns if c.kind == "category"}
        raw = np.stack([_numbers(frame[c.name], levels.get(c.name)) for c in columns], axis=1)
        low, width = raw.min(axis=0), np.ptp(raw, axis=0)
        width[width == 0] = 1.0
        flow = _flow(len(columns))
        optimizer = torch.optim.Adam(flow.parameters(), lr=RATE)
        for rows in _batches(torch.from_numpy((raw - low) / width).float()):
            loss = -flow.log_prob(rows).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return Scaled(columns=columns, levels=levels, low=low, width=width, flow=flow)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """A fitted flow and the way back from its scale."""

    columns: tuple[Column, ...]
    levels: dict[str, NDArray[np.object_]]
    low: Floats
    width: Floats
    flow: Any  # nflows ships no types

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows; what lies outside a column's bounds is put on them."""
        torch.manual_seed(seed)
        with torch.no_grad():
            unit = self.flow.sample(count).double().numpy()
        raw = self.low + self.width * unit
        made: dict[str, NDArray[Any]] = {}
        for column, values in zip(self.columns, raw.T, strict=True):
            levels = self.levels.get(column.name)
            if levels is None:
                made[column.name] = column.on_grid(values)
            else:
                made[column.name] = levels[np.rint(values).clip(0, len(levels) - 1).astype(int)]
        return pd.DataFrame(made)


def _levels(values: "pd.Series[Any]") -> NDArray[np.object_]:
    return np.array(sorted(set(values)), dtype=object)


def _numbers(values: "pd.Series[Any]", levels: NDArray[np.object_] | None) -> Floats:
    if levels is None:
        return values.to_numpy(np.float64)
    return pd.Index(levels).get_indexer(values.astype(object)).astype(np.float64)


def _flow(width: int) -> Any:
    layers: list[Any] = []
    for _ in range(LAYERS):
        layers += [
            RandomPermutation(features=width),
            MaskedAffineAutoregressiveTransform(features=width, hidden_features=HIDDEN),
        ]
    return Flow(CompositeTransform(layers), StandardNormal([width]))


def _batches(rows: torch.Tensor) -> Iterator[torch.Tensor]:
    steps = 0
    for _ in range(EPOCHS):
        for some in torch.randperm(len(rows)).split(BATCH):
            if steps == MOST_STEPS:
                return
            steps += 1
            yield rows[some]
