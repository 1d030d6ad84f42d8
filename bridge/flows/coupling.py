"""The flow's conditional transform in torch and nflows, for fitting; flow.py has its symbols."""

from typing import cast

import numpy as np
import torch
from nflows.transforms.splines import unconstrained_rational_quadratic_spline
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.flow import MIN_SHARE
from bridge.flows.spec import Fit

LARGEST_GRADIENT = 5.0


class ConditionalSpline(nn.Module):
    """One column's transform: a net says how its scores are shifted, scaled and bent.

    It takes (n, F + 1): the net's F inputs and, last, the scores x_k, and returns the base values
    z_k (n,) with the logarithm of each slope. A shift and a scale come first because the spline
    ends at +-bound, and because an infant's scores lie far from an adult's.
    """

    def __init__(self, inputs: int, settings: Fit) -> None:
        super().__init__()
        self.net: nn.Module = _net(inputs, settings)
        self._bins, self._bound = settings.bins, settings.bound

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the base values (n,) of rows' scores, and the logarithms of the slopes."""
        shift, log_scale, spline = self._shaped(rows)
        y = torch.exp(log_scale) * (rows[:, -1:] - shift)
        z, log_slope = self._spline(y, spline, inverse=False)
        return z[:, 0], (log_slope + log_scale)[:, 0]

    def inverse(self, rows: Tensor) -> Tensor:
        """Return the scores (n,) of base values, which stand last in the rows."""
        shift, log_scale, spline = self._shaped(rows)
        y, _ = self._spline(rows[:, -1:], spline, inverse=True)
        scores: Tensor = shift + torch.exp(-log_scale) * y
        return scores[:, 0]

    def _shaped(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raw: Tensor = self.net(rows[:, :-1])
        return raw[:, :1], raw[:, 1:2], raw[:, 2:]

    def _spline(self, places: Tensor, raw: Tensor, *, inverse: bool) -> tuple[Tensor, Tensor]:
        raw, bins = raw[:, None], self._bins
        found: tuple[Tensor, Tensor] = unconstrained_rational_quadratic_spline(
            places,
            raw[..., :bins],
            raw[..., bins : 2 * bins],
            raw[..., 2 * bins :],
            inverse=inverse,
            tails="linear",
            tail_bound=self._bound,
            min_bin_width=MIN_SHARE,
            min_bin_height=MIN_SHARE,
            min_derivative=MIN_SHARE,
        )
        return found

    def nats(self, rows: Tensor) -> Tensor:
        """Return -log p(x_k | the net's inputs), averaged over rows (n, F + 1)."""
        z, log_slope = self(rows)
        nats: Tensor = 0.5 * z**2 + 0.5 * float(np.log(2 * np.pi)) - log_slope
        return nats.mean()

    def layers(self) -> tuple[tuple[Floats, Floats], ...]:
        """Return the net's (weight, bias) pairs from its inputs to its outputs."""
        return tuple(
            (_array(layer.weight), _array(layer.bias))
            for layer in self.net.modules()
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
        self._step = ConditionalSpline(inputs, settings)
        average = get_ema_multi_avg_fn(settings.decay)  # type: ignore[no-untyped-call]
        self._average = AveragedModel(self._step, multi_avg_fn=average)
        self._averaged = cast(ConditionalSpline, self._average.module)
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


def _net(inputs: int, settings: Fit) -> nn.Sequential:
    """Return a net whose outputs start at shift 0, scale 1 and a straight spline."""
    sizes = [inputs, *settings.hidden]
    layers: list[nn.Module] = []
    for i, size in enumerate(settings.hidden):
        layers += [nn.Linear(sizes[i], size), nn.SiLU()]
    last = nn.Linear(sizes[-1], 2 + 3 * settings.bins - 1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    with torch.no_grad():
        last.bias[-(settings.bins - 1) :] = float(np.log(np.expm1(1 - MIN_SHARE)))
    return nn.Sequential(*layers, last)


def _array(parameter: Tensor) -> Floats:
    return parameter.detach().numpy().astype(np.float64)
