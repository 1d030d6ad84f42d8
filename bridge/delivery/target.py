"""The server's own things that a run's patients hang on: found once, saved with the run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierSlot:
    """One identifier that every patient of a load gets, and who makes it."""

    type: str
    location: str | None
    """None: the type wants no location."""
    source: str | None
    """What on the server issues them; None: bridge makes them."""
    validator: str | None
    """The server's class that checks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The uuids of the server's own things that a run's patients and visits hang on."""

    encounter_type: str
    visit_type: str
    location: str
    encounter_role: str
    provider: str
    identifiers: tuple[IdentifierSlot, ...]
    demo_tag: str
    run_tag: str
