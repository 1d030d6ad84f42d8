"""Membership inference: can somebody who sees only synthetic rows tell who was trained on?"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bridge.flows.columns import Floats
from bridge.quality.privacy.rates import area
from bridge.quality.privacy.results import Attacker, Estimate, Membership
from bridge.quality.privacy.similarity import classifier
from bridge.quality.privacy.tables import Tables, nearest, sample, space

GOAL: Final = 0.52
"""Largest area under the curve that is held to be no better than guessing."""

MEMBERS: Final = 10_000
"""People of each kind that are attacked; the interval is then about .008 wide to each side."""

NEIGHBOURS: Final = (1, 5)

CLOSEST: Final = 1e-3
"""Distance, in SDs, under which two rows are one: a copy has no infinite density."""


def infer_membership(tables: Tables, rng: np.random.Generator) -> Membership:
    """Attack training people and control people; half of control is the attackers' reference.

    Each attacker is tried on all columns and on the generated ones alone.
    """
    order = rng.permutation(len(tables.control))
    half = len(order) // 2
    reference, others = tables.control[order[:half]], tables.control[order[half:]]
    others, members = sample(others, MEMBERS, rng), sample(tables.train, MEMBERS, rng)
    spaces = {"all columns": np.arange(len(tables.names)), "generated columns": tables.outputs}
    attackers: list[Attacker] = []
    for which, columns in spaces.items():
        if which == "all columns" and not tables.given.any():
            continue
        where = space(tables, columns)
        tried = _attackers(
            where.points(tables.synthetic),
            where.points(reference),
            where.points(members),
            where.points(others),
            rng,
        )
        attackers += [Attacker(f"{name}, {which}", auc) for name, auc in tried]
    found = Membership(tuple(attackers), len(members), len(others), half, "")
    return found._replace(verdict=_verdict(found))


def _attackers(
    synthetic: Floats, reference: Floats, members: Floats, others: Floats, rng: np.random.Generator
) -> Iterator[tuple[str, Estimate]]:
    """Yield each attacker's name and area.

    The distance to the closest synthetic row is Chen et al.'s (GAN-Leaks, CCS 2020), in its full
    black box. The density ratio is DOMIAS (van Breugel et al., AISTATS 2023): density of the
    synthetic rows over that of a reference of real people, where a person was learnt by heart.
    Here from the distance r to the k-th neighbour, density going with r^-dimensions, and once
    more from a classifier of synthetic against reference rows.
    """
    near, far = (_logs(synthetic, people) for people in (members, others))
    near_real, far_real = (_logs(reference, people) for people in (members, others))
    yield "distance to the closest row", area(-near[:, 0], -far[:, 0])
    for k in NEIGHBOURS:
        if k <= min(near.shape[1], near_real.shape[1]):
            ratios = near_real[:, k - 1] - near[:, k - 1], far_real[:, k - 1] - far[:, k - 1]
            yield f"density ratio of {k} nearest", area(*ratios)
    yield "density ratio by classifier", _classified(synthetic, reference, members, others, rng)


def _logs(among: Floats, people: Floats) -> Floats:
    return np.log(np.maximum(nearest(among, people, NEIGHBOURS[-1])[0], CLOSEST))


def _classified(
    synthetic: Floats, reference: Floats, members: Floats, others: Floats, rng: np.random.Generator
) -> Estimate:
    score = classifier(synthetic, reference, rng)
    return area(score(members), score(others))


def _verdict(found: Membership) -> str:
    worst = found.worst
    met = worst.auc.value <= GOAL
    return (
        f"Membership: the best of {len(found.attackers)} attackers ({worst.name}) reaches an AUC "
        f"of {worst.auc.value:.3f} ({worst.auc.low:.3f} to {worst.auc.high:.3f}) on "
        f"{found.members:,} training people and {found.others:,} others; the goal of at most "
        f"{GOAL:.2f} is {'met' if met else 'missed'}."
    )
