"""What a learner's patient is called and where they live: drawn, and the same whenever asked."""

import hashlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bridge.chart import Address, Sex
from bridge.synthesis.population import Population, load_population


class Identity(NamedTuple):
    """A name and a place."""

    given_name: str
    family_name: str
    address: Address


@lru_cache(maxsize=16)
def population_of(country: str) -> Population:
    """Load a population once; raise InputError where there is none of that name."""
    return load_population(country)


def identity(country: str, sex: Sex, case: str, learner: int) -> Identity:
    """Draw who somebody of a case is for one learner.

    Within a case the learners' patients take the names in turn, from a place that the case
    says, so that no two of a class are called the same before all names were used.
    """
    population = population_of(country)
    drawn = _draws(f"{case}/{learner}")
    given, family = population.names.given[sex], population.names.family
    first = (_start(f"{case}/given") + learner) % len(given)
    second = (_start(f"{case}/family") + 7 * learner) % len(family)
    one = np.array([(first + 0.5) / len(given)]), np.array([(second + 0.5) / len(family)])
    named = population.names_of(np.array([sex]), *one)
    town = population.addresses(np.array([drawn]))[0]
    return Identity(
        str(named[0][0]),
        str(named[1][0]),
        Address(city_village=town[0], state_province=town[1], country=town[2]),
    )


def _start(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def _draws(text: str) -> float:
    """Return a number in [0, 1) that follows from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[4:8]) / 2**32
