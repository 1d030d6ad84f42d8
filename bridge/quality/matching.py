"""Who is held against whom: real, synthetic and other real people, one to one on their conditions.

A second real sample says how far apart two samples of the same people lie: the floor. Real,
synthetic and other rows are matched by who was measured (sex, age, ...), none is used twice (a
classifier learns repeats), and a value that one of the three lacks is taken from all, so that only
the measured values can differ.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.quality.frames import Samples

Rows = NDArray[np.intp]

MOST_PAIRS: Final = 20_000
CALIPER: Final = 0.01
"""How far apart a pair may lie in a condition, as a share of all people ranked by it."""

_CHUNK = 150
_POOL = 600


class Trial(NamedTuple):
    """Row i of the three tables is one person's conditions; `paired` is false without conditions.

    Partners were looked for for the conditions `asked` (offered rows), and `found` (offered,).
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    other: pd.DataFrame
    paired: bool
    asked: pd.DataFrame
    found: NDArray[np.bool_]

    @property
    def offered(self) -> int:
        """Return for how many real rows partners were looked for."""
        return len(self.asked)

    @classmethod
    def unpaired(cls, real: pd.DataFrame, synthetic: pd.DataFrame, other: pd.DataFrame) -> Self:
        """Return three tables that are held against each other as they come."""
        return cls(real, synthetic, other, False, real, np.ones(len(real), dtype=np.bool_))


def trials(samples: Samples, *, seed: int, repeats: int) -> list[Trial]:
    """Match the samples `repeats` times, with the train table as the floor or one half of the real.

    Halves are split and partners drawn anew each time. Raises InputError where nobody finds one.
    """
    matched = [_trial(samples, np.random.default_rng([seed, k])) for k in range(repeats)]
    if not all(len(trial.real) for trial in matched):
        raise InputError(
            f"no row of the real table has partners of the same {' and '.join(samples.conditions)} "
            f"in the other tables; write them alike in all ({_written(samples)})"
        )
    return matched


def _written(samples: Samples) -> str:
    """Say how the conditions are written, and in which range they lie."""
    said = []
    for column in samples.columns:
        values = samples.real[column.name]
        if column.condition and column.levels:
            said.append(f"{column.name}: {', '.join(column.levels)}")
        elif column.condition:
            said.append(f"{column.name}: {values.min():g} to {values.max():g} in the real table")
    return "; ".join(said)


def _trial(samples: Samples, rng: np.random.Generator) -> Trial:
    held, rest = _sides(samples, rng)
    real, names = samples.real.iloc[held], samples.conditions
    left, other = match(real[names], rest[names], rng)
    if in_step(samples):
        synthetic = held[left]
    else:
        again, synthetic = match(real[names].iloc[left], samples.synthetic[names], rng)
        left, other = left[again], other[again]
    three = [real.iloc[left], samples.synthetic.iloc[synthetic], rest.iloc[other]]
    three = [frame.reset_index(drop=True) for frame in three]
    if names:
        three = _masked(three, samples.outputs)
    found = np.isin(np.arange(len(held)), left)
    return Trial(three[0], three[1], three[2], bool(names), real[names], found)


def sides(samples: Samples, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return real people, and those of the floor: the train table, or the real one is halved."""
    held, rest = _sides(samples, rng)
    return samples.real.iloc[held], rest


def _sides(samples: Samples, rng: np.random.Generator) -> tuple[Rows, pd.DataFrame]:
    rows = rng.permutation(len(samples.real))
    if samples.train is None:
        held, rest = rows[: len(rows) // 2], samples.real.iloc[rows[len(rows) // 2 :]]
    else:
        held, rest = rows[:MOST_PAIRS], samples.train
    return np.sort(held[:MOST_PAIRS]), rest


def in_step(samples: Samples) -> bool:
    """Tell whether row i of the real and of the synthetic table have the same conditions."""
    if not samples.conditions or len(samples.real) != len(samples.synthetic):
        return False
    names = samples.conditions
    return bool(samples.real[names].equals(samples.synthetic[names]))


def _masked(three: list[pd.DataFrame], outputs: list[str]) -> list[pd.DataFrame]:
    """Take from all three what one of them lacks."""
    known = three[0][outputs].notna() & three[1][outputs].notna() & three[2][outputs].notna()
    return [
        frame.assign(**{name: frame[name].where(known[name]) for name in outputs})
        for frame in three
    ]


def match(left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Pair rows of two tables of conditions one to one; returns the positions in each.

    A condition of few values must agree, others lie within CALIPER in rank; a row without a
    partner, or with a condition missing, is left out. Without conditions the pairs are random.
    """
    if not len(left.columns):
        count = min(len(left), len(right))
        return rng.permutation(len(left))[:count], rng.permutation(len(right))[:count]
    ranks_left, ranks_right, cells_left, cells_right = _ranked(left, right)
    pairs = [
        _within(ranks_left, ranks_right, rows, np.flatnonzero(cells_right == cell), rng)
        for cell in np.unique(cells_left[cells_left >= 0])
        if (rows := np.flatnonzero(cells_left == cell)).size
    ]
    found = np.concatenate([np.empty((0, 2), np.intp), *pairs])
    found = found[np.argsort(found[:, 0], kind="stable")]
    return found[:, 0], found[:, 1]


def _ranked(left: pd.DataFrame, right: pd.DataFrame) -> tuple[Floats, Floats, Rows, Rows]:
    """Return each table's conditions as ranks of 0 to 1, and the cell of those that must agree."""
    both = pd.concat([left, right], ignore_index=True)
    exact = [name for name in both if both[name].nunique() <= 10]
    missing = both.isna().any(axis=1).to_numpy()
    cells = both.groupby(exact, sort=True).ngroup().to_numpy() if exact else np.zeros(len(both))
    cells = np.where(missing, -1, cells).astype(np.intp)
    ranked = left.columns.difference(exact, sort=False)
    own = [np.sort(left[name].dropna().to_numpy(np.float64)) for name in ranked]
    ranks = np.stack(
        [
            _rank(both[name].to_numpy(np.float64), base)
            for name, base in zip(ranked, own, strict=True)
        ]
        or [np.zeros(len(both))],
        axis=1,
    )
    n = len(left)
    return ranks[:n], ranks[n:], cells[:n], cells[n:]


def _rank(values: Floats, base: Floats) -> Floats:
    """Place values among the sorted `base`, ties in the middle."""
    low, high = np.searchsorted(base, values, "left"), np.searchsorted(base, values, "right")
    return (low + high) / (2 * len(base))


def _within(left: Floats, right: Floats, rows: Rows, pool: Rows, rng: np.random.Generator) -> Rows:
    """Pair the rows of one cell: nearest in all ranks together, in chunks of like first rank."""
    rows = rows[np.lexsort((rng.random(len(rows)), left[rows, 0]))]
    pool = pool[np.lexsort((rng.random(len(pool)), right[pool, 0]))]
    free = np.ones(len(pool), dtype=bool)
    pairs = list(_chunks(left, right, rows, pool, free, rng))
    return np.concatenate([np.empty((0, 2), np.intp), *pairs])


def _chunks(
    left: Floats,
    right: Floats,
    rows: Rows,
    pool: Rows,
    free: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Iterator[Rows]:
    first = right[pool, 0]
    for chunk in np.array_split(rows, max(1, len(rows) // _CHUNK)):
        if not chunk.size:
            continue
        low = np.searchsorted(first, left[chunk, 0].min() - CALIPER, "left")
        high = np.searchsorted(first, left[chunk, 0].max() + CALIPER, "right")
        near = low + np.flatnonzero(free[low:high])
        if len(near) > _POOL:
            near = rng.choice(near, _POOL, replace=False)
        if not near.size:
            continue
        apart = np.abs(left[chunk][:, None] - right[pool[near]][None])
        cost = apart.sum(axis=2) + np.where((apart > CALIPER).any(axis=2), 1e3, 0)
        cost += 1e-6 * rng.random(cost.shape)
        a, b = linear_sum_assignment(cost)
        good = cost[a, b] < 1e3
        free[near[b[good]]] = False
        yield np.stack([chunk[a[good]], pool[near[b[good]]]], axis=1)
