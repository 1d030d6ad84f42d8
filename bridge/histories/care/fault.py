"""Something wrong in a care module's file."""

from typing import NamedTuple

Path_ = tuple[str | int, ...]


class Fault(NamedTuple):
    """What is wrong, and the keys under which it stands."""

    path: Path_
    what: str

    def __str__(self) -> str:
        return ": ".join((*(str(part) for part in self.path), self.what))
