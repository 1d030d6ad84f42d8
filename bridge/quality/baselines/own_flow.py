"""bridge's own flow among the others, through bridge.synthesis.training."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import InputError
from bridge.quality.baselines.scores import DECIMALS
from bridge.quality.frames import Column, Floats
from bridge.synthesis.checkpoint import pack, parse_checkpoint
from bridge.synthesis.columns import Scale
from bridge.synthesis.context import Context
from bridge.synthesis.hyperparameters import Hyperparameters
from bridge.synthesis.model import Model
from bridge.synthesis.surveys import Survey
from bridge.synthesis.training import fit, split

SELECT: Final = 0.1
MONTHS: Final = {"age_months": 1.0, "age_years": 12.0}


@dataclass(frozen=True, slots=True)
class OwnFlow:
    """The flow of this package, which takes sex and age as given."""

    name: str = "bridge"

    def fit(self, frame: pd.DataFrame, columns: tuple[Column, ...], seed: int) -> "Conditioned":
        """Learn the measurements; the people are kept, to draw conditions from."""
        age = next((name for name in MONTHS if name in frame), None)
        made = [column for column in columns if not column.condition]
        if age is None or "sex" not in frame or any(c.kind == "category" for c in made):
            raise InputError("bridge's flow needs sex, age_years or age_months, and numbers")
        survey = _survey(frame, columns, age)
        settings = Hyperparameters(seed=seed)
        fitted = fit(*split(survey, SELECT, seed), settings)
        content = pack([f.column for f in fitted], [f.conditional for f in fitted], {})
        model = parse_checkpoint(content, place="the comparison")
        return Conditioned(columns=columns, people=frame, survey=survey, model=model)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditioned:
    """A fitted flow, and the people whose sexes and ages it is asked for."""

    columns: tuple[Column, ...]
    people: pd.DataFrame
    survey: Survey
    model: Model

    def sample(self, count: int, seed: int) -> pd.DataFrame:
        """Draw `count` rows; each person's conditions are taken once before any twice."""
        rng = np.random.default_rng(seed)
        rows = np.concatenate(
            [rng.permutation(len(self.people)) for _ in range(-(-count // len(self.people)))]
        )[:count]
        age = self.survey.age_from[rows] + self.survey.age_width[rows] * rng.random(count)
        z = rng.standard_normal((count, len(self.model.measurements)))
        values = self.model.values(z, Context(sex=self.survey.sex[rows], age_months=age))
        made = dict(zip(self.model.measurements, np.round(values, DECIMALS).T, strict=True))
        given = {c.name: self.people[c.name].to_numpy()[rows] for c in self.columns if c.condition}
        return pd.DataFrame({c.name: (given | made)[c.name] for c in self.columns})


def _survey(frame: pd.DataFrame, columns: tuple[Column, ...], age: str) -> Survey:
    sexes = next(column.levels for column in columns if column.name == "sex")
    made = [column for column in columns if not column.condition]
    steps: list[Floats | float] = [column.step or 1e-3 for column in made]
    return Survey(
        source={},
        scales=tuple(
            Scale(name=column.name, step=float(step), decimals=3, spread="ranks")
            for column, step in zip(made, steps, strict=True)
        ),
        sex=np.array(sexes, dtype=np.str_)[frame["sex"].to_numpy(np.int64)],
        age_from=frame[age].to_numpy(np.float64) * MONTHS[age],
        age_width=np.full(len(frame), MONTHS[age]),
        immediacy=None,
        values=np.stack([frame[column.name].to_numpy(np.float64) for column in made], axis=1),
        left_out={},
    )
