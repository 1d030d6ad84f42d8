"""A chart's encounter as OpenMRS's own forms would have it: vitals, visit note, results."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bridge.chart import (
    Diagnosis,
    DrugOrder,
    Encounter,
    EncounterKind,
    Entry,
    Finding,
    Immunization,
    Measurement,
    Note,
    Result,
    TestOrder,
)
from bridge.identity import part_uuid


def by_kind(encounter: Encounter) -> Iterator[Encounter]:
    """Part an encounter as OpenMRS's own forms would: vitals, the consultation, the laboratory.

    The part of the encounter's own kind keeps its uuid; results come last, for their orders' sake.
    What was ordered before is a form of its own: no order may begin before its encounter.
    """
    parts: dict[EncounterKind, list[Entry]] = {}
    for entry in encounter.entries:
        parts.setdefault(_kind_of(entry, encounter), []).append(entry)
    if not parts:
        yield encounter
        return
    own = encounter.kind if encounter.kind in parts else next(iter(parts))
    for kind in sorted(parts, key=_ORDER.index):
        uuid = encounter.uuid if kind == own else part_uuid(encounter.uuid, kind)
        entries = tuple(parts[kind])
        time = min(map(_ordered_at, entries)) if kind == "order" else encounter.time
        yield replace(encounter, uuid=uuid, time=time, kind=_form(kind, entries), entries=entries)


_ORDER: tuple[EncounterKind, ...] = (
    "admission",
    "vitals",
    "consultation",
    "note",
    "order",
    "immunization",
    "discharge",
    "laboratory",
)


def _kind_of(entry: Entry, encounter: Encounter) -> EncounterKind:
    if isinstance(entry, Measurement) or (isinstance(entry, Finding) and entry.is_vital_sign):
        return "vitals"
    if isinstance(entry, Result):
        return "laboratory"
    if isinstance(entry, DrugOrder | TestOrder) and _ordered_at(entry) < encounter.time:
        return "order"
    return "consultation" if encounter.kind in ("vitals", "laboratory") else encounter.kind


def _ordered_at(entry: Entry) -> datetime:
    if isinstance(entry, DrugOrder):
        return entry.start
    assert isinstance(entry, TestOrder)
    return entry.time


def _form(kind: EncounterKind, entries: tuple[Entry, ...]) -> EncounterKind:
    """Return which of OpenMRS's forms a consultation is, if it is one of them."""
    if kind != "consultation":
        return kind
    if any(isinstance(entry, Note | Diagnosis) for entry in entries):
        return "note"
    if all(isinstance(entry, DrugOrder | TestOrder) for entry in entries):
        return "order"
    vaccines = all(isinstance(entry, Immunization) for entry in entries)
    return "immunization" if vaccines else kind
