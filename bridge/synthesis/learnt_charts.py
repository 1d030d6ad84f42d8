"""Event histories as charts: each code as the entry that it is, with values out of the flows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from bridge.chart import (
    MEASUREMENTS,
    Address,
    Code,
    CodeableConcept,
    Condition,
    Diagnosis,
    DrugOrder,
    Encounter,
    Entry,
    Finding,
    Immunization,
    Measurement,
    Note,
    Patient,
    PatientEntry,
    Quantity,
    Result,
    TestOrder,
    Visit,
)
from bridge.chart.patient import EncounterKind
from bridge.histories.care.chemistry import CHEMISTRY, PERSISTENCE, blood_chemistry
from bridge.histories.care.clients import Clients
from bridge.histories.care.randomness import derived, scores
from bridge.histories.events import (
    BEFORE,
    CONDITION,
    DRUG,
    IMMUNIZATION,
    PROCEDURE,
    TEST,
    VISIT,
    EventTable,
)
from bridge.identity import patient_uuids
from bridge.synthesis.care_vitals import CareVitals
from bridge.synthesis.clinic_hours import LONGEST_VISIT, MINUTES_AFTER, ClinicHours
from bridge.synthesis.population import Facility, People
from bridge.synthesis.vitals import Vitals

SYSTEMS: Final[Mapping[str, str]] = {
    CONDITION: "http://snomed.info/sct",
    PROCEDURE: "http://snomed.info/sct",
    DRUG: "http://www.nlm.nih.gov/research/umls/rxnorm",
    TEST: "http://loinc.org",
    IMMUNIZATION: "http://hl7.org/fhir/sid/cvx",
}
"""Of which coding system Synthea's codes of a type are."""

ANALYTES: Final[Mapping[str, tuple[str, str, int]]] = {
    "4548-4": ("hba1c_pct", "%", 1),
    "2339-0": ("glucose_serum_mgdl", "mg/dL", 0),
    "2345-7": ("glucose_serum_mgdl", "mg/dL", 0),
    "2160-0": ("creatinine_mgdl", "mg/dL", 2),
    "38483-4": ("creatinine_mgdl", "mg/dL", 2),
    "2093-3": ("total_chol_mgdl", "mg/dL", 0),
    "2085-9": ("hdl_mgdl", "mg/dL", 0),
}
"""LOINC codes that the flow of blood chemistry has values for: output, UCUM unit, decimals."""

VITAL_SIGNS: Final = frozenset(
    {"29463-7", "39156-5", "8302-2", "8462-4", "8480-6", "8331-1", "8310-5", "72514-3", "8867-4"}
    | {"9279-1", "9843-4", "8287-5", "59576-9", "77606-2", "2708-6", "55284-4"}
)
"""LOINC codes of what the flows measure at every visit: no tests of a laboratory."""

DONE: Final = CodeableConcept(
    codes=(Code("https://cielterminology.org", "1651", "Procedure performed"),),
    text="Procedure performed",
)
"""The question whose answer a procedure is: OpenMRS keeps what was done as an observation."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Contact:
    """What stands in one day's visit: rows of the event table."""

    rows: list[int] = field(default_factory=list)
    triage: int = 0


class LearntCharts:
    """Makes patients of the histories of people."""

    def __init__(
        self,
        table: EventTable,
        clients: Clients,
        vitals: Vitals,
        facility: Facility,
        cohort: str,
    ) -> None:
        """Give every contact of `table` vital signs, and every analyte a value."""
        self._table, self._clients, self._cohort = table, clients, cohort
        self._hours = ClinicHours(facility)
        self._contacts = self._by_day()
        self._values = self._measured(vitals)

    def patients(self, first: int, people: People) -> Iterator[Patient]:
        """Yield the patients, numbered on from `first`."""
        for row in range(len(self._clients)):
            yield self._patient(row, first + row, people)

    def _by_day(self) -> list[dict[np.datetime64, _Contact]]:
        """Return the contacts of each person by day: visits of one day are one."""
        table = self._table
        found: list[dict[np.datetime64, _Contact]] = [{} for _ in range(len(table))]
        day_of: dict[tuple[int, int], np.datetime64] = {}
        for row in np.lexsort((table.time, table.owner)).tolist():
            owner, number = int(table.owner[row]), int(table.visit[row])
            if number == BEFORE:
                continue
            day = day_of.setdefault((owner, number), table.time[row].astype("M8[D]"))
            contact = found[owner].setdefault(day, _Contact())
            if not (table.kind[row] == TEST and table.code[row] in VITAL_SIGNS):
                contact.rows.append(row)
            if table.kind[row] == VISIT:
                contact.triage = contact.triage or _triage(self._label(row))
        return found

    def _measured(self, vitals: Vitals) -> dict[tuple[int, np.datetime64], dict[str, float]]:
        places = [
            (owner, day, contact.triage)
            for owner, days in enumerate(self._contacts)
            for day, contact in sorted(days.items())
        ]
        person = np.array([owner for owner, _, _ in places], dtype=np.int64)
        day = np.array([day for _, day, _ in places], dtype="M8[D]")
        triage = np.array([level for _, _, level in places], dtype=np.int64)
        columns = CareVitals(vitals, self._clients)(person, day, triage)
        rows = zip(*(columns[name].tolist() for name in MEASUREMENTS), strict=True)
        return {
            (owner, when): dict(zip(MEASUREMENTS, values, strict=True))
            for (owner, when, _), values in zip(places, rows, strict=True)
        }

    def _patient(self, row: int, number: int, people: People) -> Patient:
        rows = np.flatnonzero(self._table.owner == row)
        size = 1 + len(rows) * 3 + len(self._contacts[row]) * (len(MEASUREMENTS) + 10)
        named = patient_uuids(self._cohort, number, size)
        uuids = (_text(named[at : at + 16]) for at in range(0, len(named), 16))
        place = people.address[row]
        return Patient(
            number=number,
            uuid=next(uuids),
            sex="F" if self._clients.sex[row] == "F" else "M",
            birthdate=self._clients.birth[row].item(),
            given_name=people.given_name[row],
            family_name=people.family_name[row],
            address=Address(city_village=place[0], state_province=place[1], country=place[2]),
            visits=tuple(
                self._visit(row, day, contact, uuids)
                for day, contact in sorted(self._contacts[row].items())
            ),
            entries=tuple(self._problems(rows.tolist(), uuids)),
        )

    def _problems(self, rows: list[int], uuids: Iterator[str]) -> Iterator[PatientEntry]:
        table = self._table
        for row in rows:
            if table.kind[row] == CONDITION:
                over = not np.isnat(table.stop[row])
                yield Condition(
                    uuid=next(uuids),
                    what=self._what(row),
                    is_active=not over,
                    onset=table.time[row].astype("M8[D]").item(),
                    end=table.stop[row].astype("M8[D]").item() if over else None,
                )

    def _visit(
        self, row: int, day: np.datetime64, contact: _Contact, uuids: Iterator[str]
    ) -> Visit:
        keys = derived(self._clients.keys[row : row + 1], "times", int(day.astype(np.int64)))
        days, minute = np.array([day]), self._hours.starts(keys)
        (start,) = self._hours.times(days, minute).datetimes()
        taken = start + timedelta(minutes=10)
        found: dict[EncounterKind, list[Entry]] = defaultdict(list)
        found["vitals"] = [
            Measurement(uuid=next(uuids), name=name, value=value)
            for name, value in self._values[row, day].items()
            if value == value  # NaN: not measured
        ]
        for place in contact.rows:
            self._put(place, row, day, taken, found, uuids)
        note = self._note(contact)
        found["note"].append(Note(uuid=next(uuids), text=note))
        encounters = tuple(
            Encounter(
                uuid=next(uuids),
                time=taken + timedelta(minutes=MINUTES_AFTER[kind]),
                entries=tuple(entries),
                kind=kind,
            )
            for kind in ("vitals", "note", "order", "laboratory", "immunization")
            if (entries := found.get(kind))
        )
        stop = start + timedelta(minutes=LONGEST_VISIT)
        return Visit(uuid=next(uuids), start=start, stop=stop, encounters=encounters)

    def _put(
        self,
        place: int,
        row: int,
        day: np.datetime64,
        taken: datetime,
        found: dict[EncounterKind, list[Entry]],
        uuids: Iterator[str],
    ) -> None:
        """Put an event where it belongs in the visit."""
        kind, what = self._table.kind[place], self._what(place)
        ordered = taken + timedelta(minutes=MINUTES_AFTER["order"])
        if kind == CONDITION:
            rank = 1 + sum(isinstance(entry, Diagnosis) for entry in found["note"])
            found["note"].append(Diagnosis(uuid=next(uuids), what=what, rank=rank))
        elif kind == PROCEDURE:
            found["note"].append(Finding(uuid=next(uuids), what=DONE, value=what))
        elif kind == DRUG:
            found["order"].append(self._order(place, what, ordered, uuids))
        elif kind == IMMUNIZATION:
            time = taken + timedelta(minutes=MINUTES_AFTER["immunization"])
            entry = Immunization(uuid=next(uuids), vaccine=what, time=time)
            found["immunization"].append(entry)
        elif kind == TEST:
            self._test(place, row, day, ordered, found, uuids)

    def _order(
        self, place: int, what: CodeableConcept, start: datetime, uuids: Iterator[str]
    ) -> DrugOrder:
        stop = self._table.stop[place]
        lasts = None if np.isnat(stop) else stop - self._table.time[place]
        days = None if lasts is None else max(1, int(lasts / np.timedelta64(1, "D")))
        return DrugOrder(
            uuid=next(uuids),
            drug=what,
            start=start,
            duration=Quantity(float(days), "d") if days else None,
            instructions="as directed",
        )

    def _test(
        self,
        place: int,
        row: int,
        day: np.datetime64,
        ordered: datetime,
        found: dict[EncounterKind, list[Entry]],
        uuids: Iterator[str],
    ) -> None:
        what, code = self._what(place), self._table.code[place]
        order, known = next(uuids), code in ANALYTES
        found["order"].append(TestOrder(uuid=order, what=what, time=ordered, is_completed=known))
        if known:
            name, unit, decimals = ANALYTES[code]
            value = round(self._chemistry(row, day)[name], decimals)
            entry = Result(uuid=next(uuids), what=what, value=Quantity(value, unit), order=order)
            found["laboratory"].append(entry)

    def _chemistry(self, row: int, day: np.datetime64) -> dict[str, float]:
        """Return the blood chemistry of a person on a day, given the diagnoses so far."""
        key = self._clients.keys[row : row + 1]
        of_visit = derived(key, "chemistry", int(day.astype(np.int64)))
        z = []
        for name in CHEMISTRY:
            share = PERSISTENCE[name].at_once
            z.append(
                np.sqrt(share) * scores(key, name) + np.sqrt(1 - share) * scores(of_visit, name)
            )
        months = (day - self._clients.birth[row]).astype(np.int64) / (365.25 / 12)
        values = blood_chemistry(
            np.stack(z, axis=1),
            self._clients.sex[row : row + 1],
            np.array([max(months, 144.0)]),
            np.array([self._has(row, day, "diabetes")]),
            np.array([self._has(row, day, "hypertension")]),
        )
        return {name: float(column[0]) for name, column in values.items()}

    def _has(self, row: int, day: np.datetime64, word: str) -> bool:
        """Tell whether somebody has a diagnosis by a day, by a word of its name."""
        table = self._table
        rows = np.flatnonzero((table.owner == row) & (table.kind == CONDITION))
        labels = (
            self._label(place).casefold()
            for place in rows.tolist()
            if table.time[place].astype("M8[D]") <= day
        )
        return any(word in label and "pre" not in label for label in labels)

    def _what(self, row: int) -> CodeableConcept:
        kind, code = self._table.kind[row], self._table.code[row]
        return meaning(kind, code, self._table.display.get((kind, code), code))

    def _label(self, row: int) -> str:
        return self._what(row).text

    def _note(self, contact: _Contact) -> str:
        said = defaultdict(list)
        for row in contact.rows:
            said[self._table.kind[row]].append(self._label(row))
        parts = [f"{'; '.join(said[VISIT]) or 'Visit'}."]
        for kind, words in (
            (CONDITION, "Found"),
            (PROCEDURE, "Done"),
            (DRUG, "Prescribed"),
            (TEST, "Tests"),
            (IMMUNIZATION, "Vaccines"),
        ):
            if said[kind]:
                parts.append(f"{words}: {', '.join(said[kind])}.")
        return " ".join(parts)


def meaning(kind: str, code: str, display: str) -> CodeableConcept:
    """Return what an event is, without the kind of concept that SNOMED CT puts behind a name."""
    label = display
    if display.endswith(")") and " (" in display:
        label = display.rpartition(" (")[0]
    return CodeableConcept(codes=(Code(SYSTEMS.get(kind, ""), code, label),), text=label)


def _triage(visit: str) -> int:
    """Return how ill somebody comes, by what their visit is called (a choice)."""
    name = visit.casefold()
    if "emergency" in name:
        return 3
    return 4 if "symptom" in name or "problem" in name or "urgent" in name else 0


def _text(name: bytes) -> str:
    made = bytearray(name)
    made[6] = made[6] & 0x0F | 0x80  # version 8
    made[8] = made[8] & 0x3F | 0x80  # the variant of RFC 9562
    return str(UUID(bytes=bytes(made)))
