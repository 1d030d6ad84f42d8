"""Descends by people's own gradients, each cut to a length, with noise: a person is a sample."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bridge.errors import MissingExtra
from bridge.histories.learnt.batches import Batches
from bridge.histories.learnt.net import Lower, LowRank, Net, Often, Shape, Told
from bridge.histories.learnt.private import CLIP, RATE

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.float32]]

_RATE: float = 4e-3
_TOGETHER = 16
"""People whose gradients are held at once."""


def fit_privately(
    batches: Batches,
    widths: Mapping[str, int],
    *,
    shares: Floats,
    noise: float,
    steps: int,
    seed: int,
    progress: Callable[[str], None],
) -> tuple[Arrays, dict[str, int]]:
    """Return weights, and the net's shape. The last weights are the mean of many: no look more."""
    shape = Shape(
        kinds=len(batches.masks.certifies),
        codes=len(shares),
        moves=len(batches.moves),
        **widths,
    )
    torch.manual_seed(seed % 2**63)
    net, wrapped = private_net(shape)
    equal = np.zeros
    net.begin_at(Often(equal(shape.moves), equal(shape.kinds), np.log(shares / (1 - shares))))
    generator = torch.Generator().manual_seed((seed + 1) % 2**63)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    optimizer = torch.optim.Adam(net.parameters(), _RATE)
    average = {name: one.detach().clone() for name, one in torch_names(net).items()}
    people = len(batches.records)
    for number in range(steps):
        rows = np.flatnonzero(rng.random(people) < RATE)
        sums = clipped_sums(wrapped, batches, rows)
        for p in net.parameters():
            drawn = torch.normal(0.0, noise * CLIP, p.shape, generator=generator)
            p.grad = (sums.get(id(p), torch.zeros_like(p)) + drawn) / (RATE * people)
        optimizer.step()
        keep = min(0.98, number / (number + 10))
        for name, one in torch_names(net).items():
            average[name].mul_(keep).add_(one, alpha=1 - keep)
        progress(f"step {number + 1}")
    return {name: one.numpy() for name, one in average.items()}, shape.header()


def private_net(shape: Shape) -> tuple[Net, Any]:
    """Return a net, and the same as opacus wraps it, for the gradient of each person."""
    try:
        from opacus.grad_sample import GradSampleModule, register_grad_sampler
        from opacus.layers import DPGRU
    except ImportError as error:
        raise MissingExtra("Fitting with differential privacy", "train") from error
    register_grad_sampler(Lower)(_of_lower)
    register_grad_sampler(LowRank)(_of_low_rank)
    net = Net(shape, gru=DPGRU, dropout=0.0)
    return net, GradSampleModule(net, loss_reduction="sum")


def torch_names(net: Net) -> dict[str, torch.Tensor]:
    """Return the weights by the names that torch gives them; opacus' GRU has them twice."""
    return {name: one for name, one in net.state_dict().items() if ".l0." not in name}


def clipped_sums(
    wrapped: Any, batches: Batches, rows: NDArray[np.int64]
) -> dict[int, torch.Tensor]:
    """Return the sums of people's gradients, each cut to CLIP, by the id of the parameter."""
    rows = rows[np.argsort(batches.steps[rows], kind="stable")]
    sums: dict[int, torch.Tensor] = {}
    for at in range(0, len(rows), _TOGETHER):
        told = Told(batches.take(rows[at : at + _TOGETHER]))
        wrapped.zero_grad()
        torch.autograd.backward(nats_a_step(wrapped, told).sum())
        own = {p: p.grad_sample for p in wrapped.parameters() if p.grad_sample is not None}
        squares = sum(g.reshape(len(g), -1).square().sum(1) for g in own.values())
        scale = (CLIP / (torch.as_tensor(squares).sqrt() + 1e-6)).clamp(max=1.0)
        for p, gradients in own.items():
            cut = torch.einsum("n,n...->...", scale, gradients)
            sums[id(p)] = sums[id(p)] + cut if id(p) in sums else cut
    wrapped.zero_grad()
    return sums


def nats_a_step(net: nn.Module, told: Told) -> torch.Tensor:
    """Return the mean nats of a step of each person: long lives have no more weight than short."""
    nats: torch.Tensor = net(told).sum(-1)
    return nats / told.is_step.sum(-1)


def _of_lower(
    layer: Lower, activations: list[torch.Tensor], backprops: torch.Tensor
) -> dict[nn.Parameter, torch.Tensor]:
    each = torch.einsum("ntk,ntj->nkj", backprops, activations[0])
    return {layer.weight: torch.tril(each, -1)}


def _of_low_rank(
    layer: LowRank, activations: list[torch.Tensor], backprops: torch.Tensor
) -> dict[nn.Parameter, torch.Tensor]:
    each = torch.tril(torch.einsum("ntk,ntj->nkj", backprops, activations[0]), -1)
    return {
        layer.up: torch.einsum("nkj,jr->nkr", each, layer.down),
        layer.down: torch.einsum("nkj,kr->njr", each, layer.up),
    }
