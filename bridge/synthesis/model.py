"""A fitted model of vital signs: base values and people in, measurements out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from bridge.synthesis.columns import Column, Floats
from bridge.synthesis.context import Context, features
from bridge.synthesis.flow import Conditional, room_for

ROWS_AT_ONCE: Final = 1024
"""People per pass of the nets: their hidden layers then stay in the processor's cache."""

NOTHING_GIVEN: Final[Mapping[str, Floats]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """The columns and conditional transforms of a triangular flow, in its order.

    `fingerprint` is the SHA-256 of the checkpoint: part of every generated patient's identity.
    """

    columns: tuple[Column, ...]
    conditionals: tuple[Conditional, ...]
    provenance: Mapping[str, Any]
    fingerprint: str

    @property
    def measurements(self) -> tuple[str, ...]:
        """The names of the measurements, in the order of the coordinates."""
        return tuple(column.scale.name for column in self.columns)

    def values(
        self, z: Floats, context: Context, given: Mapping[str, Floats] = NOTHING_GIVEN
    ) -> Floats:
        """Return the measurements (n, D) of n people from base values z (n, D) ~ N(0, 1).

        Values lie on each instrument's grid, in the unit the name says, within the range of the
        training data; NaN where the survey does not measure at that age. `given` holds values
        (n,) of the first measurements, which are kept and which the others follow.
        """
        if tuple(given) != self.measurements[: len(given)]:
            raise ValueError(f"given must be the first of {self.measurements}, not {tuple(given)}")
        room = room_for(self.conditionals, min(len(z), ROWS_AT_ONCE))
        blocks = [
            self._block(z[rows], context[rows], {name: v[rows] for name, v in given.items()}, room)
            for rows in (slice(i, i + ROWS_AT_ONCE) for i in range(0, len(z), ROWS_AT_ONCE))
        ]
        return np.concatenate(blocks) if blocks else np.empty((0, len(self.columns)))

    def _block(
        self, z: Floats, context: Context, given: Mapping[str, Floats], room: Floats
    ) -> Floats:
        inputs = features(context)
        values = np.empty(z.shape)
        for k, (column, conditional) in enumerate(
            zip(self.columns, self.conditionals, strict=True)
        ):
            if (known := given.get(column.scale.name)) is not None:
                values[:, k] = known
                scores = column.encode(known)
                base = conditional.forward(scores, inputs, room)
            else:
                base = z[:, k]
                # Past the last knot is no value: later nets must not be told of one.
                scores = conditional.inverse(base, inputs, room).clip(*column.scores[[0, -1]])
                values[:, k] = column.decode(scores)
                values[context.age_months < column.scale.from_months, k] = np.nan
            inputs = np.concatenate([inputs, column.passed_on(base, scores)])
        return values
