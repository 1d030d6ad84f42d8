"""Parts of a resource that a client sent, checked to be what FHIR says they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.sandbox.dates import parse_moment
from bridge.sandbox.fhir.outcomes import Outcome

Body = Mapping[str, Any]


def part(body: Body, name: str) -> Body:
    """Return an element that is an object, or an empty one."""
    found = body.get(name, {})
    if not isinstance(found, dict):
        raise _malformed(name)
    return found


def parts(body: Body, name: str) -> Sequence[Body]:
    """Return an element that is a list of objects."""
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _malformed(name)
    return found


def _malformed(name: str) -> Outcome:
    return Outcome(400, f'HAPI-1821: [element="{name}"] Invalid JSON content detected')


def moment_of(value: Any) -> int:
    """Read a time.

    Raises Outcome where it is none.
    """
    try:
        return parse_moment(str(value))
    except ValueError as fault:
        raise Outcome(400, f'HAPI-1821: Invalid date/time format: "{value}"') from fault
