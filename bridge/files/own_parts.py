"""A chart while it is put together of the rows of bridge's own tables. Pure."""

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.chart import (
    MEASUREMENTS,
    Encounter,
    EncounterKind,
    Enrollment,
    Entry,
    LeftOut,
    Measurement,
    Patient,
    PatientEntry,
    ProgramState,
    Visit,
    VisitKind,
)
from bridge.files.account import TWICE, sources_of
from bridge.files.fhir.resources import NotTaken, Resource
from bridge.files.fhir.visits import IN_THE_FUTURE
from bridge.files.options import FileOptions
from bridge.files.own_rows import (
    A_TIME,
    NOT_OURS,
    OF_ENCOUNTERS,
    OF_PATIENTS,
    RowRead,
    cell,
    death_of,
    program_state,
    time_of,
    visit_kind,
)
from bridge.files.rows import Cells
from bridge.files.uuids import is_uuid


@dataclass(slots=True, kw_only=True)
class _Met:
    """An encounter while it is put together."""

    time: datetime
    kind: EncounterKind
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Stay:
    """A visit while its encounters are put together."""

    start: datetime
    stop: datetime
    kind: VisitKind
    source: str
    met: dict[str, _Met] = field(default_factory=dict)


class Parts:
    """What the rows of one patient say, each held against what it belongs to."""

    def __init__(self, patient: Patient) -> None:
        """Begin with a patient who has nothing yet."""
        self.left_out: list[LeftOut] = []
        self._patient = patient
        self._visits: dict[str, _Stay] = {}
        self._uuids: set[str] = {patient.uuid}
        self._entries: dict[str, PatientEntry] = {}
        self._states: dict[str, list[ProgramState]] = defaultdict(list)

    def add(self, table: str, row: Resource) -> None:
        """Add a row of a table; leave it out, with file and line, where that fails."""
        cells = row.body["row"]
        try:
            if table == "visits":
                self._add_visit(row.source, cells)
            elif table == "observations" or table in OF_ENCOUNTERS:
                self._add_to_encounter(table, row.source, cells)
            elif table in OF_PATIENTS:
                self._add_of_patient(table, row.source, cells)
            elif table == "program_states":
                self._add_state(cells)
            elif table == "deaths":
                self._patient = replace(self._patient, death=death_of(cells, row.source))
        except NotTaken as fault:
            detail = f"{row.body['place']}: {fault.detail or fault.reason}"
            self.left_out.append(LeftOut(row.source, fault.reason, detail))

    def whole(self, options: FileOptions) -> Patient:
        """Return the patient with all that was added."""
        visits = []
        for uuid, stay in self._visits.items():
            visit = _visit(uuid, stay)
            if options.now and stay.stop > options.now:
                gone = dict.fromkeys(sources_of(visit))
                self.left_out.extend(LeftOut(source, IN_THE_FUTURE) for source in gone)
            else:
                visits.append(visit)
        entries = (
            replace(one, states=tuple(self._states.get(uuid, ())))
            if isinstance(one, Enrollment)
            else one
            for uuid, one in self._entries.items()
        )
        return replace(self._patient, visits=tuple(visits), entries=tuple(entries))

    def _add_visit(self, source: str, cells: Cells) -> None:
        start, stop = (cell(cells, name, time_of, A_TIME) for name in ("start", "stop"))
        if stop < start:
            raise NotTaken("stop is before start")
        kind = visit_kind(cells)
        self._new(cells["visit_id"])
        self._visits[cells["visit_id"]] = _Stay(start=start, stop=stop, kind=kind, source=source)

    def _add_to_encounter(self, table: str, source: str, cells: Cells) -> None:
        """Add an entry to its encounter, which begins with its first one."""
        time = cell(cells, "time", time_of, A_TIME)
        uuid = next(iter(cells.values()))
        kind: EncounterKind = "vitals"
        if table == "observations":
            entry: Entry = _measurement(uuid, source, cells)
        else:
            kind, read = OF_ENCOUNTERS[table]
            entry = read(RowRead(cells, time), uuid, source)
        met = self._met(cells, time, kind)
        self._new(uuid)
        if cells["encounter_id"] not in (known := self._visits[cells["visit_id"]].met):
            known[cells["encounter_id"]] = met
        met.entries.append(entry)

    def _met(self, cells: Cells, time: datetime, kind: EncounterKind) -> _Met:
        """Return the encounter of a row, a new one where it is the first."""
        visit, encounter = cells["visit_id"], cells["encounter_id"]
        stay = self._visits.get(visit)
        if stay is None:
            raise NotTaken("its visit is not among the patient's", visit)
        if not stay.start <= time <= stay.stop:
            raise NotTaken("time is outside its visit", time.isoformat())
        met = stay.met.get(encounter) or _Met(time=time, kind=kind)
        if encounter not in stay.met and not is_uuid(encounter):
            raise NotTaken(NOT_OURS, f"{encounter!r} is no uuid in small letters")
        if encounter in self._uuids or met.time != time or met.kind != kind:
            raise NotTaken("its encounter has another visit or time", encounter)
        return met

    def _add_of_patient(self, table: str, source: str, cells: Cells) -> None:
        uuid = next(iter(cells.values()))
        entry = OF_PATIENTS[table](RowRead(cells), uuid, source)
        self._new(uuid)
        self._entries[uuid] = entry

    def _add_state(self, cells: Cells) -> None:
        of = cells["enrollment_id"]
        if not isinstance(self._entries.get(of), Enrollment):
            raise NotTaken("its enrollment is not among the patient's", of)
        self._states[of].append(program_state(cells))

    def _new(self, uuid: str) -> None:
        """Take note of a uuid; refuse one that is none, or that stands twice, here or elsewhere."""
        if not is_uuid(uuid):
            raise NotTaken(NOT_OURS, f"{uuid!r} is no uuid in small letters")
        is_encounter = any(uuid in stay.met for stay in self._visits.values())
        if uuid in self._uuids or is_encounter:
            raise NotTaken(TWICE, f"{uuid} stands twice")
        self._uuids.add(uuid)


def _measurement(uuid: str, source: str, cells: Cells) -> Measurement:
    value = cell(cells, "value", float, "a number")
    name = cells["measurement"]
    if not math.isfinite(value):
        raise NotTaken("value is no number")
    if name not in MEASUREMENTS:
        known = ", ".join(MEASUREMENTS)
        raise NotTaken("unknown measurement", f"unknown measurement {name!r}; known: {known}")
    return Measurement(uuid=uuid, name=name, value=value, source=source)


def _visit(uuid: str, stay: _Stay) -> Visit:
    encounters = (
        Encounter(uuid=one, time=met.time, entries=tuple(met.entries), kind=met.kind)
        for one, met in stay.met.items()
    )
    return Visit(
        uuid=uuid,
        start=stay.start,
        stop=stay.stop,
        encounters=tuple(sorted(encounters, key=lambda one: one.time)),
        kind=stay.kind,
        source=stay.source,
    )
