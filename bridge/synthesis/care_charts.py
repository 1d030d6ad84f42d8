"""Patients with whole charts, one by one, out of columns."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np

from bridge.chart import (
    MEASUREMENTS,
    Address,
    Allergy,
    Appointment,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    Encounter,
    Enrollment,
    Entry,
    Immunization,
    Measurement,
    NoKnownAllergies,
    Note,
    Patient,
    PatientEntry,
    ProgramState,
    Quantity,
    Relationship,
    Result,
    TestOrder,
    Visit,
)
from bridge.chart.patient import EncounterKind
from bridge.histories.care.model import Drug, Test
from bridge.histories.care.package import drugs as formulary
from bridge.histories.care.package import tests as laboratory
from bridge.histories.care.vaccines import Vaccine
from bridge.patient_arrays import Whole
from bridge.synthesis.care_arrays import ENCOUNTERS, CareArrays
from bridge.synthesis.care_codes import (
    coded,
    drug_code,
    named,
    test_code,
    vaccine_code,
)
from bridge.synthesis.care_columns import (
    NOT_TOLD,
    appointment_times,
    deaths,
    moments,
    orders,
    ranks,
)
from bridge.synthesis.care_notes import note_texts
from bridge.synthesis.clinic_hours import MINUTES_AFTER


class Charts:
    """Makes Patients of columns; each is made when it is asked for."""

    def __init__(self, arrays: CareArrays) -> None:
        """Find the rows of each patient in `arrays`."""
        self.arrays = arrays
        self._of = arrays
        self._record = arrays.record
        self._places = {kind: _starts(p, len(arrays)) for kind, p in arrays.persons_of.items()}
        self._visits = _starts(arrays.record.person, len(arrays))
        self._uuid = {kind: arrays.uuids.of(kind) for kind in arrays.persons_of}
        self._encounter = {kind: arrays.uuids.encounters(kind) for kind in ENCOUNTERS}
        named = arrays.uuids
        self._patient_uuids, self._visit_uuids = named.patients, named.visits
        self._measurement_uuids, self._note_uuids = named.measurements, named.notes
        self._times = [t.datetimes() for t in (arrays.start, arrays.vitals, arrays.stop)]
        self._notes, self._ranks = note_texts(arrays).tolist(), ranks(arrays).tolist()
        self._ordered = orders(arrays)
        self._order_starts = self._ordered.start.datetimes()
        self._stopped = moments(self._ordered.stopped)
        self._booked = [times.datetimes() for times in appointment_times(arrays)]
        self._deaths = {one.row: one for one in deaths(arrays)}

    def patients(self) -> Iterator[Patient]:
        """Yield all patients."""
        return map(self.patient, range(len(self._of)))

    def patient(self, row: int) -> Patient:
        """Return one patient."""
        of, story = self._of.persons, self._record.story
        place = of.address[row]
        return Patient(
            number=of.first + row,
            uuid=_text(self._patient_uuids[row]),
            sex="F" if story.clients.sex[row] == "F" else "M",
            birthdate=story.clients.birth[row].item(),
            given_name=of.given_name[row],
            family_name=of.family_name[row],
            address=Address(**dict(zip(_PLACES, place, strict=True))) if any(place) else None,
            visits=tuple(self._visits_of(row)),
            entries=tuple(self._entries(row)),
            death=self._death(row),
        )

    def _span(self, kind: str, row: int) -> range:
        starts = self._places[kind]
        return range(int(starts[row]), int(starts[row + 1]))

    def _death(self, row: int) -> Death | None:
        died = self._deaths.get(row)
        if died is None:
            return None
        return Death(time=died.time, cause=coded(died.cause) if died.cause else None)

    def _visits_of(self, row: int) -> Iterator[Visit]:
        entries = self._entries_by_visit(row)
        for visit in range(int(self._visits[row]), int(self._visits[row + 1])):
            start, taken, stop = (times[visit] for times in self._times)
            encounters = []
            for kind in _IN_TIME:
                if listed := entries.get((visit, kind)):
                    time = taken + timedelta(minutes=MINUTES_AFTER[kind])
                    encounters.append(
                        Encounter(
                            uuid=_text(self._encounter[kind][visit]),
                            time=time,
                            entries=tuple(listed),
                            kind=_KINDS[kind],
                        )
                    )
            yield Visit(
                uuid=_text(self._visit_uuids[visit]),
                start=start,
                stop=stop,
                encounters=tuple(encounters),
                kind="inpatient" if self._record.inpatient[visit] else "facility",
            )

    def _entries_by_visit(self, row: int) -> Mapping[tuple[int, str], Sequence[Entry]]:
        found: dict[tuple[int, str], list[Entry]] = defaultdict(list)
        for visit in range(int(self._visits[row]), int(self._visits[row + 1])):
            found[visit, "vitals"] += self._measurements(visit)
        for place in self._span("diagnoses", row):
            visit, entry = self._diagnosis(place)
            found[visit, "note"].append(entry)
        for place in self._span("results", row):
            self._result(place, found)
        self._orders(row, found)
        for place in self._span("vaccinations", row):
            visit, vaccine = self._vaccine(place)
            found[visit, "immunization"].append(vaccine)
        for visit in range(int(self._visits[row]), int(self._visits[row + 1])):
            if text := self._notes[visit]:
                note = Note(uuid=_text(self._note_uuids[visit]), text=text)
                found[visit, "note"].append(note)
        return found

    def _measurements(self, visit: int) -> list[Entry]:
        uuids = self._measurement_uuids[visit]
        return [
            Measurement(uuid=_text(uuid), name=name, value=value)
            for uuid, name, value in zip(
                uuids, MEASUREMENTS, self._of.values[visit].tolist(), strict=True
            )
            if value == value  # NaN: not measured
        ]

    def _diagnosis(self, place: int) -> tuple[int, Diagnosis]:
        rows = self._record.diagnoses
        return int(self._record.of[rows.event[place]]), Diagnosis(
            uuid=_text(self._uuid["diagnoses"][place]),
            what=coded(rows.code[place]),
            is_confirmed=bool(rows.confirmed[place]),
            rank=self._ranks[place],
        )

    def _result(self, place: int, found: dict[tuple[int, str], list[Entry]]) -> None:
        rows = self._record.results
        visit = int(self._record.of[rows.event[place]])
        test: Test = laboratory()[rows.test[place]]
        what, order = test_code(test), None
        ordered_at = self._times[1][visit] + timedelta(minutes=MINUTES_AFTER["order"])
        if rows.ordered[place]:
            order = _text(self._uuid["test_orders"][place])
            found[visit, "order"].append(TestOrder(uuid=order, what=what, time=ordered_at))
        answer = rows.answer[place]
        value = (
            coded(test.answers[answer])
            if answer
            else Quantity(float(rows.number[place]), test.unit)
        )
        found[visit, "laboratory"].append(
            Result(uuid=_text(self._uuid["results"][place]), what=what, value=value, order=order)
        )

    def _orders(self, row: int, found: dict[tuple[int, str], list[Entry]]) -> None:
        for place in self._span("prescriptions", row):
            found[int(self._ordered.visit[place]), "order"].append(self._order(place))

    def _order(self, place: int) -> DrugOrder:
        rows = self._record.prescriptions
        drug: Drug = formulary()[rows.drug[place]]
        reason = self._ordered.reason[place]
        quantity = float(self._ordered.quantity[place])
        return DrugOrder(
            uuid=_text(self._uuid["prescriptions"][place]),
            drug=drug_code(drug),
            start=self._order_starts[place],
            dose=Quantity(float(rows.dose[place]), drug.unit),
            route=named(drug.route),
            frequency=named(drug.frequency),
            duration=Quantity(float(self._ordered.days[place]), "d"),
            quantity=None if np.isnan(quantity) else Quantity(quantity, drug.unit),
            as_needed=drug.as_needed,
            reason=None if reason == NOT_TOLD else coded(self._record.diagnoses.code[reason]),
            instructions=drug.instructions,
            stopped=self._stopped[place],
        )

    def _vaccine(self, place: int) -> tuple[int, Immunization]:
        rows = self._record.vaccinations
        visit = int(self._record.of[rows.event[place]])
        vaccine: Vaccine = rows.vaccine[place]
        time = self._times[1][visit] + timedelta(minutes=MINUTES_AFTER["immunization"])
        return visit, Immunization(
            uuid=_text(self._uuid["vaccinations"][place]),
            vaccine=vaccine_code(vaccine),
            time=time,
            dose_number=int(rows.dose[place]) or None,
        )

    def _entries(self, row: int) -> Iterator[PatientEntry]:
        yield from (self._condition(place) for place in self._span("problems", row))
        yield from (self._enrollment(place) for place in self._span("enrollments", row))
        yield from self._appointments(row)
        yield from (self._allergy(place) for place in self._span("allergies", row))
        yield from self._relationships(row)

    def _condition(self, place: int) -> Condition:
        rows = self._of.problems
        end = None if np.isnat(rows.end[place]) else rows.end[place].item()
        return Condition(
            uuid=_text(self._uuid["problems"][place]),
            what=coded(rows.code[place]),
            is_active=end is None,
            onset=rows.onset[place].item(),
            end=end,
        )

    def _enrollment(self, place: int) -> Enrollment:
        rows = self._of.enrollments
        completed = None if np.isnat(rows.completed[place]) else rows.completed[place].item()
        told = rows.states[place]
        ends = [*(day for _, day in told[1:]), *([None] if told else [])]
        states = tuple(
            ProgramState(
                state=named(state), start=day.item(), end=completed if end is None else end.item()
            )
            for (state, day), end in zip(told, ends, strict=True)
        )
        return Enrollment(
            uuid=_text(self._uuid["enrollments"][place]),
            program=named(rows.program[place]),
            enrolled=rows.enrolled[place].item(),
            completed=completed,
            states=states,
        )

    def _appointments(self, row: int) -> Iterator[Appointment]:
        rows = self._of.booked
        for place in self._span("appointments", row):
            yield Appointment(
                uuid=_text(self._uuid["appointments"][place]),
                service=named(rows.service[place]),
                start=self._booked[0][place],
                stop=self._booked[1][place],
                status=rows.status[place],
            )

    def _allergy(self, place: int) -> Allergy | NoKnownAllergies:
        rows = self._of.allergies
        uuid = _text(self._uuid["allergies"][place])
        if not rows.allergen[place]:
            return NoKnownAllergies(uuid=uuid)
        allergen = rows.allergen[place]
        return Allergy(
            uuid=uuid,
            allergen=coded(f"{allergen.concept} {allergen.name}"),
            kind=allergen.category,
            reactions=(coded(rows.reaction[place]),) if rows.reaction[place] else (),
            severity=rows.severity[place] or None,
        )

    def _relationships(self, row: int) -> Iterator[Relationship]:
        mother = int(self._of.persons.mother[row])
        children = np.flatnonzero(self._of.persons.mother == row).tolist()
        others = [(mother, "parent")] if mother >= 0 else []
        others += [(child, "child") for child in children]
        for place, (other, kind) in zip(self._span("relationships", row), others, strict=True):
            yield Relationship(
                uuid=_text(self._uuid["relationships"][place]),
                other=_text(self._patient_uuids[other]),
                kind=kind,  # type: ignore[arg-type]
            )


_IN_TIME = sorted(ENCOUNTERS, key=MINUTES_AFTER.__getitem__)
_PLACES = ("city_village", "state_province", "country")
_KINDS: Mapping[str, EncounterKind] = {
    "vitals": "vitals",
    "note": "note",
    "order": "order",
    "laboratory": "laboratory",
    "immunization": "immunization",
}


def _starts(person: Whole, count: int) -> Whole:
    """Return where each patient's rows begin (n + 1,)."""
    return np.searchsorted(person, np.arange(count + 1))


def _text(uuid: Any) -> str:
    return str(UUID(bytes=uuid.tobytes()))
