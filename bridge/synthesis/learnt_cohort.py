"""Patients whose histories a fitted event model makes: charts as the care modules' ones have them.

The model says who has which codes when; vital signs are the population's, blood chemistry is the
flow's given the diagnoses so far. A test that no flow knows is an order without a result.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.chart import CodeableConcept, Patient
from bridge.histories.care.clients import WINDOW_DAYS, Clients
from bridge.histories.care.randomness import derived
from bridge.histories.events import CONDITION, DRUG, IMMUNIZATION, PROCEDURE, TEST
from bridge.identity import fingerprint
from bridge.synthesis.chart_batch import ChartBatch, numbers_of
from bridge.synthesis.cohort import BLOCK, GeneratedCohort, Request
from bridge.synthesis.learnt_charts import DONE, LearntCharts, meaning
from bridge.synthesis.population import DRAWS

SHIPPED: Final = "learnt"
"""What `--histories` calls the model that comes with bridge."""


class LearntCohort(GeneratedCohort):
    """The patients of a request for learnt histories, made block by block."""

    def __init__(self, request: Request, count: int) -> None:
        super().__init__(request, count)
        self._model = load_event_model(request.histories)
        self.inputs |= {"chart": "full", "histories": self._model.fingerprint[:12]}
        self.fingerprint = fingerprint(self.inputs | self._anywhere)
        self._block: tuple[int, list[Patient]] | None = None

    def part(self, place: int) -> Any:
        """Return the patients of one part; they are no columns."""
        numbers = numbers_of(place, self._blocks_at_once, BLOCK, self.count)
        return ChartBatch(list(self.patients(numbers)))

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend from 1."""
        for block, wanted in groupby(numbers, key=lambda number: (number - 1) // BLOCK):
            if self._block is None or self._block[0] != block:
                self._block = block, list(self._charts(block))
            for number in wanted:
                yield self._block[1][(number - 1) % BLOCK]

    def _charts(self, block: int) -> Iterator[Patient]:
        from bridge.histories.learnt.sampling import sample_histories

        stream = self._stream(block)
        draws = stream.random((BLOCK, DRAWS + 1))
        people = self._population.people(draws[:, :DRAWS])
        as_of = np.datetime64(self.request.as_of, "D")
        clients = Clients(
            country=self.request.population,
            as_of=as_of,
            keys=derived((draws[:, DRAWS] * 2.0**53).astype(np.uint64), self.fingerprint),
            sex=people.sex,
            birth=as_of - people.age_days,
            next_open=lambda day: day,
            open_until=lambda day, last: day,
        )
        table = sample_histories(
            self._model,
            sex=clients.sex,
            birth=clients.birth,
            begin=np.maximum(clients.birth, as_of - WINDOW_DAYS),
            end=np.full(BLOCK, as_of - 1),
            dead=np.zeros(BLOCK, dtype=bool),
            rng=stream,
        )
        charts = LearntCharts(
            table, clients, self.vitals, self._population.facility, self.fingerprint
        )
        return charts.patients(block * BLOCK + 1, people)


def load_event_model(name: str | None) -> Any:
    """Return the event model that comes with bridge, or that of a file."""
    from bridge.histories.learnt.checkpoint import load_checkpoint, shipped_model

    return shipped_model() if name in (None, SHIPPED) else load_checkpoint(Path(str(name)))


ROLES: Final = {
    CONDITION: ("diagnosis", "condition"),
    DRUG: ("drug",),
    TEST: ("test", "result"),
    PROCEDURE: ("answer",),
    IMMUNIZATION: ("vaccine",),
}
"""What a code of a type is used as in a chart, in the words of the mapping's vocabulary."""


def learnt_meanings(name: str) -> Iterator[tuple[str, CodeableConcept]]:
    """Yield every code that a model may bring, with what it is used as."""
    yield "finding", DONE
    for (kind, code), display in load_event_model(name).words.display.items():
        for role in ROLES.get(kind, ()):
            yield role, meaning(kind, code, display)
