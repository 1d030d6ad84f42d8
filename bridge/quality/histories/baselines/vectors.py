"""Vectors of tokens to begin with, as Word2Vec has them.

Word2Vec's skip-gram with negative sampling factorises the shifted pointwise mutual information of
token and context (Levy and Goldberg, Neural word embedding as implicit matrix factorization, NIPS
2014); for some hundreds of tokens that is done at once, by a singular value decomposition.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WINDOW: Final = 5
NEGATIVES: Final = 5
EMBEDDING: Final = 64
SPREAD: Final = 1.0
"""SD of the vectors' entries: that of torch's own start."""


def word_vectors(sentences: list[Ints], size: int, width: int = EMBEDDING) -> Floats:
    """Return vectors (size, width); of tokens that never are, zeros."""
    counts = np.zeros((size, size))
    for own in sentences:
        for apart in range(1, WINDOW + 1):
            np.add.at(counts, (own[:-apart], own[apart:]), 1)
    counts += counts.T
    total, each = counts.sum(), counts.sum(axis=1)
    expected = np.outer(each, each) / max(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / expected) - np.log(NEGATIVES)
    positive = np.where(counts > 0, np.maximum(information, 0), 0)
    left, values, _ = np.linalg.svd(positive)
    width = min(width, size)
    vectors = np.zeros((size, EMBEDDING if width < EMBEDDING else width))
    vectors[:, :width] = left[:, :width] * np.sqrt(values[:width])
    spread = vectors[each > 0].std()
    return vectors * (SPREAD / spread) if spread > 0 else vectors
