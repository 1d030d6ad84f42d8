"""A chart to the requests that make it on one server. Pure.

What `send` sends, `verify` reads back and `undo` takes off is this plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from bridge.chart import (
    Diagnosis,
    DrugOrder,
    Encounter,
    EncounterKind,
    Entry,
    Finding,
    Immunization,
    LeftOut,
    Measurement,
    Note,
    Patient,
    PatientEntry,
    Relationship,
    Result,
    TestOrder,
    Visit,
)
from bridge.delivery.kinds import BY_ENTRY, KINDS, deaths
from bridge.delivery.kinds.drug_orders import overlapping
from bridge.delivery.kinds.kind import Place
from bridge.delivery.rendering import encounter_body, visit_body
from bridge.delivery.requests import (
    Body,
    Context,
    EncounterPlan,
    Fragment,
    PatientPlan,
    Request,
    VisitPlan,
)
from bridge.identity import part_uuid, reissue

_Some = TypeVar("_Some", bound=Entry | PatientEntry)


def plan_patient(patient: Patient, context: Context) -> PatientPlan:
    """Plan what makes `patient` whole, beside the patient itself."""
    left_out: list[LeftOut] = list(_unknown_identifiers(patient, context))
    visits = _without_overlaps(patient, context, left_out)
    return PatientPlan(
        uuid=patient.uuid,
        visits=tuple(_plan_visit(patient, visit, context, left_out) for visit in visits),
        requests=tuple(_requests(patient, context, left_out)),
        left_out=tuple(left_out),
    )


def _unknown_identifiers(patient: Patient, context: Context) -> Iterator[LeftOut]:
    known = context.target.identifier_types
    for identifier in patient.identifiers:
        if identifier.type not in known:
            source = f"Patient/{patient.uuid}#{identifier.type}"
            yield LeftOut(source, "no identifier type on the server", identifier.type)


def _without_overlaps(
    patient: Patient, context: Context, left_out: list[LeftOut]
) -> Iterator[Visit]:
    """Yield the visits without the orders of a drug that is ordered for that time already."""
    entries = [entry for encounter in patient.encounters() for entry in encounter.entries]
    orders = [entry for entry in entries if isinstance(entry, DrugOrder)]
    dropped = {order.uuid: order for order in overlapping(orders, context)}
    left_out += [
        LeftOut(order.source, "the same drug is ordered for that time already", order.drug.label)
        for order in dropped.values()
    ]
    for visit in patient.visits:
        if not dropped:
            yield visit
            continue
        encounters = tuple(
            replace(encounter, entries=tuple(e for e in encounter.entries if e.uuid not in dropped))
            for encounter in visit.encounters
        )
        yield replace(visit, encounters=encounters)


def _requests(patient: Patient, context: Context, left_out: list[LeftOut]) -> Iterator[Request]:
    """Yield what concerns the patient as a whole, kind by kind; death is the last."""
    entries = defaultdict(list)
    for entry in patient.entries:
        entries[BY_ENTRY[type(entry)].name].append(entry)
    for kind in KINDS:
        for entry in entries[kind.name]:
            assert kind.render
            rendered = kind.render(entry, patient, context)
            if isinstance(rendered, LeftOut):
                left_out.append(rendered)
            else:
                yield rendered
    if patient.death:
        rendered = deaths.render(patient.death, patient, context)
        assert isinstance(rendered, Request)
        yield rendered


def _plan_visit(
    patient: Patient, visit: Visit, context: Context, left_out: list[LeftOut]
) -> VisitPlan:
    encounters = []
    for encounter in visit.encounters:
        for part in by_kind(encounter):
            fragments = [_rendered(entry, patient, part, context) for entry in part.entries]
            for fragment in fragments:
                left_out += fragment.left_out
            body = encounter_body(patient, visit, part, context.target)
            encounters.append(_plan_encounter(part.uuid, body, fragments))
    return VisitPlan(
        uuid=visit.uuid,
        body=visit_body(patient, visit, context.target),
        encounters=tuple(encounters),
    )


def _rendered(entry: Entry, patient: Patient, encounter: Encounter, context: Context) -> Fragment:
    render = BY_ENTRY[type(entry)].render_within
    assert render
    return render(entry, Place(patient, encounter.uuid, encounter.time), context)


def _plan_encounter(uuid: str, body: Body, fragments: Iterable[Fragment]) -> EncounterPlan:
    parts: dict[str, list[Body]] = defaultdict(list)
    for fragment in fragments:
        parts[fragment.part] += fragment.bodies
    parts.pop("", None)
    return EncounterPlan(
        uuid=uuid,
        body={**body, **parts},
        expected=tuple(one for fragment in fragments for one in fragment.expected),
        after=tuple(request for fragment in fragments for request in fragment.after),
    )


def by_kind(encounter: Encounter) -> Iterator[Encounter]:
    """Part an encounter as OpenMRS's own forms would: vitals, the consultation, the laboratory.

    The part of the encounter's own kind keeps its uuid; results come last, for their orders' sake.
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
        yield replace(encounter, uuid=uuid, kind=_form(kind, entries), entries=entries)


_ORDER: tuple[EncounterKind, ...] = (
    "admission",
    "vitals",
    "consultation",
    "note",
    "order",
    "discharge",
    "laboratory",
)


def _kind_of(entry: Entry, encounter: Encounter) -> EncounterKind:
    if isinstance(entry, Measurement) or (isinstance(entry, Finding) and entry.is_vital_sign):
        return "vitals"
    if isinstance(entry, Result):
        return "laboratory"
    return "consultation" if encounter.kind in ("vitals", "laboratory") else encounter.kind


def _form(kind: EncounterKind, entries: tuple[Entry, ...]) -> EncounterKind:
    """Return which of OpenMRS's forms a consultation is: a visit note, an order, or neither."""
    if kind != "consultation":
        return kind
    if any(isinstance(entry, Note | Diagnosis) for entry in entries):
        return "note"
    orders = all(isinstance(entry, DrugOrder | TestOrder) for entry in entries)
    return "order" if orders else kind


def reissue_patient(patient: Patient, generation: int) -> Patient:
    """Give the patient and every part the uuids of a later generation; 0 is as made."""
    if generation == 0:
        return patient
    return replace(
        patient,
        uuid=reissue(patient.uuid, generation),
        visits=tuple(_reissue_visit(visit, generation) for visit in patient.visits),
        entries=tuple(_reissue_entry(entry, generation) for entry in patient.entries),
    )


def _reissue_visit(visit: Visit, generation: int) -> Visit:
    encounters = tuple(
        replace(
            encounter,
            uuid=reissue(encounter.uuid, generation),
            entries=tuple(_reissue_entry(entry, generation) for entry in encounter.entries),
        )
        for encounter in visit.encounters
    )
    return replace(visit, uuid=reissue(visit.uuid, generation), encounters=encounters)


def _reissue_entry(entry: _Some, generation: int) -> _Some:
    """Reissue an entry, and what it refers to of the same patient or another of the cohort."""

    def again(uuid: str | None) -> str | None:
        return reissue(uuid, generation) if uuid else None

    changes: dict[str, object] = {"uuid": again(entry.uuid)}
    if isinstance(entry, Finding | Result):
        changes["members"] = tuple(_reissue_entry(part, generation) for part in entry.members)
    if isinstance(entry, Result):
        changes["order"] = again(entry.order)
    if isinstance(entry, Immunization):
        changes["visit"] = again(entry.visit)
    if isinstance(entry, Relationship):
        changes["other"] = again(entry.other)
    return replace(entry, **changes)  # type: ignore[arg-type]
