"""The LSTM encoder and decoder of the source's recipe, in torch."""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bridge.histories.learnt.stream import BOS, END

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

EMBEDDING: Final = 64
WIDTH: Final = 128
LATENT: Final = 48
BATCH: Final = 32
RATE: Final = 1e-3
LARGEST_GRADIENT: Final = 1.0


class Autoencoder(nn.Module):
    """Token numbers (n, length) to latents (n, LATENT), and back to logits of the next token."""

    def __init__(self, size: int, filling: int) -> None:
        super().__init__()
        self.filling = filling
        self.embedding = nn.Embedding(size, EMBEDDING, padding_idx=filling)
        self.encoder = nn.LSTM(EMBEDDING, WIDTH, batch_first=True)
        self.to_latent = nn.Linear(WIDTH, LATENT)
        self.from_latent = nn.Linear(LATENT, 2 * WIDTH)
        self.decoder = nn.LSTM(EMBEDDING, WIDTH, batch_first=True)
        self.out = nn.Linear(WIDTH, size)
        for lstm in (self.encoder, self.decoder):
            _begin_remembering(lstm)

    def encoded(self, tokens: Tensor) -> Tensor:
        """Return the latents of histories filled up at the end."""
        lengths = (tokens != self.filling).sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        _, (hidden, _) = self.encoder(packed)
        latents: Tensor = self.to_latent(hidden[-1])
        return latents

    def begun(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's first state.

        No tanh around it: with one all latents came to be the same within some epochs, at its end.
        """
        hidden, cell = self.from_latent(latents).chunk(2, dim=1)
        return hidden[None].contiguous(), cell[None].contiguous()

    def loss(self, tokens: Tensor) -> Tensor:
        """Return the mean cross-entropy of each next token, the true ones before it given."""
        said, _ = self.decoder(self.embedding(tokens[:, :-1]), self.begun(self.encoded(tokens)))
        known = tokens[:, 1:] != self.filling
        return nn.functional.cross_entropy(self.out(said[known]), tokens[:, 1:][known])

    def latents(self, sentences: list[Ints]) -> Floats:
        """Return the latents of histories, (n, LATENT)."""
        with torch.no_grad():
            found = [self.encoded(filled(some, self.filling)) for some in _in_turn(sentences)]
        return torch.cat(found).double().numpy()

    def decode(
        self, latents: Floats, longest: int, temperature: float, rng: np.random.Generator
    ) -> list[Ints]:
        """Write histories from latents, each until END or `longest` tokens."""
        state = self.begun(torch.from_numpy(latents).float())
        n = len(latents)
        said = np.full((n, longest), self.filling)
        said[:, 0] = BOS
        going = np.arange(n)
        for place in range(1, longest):
            token = torch.from_numpy(said[going, place - 1])
            with torch.no_grad():
                out, state = self.decoder(self.embedding(token)[:, None], state)
                chances = torch.softmax(self.out(out[:, 0]) / temperature, dim=1).numpy()
            chances[:, self.filling] = 0
            said[going, place] = _drawn(chances, rng)
            stay = said[going, place] != END
            going = going[stay]
            kept = torch.from_numpy(np.flatnonzero(stay))
            state = (state[0][:, kept].contiguous(), state[1][:, kept].contiguous())
            if not len(going):
                break
        return [row[row != self.filling] for row in said]


def fit_autoencoder(
    sentences: list[Ints], filling: int, *, vectors: Floats | None, epochs: int, seed: int
) -> Autoencoder:
    """Learn to write histories again; `vectors` (tokens, EMBEDDING) are the embedding's start."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # more add up in another order, and that gives other weights
    net = Autoencoder(filling + 1, filling)
    if vectors is not None:
        with torch.no_grad():
            net.embedding.weight.copy_(torch.from_numpy(vectors).float())
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        for some in _batches(sentences, rng):
            loss = net.loss(filled(some, filling))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), LARGEST_GRADIENT)
            optimizer.step()
    return net.eval()


def _begin_remembering(lstm: nn.LSTM) -> None:
    """Start as Keras does: gates that forget little, and recurrent weights that keep lengths.

    torch's start halves the cell at every token: of a history only its end would reach the latent.
    """
    with torch.no_grad():
        named = dict(lstm.named_parameters())
        named["bias_hh_l0"].zero_()
        named["bias_ih_l0"].zero_()
        named["bias_ih_l0"][WIDTH : 2 * WIDTH] = 1
        nn.init.xavier_uniform_(named["weight_ih_l0"])
        nn.init.orthogonal_(named["weight_hh_l0"])


def filled(sentences: list[Ints], filling: int) -> Tensor:
    """Return histories (n, longest) with the filling behind the shorter ones."""
    longest = max(map(len, sentences))
    rows = np.full((len(sentences), longest), filling)
    for row, own in zip(rows, sentences, strict=True):
        row[: len(own)] = own
    return torch.from_numpy(rows)


def _batches(sentences: list[Ints], rng: np.random.Generator) -> list[list[Ints]]:
    """Return batches of about one length, in an order of chance."""
    jitter = rng.uniform(0.8, 1.25, len(sentences))
    order = np.argsort(np.array([len(own) for own in sentences]) * jitter)
    batches = np.array_split(order, max(1, len(order) // BATCH))
    return [[sentences[k] for k in batches[b]] for b in rng.permutation(len(batches))]


def _in_turn(sentences: list[Ints]) -> list[list[Ints]]:
    return [sentences[k : k + 100] for k in range(0, len(sentences), 100)]


def _drawn(chances: NDArray[Any], rng: np.random.Generator) -> Ints:
    sums = np.cumsum(chances, axis=1)
    at = rng.random(len(sums))[:, None] * sums[:, -1:]
    found: Ints = np.minimum((sums <= at).sum(axis=1), chances.shape[1] - 1)
    return found
