"""A cohort whose last patients are rare and ugly on purpose."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bridge.chart import Patient
from bridge.synthesis.care_cohort import CareCohort, figures_of
from bridge.synthesis.chart_batch import ChartBatch, numbers_of
from bridge.synthesis.cohort import BLOCK
from bridge.synthesis.stress import Day, stressed


class StressCohort(CareCohort):
    """The patients of a request; the last `request.stress` of them are for testers."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend from 1."""
        plain = self.count - self.request.stress
        for number in numbers:
            if number > plain:
                yield self._ugly[number - plain - 1]
            else:
                yield from super().patients([number])

    def part(self, place: int) -> Any:
        """Return the patients of one part; they are no columns."""
        numbers = numbers_of(place, self._blocks_at_once, BLOCK, self.count)
        return ChartBatch(list(self.patients(numbers)))

    @cached_property
    def _ugly(self) -> tuple[Patient, ...]:
        plain = self.count - self.request.stress
        zone = ZoneInfo(self._population.facility.time_zone)
        day = Day(self.request.as_of, zone, figures_of(self.request.population))
        made = list(super().patients(range(plain + 1, self.count + 1)))
        return tuple(stressed(made, day))
