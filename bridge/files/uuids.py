"""Which words are uuids, and which stand more than once in a folder."""

import re
from array import array

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Tell whether text is a uuid in small letters."""
    return _UUID.fullmatch(text) is not None


class RepeatedIds:
    """Finds ids that stand more than once, in 8 bytes each.

    OpenMRS gives an observation that is posted under the uuid of another patient's to the new
    owner, so such an id may not be used as it is.
    """

    def __init__(self) -> None:
        self._seen = array("q")
        self._repeated: frozenset[int] = frozenset()

    def add(self, kind: str, name: str) -> None:
        """Take note of an id of a type."""
        self._seen.append(hash((kind, name)))

    def close(self) -> None:
        """Find the repeated ones, and forget the others."""
        import numpy as np

        seen = np.frombuffer(self._seen, dtype=np.int64) if self._seen else np.empty(0)
        seen.sort()  # where it lies
        self._repeated = frozenset(seen[1:][seen[1:] == seen[:-1]].tolist())
        del seen
        self._seen = array("q")

    def __call__(self, kind: str, name: str) -> bool:
        """Tell whether an id of a type stood more than once."""
        return hash((kind, name)) in self._repeated
