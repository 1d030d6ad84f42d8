"""What walks with each person through a history: the net's state, and its memory as sums.

The memory is linear before its tanh, so its sum is kept per span: it fades by a factor as days
pass, and a word that happens adds its column. So a step costs what happens in it, not all words.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.features import MEMORIES, NEVER, SPANS, YEAR
from bridge.histories.learnt.model import Weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_SPANS: Final = np.array(SPANS, dtype=np.float32)


class Memory:
    """Of n people: when each word last was and how often, and the remembered sums."""

    def __init__(self, people: int, weights: Weights) -> None:
        bias = weights["remember.bias"]
        wide = weights["remember.weight"].T  # (MEMORIES * words, remembered)
        self.columns = wide.reshape(MEMORIES, -1, len(bias))
        words = self.columns.shape[1]
        self.last = np.full((people, words), NEVER, dtype=np.int64)
        self.times = np.zeros((people, words), dtype=np.int32)
        self.fixed = np.tile(bias, (people, 1))
        self.fading = np.zeros((len(SPANS), people, len(bias)), dtype=np.float32)

    def pass_days(self, days: Ints) -> None:
        """Let days pass for each person."""
        years = days.astype(np.float32) / np.float32(YEAR)
        self.fading *= np.exp(-years[None] / _SPANS[:, None])[:, :, None]

    def happen(self, people: Ints, words: Ints, day: Ints) -> None:
        """Let words happen to people (rows in order) on their day."""
        if not len(people):
            return
        last, times = self.last[people, words], self.times[people, words]
        ever = last != NEVER
        years = (day - last).astype(np.float32) / np.float32(YEAR)
        more = (np.log1p(times + 1.0) - np.log1p(times * 1.0)).astype(np.float32) / 2
        fixed = np.where(ever, 0, 1)[:, None] * self.columns[0, words]
        fixed = (fixed + more[:, None] * self.columns[1, words]).astype(np.float32)
        starts = np.flatnonzero(np.concatenate([[True], people[1:] != people[:-1]]))
        rows = people[starts]
        self.fixed[rows] += np.add.reduceat(fixed, starts)
        for k, span in enumerate(_SPANS):
            kept = np.where(ever, np.exp(-np.where(ever, years, 0) / span), 0)
            more_now = (1 - kept)[:, None].astype(np.float32) * self.columns[2 + k, words]
            self.fading[k, rows] += np.add.reduceat(more_now, starts)
        self.last[people, words] = day
        self.times[people, words] = times + 1

    def remembered(self, rows: Ints | slice = slice(None)) -> Floats:
        """Return (n, remembered) what the net is told of the memory."""
        told: Floats = np.tanh(self.fixed[rows] + self.fading[:, rows].sum(0))
        return told

    def keep(self, rows: Ints) -> None:
        """Go on with some of the people."""
        self.last, self.times = self.last[rows], self.times[rows]
        self.fixed, self.fading = self.fixed[rows], self.fading[:, rows]


def gru_step(weights: Weights, inputs: Floats, state: Floats) -> Floats:
    """Return the state after a step."""
    a = inputs @ weights["gru.weight_ih_l0"].T + weights["gru.bias_ih_l0"]
    b = state @ weights["gru.weight_hh_l0"].T + weights["gru.bias_hh_l0"]
    n = state.shape[1]
    gates = _sigmoid(a[:, : 2 * n] + b[:, : 2 * n])
    new = np.tanh(a[:, 2 * n :] + gates[:, :n] * b[:, 2 * n :])
    stays = gates[:, n:]
    after: Floats = (1 - stays) * new + stays * state
    return after


def _sigmoid(x: Floats) -> Floats:
    half: Floats = np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1))
    return half


def layer(weights: Weights, name: str, inputs: Floats) -> Floats:
    """Return a linear layer's outputs."""
    out: Floats = inputs @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return out


def two_layers(weights: Weights, name: str, inputs: Floats) -> Floats:
    """Return the outputs of a hidden layer and the one after it."""
    return layer(weights, f"{name}_out", np.maximum(layer(weights, f"{name}_layer", inputs), 0))


def chosen(logits: Floats, can: NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """Draw one of the allowed of each row."""
    noise = -np.log(rng.standard_exponential(logits.shape, dtype=np.float32) + np.float32(1e-30))
    picked: Ints = np.where(can, logits + noise, -np.inf).argmax(1)
    return picked


def codes_drawn(
    logits: Floats, lower: Floats, can: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw codes one after the other; return rows and codes, in order of rows, then codes.

    Only what was drawn is pushed on, so a full triangle costs no matrix product.
    """
    level = np.where(can, logits, -np.inf).T.copy()
    u = rng.random(level.shape, dtype=np.float32)
    level -= np.log((u + np.float32(1e-9)) / (1 - u + np.float32(1e-9)))
    rows, codes = [], []
    for k in range(len(level)):
        hit = np.flatnonzero(level[k] > 0)
        if len(hit):
            rows.append(hit)
            codes.append(np.full(len(hit), k))
            level[k + 1 :, hit] += lower[k + 1 :, k, None]
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    row, code = np.concatenate(rows), np.concatenate(codes)
    order = np.argsort(row, kind="stable")
    return row[order], code[order]
