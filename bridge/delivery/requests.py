"""What a plan consists of: requests, each with what it owns and what is read back of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from bridge.chart import LeftOut
from bridge.delivery.flags import Judgement
from bridge.delivery.target import Target
from bridge.mapping.model import Mapping
from bridge.mapping.resolve import Change
from bridge.mapping.terms import Terms
from bridge.openmrs.capabilities import Capabilities
from bridge.openmrs.transport import Multipart

Body = dict[str, Any]

Field = str | float | bool | datetime | date | None
"""A value that is compared: times are aware and in whole seconds."""


class Ref(NamedTuple):
    """One object on the server: the REST resource it is of, and its uuid."""

    resource: str
    uuid: str


class Expected(NamedTuple):
    """What reading one entry back should show; `key` is its uuid, as bridge has named it."""

    kind: str
    key: str
    label: str
    fields: dict[str, Field]
    source: str = ""


class Found(NamedTuple):
    """What the server shows of one entry; `uuid` is its own name for it."""

    uuid: str
    label: str
    fields: dict[str, Field]
    judgement: Judgement | None = None
    """How the server judges it, of an observation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that rendering a chart for one server depends on, beside the chart."""

    run: str
    mapping: Mapping
    target: Target
    terms: Terms
    capabilities: Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of its own: it makes an entry, or follows what an encounter's request has made."""

    kind: str
    """The entry kind, which knows how it is sent, found again and taken off."""
    patient: str
    uuid: str
    """What bridge calls the entry; the server may mint another."""
    body: Body
    expected: Expected | None = None
    """None: what it does is read back with another entry."""
    file: Multipart | None = None
    left_out: tuple[LeftOut, ...] = ()
    """Parts of the entry that the server has no place for."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """What one entry adds to its encounter's request, and to the requests that follow that."""

    kind: str
    part: str = ""
    """The part of the encounter's body: `obs`, `diagnoses`, `orders`; none where it goes apart."""
    bodies: tuple[Body, ...] = ()
    expected: tuple[Expected, ...] = ()
    after: tuple[Request, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    changes: tuple[Change, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterPlan:
    """One POST of an encounter with what rides in it; `body["visit"]` is its visit's uuid."""

    uuid: str
    body: Body
    expected: tuple[Expected, ...] = ()
    after: tuple[Request, ...] = ()
    """What follows it, in a request each."""

    @property
    def observations(self) -> int:
        """Count the observations, groups not counted."""
        return sum(one.kind == "observations" for one in self.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """A visit, and the encounters within it."""

    uuid: str
    body: Body
    encounters: tuple[EncounterPlan, ...]

    @property
    def observations(self) -> int:
        """Count the observations of the whole visit."""
        return sum(encounter.observations for encounter in self.encounters)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPlan:
    """All that makes one patient whole, in the order in which it is sent."""

    uuid: str
    visits: tuple[VisitPlan, ...]
    requests: tuple[Request, ...] = ()
    """What follows the visits: the rest of the chart, death last."""
    left_out: tuple[LeftOut, ...] = ()
    changes: tuple[Change, ...] = ()
    """Values that go to the server otherwise than they were read."""
    sent: frozenset[str] = frozenset()
    """The sources of which something is sent."""

    @property
    def resources(self) -> int:
        """Count the resources of files that the chart was made of."""
        sources = {*self.sent, *(one.source for one in self.left_out)}
        return len({source.partition("#")[0] for source in sources} - {""})

    def following(self) -> Iterator[Request]:
        """Yield the requests that come after those of the visits."""
        for visit in self.visits:
            for encounter in visit.encounters:
                yield from encounter.after
        yield from self.requests

    def expected(self) -> Iterator[Expected]:
        """Yield all that should be read back, of visits and encounters first."""
        for visit in self.visits:
            for encounter in visit.encounters:
                yield from encounter.expected
        yield from (one.expected for one in self.following() if one.expected)


def of_kind(expected: Iterable[Expected], kind: str) -> dict[str, Expected]:
    """Return what is expected of one kind, by key."""
    return {one.key: one for one in expected if one.kind == kind}
