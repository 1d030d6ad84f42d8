"""A fitted model: base values and conditions in, outputs out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bridge.flows.columns import Column, Floats
from bridge.flows.conditions import Conditions, features, is_measured, own_features
from bridge.flows.flow import Conditional, room_for
from bridge.flows.margins import Groups
from bridge.flows.spec import Spec

ROWS_AT_ONCE: Final = 1024
"""People per pass of the nets: their hidden layers then stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """The columns and conditional transforms of a triangular flow, in its order.

    `groups` says to how many people under which conditions it was fitted.
    `fingerprint` is the SHA-256 of the checkpoint: part of every generated patient's identity.
    """

    spec: Spec
    columns: tuple[Column, ...]
    conditionals: tuple[Conditional, ...]
    groups: Groups
    provenance: Mapping[str, Any]
    fingerprint: str

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs, in the order of the coordinates."""
        return tuple(column.name for column in self.columns)

    def values(self, z: Floats, conditions: Conditions) -> Floats:
        """Return the outputs (n, D) of n people from base values z (n, D) ~ N(0, 1).

        Values lie on each instrument's grid, in the spec's unit, within the range of the training
        data; NaN where they are missing by design.
        """
        room = room_for(self.conditionals, min(len(z), ROWS_AT_ONCE))
        values = np.full(z.shape, np.nan)
        for start in range(0, len(z), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            self._fill(
                values[rows],
                z[rows],
                {name: column[rows] for name, column in conditions.items()},
                room,
            )
        return values

    def _fill(self, values: Floats, z: Floats, conditions: Conditions, room: Floats) -> None:
        """Put the outputs of a block of people into `values` (n, D), which come as NaN."""
        inputs = features(self.spec, conditions, len(z))
        for k, (column, conditional) in enumerate(
            zip(self.columns, self.conditionals, strict=True)
        ):
            measured = is_measured(column.output, conditions, len(z))
            told = np.zeros((2 + len(column.cuts), len(z)))
            if measured.any():
                some = slice(None) if measured.all() else measured
                own = own_features(column.output, conditions, len(z))
                read = np.concatenate([inputs, own])[:, some]
                base = z[some, k]
                # Past the last knot is no value: later nets must not be told of one.
                scores = conditional.inverse(base, read, room)
                scores = scores.clip(*column.scores[[0, -1]])
                values[some, k] = column.decode(scores)
                told[:, some] = column.passed_on(base, scores)
            inputs = np.concatenate([inputs, told])
