"""Each column drawn by itself: the right shapes, and no relation between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bridge.quality.frames import ComparedColumn


@dataclass(frozen=True, slots=True)
class IndependentColumns:
    """The lower end of the comparison: values of real rows, each column's taken from others."""

    name: str = "independent columns"

    def fit(
        self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
    ) -> "Shuffled":
        """Keep the columns; nothing is left to chance before a draw."""
        return Shuffled(frame=frame[[column.name for column in columns]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shuffled:
    """The columns of the rows that were learnt."""

    frame: pd.DataFrame

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw each column of `count` rows with replacement."""
        rng = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                name: self.frame[name].to_numpy()[rng.integers(len(self.frame), size=count)]
                for name in self.frame
            }
        )
