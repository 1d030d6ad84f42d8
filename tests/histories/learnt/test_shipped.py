"""The model that comes with bridge: small, of nobody real, and possible."""

from importlib.resources import files

import numpy as np
import pytest

from bridge.histories.learnt.checkpoint import shipped_model
from bridge.histories.learnt.crowd import drawn
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.sampling import sample_records
from bridge.histories.learnt.writing import write
from bridge.quality.histories.impossible import impossible


@pytest.fixture(scope="module")
def model() -> EventModel:
    return shipped_model("us")


def test_it_is_small_and_says_whose_it_is(model: EventModel) -> None:
    """At most .7 MB; data that may be shown; nobody's code, and no group of few."""
    path = files("bridge.histories.learnt") / "shipped" / "us.npz"
    assert len(path.read_bytes()) <= 700_000
    assert "Synthea" in model.provenance["source"]
    assert model.provenance["licence"] == "Apache-2.0"
    assert model.provenance["least_people"] >= 5
    assert model.crowd.counts.min() >= 5


def test_what_it_makes_is_possible_and_plausible(model: EventModel) -> None:
    """By rules that are not its own; about as many visits as Synthea's patients have."""
    rng = np.random.default_rng(0)
    people = drawn(model.crowd, 300, rng)
    records = sample_records(model, people, rng)
    table = write(records, model.words, model.durations, rng)
    assert not [found for found in impossible(table) if found.events]
    visits = len(records.owner) / len(records)
    assert 11 < visits < 19  # 14.7 of those learnt from
    assert set(table.kind) >= {"visit", "condition", "drug", "test", "immunization", "procedure"}
