"""Rows of a fitted model as a table, under conditions drawn or given."""

import numpy as np
import pandas as pd

from bridge.errors import InputError
from bridge.flows.conditions import Conditions
from bridge.flows.margins import draw_conditions
from bridge.flows.model import Model
from bridge.flows.table import as_frame


def sample(model: Model, count: int, seed: int) -> pd.DataFrame:
    """Return `count` people, their conditions alike to those of the model's table (margins.py)."""
    if model.spec.conditions and not model.groups.boxes:
        raise InputError(
            f"the model does not say whom it was fitted to; give people whose "
            f"{' and '.join(model.spec.conditions)} the rows are to have, by --like FILE"
        )
    rng = np.random.default_rng(seed)
    return _table(model, draw_conditions(model.spec, model.groups, count, rng), count, rng)


def sample_like(model: Model, conditions: Conditions, count: int, seed: int) -> pd.DataFrame:
    """Return one row for each of `count` people with these conditions, in their order."""
    return _table(model, conditions, count, np.random.default_rng(seed))


def _table(
    model: Model, conditions: Conditions, count: int, rng: np.random.Generator
) -> pd.DataFrame:
    z = rng.standard_normal((count, len(model.outputs)))
    return as_frame(model.spec, conditions, model.values(z, conditions))
