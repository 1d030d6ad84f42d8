"""Attribute inference: does the nearest synthetic row tell what is not known of a person?"""

from typing import Final

import numpy as np

from bridge.flows.columns import Floats
from bridge.quality.privacy.rates import judge, wilson
from bridge.quality.privacy.results import Attack, Estimate
from bridge.quality.privacy.tables import Tables, nearest, sample, space

TOLERANCE: Final = 0.05
"""How far off a guessed number may be, as a share of the true one: Giomi et al."""

FEWEST_TARGETS: Final = 30


def infer(tables: Tables, attacks: int, rng: np.random.Generator) -> tuple[Attack, ...]:
    """Guess each generated column of up to `attacks` people from all their other columns.

    The guess is the value of the synthetic row nearest in the other columns (Giomi et al.,
    PoPETs 2023, attribute inference), the blind guess that of any synthetic row. People whose
    value is missing are not attacked; a column that next to nobody has is left out.
    """
    if len(tables.names) == 1:
        return ()
    train = sample(tables.train, attacks, rng)
    control = sample(tables.control, attacks, rng)
    found = (_infer(tables, secret, train, control, rng) for secret in tables.outputs.tolist())
    return tuple(attack for attack in found if attack is not None)


def _infer(
    tables: Tables, secret: int, train: Floats, control: Floats, rng: np.random.Generator
) -> Attack | None:
    train = train[~np.isnan(train[:, secret])]
    control = control[~np.isnan(control[:, secret])]
    if min(len(train), len(control)) < FEWEST_TARGETS:
        return None
    known = space(tables, np.delete(np.arange(len(tables.names)), secret))
    values = tables.synthetic[:, secret]
    rows = known.points(tables.synthetic)

    def rate(people: Floats, guesses: Floats) -> Estimate:
        right = _right(people[:, secret], guesses, bool(tables.numeric[secret]))
        return wilson(right, len(people))

    guessed, guessed_control = (
        values[nearest(rows, known.points(people))[1][:, 0]] for people in (train, control)
    )
    return judge(
        f"Inferring {tables.names[secret]}",
        "knows all other columns, takes the nearest synthetic row's value; right within 5 %"
        if tables.numeric[secret]
        else "knows all other columns, takes the nearest synthetic row's value",
        len(train),
        train=rate(train, guessed),
        control=rate(control, guessed_control),
        blind=rate(train, rng.choice(values, len(train))),
    )


def _right(truth: Floats, guesses: Floats, numeric: bool) -> int:
    if not numeric:
        return int((guesses == truth).sum())
    return int((np.abs(guesses - truth) <= TOLERANCE * np.abs(truth)).sum())
