"""Event histories as columns: who, when, what. What the event model learns from and makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

VISIT, CONDITION, DRUG, TEST, PROCEDURE, IMMUNIZATION = (
    "visit",
    "condition",
    "drug",
    "test",
    "procedure",
    "immunization",
)
EVENT_TYPES = (VISIT, CONDITION, DRUG, TEST, PROCEDURE, IMMUNIZATION)
"""The types of an event: a visit's code is what kind of visit it is; a test may have a value."""

BEFORE = -1
"""Stands for the visit of what was before the record began: history, with a time of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventTable:
    """The histories of n people, with m events ordered by person, then time.

    A record is what one source knows of a person, from `begin` to `end`; it is not a whole life.
    """

    person: NDArray[np.object_]
    """(n,) how the source calls each person."""
    sex: NDArray[np.str_]
    """(n,) F or M."""
    birth: NDArray[np.datetime64]
    """(n,) days."""
    death: NDArray[np.datetime64]
    """(n,) days, NaT of the living."""
    begin: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    """(n,) days: of which span the record is."""
    owner: NDArray[np.int64]
    """(m,) which person (row) an event is of."""
    visit: NDArray[np.int64]
    """(m,) the visit it belongs to, numbered from 0 within a person in order of time, or BEFORE."""
    time: NDArray[np.datetime64]
    """(m,) seconds, local."""
    stop: NDArray[np.datetime64]
    """(m,) seconds; NaT where it goes on, or has no length."""
    kind: NDArray[np.object_]
    """(m,) one of EVENT_TYPES."""
    code: NDArray[np.object_]
    """(m,) words or codes of the source."""
    value: NDArray[np.float64]
    """(m,) NaN where there is none."""
    unit: NDArray[np.object_]
    """(m,) empty where there is none."""
    display: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What a code of a type is called, for people."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many rows of the source are not here, by reason."""

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.person)
