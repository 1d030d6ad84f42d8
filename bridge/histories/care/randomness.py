"""Uniform numbers that follow from a patient and a purpose, whoever else is made beside them.

A stream that is drawn from in order would make a patient's numbers hang on how many the ones
before took. Here each number is a hash of the patient's key, of what it is for, and of an ordinal:
no module's figures move when another module is added.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.flows.normals import normals

Keys = NDArray[np.uint64]
"""(n,) what tells patients, or their visits, apart."""

# The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014); its outputs pass BigCrush.
_MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def derived(keys: Keys, purpose: str, ordinal: NDArray[np.int64] | int = 0) -> Keys:
    """Return keys of their own for a purpose, such as a module, and an ordinal (n,)."""
    steps = np.atleast_1d(np.asarray(ordinal, dtype=np.int64)).astype(np.uint64) + np.uint64(1)
    return _mixed(_mixed(keys ^ _number_of(purpose)) + steps * _STEP)


def uniforms(keys: Keys, purpose: str) -> Floats:
    """Return one number in [0, 1) for each key (n,)."""
    found: Floats = (derived(keys, purpose) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def scores(keys: Keys, purpose: str) -> Floats:
    """Return one N(0, 1) number for each key (n,)."""
    return normals(np.clip(uniforms(keys, purpose), 1e-12, 1 - 1e-12))


def _mixed(state: Keys) -> Keys:
    first, second = _MULTIPLIERS
    state = (state ^ (state >> np.uint64(30))) * first
    state = (state ^ (state >> np.uint64(27))) * second
    mixed: Keys = state ^ (state >> np.uint64(31))
    return mixed


@cache
def _number_of(purpose: str) -> np.uint64:
    digest = hashlib.blake2b(purpose.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))
