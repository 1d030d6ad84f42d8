"""The flow's conditional transform in torch and nflows, for fitting; flow.py has its symbols."""

from typing import cast

import numpy as np
import torch
from nflows.transforms.coupling import PiecewiseRationalQuadraticCouplingTransform
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.flow import MIN_SHARE
from bridge.flows.spec import Fit

LARGEST_GRADIENT = 5.0


class ConditionalCoupling(PiecewiseRationalQuadraticCouplingTransform):  # type: ignore[misc]
    """A coupling step that shifts, scales and bends one column and passes the others.

    It takes (n, F + 1): the net's F inputs and, last, the scores x_k; it gives z_k in their
    place. A shift and a scale come first because the spline ends at +-bound, and because an
    infant's scores lie far from an adult's.
    """

    def __init__(self, inputs: int, settings: Fit) -> None:
        super().__init__(
            mask=[0] * inputs + [1],
            transform_net_create_fn=lambda _, outputs: _net(inputs, outputs, settings),
            num_bins=settings.bins,
            tails="linear",
            tail_bound=settings.bound,
            min_bin_width=MIN_SHARE,
            min_bin_height=MIN_SHARE,
            min_derivative=MIN_SHARE,
        )

    def _transform_dim_multiplier(self) -> int:
        return 2 + int(super()._transform_dim_multiplier())

    def _piecewise_cdf(
        self, inputs: Tensor, transform_params: Tensor, inverse: bool = False
    ) -> tuple[Tensor, Tensor]:
        shift, log_scale = transform_params[..., 0], transform_params[..., 1]
        spline = transform_params[..., 2:]
        if inverse:
            y, log_slope = super()._piecewise_cdf(inputs, spline, inverse=True)
            return shift + torch.exp(-log_scale) * y, log_slope - log_scale
        y = torch.exp(log_scale) * (inputs - shift)
        z, log_slope = super()._piecewise_cdf(y, spline, inverse=False)
        return z, log_slope + log_scale

    def nats(self, rows: Tensor) -> Tensor:
        """Return -log p(x_k | the net's inputs), averaged over rows (n, F + 1)."""
        passed, log_slope = self(rows)
        z: Tensor = passed[:, -1]
        nats: Tensor = 0.5 * z**2 + 0.5 * float(np.log(2 * np.pi)) - log_slope
        return nats.mean()

    def layers(self) -> tuple[tuple[Floats, Floats], ...]:
        """Return the net's (weight, bias) pairs from its inputs to its outputs."""
        return tuple(
            (_array(layer.weight), _array(layer.bias))
            for layer in self.transform_net.layers
            if isinstance(layer, nn.Linear)
        )


class Fitter:
    """Fits one step by epochs: Adam with a falling rate, and an average over its last steps."""

    def __init__(self, inputs: int, steps: int, settings: Fit, seed: int) -> None:
        if steps < 1:
            raise InputError(f"fewer people than the {settings.batch} that one step learns from")
        torch.manual_seed(seed)
        torch.set_num_threads(1)  # more add up in another order, and that gives other weights
        self._batch = settings.batch
        self._step = ConditionalCoupling(inputs, settings)
        average = get_ema_multi_avg_fn(settings.decay)  # type: ignore[no-untyped-call]
        self._average = AveragedModel(self._step, multi_avg_fn=average)
        self._averaged = cast(ConditionalCoupling, self._average.module)
        self._optimizer = torch.optim.Adam(self._step.parameters(), lr=settings.rate)
        self._rate = CosineAnnealingLR(self._optimizer, settings.epochs * steps)

    def epoch(self, rows: Floats) -> float:
        """Go through rows (n, F + 1) once, in random order; return their loss on the way."""
        data = torch.from_numpy(rows.astype(np.float32))
        order = torch.randperm(len(data))
        whole = len(data) // self._batch * self._batch
        return float(
            np.mean([self._learn(data[some]) for some in order[:whole].reshape(-1, self._batch)])
        )

    def nats(self, rows: Floats) -> float:
        """Return the loss of the averaged weights on rows (n, F + 1)."""
        with torch.no_grad():
            return float(self._averaged.nats(torch.from_numpy(rows.astype(np.float32))))

    def layers(self) -> tuple[tuple[Floats, Floats], ...]:
        """Return the averaged weights, as flow.Conditional takes them."""
        return self._averaged.layers()

    def _learn(self, rows: Tensor) -> float:
        loss = self._step.nats(rows)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._step.parameters(), LARGEST_GRADIENT)
        self._descend()
        return loss.item()

    def _descend(self) -> None:
        self._optimizer.step()
        self._rate.step()
        self._average.update_parameters(self._step)


class _Net(nn.Module):
    """A perceptron called as nflows calls the net of a step: with a context, here always None."""

    hidden_features = 1
    """nflows divides by its root, for nets that start at random; this one starts at zero."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, inputs: Tensor, context: None = None) -> Tensor:
        outputs: Tensor = self.layers(inputs)
        return outputs


def _net(inputs: int, outputs: int, settings: Fit) -> _Net:
    """Return a net whose outputs start at shift 0, scale 1 and a straight spline."""
    sizes = [inputs, *settings.hidden]
    layers: list[nn.Module] = []
    for i, size in enumerate(settings.hidden):
        layers += [nn.Linear(sizes[i], size), nn.SiLU()]
    last = nn.Linear(sizes[-1], outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    with torch.no_grad():
        last.bias[-(settings.bins - 1) :] = float(np.log(np.expm1(1 - MIN_SHARE)))
    return _Net(nn.Sequential(*layers, last))


def _array(parameter: Tensor) -> Floats:
    return parameter.detach().numpy().astype(np.float64)
