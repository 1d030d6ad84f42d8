"""Generators of histories to compare with: what each learns of a rule that is known."""

from typing import Any

import numpy as np
import pytest

from bridge.histories.events import EventTable
from bridge.histories.learnt.records import given_of
from bridge.quality.histories.baselines.autoencoder import Nets, SequenceAutoencoder, mended
from bridge.quality.histories.baselines.gru import Sequences, StreamGru
from bridge.quality.histories.baselines.language import learn_language
from bridge.quality.histories.baselines.latents import fit_flow
from bridge.quality.histories.baselines.lstm import fit_autoencoder
from bridge.quality.histories.baselines.markov import MarkovChain
from bridge.quality.histories.baselines.vectors import word_vectors
from bridge.quality.histories.baselines.walk import Walk, chosen, moves_within
from bridge.quality.histories.frequencies import frequencies, identity_r2
from bridge.quality.histories.impossible import impossible
from bridge.quality.histories.records import records_of
from bridge.quality.histories.words import words_of
from tests.histories.learnt.toy import clinic


@pytest.fixture(scope="module")
def train() -> EventTable:
    """People whose events follow rules: malaria brings its drug, only women are pregnant."""
    return clinic(60, 1)


QUICK: list[Any] = [
    MarkovChain(),
    SequenceAutoencoder(epochs=1),
    SequenceAutoencoder(epochs=1, flow_epochs=1, latents="flow", word2vec=True),
    StreamGru(epochs=1),
]


@pytest.mark.parametrize("generator", QUICK, ids=lambda one: one.name)
def test_each_makes_as_many_as_are_asked_for(generator: Any, train: EventTable) -> None:
    """By the seed, and of the days of record that are given."""
    given = given_of(train).rows(np.arange(20))
    fitted = generator.fit(train, 0)
    one, again, other = (fitted.sample(given, seed) for seed in (1, 1, 2))
    assert len(one.table) == 20
    assert one.table.code.tolist() == again.table.code.tolist()
    assert one.table.code.tolist() != other.table.code.tolist()
    assert (one.table.end == train.end[:20]).all()
    assert generator.explained


def test_a_chain_learns_what_follows_what() -> None:
    """As frequent as in people, with sexes as given and nothing impossible."""
    train = clinic(400, 1)
    made = MarkovChain().fit(train, 0).sample(given_of(train), 3).table
    assert (made.sex == train.sex).all()
    assert [one.what for one in impossible(made) if one.events] == []
    words = words_of([train, made])
    shares = [frequencies(records_of(t, words)).prevalence for t in (train, made)]
    assert identity_r2(*shares)[0] > 0.8


def test_without_masks_a_chain_forgets_the_sex() -> None:
    """Which is what masks are for."""
    train = clinic(400, 1)
    made = MarkovChain(masked=False).fit(train, 0).sample(given_of(train), 3).table
    (wrong, *_) = impossible(made)
    assert wrong.events > 0


def test_the_truth_may_always_follow(train: EventTable) -> None:
    """No token of a real history is one that grammar or time forbids."""
    language, records = learn_language(train)
    tokens, told, can, known = Sequences(language, records).batch(np.arange(30))
    allowed = np.take_along_axis(can, tokens[:, 1:, None], axis=2)[:, :, 0]
    assert allowed[known].all()
    assert told.shape[:2] == known.shape
    assert 0 < can[known].mean() < 0.9


def test_a_walk_along_a_real_history_is_that_history(train: EventTable) -> None:
    """Token by token: the same kinds and codes, on days of the same classes."""
    language, records = learn_language(train)
    tokens = language.stream.tokens(records)
    walk = Walk(language, records.given, masked=False)
    place = 1
    while len(walk.going):
        some = walk.going
        walk.go(np.array([tokens[k][place] for k in some]), np.full(len(some), 0.5))
        place += 1
    walked = walk.records()
    assert walked.kind.tolist() == records.kind.tolist()
    assert walked.code.tolist() == records.code.tolist()
    assert walked.first.tolist() == records.first.tolist()
    assert np.median(np.abs(walked.day - records.day)) < 30


def test_no_gap_leads_beyond_the_end(train: EventTable) -> None:
    """Neither of the living nor of the dead, inside nor before."""
    language, _ = learn_language(train)
    moves = language.stream.moves
    left = np.array([0, 3, 40, 400])
    for inside in (True, False):
        for dead in (True, False):
            n = len(left)
            can = moves_within(moves, np.full(n, inside), left, np.full(n, dead))
            for k, of in enumerate(left.tolist()):
                moved = np.flatnonzero(can[k])
                days = moves.days(
                    moved, np.full(len(moved), of), np.full(len(moved), dead), np.ones(len(moved))
                )
                assert (days <= of).all()


def test_choices_follow_their_weights() -> None:
    """And what has none is never chosen."""
    rng = np.random.default_rng(0)
    found = chosen(np.tile([0.0, 1.0, 0.0, 3.0], (4_000, 1)), rng)
    assert np.bincount(found, minlength=4)[[0, 2]].tolist() == [0, 0]
    assert np.mean(found == 3) == pytest.approx(0.75, abs=0.03)


def test_an_autoencoder_writes_again_what_it_read() -> None:
    """Three histories by heart, each from its own latent."""
    sentences = [np.array([0, *[3 + k] * (4 + k), 4 + k, 2]) for k in (0, 2, 4)]
    net = fit_autoencoder(sentences, 20, vectors=None, epochs=120, seed=0)
    latents = net.latents(sentences)
    said = net.decode(latents, 20, 0.05, np.random.default_rng(0))
    assert [one.tolist() for one in said] == [one.tolist() for one in sentences]


def test_the_recipe_breaks_the_grammar_and_says_so(train: EventTable) -> None:
    """Latents of N(0, 1) after an epoch: much is nonsense, and counted."""
    made = SequenceAutoencoder(epochs=1).fit(train, 0).sample(given_of(train), 0)
    assert made.broken is not None
    assert 0.05 < made.broken <= 1


def test_what_is_broken_is_read_kindly(train: EventTable) -> None:
    """A record that nothing opened is opened by its first visit; what is whole stays as it is."""
    language, records = learn_language(train)
    stream = language.stream
    for own in stream.tokens(records):
        assert mended(stream, own).tolist() == own.tolist()
    visit, code = stream.first_kind + 1, stream.first_code
    said = mended(stream, np.array([0, visit, code, 5, visit, 2]))
    assert said.tolist() == [0, 1, 3, visit, code, 5, visit, 2]


def test_the_recipes_forms_share_a_net(train: EventTable) -> None:
    """It is fitted once: they differ only in where the latents come from."""
    nets = Nets()
    one = SequenceAutoencoder(epochs=1, nets=nets).fit(train, 0)
    other = SequenceAutoencoder(epochs=1, nets=nets, latents="flow", flow_epochs=1).fit(train, 0)
    assert one.net is other.net
    assert SequenceAutoencoder(epochs=1, nets=nets).fit(train, 1).net is not one.net


def test_a_flow_draws_latents_as_they_lie() -> None:
    """On a bent line, which no Gaussian follows."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, 400)
    bent = np.stack([x, x**2 / 4 + rng.normal(0, 0.05, 400)], axis=1)
    drawn = fit_flow(bent, 0, epochs=25).draw(400, 1)
    off = np.abs(drawn[:, 1] - drawn[:, 0] ** 2 / 4)
    assert np.median(off) < 0.3
    assert drawn[:, 0].std() == pytest.approx(2, rel=0.2)


def test_tokens_that_are_used_alike_have_vectors_alike() -> None:
    """Sentences are of one of twelve subjects, with three words each."""
    rng = np.random.default_rng(0)
    sentences = [3 * k + rng.integers(0, 3, 8) for k in range(12) for _ in range(30)]
    vectors = word_vectors(sentences, 40, width=12)
    one, other, far = (v / np.linalg.norm(v) for v in vectors[[3, 4, 6]])
    assert one @ other > 0.9 > 0.3 > abs(one @ far)
    assert not vectors[39].any()
