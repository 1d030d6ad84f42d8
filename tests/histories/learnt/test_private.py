"""Each person's gradient is their own, and every look at the data is in the budget."""

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.learnt.batches import Batches
from bridge.histories.learnt.masks import masks_of, own_rules
from bridge.histories.learnt.moves import moves_of
from bridge.histories.learnt.private import learn_privately, looks_of, noisy_words
from bridge.histories.learnt.records import encode
from bridge.histories.learnt.vocabulary import vocabulary_of
from tests.histories.learnt.toy import clinic

torch = pytest.importorskip("torch", reason="the train extra is not installed")
pytest.importorskip("opacus", reason="the train extra is not installed")

SMALL = {"embedding": 6, "remembered": 4, "hidden": 8}


@pytest.mark.parametrize("rank", [0, 3])
@pytest.mark.filterwarnings("ignore")  # opacus and torch warn of their own hooks
def test_gradients_are_those_of_each_person_alone(rank: int) -> None:
    """Wrong ones come without any error (histories study, section 8), and so is the noise."""
    from bridge.histories.learnt.net import Net, Shape, Told
    from bridge.histories.learnt.private_fitting import nats_a_step, private_net, torch_names

    table = clinic(12)
    words = vocabulary_of(table, least=2)
    records = encode(table, words)
    masks = masks_of(words, own_rules())
    batches = Batches(records, moves_of(records), masks)
    shape = Shape(
        kinds=len(words.kinds), codes=len(words.codes), moves=len(batches.moves), **SMALL, rank=rank
    )
    torch.manual_seed(0)
    net, wrapped = private_net(shape)
    for parameter in net.parameters():
        parameter.data.normal_(0, 0.2)
    people = np.arange(6)
    nats_a_step(wrapped, Told(batches.take(people))).sum().backward()
    plain = Net(shape, dropout=0.0)
    plain.load_state_dict(torch_names(net))
    own = dict(net.named_parameters())
    gru = {"ih_l0": "gru.l0.ih", "hh_l0": "gru.l0.hh"}  # opacus names the parts otherwise
    for k in people.tolist():
        plain.zero_grad()
        nats_a_step(plain, Told(batches.take([k]))).sum().backward()
        for name, parameter in plain.named_parameters():
            what, _, part = name.removeprefix("gru.").partition("_")
            together = own[name if name in own else f"{gru[part]}.{what}"]
            assert torch.allclose(together.grad_sample[k], parameter.grad, atol=1e-5), name


def test_the_looks_keep_to_the_budget() -> None:
    """Together under the epsilon; a smaller one takes more noise; few people are refused."""
    looks, spent = looks_of(1000, 3.0, 1e-5)
    assert [look.name for look in looks] == ["codes", "groups of people", "weights"]
    assert 2.5 < spent <= 3.0
    tight, _ = looks_of(1000, 1.0, 1e-5)
    assert all(a.noise > b.noise for a, b in zip(tight, looks, strict=True))
    with pytest.raises(InputError, match="too few"):
        looks_of(300, 3.0, 1e-5)
    with pytest.raises(InputError, match="delta"):
        looks_of(1000, 3.0, 0.01)


def test_a_code_of_few_does_not_pass_the_noise() -> None:
    """Nor is any code certain to, that is not of many."""
    table = clinic(400)
    table.code[np.flatnonzero(table.code == "malaria")[:1]] = "kuru"
    words, counts = noisy_words(table, 1.0, 1e-5, np.random.default_rng(0))
    assert ("condition", "kuru") in counts
    assert ("condition", "kuru") not in words.codes
    assert ("condition", "malaria") in words.codes


@pytest.mark.filterwarnings("ignore")
def test_a_private_fit_makes_a_model_that_makes_histories() -> None:
    """Its looks are in its provenance, and no seed."""
    from bridge.histories.learnt.checkpoint import pack, parse_checkpoint
    from bridge.histories.learnt.crowd import drawn
    from bridge.histories.learnt.sampling import sample_records

    private = learn_privately(clinic(520), 8.0, 1e-5, seed=3, epochs=0.1)
    model = parse_checkpoint(pack(private.model), place="own.npz")
    rng = np.random.default_rng(0)
    records = sample_records(model, drawn(model.crowd, 50, rng), rng)
    assert len(records) == 50
    assert model.provenance["seed"] is None
    assert set(model.provenance["privacy"]["looks"]) == {look.name for look in private.looks}
