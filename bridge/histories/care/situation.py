"""Of which visits something holds that a module says of some patients only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.histories.care.model import Span, When

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64] | Flags

ANYBODY = When()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Situation:
    """What is known of m visits, or of m people on some day."""

    country: str
    months: Floats
    sex: NDArray[np.str_]
    pregnant: Flags
    weeks: Floats
    """Of pregnancy; NaN where there is none."""
    step: NDArray[np.int64]
    allergic: Mapping[str, Flags] = field(default_factory=dict)
    has: Mapping[str, Flags] = field(default_factory=dict)
    """By chronic module, who is in it."""
    measured: Mapping[str, Floats] = field(default_factory=dict)
    results: Mapping[str, Floats] = field(default_factory=dict)
    answers: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many."""
        return len(self.months)

    def some(self, rows: Rows) -> "Situation":
        """Return some of them."""
        return replace(
            self,
            months=self.months[rows],
            sex=self.sex[rows],
            pregnant=self.pregnant[rows],
            weeks=self.weeks[rows],
            step=self.step[rows],
            allergic={key: flags[rows] for key, flags in self.allergic.items()},
            has={key: flags[rows] for key, flags in self.has.items()},
            measured={key: values[rows] for key, values in self.measured.items()},
            results={key: values[rows] for key, values in self.results.items()},
            answers={key: values[rows] for key, values in self.answers.items()},
        )

    def where(self, when: When) -> Flags:
        """Tell of which all holds that `when` says."""
        held = np.ones(len(self), dtype=bool)
        if when == ANYBODY:
            return held
        held &= self._who(when)
        for name, span in when.measured.items():
            held &= _within(self.measured[name], span)
        for test, span in when.results.items():
            held &= _within(self._of(self.results, test, np.nan), span)
        for test, answers in when.answers.items():
            held &= np.isin(self._of(self.answers, test, "").astype(str), answers)
        return held

    def _who(self, when: When) -> Flags:
        held = np.ones(len(self), dtype=bool)
        if when.months:
            held &= _within(self.months, when.months)
        if when.years:
            held &= _within(self.months / 12, when.years)
        if when.sex:
            held &= self.sex == when.sex
        if when.kg:
            held &= _within(self._weight(), when.kg)
        if when.pregnant is not None:
            held &= self.pregnant == when.pregnant
        if when.weeks:
            held &= _within(self.weeks, when.weeks)
        if when.step:
            held &= _within(self.step, when.step)
        if when.countries and self.country not in when.countries:
            held[:] = False
        return held & self._of_others(when)

    def _weight(self) -> Floats:
        """Return weights in kg; before anything is measured, one by age: 2 (years + 4), APLS's."""
        known = self.measured.get("weight_kg")
        return np.minimum(2 * (self.months / 12 + 4), 60.0) if known is None else known

    def _of_others(self, when: When) -> Flags:
        held = np.ones(len(self), dtype=bool)
        if when.allergic:
            held &= self._flags(self.allergic, (when.allergic,))
        if when.not_allergic:
            held &= ~self._flags(self.allergic, (when.not_allergic,))
        if when.has:
            held &= self._flags(self.has, when.has)
        if when.has_not:
            held &= ~self._flags(self.has, when.has_not)
        return held

    def _flags(self, known: Mapping[str, Flags], names: tuple[str, ...]) -> Flags:
        found = np.zeros(len(self), dtype=bool)
        for name in names:
            found |= known.get(name, False)
        return found

    def _of(
        self, known: Mapping[str, NDArray[np.generic]], test: str, none: float | str
    ) -> NDArray[np.generic]:
        return known.get(test, np.full(len(self), none, dtype=object if none == "" else float))


def _within(values: NDArray[np.generic], span: Span) -> Flags:
    held: Flags = (values >= span[0]) & (values < span[1])  # type: ignore[operator]
    return held
