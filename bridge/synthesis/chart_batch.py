"""Some patients of a cohort that are made one by one, as a part that files are written from."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bridge.chart import Patient


class ChartBatch:
    """Patients with whole charts that are no columns: FHIR can be written of them."""

    def __init__(self, patients: Sequence[Patient]) -> None:
        self._patients = patients

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self._patients)

    def patients(self) -> Iterator[Patient]:
        """Yield them."""
        return iter(self._patients)

    @property
    def resampled(self) -> NDArray[np.bool_]:
        """(n,) who was drawn again for an impossible value: nobody here is counted."""
        return np.zeros(len(self._patients), dtype=bool)


def numbers_of(place: int, blocks: int, block: int, count: int) -> range:
    """Return the numbers of the patients of a part of so many blocks."""
    first = place * blocks * block + 1
    return range(first, min(first + blocks * block, count + 1))
