"""What a GAN and a VAE are once fitted: a net that draws scores and codes of new rows."""

from dataclasses import dataclass
from typing import Protocol

import pandas as pd
import torch

from bridge.flows.columns import Floats
from bridge.quality.baselines.scores import MARGIN_ROWS, Codes, Scores, fit_margins, settled


class Net(Protocol):
    """A net to draw with."""

    def draw(self, count: int) -> tuple[Floats, Codes]:
        """Return scores (count, N) and codes (count, C) of new rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A fitted net, the codec of its columns and where its draws of them lie."""

    scores: Scores
    net: Net
    margins: Floats

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows."""
        torch.manual_seed(seed)
        numbers, codes = self.net.draw(count)
        return self.scores.frame(settled(numbers, self.margins), codes)


def drawn_by(net: Net, scores: Scores) -> Drawn:
    """Return a fitted net with the margins of its draws."""
    return Drawn(scores, net, fit_margins(net.draw(MARGIN_ROWS)[0]))
