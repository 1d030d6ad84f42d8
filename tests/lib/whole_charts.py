"""A patient with something of everything that a chart can hold, made by hand.

The codes are CIEL's, of concepts that the Reference Application and the content package have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bridge.chart import (
    FREQUENCY_SYSTEM,
    Allergy,
    Appointment,
    Attachment,
    Code,
    CodeableConcept,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    Encounter,
    Enrollment,
    Finding,
    Immunization,
    Note,
    Patient,
    ProgramState,
    Quantity,
    Relationship,
    Result,
    TestOrder,
    Visit,
)
from bridge.codes import CIEL_SYSTEM
from bridge.identity import part_uuid
from tests.lib.patients import make_patient, make_visit

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63606060f80f00010401005fe5c34b0000000049454e44ae426082"
)
"""The smallest picture there is: one pixel."""

PDF = b"\n".join(
    (
        b"%PDF-1.4",
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj",
        b"trailer<</Root 1 0 R>>",
        b"%%EOF",
    )
)


def ciel(number: int, words: str = "") -> CodeableConcept:
    """Return a meaning by its CIEL code."""
    return CodeableConcept((Code(CIEL_SYSTEM, str(number), words),), words)


HYPERTENSION = ciel(117399, "Hypertension")
MALARIA = ciel(116128, "Malaria")
PENICILLINS = ciel(162297, "Penicillins")
RASH = ciel(512, "Rash")
HAEMOGLOBIN = ciel(21, "Haemoglobin")
SMEAR = ciel(32, "Malaria smear")
POSITIVE = ciel(703, "Positive")
AMLODIPINE = ciel(71137, "Amlodipine")
BCG = ciel(886, "BCG")
HIV_CARE = CodeableConcept((), "HIV Care and Treatment")
ON_TREATMENT = CodeableConcept((), "On Antiretrovirals Treatment")
SERVICE = CodeableConcept((), "General Medicine service")
WORDS_ONLY = CodeableConcept((), "Low back pain")
ORAL = CodeableConcept((), "Oral")
DAILY = CodeableConcept((Code(FREQUENCY_SYSTEM, "1"),), "")

EVERY_KIND = {
    "diagnoses": 2,
    "drug orders": 3,
    "test orders": 1,
    "attachments": 2,
    "conditions": 2,
    "allergies": 2,
    "immunizations": 1,
    "enrollments": 1,
    "appointments": 3,
}
"""How many entries of each kind the whole chart has, observations and relationships apart."""


def whole_chart(patient: Patient, *, mother: str | None = None, dead: bool = False) -> Patient:
    """Give a patient something of everything."""
    uuid = patient.uuid
    visit = _visit(uuid)
    day = date(2026, 3, 2)
    at = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
    entries = [
        Condition(uuid=part_uuid(uuid, "c1"), what=HYPERTENSION, onset=date(2019, 5, 1)),
        Condition(
            uuid=part_uuid(uuid, "c2"),
            what=WORDS_ONLY,
            is_active=False,
            onset=date(2018, 5, 1),
            end=date(2018, 8, 1),
        ),
        Allergy(
            uuid=part_uuid(uuid, "a1"),
            allergen=PENICILLINS,
            kind="drug",
            reactions=(RASH,),
            severity="moderate",
            comment="as a child",
        ),
        Allergy(
            uuid=part_uuid(uuid, "a2"),
            allergen=CodeableConcept((), "Cassava"),
            kind="food",
            reactions=(CodeableConcept((), "Tingling"),),
        ),
        Enrollment(
            uuid=part_uuid(uuid, "e1"),
            program=HIV_CARE,
            enrolled=day,
            states=(ProgramState(state=ON_TREATMENT, start=day),),
        ),
        *_appointments(uuid),
    ]
    if mother:
        entries.append(Relationship(uuid=part_uuid(uuid, "r1"), other=mother, kind="parent"))
    death = Death(time=at + timedelta(days=30), cause=MALARIA) if dead else None
    return replace(
        patient,
        middle_name="W",
        phone="+254 700 000000",
        visits=(visit,),
        entries=tuple(entries),
        death=death,
    )


def _visit(uuid: str) -> Visit:
    made = make_visit(uuid, 0)
    (vitals,) = made.encounters
    at = vitals.time
    consultation = Encounter(
        uuid=part_uuid(uuid, "consultation"),
        time=at + timedelta(minutes=10),
        kind="consultation",
        entries=(
            Note(uuid=part_uuid(uuid, "n1"), text="Fever for three days.\nSmear asked for."),
            Diagnosis(uuid=part_uuid(uuid, "d1"), what=MALARIA, rank=1),
            Diagnosis(uuid=part_uuid(uuid, "d2"), what=WORDS_ONLY, is_confirmed=False, rank=2),
            *_orders(uuid, at + timedelta(minutes=10)),
            TestOrder(uuid=part_uuid(uuid, "t1"), what=SMEAR, time=at + timedelta(minutes=10)),
            *_attachments(uuid, at + timedelta(minutes=12)),
            Immunization(
                uuid=part_uuid(uuid, "i1"),
                vaccine=BCG,
                time=at + timedelta(minutes=15),
                dose_number=1,
                lot="A-17",
                expires=date(2027, 1, 1),
            ),
            Finding(
                uuid=part_uuid(uuid, "f1"),
                what=ciel(1390, "History of present illness"),
                value="since Friday",
            ),
        ),
    )
    laboratory = Encounter(
        uuid=part_uuid(uuid, "laboratory"),
        time=at + timedelta(minutes=30),
        kind="laboratory",
        entries=(
            Result(uuid=part_uuid(uuid, "l1"), what=HAEMOGLOBIN, value=Quantity(10.4, "g/dL")),
            Result(
                uuid=part_uuid(uuid, "l2"),
                what=SMEAR,
                value=POSITIVE,
                order=part_uuid(uuid, "t1"),
                comment="two slides",
            ),
        ),
    )
    return replace(made, encounters=(vitals, consultation, laboratory))


def _orders(uuid: str, at: datetime) -> Iterator[DrugOrder]:
    yield DrugOrder(
        uuid=part_uuid(uuid, "o1"),
        drug=AMLODIPINE,
        start=at,
        dose=Quantity(5, "mg"),
        route=ORAL,
        frequency=DAILY,
        duration=Quantity(30, "d"),
        quantity=Quantity(30, "Tablet"),
        refills=2,
        reason=HYPERTENSION,
    )
    yield DrugOrder(
        uuid=part_uuid(uuid, "o2"),
        drug=ciel(70116, "Acetaminophen"),
        start=at,
        instructions="two tablets when it hurts",
        as_needed=True,
        quantity=Quantity(20, "Tablet"),
        reason=WORDS_ONLY,
        stopped=at + timedelta(days=2),
    )
    yield DrugOrder(
        uuid=part_uuid(uuid, "o3"),
        drug=CodeableConcept((), "Herbal tea of the market"),
        start=at,
        instructions="a cup in the evening",
        quantity=Quantity(1, "Unit"),
    )


def _attachments(uuid: str, at: datetime) -> Iterator[Attachment]:
    for name, content, kind in (
        ("rash.png", PNG, "image/png"),
        ("letter.pdf", PDF, "application/pdf"),
    ):
        yield Attachment(
            uuid=part_uuid(uuid, name),
            content=content,
            media_type=kind,
            file_name=name,
            time=at,
            caption=f"the {name.partition('.')[0]}",
        )


def _appointments(uuid: str) -> Iterator[Appointment]:
    kept = datetime(2026, 3, 9, 9, tzinfo=UTC)
    for place, status in enumerate(("completed", "missed", "scheduled")):
        start = kept + timedelta(weeks=place if place < 2 else 260)
        yield Appointment(
            uuid=part_uuid(uuid, f"p{place}"),
            service=SERVICE,
            start=start,
            stop=start + timedelta(minutes=15),
            status=status,  # type: ignore[arg-type]
            comment="review",
        )


class ChartCohort:
    """Patients with whole charts: every second is the child of the one before, the last is dead.

    Where it is `mutual`, the mother's chart names her child as well, who comes after her.
    """

    resampled = 0

    def __init__(
        self, count: int, *, seed: int = 1, mutual: bool = False, without: tuple[type, ...] = ()
    ) -> None:
        self.count = count
        self.inputs: dict[str, Any] = {"seed": seed}
        self._seed = seed
        self._mutual = mutual
        self._without = without

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        return (self._patient(number) for number in numbers)

    def _patient(self, number: int) -> Patient:
        mother = None if number % 2 else make_patient(number - 1, seed=self._seed).uuid
        patient = make_patient(number, seed=self._seed)
        made = whole_chart(patient, mother=mother, dead=number == self.count)
        if self._mutual and number % 2 and number < self.count:
            made = replace(made, entries=(*made.entries, self._motherhood(made)))
        return without(made, *self._without) if self._without else made

    def _motherhood(self, mother: Patient) -> Relationship:
        child = make_patient(mother.number + 1, seed=self._seed).uuid
        return Relationship(uuid=part_uuid(mother.uuid, "r2"), other=child, kind="child")


def without(patient: Patient, *types: type) -> Patient:
    """Take the entries of some types out of a chart."""
    visits = tuple(
        replace(
            visit,
            encounters=tuple(
                replace(one, entries=tuple(e for e in one.entries if not isinstance(e, types)))
                for one in visit.encounters
            ),
        )
        for visit in patient.visits
    )
    entries = tuple(entry for entry in patient.entries if not isinstance(entry, types))
    return replace(patient, visits=visits, entries=entries)
