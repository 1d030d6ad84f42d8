"""bridge's own flow among the others, fitted as `bridge train` fits it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bridge.flows.checkpoint import parse_checkpoint
from bridge.flows.columns import Floats
from bridge.flows.inference import infer_spec
from bridge.flows.model import Model
from bridge.flows.sampling import sample_like
from bridge.flows.spec import Spec
from bridge.flows.table import Table, by_own_names, parse_table
from bridge.flows.training import train
from bridge.quality.baselines.generator import worded
from bridge.quality.frames import ComparedColumn


@dataclass(frozen=True, slots=True)
class OwnFlow:
    """The flow of this package; without a spec it is inferred from the rows to learn."""

    spec: Spec | None = None
    name: str = "bridge"

    def fit(
        self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
    ) -> "Conditioned":
        """Learn the outputs; the people are kept, to draw conditions from."""
        words = worded(frame, columns)
        names = [column.name for column in columns]
        given = [column.name for column in columns if column.condition]
        spec = complete(self.spec, names) if self.spec else infer_spec(words, given).spec
        people = parse_table(words, spec)
        model = parse_checkpoint(train(people, None, seed=seed), place="the comparison")
        return Conditioned(columns=columns, people=people, model=model)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditioned:
    """A fitted model, and the people whose conditions it is asked for."""

    columns: tuple[ComparedColumn, ...]
    people: Table
    model: Model

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows; each person's conditions are taken once before any twice."""
        rng = np.random.default_rng(seed)
        times = -(-count // len(self.people))
        orders = [rng.permutation(len(self.people)) for _ in range(times)]
        conditions = self.people[np.concatenate(orders)[:count]].placed(rng)
        drawn = sample_like(self.model, conditions, count, seed)
        return pd.DataFrame({one.name: _coded(one, drawn[one.name]) for one in self.columns})


def _coded(column: ComparedColumn, values: "pd.Series[Any]") -> Floats:
    codes = {word: float(code) for code, word in enumerate(column.levels)}
    return np.array([codes.get(value, value) for value in values], dtype=np.float64)


def complete(spec: Spec, names: list[str]) -> Spec:
    """Return a spec for a table of these columns that it made itself, of rows that lack nothing."""
    own = by_own_names(spec)
    outputs = {
        name: output.model_copy(update={"measured": {}})
        for name, output in own.outputs.items()
        if name in names
    }
    return own.model_copy(update={"outputs": outputs})
