"""A model that nobody fitted, to be sampled from without torch: its nets' weights are drawn."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bridge.flows.checkpoint import pack, parse_checkpoint
from bridge.flows.columns import fit_column
from bridge.flows.conditions import features
from bridge.flows.flow import Conditional
from bridge.flows.margins import group_people
from bridge.flows.model import Model
from bridge.flows.spec import Spec
from bridge.flows.table import Table


def drawn_checkpoint(table: Table, seed: int = 0) -> bytes:
    """Return the checkpoint of a model whose columns and groups are a table's."""
    spec, rng = table.spec, np.random.default_rng(seed)
    columns = [
        fit_column(name, output, values)
        for (name, output), values in zip(spec.outputs.items(), table.values.T, strict=True)
    ]
    inputs = len(features(spec, {name: v[:1] for name, v in table.conditions.items()}, 1))
    conditionals = []
    for column in columns:
        own = sum(len(steps) for steps in column.output.steps.values())
        conditionals.append(_drawn(spec, inputs + own, rng))
        inputs += 2 + len(column.cuts)
    groups = group_people(spec, table.placed(rng))
    provenance = {"rows": len(table)}
    return pack(spec, columns, conditionals, groups=groups, provenance=provenance)


def drawn_model(table: Table, seed: int = 0) -> Model:
    """Return the model of that checkpoint."""
    return parse_checkpoint(drawn_checkpoint(table, seed), place="drawn")


def _drawn(spec: Spec, inputs: int, rng: np.random.Generator) -> Conditional:
    sizes: Sequence[int] = (inputs, *spec.fit.hidden, 3 * spec.fit.bins + 1)
    layers = [
        (rng.normal(0, 0.3, (after, before)), rng.normal(0, 0.1, after))
        for before, after in pairwise(sizes)
    ]
    return Conditional(layers=tuple(layers), bound=spec.fit.bound)
