"""What every generator that is compared has in common: it learns a table and draws rows like it."""

from typing import Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Column(NamedTuple):
    """A column of a table: a number on a grid of `step` between `low` and `high`, or a category."""

    name: str
    kind: Literal["number", "category"]
    step: float = 1.0
    decimals: int = 0
    low: float = 0.0
    high: float = 0.0

    def on_grid(self, values: Floats) -> Floats:
        """Return values (n,) moved to the nearest point of the grid within the bounds."""
        cells = np.rint(values / self.step)
        return np.round(np.clip(cells * self.step, self.low, self.high), self.decimals)


class Fitted(Protocol):
    """A generator that has learnt a table."""

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` whole rows, each number on its column's grid and within its bounds.

        A count and no conditions, as most published generators model the row as a whole; one
        that takes conditions draws them from the rows it learnt.
        """
        ...


class Generator(Protocol):
    """A way to learn a table of numbers and categories without missing values."""

    @property
    def name(self) -> str:
        """What a reader of the comparison calls it."""
        ...

    def fit(self, frame: pd.DataFrame, columns: tuple[Column, ...], seed: int) -> Fitted:
        """Learn the columns of `frame`; the same seed gives the same generator."""
        ...
