"""Weights averaged over the last steps of a descent, few at first."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged(net: nn.Module, decay: float) -> AveragedModel:
    """Return the running average of a net's weights, which keeps `decay` of itself each step.

    It begins with a short memory, so that a short descent does not keep the weights it began with.
    """

    def moved(average: Tensor, current: Tensor, steps: Tensor | int) -> Tensor:
        return average + (current - average) * max(1 - decay, 10 / (10 + int(steps)))

    return AveragedModel(net, avg_fn=moved)
