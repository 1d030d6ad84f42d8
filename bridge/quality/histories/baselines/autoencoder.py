"""The source's own recipe: an LSTM autoencoder of whole histories, drawn from its latent space.

As the project's second source describes it: a vocabulary, a sparse encoding (tokens by number), a
start and a terminal event, an LSTM encoder to a latent vector, an LSTM decoder from it to a softmax
with a temperature, optionally Word2Vec vectors to begin with. New histories are decoded from
latents of N(0, 1), though nothing in the fit asks the latents to be so; `latents="flow"` fits a
flow to them instead. Sex, death and the age at which the record begins are the first tokens: the
recipe makes people up, nobody can ask it for a girl of four.

What is not in the description is as the histories study had it: embedding 64, 128 wide, latent 48,
Adam, 30 epochs, batches of 32.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EventTable
from bridge.histories.learnt.gaps import Spans, spans_of
from bridge.histories.learnt.records import Given, Records
from bridge.histories.learnt.stream import RECORD, Stream
from bridge.quality.histories.baselines.language import Language, as_given, learn_language
from bridge.quality.histories.baselines.walk import FIRST_MOVE
from bridge.quality.histories.generator import MadeHistories

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

EPOCHS: Final = 30
FLOW_EPOCHS: Final = 60
LONGEST: Final = 400
"""Tokens after which a history is cut, in learning and in writing."""

AGE_CLASSES: Final = 60
OPENING: Final = 3
"""Tokens before the history: sex, death, age."""


class Tokens(NamedTuple):
    """The recipe's tokens: those of the stream, then the opening's, then the filling."""

    stream: int
    ages: Spans

    @property
    def filling(self) -> int:
        """Return the token behind the end."""
        return self.stream + 4 + len(self.ages)

    def opened(self, language: Language, records: Records) -> list[Ints]:
        """Return histories as token numbers, opened by sex, death and age; BOS is the start."""
        given = records.given
        age = self.ages.classes(given.begin - given.birth)
        opening = np.stack(
            [
                self.stream + given.male.astype(np.int64),
                self.stream + 2 + given.dead.astype(np.int64),
                self.stream + 4 + age,
            ],
            axis=1,
        )
        tokens = language.stream.tokens(records)
        return [
            np.concatenate([own[:1], first, own[1:]])[:LONGEST]
            for first, own in zip(opening, tokens, strict=True)
        ]


class Nets:
    """Fitted nets that the recipe's forms share: they differ only in where latents come from."""

    def __init__(self) -> None:
        self._fitted: dict[tuple[int, int, int, bool], Any] = {}

    def known(self, key: tuple[int, int, int, bool], fit: Callable[[], Any]) -> Any:
        """Return the net of a table, seed, epochs and start, fitted once."""
        if key not in self._fitted:
            self._fitted[key] = fit()
        return self._fitted[key]


@dataclass(frozen=True, slots=True)
class SequenceAutoencoder:
    """The recipe, as it stands or with a flow over its latents."""

    latents: Literal["normal", "flow"] = "normal"
    word2vec: bool = False
    temperature: float = 1.0
    epochs: int = EPOCHS
    flow_epochs: int = FLOW_EPOCHS
    nets: "Nets" = field(default_factory=lambda: Nets(), compare=False, repr=False)

    @property
    def name(self) -> str:
        """Say which of its forms it is."""
        start = ", Word2Vec start" if self.word2vec else ""
        heat = f", T {self.temperature:g}" if self.temperature != 1 else ""
        flow = ", flow" if self.latents == "flow" else ""
        return f"LSTM autoencoder (source){flow}{start}{heat}"

    @property
    def explained(self) -> str:
        """Say what it is."""
        drawn = "N(0, 1)" if self.latents == "normal" else "a flow fitted to the latents"
        return (
            "LSTM encoder (128), latent of 48, LSTM decoder, softmax with temperature "
            f"{self.temperature:g}, {self.epochs} epochs; latents drawn from {drawn}; it makes "
            "sex, age and death up"
        )

    def fit(self, train: EventTable, seed: int) -> "FittedAutoencoder":
        """Learn to write each history again from its latent; needs torch."""
        language, records = learn_language(train)
        given = records.given
        ages = spans_of(given.begin - given.birth, AGE_CLASSES)
        tokens = Tokens(len(language.stream), ages)
        sentences = tokens.opened(language, records)
        key = (id(train), seed, self.epochs, self.word2vec)
        net = self.nets.known(key, lambda: self._net(sentences, tokens.filling, seed))
        drawing = self._drawing(net, sentences, seed)
        return FittedAutoencoder(language, tokens, net, drawing, self.temperature)

    def _net(self, sentences: list[Ints], filling: int, seed: int) -> Any:
        from bridge.quality.histories.baselines.lstm import fit_autoencoder
        from bridge.quality.histories.baselines.vectors import word_vectors

        vectors = word_vectors(sentences, filling + 1) if self.word2vec else None
        return fit_autoencoder(sentences, filling, vectors=vectors, epochs=self.epochs, seed=seed)

    def _drawing(self, net: Any, sentences: list[Ints], seed: int) -> Any:
        from bridge.quality.histories.baselines.latents import NormalLatents, fit_flow
        from bridge.quality.histories.baselines.lstm import LATENT

        if self.latents == "normal":
            return NormalLatents(LATENT)
        return fit_flow(net.latents(sentences), seed, self.flow_epochs)


@dataclass(frozen=True, slots=True, eq=False)
class FittedAutoencoder:
    """A fitted net, and where its latents come from."""

    language: Language
    tokens: Tokens
    net: Any
    drawing: Any
    temperature: float

    def sample(self, given: Given, seed: int) -> MadeHistories:
        """Decode as many latents as people are given; of them it takes the records' days alone."""
        rng = np.random.default_rng(seed)
        latents = self.drawing.draw(len(given), seed)
        streams = self.net.decode(latents, LONGEST, self.temperature, rng)
        opened = [self._opening(stream, rng) for stream in streams]
        male, dead, age, missing = (np.array(part) for part in zip(*opened, strict=True))
        people = as_given(male.astype(np.bool_), dead.astype(np.bool_), age, given)
        histories = [self._history(stream) for stream in streams]
        grammar = self.language.stream
        read = grammar.read([mended(grammar, one) for one in histories], people, rng)
        total = max(1, sum(map(len, streams)))
        broken = grammar.read(histories, people, rng).broken * sum(map(len, histories))
        broken += missing.sum() + self._misplaced(streams)
        return MadeHistories(
            self.language.written(read.records, rng), float(min(1.0, broken / total))
        )

    def _opening(self, stream: Ints, rng: np.random.Generator) -> tuple[bool, bool, int, int]:
        """Return sex, death, and days of age out of an opening, and how many of them lacked.

        What lacks is drawn evenly, so that there is a person at all.
        """
        first = stream[1 : 1 + OPENING] - self.tokens.stream
        sex = first[(first >= 0) & (first < 2)]
        death = first[(first >= 2) & (first < 4)] - 2
        ages = self.tokens.ages
        age = first[(first >= 4) & (first < 4 + len(ages))] - 4
        missing = (len(sex) == 0) + (len(death) == 0) + (len(age) == 0)
        male = bool(sex[0]) if len(sex) else bool(rng.integers(2))
        dead = bool(death[0]) if len(death) else False
        chosen = age[:1] if len(age) else rng.integers(len(ages), size=1)
        days = ages.drawn(chosen, ages.most[-1:], rng.random(1))
        return male, dead, int(days[0]), missing

    def _history(self, stream: Ints) -> Ints:
        """Return the tokens of the history itself."""
        return stream[stream < self.tokens.stream]

    def _misplaced(self, streams: list[Ints]) -> int:
        """Count opening tokens that stand inside a history."""
        return sum(int((one[1 + OPENING :] >= self.tokens.stream).sum()) for one in streams)


def mended(stream: Stream, tokens: Ints) -> Ints:
    """Read what breaks the grammar as kindly as can be, so that the recipe is judged by the rest.

    A visit before the token that opens the record opens it; one without a gap is of the same day.
    """
    inside_moves = range(FIRST_MOVE, FIRST_MOVE + len(stream.moves.spans))
    last = FIRST_MOVE + stream.moves.last
    said: list[int] = []
    inside = False
    for token in tokens.tolist():
        visit = stream.first_kind < token < stream.first_code
        if not inside and (visit or token in inside_moves or token == last):
            if said and FIRST_MOVE <= said[-1] < stream.first_kind:
                said.pop()  # a gap from before the record, which leads to no history
            said.append(RECORD)
            inside = True
        inside |= token == RECORD
        if visit and not (said[-1] in inside_moves or said[-1] == last):
            said.append(FIRST_MOVE)
        said.append(token)
    return np.array(said, dtype=np.int64)
