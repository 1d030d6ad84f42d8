"""A fitted model: base values and conditions in, outputs out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bridge.flows.columns import Column, Floats
from bridge.flows.conditions import Conditions, features, is_measured, own_features
from bridge.flows.flow import Conditional, room_for
from bridge.flows.margins import Groups
from bridge.flows.ranks import between
from bridge.flows.spec import Spec

Bounds = Mapping[str, tuple[Floats, Floats]]
"""By output, between which values (n,), both included, it is to lie; NaN is no bound."""

ROWS_AT_ONCE: Final = 1024
"""People per pass of the nets: their hidden layers then stay in the processor's cache."""

ROUNDING: Final = 1e-6
"""Share of a cell by which bounds may be missed in writing, and that values keep from its edge."""


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

    def values(self, z: Floats, conditions: Conditions, bounds: Bounds | None = None) -> Floats:
        """Return the outputs (n, D) of n people from base values z (n, D) ~ N(0, 1).

        Values lie on each instrument's grid, in the spec's unit, within the range of the training
        data; NaN where they are missing by design. A person whose output has `bounds` keeps the
        rank that the base value says, among the people of the same conditions and outputs before
        it whose value lies within; later outputs follow from that value.
        """
        room = room_for(self.conditionals, min(len(z), ROWS_AT_ONCE))
        values = np.full(z.shape, np.nan)
        for start in range(0, len(z), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            self._fill(
                values[rows],
                z[rows],
                {name: column[rows] for name, column in conditions.items()},
                {name: (low[rows], high[rows]) for name, (low, high) in (bounds or {}).items()},
                room,
            )
        return values

    def _fill(
        self, values: Floats, z: Floats, conditions: Conditions, bounds: Bounds, room: Floats
    ) -> None:
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
                if column.name in bounds:
                    low, high = (bound[some] for bound in bounds[column.name])
                    ends = _ends(column, conditional, read, low, high, room)
                    free = np.isinf(ends).all(axis=0)
                    base = np.where(free, base, between(base, *ends))
                # Past the last knot is no value: later nets must not be told of one.
                scores = conditional.inverse(base, read, room)
                scores = scores.clip(*column.scores[[0, -1]])
                values[some, k] = column.decode(scores)
                told[:, some] = column.passed_on(base, scores)
            inputs = np.concatenate([inputs, told])


def _ends(
    column: Column, conditional: Conditional, read: Floats, low: Floats, high: Floats, room: Floats
) -> tuple[Floats, Floats]:
    """Return the base values (n,) between which values lie from low to high (n,); inf: no bound.

    A bound at or past the outermost value is none.
    """
    step = column.output.step
    first, last = np.ceil(column.values[0] / step), np.floor(column.values[-1] / step)
    # What is written as 6.9 is no whole number of steps of .1.
    lowest = np.ceil(np.where(np.isnan(low), -np.inf, low) / step - ROUNDING)
    highest = np.floor(np.where(np.isnan(high), np.inf, high) / step + ROUNDING)
    starts = conditional.forward(column.encode(lowest * step, ROUNDING), read, room)
    ends = conditional.forward(column.encode(highest * step, 1 - ROUNDING), read, room)
    return np.where(lowest > first, starts, -np.inf), np.where(highest < last, ends, np.inf)
