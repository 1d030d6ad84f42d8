"""A fit learns what is there, and the sampler makes what the net says."""

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.learnt.batches import Batches
from bridge.histories.learnt.calibrating import calibrated
from bridge.histories.learnt.features import SINCE_CLASSES
from bridge.histories.learnt.learning import dense, learn, material_of
from bridge.histories.learnt.records import FIRST_KIND, Records
from bridge.histories.learnt.sampling import sample_records
from bridge.histories.learnt.walking import Memory, gru_step, two_layers
from tests.histories.learnt.drawn import drawn_model, material
from tests.histories.learnt.toy import clinic

torch = pytest.importorskip("torch", reason="the train extra is not installed")


def share(records: Records, word: int) -> float:
    """Return the share of people who have a code."""
    step = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    return len(np.unique(records.owner[step[records.code == word]])) / len(records)


def test_few_people_are_refused_with_the_reason() -> None:
    """A model of few repeats them."""
    with pytest.raises(InputError, match="500 are the fewest"):
        material_of(clinic(60))


def test_the_sampler_walks_as_the_net_was_fitted() -> None:
    """Step by step: memory, state, and the logits of moves, kinds and codes are torch's own."""
    from bridge.histories.learnt.net import Net, Shape, Told

    table = clinic(30)
    of = material(table)
    kinds = len(of.words.kinds)
    batches = Batches(of.records, of.moves, of.masks)
    torch.manual_seed(0)
    net = Net(Shape(kinds=kinds, codes=len(of.words.codes), moves=len(of.moves))).eval()
    for parameter in net.parameters():
        parameter.data.normal_(0, 0.1)
    weights = dense({name: one.numpy() for name, one in net.state_dict().items()})
    people = np.flatnonzero(batches.steps >= 8)[:5]
    batch = batches.take(people)
    told = Told(batch)
    with torch.no_grad():
        remembered = torch.tanh(net.remember(told.memory))
        inputs = net.kind_in(told.kind) + net.codes_in(told.codes)
        states, _ = net.gru(torch.cat([inputs, told.numbers, remembered], -1))
        kind_logits, code_logits = net._then(told, states)
    memory, state = Memory(len(people), weights), np.zeros((len(people), 128), np.float32)
    for t in range(7):
        own = weights["kind_in.weight"][batch.kind[:, t]]
        own = own + batch.codes[:, t] @ weights["codes_in.weight"].T
        told_now = np.concatenate([own, batch.numbers[:, t], memory.remembered()], 1)
        state = gru_step(weights, told_now, state)
        assert memory.remembered() == pytest.approx(remembered[:, t].numpy(), abs=1e-4)
        assert state == pytest.approx(states[:, t].numpy(), abs=1e-4)
        at = batches.first[people] + t
        day, then = batches.trail.day[at], batches.trail.day[at + 1]
        memory.pass_days(then - day)
        logits = np.concatenate([state, memory.remembered(), batch.then_numbers[:, t]], 1)
        hazards = weights["since.weight"].reshape(-1)[batch.then_since[:, t]]
        hazards = hazards + weights["age.weight"][batch.then_age[:, t]]
        mine = two_layers(weights, "kind", logits) + hazards[:, :kinds]
        assert mine == pytest.approx(kind_logits[:, t].numpy(), abs=1e-3)
        visit = batch.has_kind[:, t]
        given = np.where(visit, batch.then_kind[:, t] + FIRST_KIND, FIRST_KIND - 1)
        logits = np.concatenate([logits, weights["kind_in.weight"][given]], 1)
        mine = two_layers(weights, "code", logits) + weights["code_kind.weight"][given]
        mine = mine + hazards[:, kinds:] + batch.then_codes[:, t] @ weights["lower"].T
        assert mine == pytest.approx(code_logits[:, t].numpy(), abs=1e-3)
        rows, codes = np.nonzero(batch.then_codes[:, t])
        who = np.concatenate([np.flatnonzero(visit), rows])
        words = np.concatenate([given[visit] - FIRST_KIND, codes + kinds])
        order = np.argsort(who, kind="stable")
        memory.happen(who[order], words[order], then[who[order]])


def test_a_fit_learns_what_goes_together() -> None:
    """Malaria brings its drug, only check-ups lack both; how often is as it was."""
    from bridge.histories.learnt.fitting import Settings

    table = clinic(120, seed=4)
    of = material(table)
    settings = Settings(epochs=5, batch=4, rate=3e-2, dropout=0.0)
    widths = {"hidden": 16, "embedding": 8, "remembered": 8}
    learnt = learn(table, of, seed=1, settings=settings, widths=widths, rounds=2)
    assert learnt.epochs[-1].select < learnt.epochs[0].select
    made = sample_records(learnt.model, of.records.given, np.random.default_rng(0))
    malaria, drug = (of.words.codes.index(t) for t in (("condition", "malaria"), ("drug", "al")))
    step = np.repeat(np.arange(len(made.owner)), np.diff(made.first))
    ill, given_drug = set(step[made.code == malaria]), set(step[made.code == drug])
    assert len(ill & given_drug) > 0.45 * len(ill | given_drug)  # by chance .18
    checkup = of.words.kinds.index("checkup") + FIRST_KIND
    assert sum(made.kind[k] == checkup for k in ill) < 0.35 * len(ill)
    assert 0.8 < len(made.owner) / len(of.records.owner) < 1.25
    assert learnt.model.provenance["people"] == 120


def test_a_model_is_moved_to_how_often_things_are() -> None:
    """Even a net that knows nothing; a word that never repeats stays so."""
    table = clinic(100)
    of, model = material(table), drawn_model(table)
    before = sample_records(model, of.records.given, np.random.default_rng(0))
    moved = calibrated(model, of.records, np.random.default_rng(0), rounds=6, people=300)
    after = sample_records(moved, of.records.given, np.random.default_rng(0))

    def off(records: Records) -> float:
        words = range(len(of.words.codes))
        return sum(abs(share(records, word) - share(of.records, word)) for word in words)

    assert off(after) < 0.7 * off(before)
    assert moved.weights["since.weight"].shape == ((8 * SINCE_CLASSES), 1)
