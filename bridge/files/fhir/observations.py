"""Observations and the reports that gather them: findings, results and panels of either. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bridge.chart import Finding, LeftOut, Result
from bridge.files.fhir.elements import codeable, codes_of, notes, status
from bridge.files.fhir.record import Placed, Record
from bridge.files.fhir.resources import NOT_FHIR, Body, NotTaken, Resource, reference
from bridge.files.fhir.values import value_of
from bridge.identity import part_uuid

FINAL = ("final", "amended", "corrected")
_LABORATORY = {"laboratory", "Laboratory", "LAB", "CH", "HM", "MB", "SR", "PAT", "BLB", "IMM"}
_MOST_NESTED = 4
"""A report, its panels, their observations, their components."""


class Said(NamedTuple):
    """What one resource says, before it is known whether it is a finding or a result."""

    finding: Finding
    is_laboratory: bool
    order: str | None
    encounter: str
    members: tuple[str, ...]
    """The sources of the resources that it names as its members."""


def read_observations(record: Record) -> Iterator[Placed]:
    """Read Observations, and DiagnosticReports as panels; members stand in their panels only.

    The account of reports is `documents`': one may be a text as well, or only that.
    """
    said: dict[str, Said] = {}
    for resource in record.of("Observation"):
        with record.reading(resource):
            said[resource.source] = _observation(record, resource)
    for resource in record.of("DiagnosticReport"):
        if one := _report(record, resource):
            said[resource.source] = one
    panels = _Panels(said)
    for source, one in said.items():
        if source in panels.owners:
            continue
        whole = panels.whole(source)
        if whole:
            made = _result(whole, one.order) if panels.is_laboratory(source) else whole
            yield Placed(made, one.encounter, whole.time)
    for source in panels.empty:
        if not source.startswith("DiagnosticReport"):
            record.left_out.append(LeftOut(source, "none of its members was taken"))


class _Panels:
    """Which observation is a member of which; each of one only, and none of itself."""

    def __init__(self, said: dict[str, Said]) -> None:
        self._said = said
        self.owners: dict[str, str] = {}
        self.empty: list[str] = []
        """Sources of those that say nothing."""
        # the innermost panel first, so that a report takes panels rather than their members
        for source in sorted(said, key=lambda s: s.startswith("DiagnosticReport")):
            for member in said[source].members:
                if member in said and member not in self.owners and self._may_own(source, member):
                    self.owners[member] = source

    def _may_own(self, panel: str, member: str) -> bool:
        place: str | None = panel
        for _ in range(_MOST_NESTED):
            if place is None:
                return True
            if place == member:
                return False
            place = self.owners.get(place)
        return False

    def whole(self, source: str) -> Finding | None:
        """Return an observation with its members; None when nothing is said at all."""
        own = self._said[source].finding
        inner = [
            whole
            for member in self._said[source].members
            if self.owners.get(member) == source and (whole := self.whole(member))
        ]
        members = (*own.members, *inner)
        if own.value is None and not members:
            self.empty.append(source)
            return None
        if own.value is not None and members:
            # a group of OpenMRS's has no value of its own: it becomes the first member
            first = replace(own, uuid=part_uuid(own.uuid, "value"), members=(), comment="")
            return replace(own, value=None, members=(first, *members))
        return replace(own, members=members)

    def is_laboratory(self, source: str) -> bool:
        """Tell whether a panel or any of its members is the laboratory's."""
        one = self._said[source]
        return one.is_laboratory or any(
            self.owners.get(member) == source and self.is_laboratory(member)
            for member in one.members
        )


def _result(finding: Finding, order: str | None) -> Result:
    return Result(
        uuid=finding.uuid,
        what=finding.what,
        value=finding.value,
        time=finding.time,
        comment=finding.comment,
        order=order,
        members=tuple(_result(member, None) for member in finding.members),
        source=finding.source,
    )


def _observation(record: Record, resource: Resource) -> Said:
    body = resource.body
    status(body, *FINAL)
    what = codeable(body.get("code"))
    members = _named(record, body, "hasMember")
    uuid = record.uuid_of(resource)
    time = _time(record, body)
    components = tuple(_components(record, resource, uuid, time))
    value = None
    try:
        value = value_of(body)
    except NotTaken as fault:
        if not components and not members:
            raise
        record.leave_part_out(resource, "value", fault)
    if value is None and not components and not members:
        raise NotTaken("has no value")
    finding = Finding(
        uuid=uuid,
        what=what,
        value=value,
        time=time,
        comment=notes(body),
        is_vital_sign="vital-signs" in codes_of(body.get("category") or []),
        members=components,
        source=resource.source,
    )
    return Said(finding, _is_laboratory(body), *_where(record, body), members)


def _components(
    record: Record, resource: Resource, uuid: str, time: datetime | None
) -> Iterator[Finding]:
    is_vital_sign = "vital-signs" in codes_of(resource.body.get("category") or [])
    for place, component in enumerate(resource.body.get("component") or (), start=1):
        try:
            value = value_of(component)
            if value is None:
                raise NotTaken("has no value")
            yield Finding(
                uuid=part_uuid(uuid, f"component/{place}"),
                what=codeable(component.get("code")),
                value=value,
                time=time,
                is_vital_sign=is_vital_sign,
                source=f"{resource.source}#{place}",
            )
        except NotTaken as fault:
            record.leave_part_out(resource, str(place), fault)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            record.leave_part_out(resource, str(place), NotTaken(NOT_FHIR, error))


def _report(record: Record, resource: Resource) -> Said | None:
    """Read a report as a panel of its results; None when it is none."""
    body = resource.body
    try:
        if body.get("status") not in FINAL:
            return None
        members = _named(record, body, "result")
        if not members:
            return None
        finding = Finding(
            uuid=record.uuid_of(resource),
            what=codeable(body.get("code")),
            time=_time(record, body),
            source=resource.source,
        )
        return Said(finding, _is_laboratory(body), *_where(record, body), members)
    except (NotTaken, KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None


def _named(record: Record, body: Body, key: str) -> tuple[str, ...]:
    found = (record.find(one, body) for one in body.get(key) or ())
    return tuple(dict.fromkeys(one.source for one in found if one and one.source))


def _is_laboratory(body: Body) -> bool:
    return not _LABORATORY.isdisjoint(codes_of(body.get("category") or []))


def _where(record: Record, body: Body) -> tuple[str | None, str]:
    """Return the uuid of the order that was carried out, if it is there, and the encounter."""
    orders = (record.find(one, body) for one in body.get("basedOn") or ())
    order = next((one for one in orders if one and one.kind == "ServiceRequest"), None)
    return record.uuid_of(order) if order else None, reference(body.get("encounter"))


def _time(record: Record, body: Body) -> datetime | None:
    time = record.time(body, "effectiveDateTime", "effectivePeriod", "effectiveInstant")
    if time is None and body.get("issued"):
        record.assume("time of an observation not said: when it was issued")
        return record.time(body, "issued")
    return time
