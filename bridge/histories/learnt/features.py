"""What a net is told at a step, in the same NumPy for fitting and for sampling.

Numbers: age, time left, the part of the record, sex, death, season. Memory: for every word, whether
it has been, how often, and how long ago in four spans. Two tables look up each word's own hazard:
by days since it last was (a booster after ten years, a check-up after one) and by age.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

SPANS: Final = (0.08, 0.4, 1.5, 5.0)
"""Years within which what was fades from the memory: a month, five, a year and a half, five."""

MEMORIES: Final = 2 + len(SPANS)
"""Numbers a word in the memory: ever, how often, and one a span."""

YEAR: Final = 365.25

SINCE: Final = np.array(
    [
        *(1, 5, 10, 20, 27, 35, 50, 80, 95, 120, 170, 200, 260, 300, 325, 345, 365, 385, 410, 450),
        *(550, 650, 690, 730, 770, 850, 1000, 1095, 1150, 1400, 1800, 2500, 3300, 3600, 3700, 4500),
    ]
)
"""Days since a word last was, as edges of the classes of its hazard; the last class is never."""

AGES: Final = np.round(
    YEAR
    * np.array(
        [
            *(0.02, 0.13, 0.21, 0.3, 0.45, 0.6, 0.9, 1.1, 1.35, 1.7, 2.2, 3, 4, 5, 6, 8, 10, 11),
            *(12, 13, 15, 16, 17, 18, 18.5, *range(19, 76), 80, 85, 92),
        ]
    )
)
"""Days of age, as edges of the classes of a word's hazard: closest where schedules are, by years
of age in adults (a booster at 23, 33, 43 ...)."""

LEFT: Final = np.array(
    [
        *(1, 4, 8, 15, 31, 46, 61, 91, 121, 152, 183, 243, 304, 366, 400, 457, 548, 640, 731, 913),
        *(1096, 1461, 1826, 2557, 3653, 5479, 7305, 10958, 14610, 18263),
    ]
)
"""Days left of a part of the record, as edges of the classes of the moves' own table."""

SINCE_CLASSES: Final = len(SINCE) + 2
AGE_CLASSES: Final = len(AGES) + 1
LEFT_CLASSES: Final = 2 * (len(LEFT) + 1)
"""Before the record, and in it."""
NEVER: Final = -1_000_000
"""The day on which a word was that never was."""

FAR: Final = 3653
"""Days left of a record whose end has nothing to do with the person."""

NUMBERS: Final = 24
"""How many numbers `numbers` gives."""


def numbers(
    age: Ints,
    left: Ints,
    inside: Bools,
    *,
    male: Bools,
    dead: Bools,
    birth: Ints,
    length: Ints,
    steps: Ints,
) -> Floats:
    """Return (..., NUMBERS) what is known at a step, all arrays of one shape.

    age, left: days of age, and to the end of the part. inside: in the record, not before it.
    birth: days since 1970. length: days of the record. steps: how many there were.
    """
    left = known_left(left, inside, dead)
    ahead = np.maximum(left, 0) / YEAR
    now = (birth + age) / YEAR
    parts = [
        *_of_age(age),
        ahead / 10,
        *(np.exp(-ahead / span) for span in (0.05, 0.3, 1.2, 5)),
        left == 0,
        inside,
        male,
        dead,
        dead * np.exp(-ahead / 0.1),
        dead * np.exp(-ahead),
        np.minimum(1.0, length / YEAR / 10),
        (now - 45) / 10,
        np.log1p(steps) / 3,
        *_of_season(2 * np.pi * now),
    ]
    return np.stack([np.asarray(part, dtype=np.float32) for part in parts], axis=-1)


def _of_age(age: Ints) -> list[NDArray[np.float64]]:
    years = age / YEAR
    fading = [np.exp(-years / span) for span in (0.5, 2, 8, 25)]
    return [years / 50 - 0.8, *fading, np.log1p(age) / 5 - 1]


def _of_season(turn: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    return [np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]


def known_left(left: Ints, inside: Bools, dead: Bools) -> Ints:
    """Return the days left as far as they mean anything: the living's records end on any day."""
    return np.where(inside & ~dead, FAR, left)


def since_classes(day: Ints, last: Ints) -> Ints:
    """Return each word's class of days since it last was; `last` has NEVER where it never was."""
    classes: Ints = np.searchsorted(SINCE, day - last, side="right")
    return np.where(last == NEVER, SINCE_CLASSES - 1, classes)


def age_classes(age: Ints) -> Ints:
    """Return the class of an age in days."""
    classes: Ints = np.searchsorted(AGES, age, side="right")
    return classes


def left_classes(left: Ints, inside: Bools, dead: Bools) -> Ints:
    """Return the class of the days left: those in the record come after those before it."""
    left = known_left(left, inside, dead)
    classes: Ints = np.searchsorted(LEFT, left, side="right") + np.where(inside, len(LEFT) + 1, 0)
    return classes


def memory(day: Ints, last: Ints, times: Ints) -> Floats:
    """Return (..., MEMORIES * words): of all words whether ever, how often, and the spans.

    day (..., 1), last (..., words), times (..., words): how often each has been.
    """
    years = (np.maximum(day - last, 0) / np.float32(YEAR)).astype(np.float32)
    ever = (last != NEVER).astype(np.float32)
    parts = [ever, np.log1p(times.astype(np.float32)) / 2]
    parts += [ever * np.exp(-years / np.float32(span)) for span in SPANS]
    return np.concatenate(parts, axis=-1)
