"""How much of a record an answer shows: ref, default, full, or `custom:(uuid,person:(age))`."""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """A named representation, or (named custom) a list of properties with theirs."""

    name: str
    properties: tuple[tuple[str, "Representation"], ...] = ()


REF = Representation(name="ref")
DEFAULT = Representation(name="default")
FULL = Representation(name="full")
NAMED = {one.name: one for one in (REF, DEFAULT, FULL)}


def parse_parameter(text: str) -> Representation:
    """Read the value of `v`; an unknown name is the default, as in OpenMRS."""
    if text.startswith("custom:"):
        return parse_custom(text.removeprefix("custom:"))
    return NAMED.get(text, DEFAULT)


@lru_cache(maxsize=1024)
def parse_custom(text: str) -> Representation:
    """Read a list of properties, with or without the brackets around it."""
    inner = text.removeprefix("(")
    inner = inner.removesuffix(")") if text.startswith("(") else inner
    return Representation(
        name="custom", properties=tuple(_parse_property(part) for part in _split(inner))
    )


def _parse_property(text: str) -> tuple[str, Representation]:
    name, colon, rest = text.partition(":")
    if not colon:
        return name, DEFAULT
    if rest.startswith("("):
        return name, parse_custom(rest)
    return name, NAMED.get(rest.lower(), DEFAULT)


def _split(text: str) -> list[str]:
    """Cut at the commas that stand in no bracket."""
    parts = [""]
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def write(representation: Representation) -> str:
    """Write a custom representation as `v` takes it; the inverse of parse_custom."""
    if representation.name != "custom":
        return representation.name
    shown = ",".join(f"{name}:{write(inner)}" for name, inner in representation.properties)
    return f"({shown})"
