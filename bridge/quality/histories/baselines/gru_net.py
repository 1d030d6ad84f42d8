"""The GRU on the stream, in torch."""

import copy
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bridge.histories.learnt.features import NUMBERS

if TYPE_CHECKING:
    from bridge.quality.histories.baselines.gru import Sequences

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

EMBEDDING: Final = 64
TOLD: Final = 48
WIDTH: Final = 128
DROPOUT: Final = 0.2
BATCH: Final = 16
RATE: Final = 4e-3
DECAY: Final = 0.05
AVERAGE: Final = 0.995
PATIENCE: Final = 5
LARGEST_GRADIENT: Final = 2.0


class Gru(nn.Module):
    """Tokens and what is told at them (n, L) to logits of the next (n, L, tokens)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, EMBEDDING)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.told = nn.Sequential(nn.Linear(NUMBERS, TOLD), nn.Tanh())
        self.gru = nn.GRU(EMBEDDING + TOLD, WIDTH, batch_first=True)
        self.narrow = nn.Linear(WIDTH + TOLD, EMBEDDING)
        self.out = nn.Linear(EMBEDDING, size)
        self.out.weight = self.embedding.weight
        self.drop = nn.Dropout(DROPOUT)

    def forward(
        self, tokens: Tensor, told: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the logits and the last state (1, n, WIDTH)."""
        known = self.told(told)
        inputs = torch.cat([self.drop(self.embedding(tokens)), known], dim=2)
        said, state = self.gru(inputs, state)
        narrow = torch.tanh(self.narrow(torch.cat([self.drop(said), known], dim=2)))
        return self.out(self.drop(narrow)), state

    def begun(self, count: int) -> Floats:
        """Return the first state of people, (n, WIDTH)."""
        return np.zeros((count, WIDTH), dtype=np.float32)

    def step(self, tokens: Ints, told: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Take one token each; return logits (n, tokens) and the states after."""
        with torch.no_grad():
            logits, after = self(
                torch.from_numpy(tokens)[:, None],
                torch.from_numpy(told)[:, None],
                torch.from_numpy(state)[None],
            )
        return logits[:, 0].numpy(), after[0].numpy()


def fit_gru(people: "Sequences", *, epochs: int, seed: int) -> Gru:
    """Learn each next token; the averaged weights that are best on a tenth are kept."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # more add up in another order, and that gives other weights
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(people))
    aside, learnt = order[: len(order) // 10], order[len(order) // 10 :]
    net = Gru(people.size)
    average = copy.deepcopy(net).eval()
    steps = epochs * -(-len(learnt) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + epochs)
    best, kept, since, done = np.inf, copy.deepcopy(average.state_dict()), 0, 0
    for _ in range(epochs):
        for some in _batches(people, learnt, rng):
            optimizer.zero_grad()
            _nats(net, people, some, per_token=True).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), LARGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            done += 1
            _blend(average, net, min(AVERAGE, done / (done + 20)))
        nats = _judged(average, people, aside)
        since += 1
        if nats < best:
            best, kept, since = nats, copy.deepcopy(average.state_dict()), 0
        elif since >= PATIENCE:
            break
    average.load_state_dict(kept)
    return average


def _nats(net: Gru, people: "Sequences", some: Ints, *, per_token: bool) -> Tensor:
    tokens, told, can, known = people.batch(some)
    wanted = torch.from_numpy(tokens)
    logits, _ = net(wanted[:, :-1], torch.from_numpy(told))
    # what is true may follow, whatever a rule says of it
    mask = torch.from_numpy(can).scatter(2, wanted[:, 1:, None], True)
    logits = logits.masked_fill(~mask, -1e9)
    seen = torch.from_numpy(known)
    total = nn.functional.cross_entropy(logits[seen], wanted[:, 1:][seen], reduction="sum")
    return total / int(known.sum()) if per_token else total


def _judged(net: Gru, people: "Sequences", rows: Ints) -> float:
    """Return the mean nats of some people."""
    with torch.no_grad():
        parts = [rows[k : k + 2 * BATCH] for k in range(0, len(rows), 2 * BATCH)]
        total = sum(float(_nats(net, people, some, per_token=False)) for some in parts)
    return total / max(1, len(rows))


def _batches(people: "Sequences", rows: Ints, rng: np.random.Generator) -> list[Ints]:
    """Return batches of about one length, in an order of chance."""
    jitter = rng.uniform(0.8, 1.25, len(rows))
    lengths = np.array([len(people.tokens[k]) for k in rows]) * jitter
    batches = np.array_split(rows[np.argsort(lengths)], max(1, -(-len(rows) // BATCH)))
    return [batches[b] for b in rng.permutation(len(batches))]


def _blend(average: Gru, net: Gru, keep: float) -> None:
    with torch.no_grad():
        for one, other in zip(average.parameters(), net.parameters(), strict=True):
            one.mul_(keep).add_(other, alpha=1 - keep)
