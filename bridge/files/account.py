"""The account of what was read: used, left out with its reason, or rejected with its patient. Pure.

For each type of resource (or table): read = left out + rejected + those that stand in a chart as
the source of something.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bridge.chart import Encounter, Entry, LeftOut, Patient, PatientEntry, Visit

TWICE = "stands twice"
"""The reason for what stands in the files again under the same type and id."""

MOST_EXAMPLES = 100
"""How many things that belong to no patient are kept as examples."""


class Rejected(NamedTuple):
    """A patient that cannot be made, with all that was theirs."""

    source: str
    reason: str
    resources: Counter[str]
    """How many of each type were theirs, the Patient among them."""
    detail: str = ""


class Reading(NamedTuple):
    """What the first pass over the files read."""

    read: Counter[str]
    """By type of resource, or by table."""
    left_out: Counter[tuple[str, str]]
    """By type and reason, of all patients and of none; a part of a resource as `Type (part)`."""
    rejected: tuple[Rejected, ...] = ()
    assumed: Counter[str] = Counter()  # noqa: RUF012
    """What the files do not say and had to be taken for granted, and how often."""
    strays: tuple[LeftOut, ...] = ()
    """Examples of what was left out and belongs to no patient."""


def kind_of(source: str) -> str:
    """Return the type that a source is counted as; a part of a resource is counted apart."""
    kind = source.partition("/")[0]
    return f"{kind} (part)" if "#" in source else kind


def sources_of(*things: Patient | Visit | Encounter | Entry | PatientEntry) -> Iterator[str]:
    """Yield the source of each thing and of all that stands within it."""
    for thing in things:
        if thing.source:
            yield thing.source
        if isinstance(thing, Patient):
            yield from sources_of(*thing.visits, *thing.entries)
        elif isinstance(thing, Visit):
            yield from sources_of(*thing.encounters)
        elif isinstance(thing, Encounter):
            yield from sources_of(*thing.entries)
        else:
            yield from sources_of(*getattr(thing, "members", ()))


def lost(before: Patient, after: Patient, reason: str) -> Iterator[LeftOut]:
    """Yield what stands in a chart before something was taken out of it, and not after."""
    kept = set(sources_of(after))
    for source in dict.fromkeys(sources_of(before)):
        if source not in kept:
            yield LeftOut(source, reason)


def settled(left_out: Iterable[LeftOut], used: set[str]) -> Iterator[LeftOut]:
    """Yield what was left out, each resource once; of one that is used, it was a part only."""
    seen: set[str] = set()
    for one in left_out:
        if "#" in one.source or one.reason == TWICE:
            yield one
        elif one.source in used:
            yield one._replace(source=f"{one.source}#")
        elif one.source not in seen:
            seen.add(one.source)
            yield one


def counted(left_out: Iterable[LeftOut]) -> Counter[tuple[str, str]]:
    """Count by type and reason."""
    return Counter((kind_of(one.source), one.reason) for one in left_out)
