"""The visits of a patient, each with its encounters: notes, diagnoses, orders, findings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.sandbox.catalogue.care import obs_text
from bridge.sandbox.catalogue.orders import orderable
from bridge.sandbox.catalogue.problems import words_of
from bridge.sandbox.fhir.immunizations import GROUP, VACCINE, member_values
from bridge.sandbox.observation_values import FALSE_UUID, TRUE_UUID
from bridge.sandbox.people.moments import moment, moment_if_any
from bridge.sandbox.store import Record, Store

NOTES = frozenset(code.ljust(36, "A") for code in ("162169", "165095"))
"""The concepts of a visit note and of a patient note."""

YES_OR_NO = {TRUE_UUID: "yes", FALSE_UUID: "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One encounter."""

    kind: str
    time: datetime
    provider: str
    notes: tuple[str, ...]
    diagnoses: tuple[str, ...]
    orders: tuple[str, ...]
    vaccines: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    numbers: int
    """How many numbers were measured; they stand in the tables of vitals and results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One visit."""

    start: datetime
    stop: datetime | None
    kind: str
    place: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An attachment: an image to show small, or a file to open."""

    uuid: str
    name: str
    caption: str
    time: datetime
    is_image: bool


def stays_of(store: Store, patient: Record) -> tuple[Stay, ...]:
    """List a patient's visits, the newest first."""
    return tuple(
        Stay(
            start=moment(visit["startDatetime"]),
            stop=moment_if_any(visit["stopDatetime"]),
            kind=_named(store, visit, "visitType"),
            place=_named(store, visit, "location"),
            contacts=tuple(_contact(store, one) for one in _in_order(store, visit)),
        )
        for visit in store.many("visit", "patient = ? AND ended = 0", (patient.id,))
    )


def _in_order(store: Store, visit: Record) -> list[Record]:
    return sorted(store.children(visit, "encounters"), key=lambda one: one["encounterDatetime"])


def _named(store: Store, record: Record, name: str) -> str:
    found = store.ref(record, name)
    return str(found["name"]) if found else ""


def _contact(store: Store, encounter: Record) -> Contact:
    observed = store.many(
        "obs", 'encounter = ? AND ended = 0 AND "obsGroup" IS NULL', (encounter.id,)
    )
    concepts = {one.id: store.held("concept", one["concept"]) for one in observed}
    notes = [one for one in observed if concepts[one.id].uuid in NOTES]
    given = [one for one in observed if concepts[one.id].uuid == GROUP.ljust(36, "A")]
    numbers = [one for one in observed if one["valueNumeric"] is not None]
    known = {one.id for one in (*notes, *given, *numbers)}
    others = [one for one in observed if one.id not in known and one["valueComplex"] is None]
    ranked = sorted(store.children(encounter, "diagnoses"), key=lambda one: one["rank"] or 0)
    orders = [one for one in store.children(encounter, "orders") if one["action"] != "DISCONTINUE"]
    return Contact(
        kind=_named(store, encounter, "encounterType"),
        time=moment(encounter["encounterDatetime"]),
        provider=_provider(store, encounter),
        notes=tuple(one["valueText"] or "" for one in notes),
        diagnoses=tuple(_diagnosis(store, one) for one in ranked),
        orders=tuple(orderable(store, one) for one in orders),
        vaccines=tuple(_vaccines(store, given)),
        findings=tuple((store.display(concepts[one.id]), _said(store, one)) for one in others),
        numbers=len(numbers),
    )


def _said(store: Store, obs: Record) -> str:
    """Write a finding out; a group as its members."""
    members = store.children(obs, "groupMembers")
    answer = store.ref(obs, "valueCoded")
    if answer and answer.uuid in YES_OR_NO:
        return YES_OR_NO[answer.uuid]
    if not members:
        return obs_text(store, obs)
    shown = []
    for one in members:
        concept = store.held("concept", one["concept"])
        shown.append(f"{store.display(concept)} {obs_text(store, one)}")
    return ", ".join(shown)


def _diagnosis(store: Store, diagnosis: Record) -> str:
    words = words_of(store, diagnosis)
    return words if diagnosis["certainty"] == "CONFIRMED" else f"{words} (presumed)"


def _vaccines(store: Store, given: Iterable[Record]) -> Iterable[str]:
    for group in given:
        vaccine = member_values(store, group).get(VACCINE)
        if isinstance(vaccine, Record):
            yield store.display(vaccine)


def _provider(store: Store, encounter: Record) -> str:
    for entry in store.children(encounter, "encounterProviders"):
        provider = store.ref(entry, "provider")
        person = store.ref(provider, "person") if provider else None
        if person:
            return store.display(person)
    return ""


def pictures_of(store: Store, patient: Record) -> tuple[Picture, ...]:
    """List what is attached to a patient's record, the newest first."""
    rows = store.connection.execute(
        'SELECT o.uuid, d.title, o.comment, o."obsDatetime", d."mediaType" FROM obs o'
        " JOIN complexdata d ON d.obs = o.id WHERE o.person = ? AND o.ended = 0"
        ' ORDER BY o."obsDatetime" DESC, o.id DESC',
        (patient.id,),
    )
    return tuple(
        Picture(
            uuid=uuid,
            name=title or "",
            caption=comment or "",
            time=moment(time),
            is_image=str(media_type).startswith("image/"),
        )
        for uuid, title, comment, time, media_type in rows
    )
