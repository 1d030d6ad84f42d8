"""What was read and does not come to a server, with the reason."""

from typing import NamedTuple


class LeftOut(NamedTuple):
    """A thing that is left out: the reason in words that are counted, and what it concerns."""

    source: str
    """Which resource or row it was: `Observation/17`, or its part `Observation/17#Systolic`."""
    reason: str
    """The same words for all of a kind, such as `status is entered-in-error`."""
    detail: str = ""
    """Which code or value: what makes this one differ from others of its kind."""
