"""Entries into encounters, and encounters into visits that do not overlap. Pure.

OpenMRS keeps an encounter within its visit, and most servers keep visits of one patient apart:
contacts of one day and place, and such as overlap or touch, become one visit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from bridge.chart import (
    Encounter,
    EncounterKind,
    Entry,
    Finding,
    LeftOut,
    Result,
    Visit,
    VisitKind,
)
from bridge.files.account import sources_of
from bridge.files.fhir.encounters import Contact
from bridge.files.fhir.record import Placed, Record
from bridge.identity import part_uuid

_RANK: tuple[VisitKind, ...] = ("inpatient", "emergency", "facility", "home")
_LONGEST_OPEN = timedelta(days=30)
"""How long a stay without an end is believed to go on; what is later has a visit of its own."""

IN_THE_FUTURE = "is in the future"


def place_entries(
    record: Record, contacts: dict[str, Contact], placed: Iterable[Placed], now: datetime | None
) -> list[Contact]:
    """Put each entry into its encounter, or into one of its own day; return all contacts."""
    days: dict[date, Contact] = {}
    for one in placed:
        if now and one.time and one.time > now:
            record.left_out.extend(_all_left_out(one.entry, IN_THE_FUTURE))
            continue
        contact = contacts.get(one.encounter)
        if contact and (one.time is None or _covers(contact, one.time)):
            contact.entries.append(one.entry)
            _stretch(contact, one.time)
        elif one.time is None:
            record.left_out.extend(_all_left_out(one.entry, "has neither a time nor an encounter"))
        else:
            contact = days.setdefault(one.time.date(), _of_day(record, one.time))
            contact.entries.append(one.entry)
            contact.start = min(contact.start, one.time)
            contact.stop = max(contact.stop or one.time, one.time)
    unique = {id(contact): contact for contact in (*contacts.values(), *days.values())}
    return list(unique.values())


def _all_left_out(entry: Entry, reason: str) -> Iterator[LeftOut]:
    return (LeftOut(source, reason) for source in dict.fromkeys(sources_of(entry)))


def _visit_of(contact: Contact) -> Contact:
    return contact.parent or contact


def _covers(contact: Contact, time: datetime) -> bool:
    """Tell whether a time lies within the visit of a contact, as far as its end is known."""
    visit = _visit_of(contact)
    if time < visit.start:
        return False
    return time <= visit.stop if visit.stop else _is_open_until(visit, time)


def _is_open_until(visit: Contact, time: datetime) -> bool:
    if visit.is_open:
        return time - visit.start <= _LONGEST_OPEN
    return time.astimezone(visit.start.tzinfo).date() == visit.start.date()


def _stretch(contact: Contact, time: datetime | None) -> None:
    """Note how long a visit without an end lasted at least."""
    visit = _visit_of(contact)
    if time and visit.stop is None:
        visit.entries_until = max(visit.entries_until or time, time)


def _of_day(record: Record, time: datetime) -> Contact:
    visit = part_uuid(record.uuid, f"visit/{time.date()}")
    return Contact(uuid=part_uuid(visit, "encounter"), visit_uuid=visit, start=time, stop=time)


def make_visits(contacts: list[Contact]) -> tuple[Visit, ...]:
    """Join contacts to visits, in order of time."""
    tops = sorted((c for c in contacts if not c.parent), key=lambda c: (c.start, c.visit_uuid))
    groups: list[list[Contact]] = []
    for contact in tops:
        if groups and _belongs(contact, groups[-1]):
            groups[-1].append(contact)
        else:
            groups.append([contact])
    last = len(groups) - 1
    return tuple(_visit(group, is_last=place == last) for place, group in enumerate(groups))


def _ends(contact: Contact) -> datetime:
    """Return when a contact was over at the earliest."""
    known = [contact.stop or contact.start, contact.entries_until or contact.start]
    return max(*known, *(_ends(child) for child in contact.children))


def _belongs(contact: Contact, group: list[Contact]) -> bool:
    if contact.start <= max(map(_ends, group)):
        return True
    first = group[0]
    if first.is_visit_only or contact.is_visit_only or "home" in (first.kind, contact.kind):
        return False
    same_day = contact.start.astimezone(first.start.tzinfo).date() == first.start.date()
    places = {one.location for one in (*group, contact)} - {""}
    return same_day and len(places) <= 1


def _visit(group: list[Contact], *, is_last: bool) -> Visit:
    first = group[0]
    goes_on = is_last and any(contact.is_open for contact in group)
    encounters = [
        encounter
        for contact in group
        for one in (contact, *contact.children)
        for encounter in _encounters(one, first)
    ]
    return Visit(
        uuid=first.visit_uuid,
        start=first.start,
        stop=None if goes_on else max(map(_ends, group)),
        encounters=tuple(sorted(encounters, key=lambda e: e.time)),
        kind=min((contact.kind for contact in group), key=_RANK.index),
        location=first.location,
        source=first.source,
    )


def _encounters(contact: Contact, first: Contact) -> Iterator[Encounter]:
    """Yield a contact's encounter, and one more for the laboratory's results among others."""
    if contact is first and contact.is_visit_only and not contact.entries:
        return
    results = [entry for entry in contact.entries if isinstance(entry, Result)]
    others = [entry for entry in contact.entries if not isinstance(entry, Result)]
    whole = Encounter(
        uuid=contact.uuid,
        time=contact.start,
        entries=_timed(others or results, contact.start),
        kind=_kind(contact, others, results),
        location="" if contact.location == first.location else contact.location,
        provider=contact.provider,
        source=contact.source,
    )
    if contact.own_kind:
        entries = _timed(contact.entries, contact.start)
        yield replace(whole, kind=contact.own_kind, entries=entries)
        return
    yield whole
    if others and results:
        yield replace(
            whole,
            uuid=part_uuid(contact.uuid, "laboratory"),
            entries=_timed(results, contact.start),
            kind="laboratory",
        )


def _kind(contact: Contact, others: Sequence[Entry], results: Sequence[Entry]) -> EncounterKind:
    if contact.kind == "inpatient" and contact.parent is None:
        return "admission"
    if results and not others:
        return "laboratory"
    if others and all(isinstance(e, Finding) and e.is_vital_sign for e in others):
        return "vitals"
    return "consultation"


def _timed(entries: Iterable[Entry], time: datetime) -> tuple[Entry, ...]:
    """Drop the times that are the encounter's own."""
    return tuple(
        _timed_one(entry, time)
        if isinstance(entry, Finding)
        else _timed_one(entry, time)
        if isinstance(entry, Result)
        else entry
        for entry in entries
    )


_Observed = TypeVar("_Observed", Finding, Result)


def _timed_one(entry: _Observed, time: datetime) -> _Observed:
    members = tuple(_timed_one(member, time) for member in entry.members)
    return replace(entry, members=members, time=None if entry.time == time else entry.time)
