"""bridge's own event model as one of the generators that are compared."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.histories.events import EventTable
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.records import Given
from bridge.quality.histories.generator import MadeHistories

EPOCHS: Final = 22


@dataclass(frozen=True, slots=True)
class VisitsNet:
    """A net over visits, as `bridge train --kind histories` fits it."""

    epochs: int = EPOCHS
    name: str = "bridge (net over visits)"

    @property
    def explained(self) -> str:
        """Say what it is."""
        return (
            "one GRU over visits: each step draws the gap or the end, the kind of visit, then the "
            "codes one after the other; with a memory of what has been and how long ago, masks by "
            f"rule, and moved to the counts learnt; at most {self.epochs} epochs"
        )

    def fit(self, train: EventTable, seed: int) -> "FittedVisits":
        """Learn; needs torch. Raises InputError for fewer people than bridge learns from."""
        from bridge.histories.learnt.fitting import Settings
        from bridge.histories.learnt.learning import learn, material_of

        settings = Settings(epochs=self.epochs)
        return FittedVisits(learn(train, material_of(train), seed=seed, settings=settings).model)


@dataclass(frozen=True, slots=True, eq=False)
class FittedVisits:
    """A model, fitted here or read from a file."""

    model: EventModel

    def sample(self, given: Given, seed: int) -> MadeHistories:
        """Make histories in plain NumPy."""
        from bridge.histories.learnt.sampling import sample_records
        from bridge.histories.learnt.writing import write

        rng = np.random.default_rng(seed)
        records = sample_records(self.model, given, rng)
        return MadeHistories(write(records, self.model.words, self.model.durations, rng), None)
