"""What a patient has and takes: problems, medicines, allergies, vaccines, programs and so on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from bridge.sandbox.catalogue.orders import DRUG_ORDER, dosing_text, orderable
from bridge.sandbox.catalogue.people import preferred
from bridge.sandbox.catalogue.problems import allergen_words, words_of
from bridge.sandbox.fhir.immunizations import DATE, DOSE, GROUP, LOT, VACCINE, member_values
from bridge.sandbox.people.moments import moment, moment_if_any
from bridge.sandbox.people.vitals import age_text
from bridge.sandbox.store import Record, Store

SEVERITIES = {"1498": "mild", "1499": "moderate", "1500": "severe"}
STATUS_WORDS = {"CheckedIn": "checked in", "WaitList": "on the waiting list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A condition of the problem list, or a diagnosis with how often it was made."""

    name: str
    since: datetime | None
    until: datetime | None = None
    is_active: bool = True
    is_sure: bool = True
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A drug order: what, how it is taken, and from when to when."""

    name: str
    dosing: str
    start: datetime
    end: datetime | None
    was_stopped: bool
    is_active: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAllergy:
    """What a patient is allergic to, how badly, and what it does."""

    name: str
    kind: str
    severity: str
    reactions: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One vaccine that was given, with the age at which."""

    given: datetime
    age: str
    number: int | None
    lot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VaccineRow:
    """One line of the vaccination card."""

    name: str
    doses: tuple[Dose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A patient's time in a program, and the state it is in or was last in."""

    name: str
    start: datetime
    end: datetime | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An appointment and what became of it."""

    service: str
    start: datetime
    status: str
    is_to_come: bool
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """Another person, and what this one is to the patient."""

    uuid: str
    name: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """All of it."""

    problems: tuple[Problem, ...]
    diagnoses: tuple[Problem, ...]
    medicines: tuple[Medicine, ...]
    allergies: tuple[KnownAllergy, ...]
    has_no_allergies: bool
    vaccines: tuple[VaccineRow, ...]
    programs: tuple[Membership, ...]
    appointments: tuple[Booking, ...]
    relatives: tuple[Relative, ...]


def care_of(store: Store, patient: Record, born: date | None) -> Care:
    """Take out what a patient has and takes."""
    return Care(
        problems=_problems(store, patient),
        diagnoses=_diagnoses(store, patient),
        medicines=_medicines(store, patient),
        allergies=_allergies(store, patient),
        has_no_allergies=_has_none(store, patient),
        vaccines=_vaccines(store, patient, born),
        programs=_programs(store, patient),
        appointments=_appointments(store, patient),
        relatives=_relatives(store, patient),
    )


def _problems(store: Store, patient: Record) -> tuple[Problem, ...]:
    kept = store.many("condition", "patient = ? AND ended = 0", (patient.id,))
    found = [
        Problem(
            name=words_of(store, one),
            since=moment_if_any(one["onsetDate"]),
            until=moment_if_any(one["endDate"]),
            is_active=one["clinicalStatus"] == "ACTIVE",
            is_sure=one["verificationStatus"] != "PROVISIONAL",
        )
        for one in kept
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_active, one.name.lower())))


def _diagnoses(store: Store, patient: Record) -> tuple[Problem, ...]:
    """List the diagnoses of all encounters, each once, the latest first."""
    kept = store.many("diagnosis", "patient = ? AND ended = 0", (patient.id,))
    made = [(words_of(store, one), one, store.ref(one, "encounter")) for one in kept]
    found = []
    for name, group in groupby(sorted(made, key=lambda one: one[0]), key=lambda one: one[0]):
        all_of = list(group)
        times = [encounter["encounterDatetime"] for _, _, encounter in all_of if encounter]
        sure = any(one["certainty"] == "CONFIRMED" for _, one, _ in all_of)
        last = moment_if_any(max(times, default=None))
        found.append(Problem(name=name, since=last, is_sure=sure, times=len(all_of)))
    return tuple(sorted(found, key=_latest_first))


def _latest_first(problem: Problem) -> float:
    return -problem.since.timestamp() if problem.since else 0.0


def _medicines(store: Store, patient: Record) -> tuple[Medicine, ...]:
    where = "patient = ? AND ended = 0 AND type = ? AND action <> 'DISCONTINUE'"
    kept = store.many("order", where, (patient.id, DRUG_ORDER), '"dateActivated" DESC, id DESC')
    found = [_medicine(store, one) for one in kept]
    return tuple(sorted(found, key=lambda one: not one.is_active))


def _medicine(store: Store, order: Record) -> Medicine:
    ends = [at for at in (order["dateStopped"], order["autoExpireDate"]) if at is not None]
    reason = store.ref(order, "orderReason")
    return Medicine(
        name=orderable(store, order),
        dosing=dosing_text(store, order),
        start=moment(order["dateActivated"]),
        end=moment_if_any(min(ends, default=None)),
        was_stopped=order["dateStopped"] is not None,
        is_active=all(at >= store.now for at in ends),
        reason=store.display(reason) if reason else order["orderReasonNonCoded"] or "",
    )


def _allergies(store: Store, patient: Record) -> tuple[KnownAllergy, ...]:
    kept = store.many("allergy", "patient = ? AND ended = 0", (patient.id,))
    found = [_allergy(store, one) for one in kept]
    worst = ("severe", "moderate", "mild", "")
    return tuple(sorted(found, key=lambda one: (worst.index(one.severity), one.name)))


def _allergy(store: Store, allergy: Record) -> KnownAllergy:
    severity = store.ref(allergy, "severity")
    reactions = []
    for one in store.children(allergy, "reactions"):
        concept = store.ref(one, "reaction")
        words = one["reactionNonCoded"] or (store.display(concept) if concept else "")
        reactions += [words] if words else []
    return KnownAllergy(
        name=allergen_words(store, allergy),
        kind=str(allergy["allergenType"] or "").lower(),
        severity=SEVERITIES.get(severity.uuid.rstrip("A"), "") if severity else "",
        reactions=tuple(reactions),
        comment=allergy["comment"] or "",
    )


def _has_none(store: Store, patient: Record) -> bool:
    """Tell whether somebody has asked and heard of no allergies."""
    where = "patient = ? AND status = 'No known allergies'"
    return store.count("allergystatus", where, (patient.id,)) > 0


def _vaccines(store: Store, patient: Record, born: date | None) -> tuple[VaccineRow, ...]:
    """Lay out the vaccination card: a row for each vaccine, its doses by their days."""
    groups = store.many("concept", "uuid = ?", (GROUP.ljust(36, "A"),))
    if not groups:
        return ()
    where = "person = ? AND concept = ? AND ended = 0"
    given = [
        (name, dose)
        for group in store.many("obs", where, (patient.id, groups[0].id))
        for name, dose in _dose(store, group, born)
    ]
    rows = [
        VaccineRow(name=name, doses=tuple(sorted((one for _, one in kept), key=_given)))
        for name, kept in groupby(sorted(given, key=lambda one: one[0]), key=lambda one: one[0])
    ]
    return tuple(sorted(rows, key=lambda row: _given(row.doses[0])))


def _given(dose: Dose) -> datetime:
    return dose.given


def _dose(store: Store, group: Record, born: date | None) -> Iterable[tuple[str, Dose]]:
    values = member_values(store, group)
    vaccine, time = values.get(VACCINE), values.get(DATE)
    if not isinstance(vaccine, Record) or time is None:
        return
    given = moment(time)
    age = age_text(born, given.date()) if born and given.date() >= born else ""
    number = values.get(DOSE)
    dose = Dose(
        given=given,
        age=age,
        number=int(number) if number is not None else None,
        lot=str(values.get(LOT) or ""),
    )
    yield store.display(vaccine), dose


def _programs(store: Store, patient: Record) -> tuple[Membership, ...]:
    order = '"dateEnrolled" DESC'
    kept = store.many("programenrollment", "patient = ? AND ended = 0", (patient.id,), order)
    return tuple(
        Membership(
            name=store.display(one),
            start=moment(one["dateEnrolled"]),
            end=moment_if_any(one["dateCompleted"]),
            state=_last_state(store, one),
        )
        for one in kept
    )


def _last_state(store: Store, enrollment: Record) -> str:
    states = store.children(enrollment, "states")
    latest = max(states, key=lambda one: one["startDate"] or 0, default=None)
    return store.display(latest) if latest else ""


def _appointments(store: Store, patient: Record) -> tuple[Booking, ...]:
    order = '"startDateTime" DESC'
    where = 'patient = ? AND ended = 0 AND "startDateTime" IS NOT NULL'
    kept = store.many("appointment", where, (patient.id,), order)
    found = [_booking(store, one) for one in kept]
    ahead = sorted((one for one in found if one.is_to_come), key=lambda one: one.start)
    return (*ahead, *(one for one in found if not one.is_to_come))


def _booking(store: Store, appointment: Record) -> Booking:
    service = store.ref(appointment, "service")
    status = str(appointment["status"])
    return Booking(
        service=str(service["name"]) if service else "",
        start=moment(appointment["startDateTime"]),
        status=STATUS_WORDS.get(status, status.lower()),
        is_to_come=appointment["startDateTime"] >= store.now and status != "Cancelled",
        comment=appointment["comments"] or "",
    )


def _relatives(store: Store, patient: Record) -> tuple[Relative, ...]:
    found: list[Relative] = []
    for mine, theirs, word in (
        ("personA", "personB", "bIsToA"),
        ("personB", "personA", "aIsToB"),
    ):
        where = f'"{mine}" = ? AND ended = 0'
        kept: Sequence[Record] = store.many("relationship", where, (patient.id,))
        for one in kept:
            other, kind = store.ref(one, theirs), store.ref(one, "relationshipType")
            name = preferred(store, other, "names") if other else None
            if other and name:
                said = str(kind[word]) if kind else ""
                found.append(Relative(uuid=other.uuid, name=store.display(other), word=said))
    return tuple(found)
