"""Days between visits as classes: spans of whole days, equally often, drawn evenly in the log.

A number of days that is common by itself (a week, a year) is a class of its own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

BINS: Final = 56
"""Spans between visits in a record; fewer than 48 blur (histories study, section 6)."""

EARLIER_BINS: Final = 40
"""Spans between what is known from before a record."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """Classes of days: class k is `least[k]` to `most[k]` days, both included, in order."""

    least: Ints
    most: Ints

    def __len__(self) -> int:
        return len(self.least)

    def classes(self, days: Ints) -> Ints:
        """Return the class of each number of days."""
        place = np.searchsorted(self.least, days, side="right") - 1
        return np.clip(place, 0, len(self) - 1)

    def drawn(self, classes: Ints, left: Ints, u: NDArray[np.float64]) -> Ints:
        """Draw days of each class, of at most `left`; `u` is even in 0 to 1."""
        least = self.least[classes]
        most = np.maximum(least, np.minimum(self.most[classes], left))
        ratio = np.log((most + 1.0) / np.maximum(least, 1))
        days = np.floor(np.maximum(least, 1) * np.exp(u * ratio)).astype(np.int64)
        return np.where(most == 0, 0, np.clip(days, least, most))


def spans_of(days: Ints, bins: int) -> Spans:
    """Return classes of about equal numbers of the days; same day is one of its own."""
    values, counts = np.unique(days[days > 0], return_counts=True)
    if not len(values):
        values, counts = np.array([1]), np.array([1])
    starts, filled, each = [int(values[0])], 0, counts.sum() / max(bins - 1, 1)
    for k in range(1, len(values)):
        filled += int(counts[k - 1])
        own = counts[k] >= each * 0.7 or (counts[k - 1] >= each * 0.7)
        if filled >= each or own:
            starts.append(int(values[k]))
            filled = 0
    return spans_from(np.array(starts, dtype=np.int64), int(values[-1]))


def spans_from(starts: Ints, last: int) -> Spans:
    """Return the classes that begin at some days; public ones need no look at data."""
    first = np.concatenate([[0], np.maximum.accumulate(np.maximum(starts, 1))])
    first[1] = 1
    first = np.unique(first)
    most = np.concatenate([first[1:] - 1, [max(last, int(first[-1]))]])
    return Spans(least=first, most=most)
