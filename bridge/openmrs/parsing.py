"""Answers that are JSON, and yet not as OpenMRS writes them: an error, never a traceback."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.errors import ServerError
from bridge.wording import one_line

Body = dict[str, Any]

_MISREAD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def as_openmrs_has_it(what: str) -> Iterator[None]:
    """Raise ServerError where reading `what` from an answer fails inside; also a decorator."""
    try:
        yield
    except _MISREAD as error:
        why = one_line(f"{type(error).__name__}: {error}", 100)
        raise ServerError(
            f"the server's answer about {what} is not as OpenMRS has it ({why}); is there "
            "something else at this address?"
        ) from error


def objects(listed: Any) -> list[Body]:
    """Return the objects of a list; raise TypeError where it is none of objects with uuids."""
    found = listed or []
    if not isinstance(found, list):
        raise TypeError("a list is expected")
    for one in found:
        if not isinstance(one, dict):
            raise TypeError("an object is expected")
        if "uuid" in one:
            checked_text(one["uuid"])
    return found


def checked_text(value: Any) -> str:
    """Return a uuid, an identifier or a name of a thing; raise TypeError where it is none."""
    if not isinstance(value, str) or not value or len(value) > 255 or not value.isprintable():
        raise TypeError("a word is expected")
    return value


def number(value: Any) -> float | None:
    """Return a number or None; raise TypeError where it is neither."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("a number is expected")
    return value


def count(value: Any) -> int:
    """Return how many; raise TypeError where it is no whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise TypeError("a count is expected")
    return value
