"""What every generator that is compared has in common: it learns a table and draws rows like it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from bridge.quality.frames import ComparedColumn


class FittedGenerator(Protocol):
    """A generator that has learnt a table."""

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` whole rows, each number on its column's grid and within its bounds.

        A count and no conditions, as most published generators model the row as a whole; one
        that takes conditions draws them from the rows it learnt.
        """
        ...


class Generator(Protocol):
    """A way to learn a table: float64 columns without missing values, categories by their code."""

    @property
    def name(self) -> str:
        """What a reader of the comparison calls it."""
        ...

    def fit(
        self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
    ) -> FittedGenerator:
        """Learn the columns of `frame`; the same seed gives the same generator."""
        ...


def worded(frame: pd.DataFrame, columns: Sequence[ComparedColumn]) -> pd.DataFrame:
    """Return a table with its categories as words in place of their codes."""
    words = {
        column.name: np.array(column.levels, dtype=object)[frame[column.name].to_numpy(np.int64)]
        for column in columns
        if column.kind == "category"
    }
    return frame.assign(**words)
