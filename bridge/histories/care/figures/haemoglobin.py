"""Haemoglobin of people of a country, so that as many are anaemic as is published.

A person's place among their own is a normal score, drawn once and kept: z = 0 is the median of that
sex and age. haemoglobin.csv says what percentage of each group is under the cutoff that its survey
used, with its source. SDs (about the 0.9 to 1.6 g/dL of national surveys, wider where more are
anaemic) and the course by age inside of a group are choices.

Values are as adjusted for altitude and smoking, as the surveys are: a clinic at 1,700 m reads
1 g/dL more (WHO 2024), which is not added here.
"""

import csv
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.figures.prevalence import STAND_IN

TABLE: Final = Path(__file__).with_suffix(".csv")

Floats = NDArray[np.float64]

LOWEST: Final = 3.0
READ_TO: Final = 0.1
"""A value is read to a tenth of a gram: who is under 11.0 has less than 10.95."""

BIRTH: Final = ((0.0, 16.8, 1.8), (1.0, 13.9, 1.5), (2.0, 11.4, 1.1))
"""Months, mean and SD of the first months (choices, about textbooks' values and the
Reference Application's range of 9.5 to 13.5 at 2 to 5 months)."""

CHILD: Final = ((6.0, -0.2), (12.0, -0.5), (18.0, -0.4), (24.0, -0.1), (36.0, 0.2), (59.0, 0.45))
"""Months, and how far under or over the mean of 6 to 59 months (choices: everywhere anaemia is most
common from 6 to 23 months). What makes the published share of all is added."""


class _Group(NamedTuple):
    """People whose share under a cutoff is published together; `months` are the knots they hold."""

    cutoff: float
    months: tuple[float, ...]


GROUPS: Final = {
    "school": _Group(11.5, (72.0, 132.0)),
    "youth_girl": _Group(12.0, (150.0, 174.0)),
    "youth_boy": _Group(12.0, (150.0, 168.0)),
    "woman": _Group(12.0, (186.0,)),
    "man": _Group(13.0, (216.0,)),
    "pregnant": _Group(11.0, (186.0,)),
}

CHILD_CUTOFF: Final = 11.0

GIRLS: Final = ("school", "youth_girl", "woman")
BOYS: Final = ("school", "youth_boy", "man")


class AnaemiaShare(NamedTuple):
    """What percentage of a group of a country is under the cutoff of its survey; SD in g/dL."""

    population: str
    group: str
    percent: float
    sd: float
    source: str
    verified: str
    note: str


class _Course(NamedTuple):
    """Means and SDs (K,) at ascending ages in months, straight in between."""

    months: Floats
    mean: Floats
    sd: Floats

    def at(self, z: Floats, months: Floats) -> Floats:
        mean = np.interp(months, self.months, self.mean)
        values: Floats = mean + np.interp(months, self.months, self.sd) * z
        return values


def haemoglobin(
    population: str,
    z: Floats,
    sex: NDArray[np.str_],
    months: Floats,
    pregnant: NDArray[np.bool_],
) -> Floats:
    """Return haemoglobin (n,) in g/dL of n people with normal scores z (n,).

    `sex` (n,) is F or M, `months` (n,) the exact age. A population that the table does not know
    has the figures of STAND_IN.
    """
    courses = _courses(population if population in _populations() else STAND_IN)
    values = np.where(sex == "F", courses["girls"].at(z, months), courses["boys"].at(z, months))
    values = np.where(pregnant, courses["pregnant"].at(z, months), values)
    return np.maximum(values, LOWEST)


@cache
def anaemia_shares() -> tuple[AnaemiaShare, ...]:
    """Return the table that comes with bridge."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        next(rows)
        return tuple(
            AnaemiaShare(population, group, float(percent), float(sd), source, verified, note)
            for population, group, percent, sd, source, verified, note in rows
        )


@cache
def _populations() -> frozenset[str]:
    return frozenset(share.population for share in anaemia_shares())


@cache
def _courses(population: str) -> dict[str, _Course]:
    shares = {row.group: row for row in anaemia_shares() if row.population == population}
    young = [*BIRTH, *_child(shares["child"])]
    return {
        "girls": _course([*young, *_knots(GIRLS, shares)]),
        "boys": _course([*young, *_knots(BOYS, shares)]),
        "pregnant": _course(_knots(("pregnant",), shares)),
    }


def _course(knots: list[tuple[float, float, float]]) -> _Course:
    return _Course(*np.array(knots).T)


def _knots(
    groups: tuple[str, ...], shares: dict[str, AnaemiaShare]
) -> list[tuple[float, float, float]]:
    """Return months, mean and SD of groups whose mean does not change with age."""
    knots = []
    for name in groups:
        group, share = GROUPS[name], shares[name]
        under = NormalDist().inv_cdf(share.percent / 100)
        mean = group.cutoff - READ_TO / 2 - share.sd * under
        knots += [(month, mean, share.sd) for month in group.months]
    return knots


def _child(share: AnaemiaShare) -> list[tuple[float, float, float]]:
    """Return the knots of 6 to 59 months: one mean is added to all, found by halving."""
    ages, offsets = np.array(CHILD).T
    off = np.interp(np.arange(6.0, 60.0, 0.5), ages, offsets)
    normal = NormalDist()
    low, high = 5.0, 20.0
    for _ in range(50):
        mean = (low + high) / 2
        limits = (CHILD_CUTOFF - READ_TO / 2 - mean - off) / share.sd
        found = np.mean([normal.cdf(limit) for limit in limits])
        low, high = (mean, high) if 100 * found > share.percent else (low, mean)
    return [(age, mean + offset, share.sd) for age, offset in CHILD]
