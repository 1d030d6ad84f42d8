"""What every generator of histories that is compared has in common."""

from typing import NamedTuple, Protocol

from bridge.histories.events import EventTable
from bridge.histories.learnt.records import Given


class MadeHistories(NamedTuple):
    """Made histories, and the share of the tokens drawn that no history can have at their place.

    `broken` is None where the generator can draw none such.
    """

    table: EventTable
    broken: float | None


class FittedHistories(Protocol):
    """A generator that has learnt an event table."""

    def sample(self, given: Given, seed: int) -> MadeHistories:
        """Make one history for each of the given people.

        One that cannot be asked for given people takes their number and days of record, and makes
        sex, age and death up.
        """
        ...


class HistoryGenerator(Protocol):
    """A way to learn histories."""

    @property
    def name(self) -> str:
        """What a reader of the comparison calls it."""
        ...

    @property
    def explained(self) -> str:
        """What it is, in a sentence."""
        ...

    def fit(self, train: EventTable, seed: int) -> FittedHistories:
        """Learn; the same seed gives the same generator."""
        ...
