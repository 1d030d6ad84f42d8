"""Linkability: do synthetic rows tell that two halves of a record belong to one person?"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.quality.privacy.rates import judge, wilson
from bridge.quality.privacy.results import Attack
from bridge.quality.privacy.tables import Places, Tables, nearest, sample, space

NEIGHBOURS: Final = (1, 10)


def link(tables: Tables, attacks: int, rng: np.random.Generator) -> tuple[Attack, ...]:
    """Attack up to `attacks` training and control people, of whom two sets of columns are known.

    A link succeeds where one synthetic row is among the k nearest to both halves of a person
    (Giomi et al., PoPETs 2023, linkability). The sets are every other column, so that each holds
    about half of the conditions and of what was generated. Nothing for a single column.
    """
    order = np.argsort(~tables.given, kind="stable")
    halves = order[::2], order[1::2]
    if not len(halves[1]):
        return ()
    known, other = (", ".join(tables.names[k] for k in half) for half in halves)
    train = _both(tables, halves, sample(tables.train, attacks, rng))
    control = _both(tables, halves, sample(tables.control, attacks, rng))
    rows = len(tables.synthetic)
    blind = tuple(rng.integers(rows, size=(len(train[0]), NEIGHBOURS[-1])) for _ in halves)
    return tuple(
        judge(
            f"Linking by {k} nearest",
            f"has {known} in one file and {other} in another; right if they meet in one row",
            len(train[0]),
            train=wilson(_linked(train, k), len(train[0])),
            control=wilson(_linked(control, k), len(control[0])),
            blind=wilson(_linked((blind[0], blind[1]), k), len(train[0])),
        )
        for k in NEIGHBOURS
    )


def _both(
    tables: Tables, halves: tuple[Places, Places], people: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the synthetic rows nearest to each half of the people, (n, k) and (n, k)."""
    spaces = [space(tables, half) for half in halves]
    a, b = (
        nearest(s.points(tables.synthetic), s.points(people), NEIGHBOURS[-1])[1] for s in spaces
    )
    return a, b


def _linked(rows: tuple[NDArray[np.int64], NDArray[np.int64]], k: int) -> int:
    a, b = (half[:, :k] for half in rows)
    return int((a[:, :, None] == b[:, None, :]).any(axis=(1, 2)).sum())
