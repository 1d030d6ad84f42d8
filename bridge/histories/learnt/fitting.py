"""Fits the net: AdamW with one cycle of the rate, averaged weights, stopped by a tenth."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from bridge.histories.learnt.batches import Batches, often
from bridge.histories.learnt.net import Net, Often, Shape, Told

Ints = NDArray[np.int64]
Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a net is fitted; by trial on Synthea's histories (histories study, section 6)."""

    epochs: int = 22
    batch: int = 16
    rate: float = 4e-3
    decay: float = 0.05
    dropout: float = 0.35
    average: float = 0.995
    patience: int = 5


class Epoch(NamedTuple):
    """Nats a person of an epoch: fitted to, and of the tenth that was set aside."""

    number: int
    train: float
    select: float


class Fitted(NamedTuple):
    """Weights by name, and how the epochs went."""

    weights: Arrays
    epochs: list[Epoch]


def fit(
    batches: Batches,
    shape: Shape,
    settings: Settings,
    *,
    seed: int,
    progress: Callable[[Epoch], None] = lambda _: None,
) -> Fitted:
    """Fit a net to records; a tenth of the people is set aside to stop it."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    order = rng.permutation(len(batches.records))
    select, train = order[: len(order) // 10], order[len(order) // 10 :]
    net = Net(shape, dropout=settings.dropout)
    net.begin_at(Often(*often(batches)))
    average = {name: one.detach().clone() for name, one in net.state_dict().items()}
    steps = settings.epochs * -(-len(train) // settings.batch)
    optimizer = torch.optim.AdamW(net.parameters(), settings.rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=steps + 9)
    best, epochs = (float("inf"), average), list[Epoch]()
    done = 0
    for number in range(settings.epochs):
        nats = 0.0
        for people in batches.shuffled(train, settings.batch, rng):
            nats += _step(net, Told(batches.take(people)), optimizer)
            schedule.step()
            done += 1
            _blend(average, net, min(settings.average, done / (done + 20)))
        loss = nats_of(shape, average, batches, select)
        epochs.append(Epoch(number + 1, nats / len(train), loss))
        progress(epochs[-1])
        if loss < best[0]:
            best = loss, {name: one.clone() for name, one in average.items()}
        elif number + 1 - _best(epochs) >= settings.patience:
            break
    return Fitted({name: one.numpy() for name, one in best[1].items()}, epochs)


def nats_of(shape: Shape, weights: dict[str, torch.Tensor], batches: Batches, rows: Ints) -> float:
    """Return the mean nats of some people under given weights."""
    net = Net(shape)
    net.load_state_dict(weights)
    net.eval()
    total = 0.0
    rows = rows[np.argsort(batches.steps[rows], kind="stable")]
    with torch.no_grad():
        for at in range(0, len(rows), 32):
            total += float(net(Told(batches.take(rows[at : at + 32]))).sum())
    return total / max(len(rows), 1)


def _best(epochs: list[Epoch]) -> int:
    return min(epochs, key=lambda epoch: epoch.select).number


def _step(net: Net, told: Told, optimizer: torch.optim.Optimizer) -> float:
    optimizer.zero_grad()
    nats = net(told).sum()
    (nats / told.is_step.sum()).backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
    optimizer.step()
    return float(nats.detach())


def _blend(average: dict[str, torch.Tensor], net: Net, keep: float) -> None:
    with torch.no_grad():
        for name, one in net.state_dict().items():
            average[name].mul_(keep).add_(one, alpha=1 - keep)
