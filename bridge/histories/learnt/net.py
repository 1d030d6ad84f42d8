"""The net in torch: a GRU over visits whose steps give a move, a kind of visit, and its codes.

Every weight is used in its own module's forward, so that opacus finds each person's gradient (the
histories study, section 8, says what happens otherwise).
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bridge.histories.learnt.batches import GAPS, Batch
from bridge.histories.learnt.features import (
    AGE_CLASSES,
    LEFT_CLASSES,
    MEMORIES,
    NUMBERS,
    SINCE_CLASSES,
)
from bridge.histories.learnt.records import FIRST_KIND

Tensor = torch.Tensor
_NEVER = -1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a net is: words and moves, and the widths of its layers."""

    kinds: int
    codes: int
    moves: int
    embedding: int = 48
    remembered: int = 40
    hidden: int = 128
    gap_layer: int = 96
    kind_layer: int = 96
    code_layer: int = 112
    rank: int = 0
    """Of the triangle by which codes follow from codes; 0: a full one."""

    def header(self) -> dict[str, int]:
        """Return the shape as a checkpoint's header has it."""
        return asdict(self)


class Often(NamedTuple):
    """How often moves and kinds are, as logarithms, and codes, as log odds of a step."""

    moves: NDArray[np.float64]
    kinds: NDArray[np.float64]
    codes: NDArray[np.float64]


class Lower(nn.Module):
    """What each code of a visit adds to the codes after it: strictly lower triangular."""

    def __init__(self, codes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(codes, codes))

    def forward(self, codes: Tensor) -> Tensor:
        """Return (..., codes) what the codes that are there add to each."""
        return codes @ torch.tril(self.weight, -1).T


class LowRank(nn.Module):
    """The same for large vocabularies: a triangle out of two narrow matrices."""

    def __init__(self, codes: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(codes, rank) * 0.05)
        self.up = nn.Parameter(torch.zeros(codes, rank))

    def forward(self, codes: Tensor) -> Tensor:
        """Return (..., codes) what the codes that are there add to each."""
        return codes @ torch.tril(self.up @ self.down.T, -1).T


class Net(nn.Module):
    """The visits net with a memory of what has been."""

    def __init__(self, shape: Shape, gru: type[nn.Module] = nn.GRU, dropout: float = 0.35) -> None:
        super().__init__()
        words = shape.kinds + shape.codes
        kinds = FIRST_KIND + shape.kinds
        state = shape.hidden + shape.remembered + NUMBERS
        self.shape = shape
        self.kind_in = nn.Embedding(kinds, shape.embedding)
        self.codes_in = nn.Linear(shape.codes, shape.embedding, bias=False)
        self.remember = nn.Linear(MEMORIES * words, shape.remembered)
        self.gru = gru(shape.embedding + NUMBERS + shape.remembered, shape.hidden, batch_first=True)
        self.move_layer = nn.Linear(state, shape.gap_layer)
        self.move_out = nn.Linear(shape.gap_layer, shape.moves)
        self.move_kind = nn.Embedding(kinds, shape.moves)
        self.move_age = nn.Embedding(AGE_CLASSES, shape.moves)
        self.move_left = nn.Embedding(LEFT_CLASSES, shape.moves)
        self.kind_layer = nn.Linear(state + GAPS, shape.kind_layer)
        self.kind_out = nn.Linear(shape.kind_layer, shape.kinds)
        self.since = nn.Embedding(words * SINCE_CLASSES, 1)
        self.age = nn.Embedding(AGE_CLASSES, words)
        self.code_layer = nn.Linear(state + GAPS + shape.embedding, shape.code_layer)
        self.code_out = nn.Linear(shape.code_layer, shape.codes)
        self.code_kind = nn.Embedding(kinds, shape.codes)
        self.lower = LowRank(shape.codes, shape.rank) if shape.rank else Lower(shape.codes)
        self.drop = nn.Dropout(dropout)
        self.drop_memory = nn.Dropout(1.3 * dropout)
        moves = (self.move_kind, self.move_age, self.move_left)
        for table in (*moves, self.since, self.age, self.code_kind):
            nn.init.zeros_(table.weight)
        nn.init.normal_(self.kind_in.weight, std=0.3)

    def begin_at(self, often: "Often") -> None:
        """Begin with how often each move, kind and code is, which saves the first epochs."""
        for layer, share in zip((self.move_out, self.kind_out, self.code_out), often, strict=True):
            layer.bias.data = torch.from_numpy(share.astype("float32"))

    def forward(self, batch: "Told") -> Tensor:
        """Return (b, 3) nats of each person: of moves, kinds and codes."""
        memory = self.drop_memory(torch.tanh(self.remember(batch.memory)))
        inputs = self.kind_in(batch.kind) + self.codes_in(batch.codes)
        state, _ = self.gru(torch.cat([inputs, batch.numbers, memory], -1))
        state = self.drop(state)
        told = torch.cat([state, memory, batch.numbers], -1)
        moves = self.move_out(self.drop(torch.relu(self.move_layer(told))))
        moves = moves + self.move_kind(batch.kind) + self.move_age(batch.age)
        moves = moves + self.move_left(batch.left)
        nats = _of_moves(moves, batch) * batch.is_step
        kinds, codes = self._then(batch, state)
        of_kind = _chosen(kinds, batch.can_kind, batch.then_kind) * batch.has_kind
        codes = torch.where(batch.can_code, codes, _NEVER)
        each = nn.functional.binary_cross_entropy_with_logits(
            codes, batch.then_codes, reduction="none"
        )
        of_codes = each.sum(-1) * batch.has_codes
        return torch.stack([nats.sum(-1), of_kind.sum(-1), of_codes.sum(-1)], -1)

    def _then(self, batch: "Told", state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the next step's kind and codes."""
        memory = self.drop_memory(torch.tanh(self.remember(batch.then_memory)))
        told = torch.cat([state, memory, batch.then_numbers], -1)
        own = self.since(batch.then_since).squeeze(-1) + self.age(batch.then_age)
        kinds = self.kind_out(self.drop(torch.relu(self.kind_layer(told))))
        then = torch.where(batch.has_kind, batch.then_kind + FIRST_KIND, FIRST_KIND - 1)
        layer = self.code_layer(torch.cat([told, self.kind_in(then)], -1))
        codes = self.code_out(self.drop(torch.relu(layer)))
        codes = codes + self.code_kind(then) + self.lower(batch.then_codes)
        return kinds + own[..., : self.shape.kinds], codes + own[..., self.shape.kinds :]


class Told:
    """A batch as tensors."""

    def __init__(self, batch: Batch) -> None:
        self.size = len(batch)
        for name in Batch.__slots__:
            setattr(self, name, torch.from_numpy(getattr(batch, name)))

    def __getattr__(self, name: str) -> Tensor:
        raise AttributeError(name)


def _of_moves(logits: Tensor, batch: "Told") -> Tensor:
    """Return the nats of moves; where a record is cut, of all that would be beyond its end."""
    logits = torch.where(batch.can_move, logits, _NEVER)
    logs = logits - torch.logsumexp(logits, -1, keepdim=True)
    plain = -logs.gather(-1, batch.move.unsqueeze(-1)).squeeze(-1)
    beyond = torch.log((logs.exp() * batch.beyond).sum(-1) + 1e-12)
    return torch.where(batch.is_cut, -beyond, plain)


def _chosen(logits: Tensor, can: Tensor, chosen: Tensor) -> Tensor:
    """Return the nats of what was chosen among what can be."""
    logits = torch.where(can, logits, _NEVER)
    logits = logits - torch.logsumexp(logits, -1, keepdim=True)
    return -logits.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
