"""The vital signs of a body at rest, or as ill as people come, at the visits of a story."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bridge.chart import MEASUREMENTS
from bridge.flows.columns import Floats
from bridge.flows.normals import normals
from bridge.histories.care.clients import Clients
from bridge.histories.care.randomness import Keys, derived, uniforms
from bridge.patient_arrays import Dates, Whole
from bridge.synthesis.vitals import Visits, Vitals

DAYS_IN_MONTH = 365.25 / 12


class CareVitals:
    """Makes vital signs for visits that are ordered by person and day."""

    def __init__(self, vitals: Vitals, clients: Clients) -> None:
        """Make them by `vitals`, for some people."""
        self._vitals = vitals
        self._clients = clients
        self.resampled = np.zeros(len(clients), dtype=bool)
        """(n,) who had an impossible value and was drawn again."""

    def __call__(self, person: Whole, day: Dates, triage: Whole) -> Mapping[str, Floats]:
        """Return values (v,) by measurement of visits, in the order given."""
        count = np.bincount(person, minlength=len(self._clients))
        place = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
        shape = len(self._clients), max(int(count.max(initial=1)), 1)
        months, levels = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        ages = (day - self._clients.birth[person]).astype(np.int64) / DAYS_IN_MONTH
        months[person, place] = ages
        np.maximum.accumulate(months, axis=1, out=months)
        levels[person, place] = triage
        visits = Visits(count=count, sex=self._clients.sex, months=months, triage=levels)
        values, resampled = self._vitals.measure(visits, _Normals(self._clients.keys))
        self.resampled |= resampled
        of = values[person, place]
        return {name: of[:, k] for k, name in enumerate(MEASUREMENTS)}


class _Normals:
    """N(0, 1) numbers by person and visit: the same however many visits others have."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._attempt = 0

    def __call__(self, people: NDArray[np.bool_], shape: tuple[int, ...]) -> Floats:
        self._attempt += 1
        keys = derived(self._keys[people], f"vitals {self._attempt}")
        size = int(np.prod(shape))
        each = np.arange(size, dtype=np.int64)
        cells = derived(np.repeat(keys, size), "cell", np.tile(each, len(keys)))
        drawn = uniforms(cells, "number").reshape(len(keys), *shape)
        return normals(np.clip(drawn, 1e-12, 1 - 1e-12))
