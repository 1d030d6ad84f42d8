"""bridge's own tables: patients.csv, visits.csv and observations.csv, and vitals.csv held to them.

vitals.csv is made for reading: who changes a value there and not in observations.csv would load
the old one, so a folder where the two differ is refused.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from bridge.chart import (
    MEASUREMENTS,
    Address,
    Encounter,
    LeftOut,
    Measurement,
    Patient,
    Visit,
)
from bridge.errors import InputError
from bridge.files.account import TWICE, Rejected, settled, sources_of
from bridge.files.fhir.chart import Chart
from bridge.files.fhir.resources import NotTaken, Resource
from bridge.files.fhir.visits import IN_THE_FUTURE
from bridge.files.fhir_source import ANOTHER_OF_THE_ID
from bridge.files.index import Index, Stored
from bridge.files.options import FileOptions
from bridge.files.rows import Cells, table_rows
from bridge.files.tables import TABLES
from bridge.files.uuids import is_uuid
from bridge.formulas import unguarded
from bridge.names import LONGEST_NAME, spelt, stranger
from bridge.patient_arrays import OWN_ID

FILES = ("patients.csv", "visits.csv", "observations.csv", "vitals.csv")
_NEEDED = ("patients", "visits", "observations")
_COLUMNS = {table.name: tuple(table.columns) for table in TABLES}
_ADDRESS = ("city_village", "state_province", "country")
_A_NAME = "a name of at most 50 characters"
_LONGEST_PLACE = {"country": 50}
"""In characters, where it is not 255."""
_A_TIME = "a time with its offset like 2026-03-04T09:10:00+03:00"

Value = TypeVar("Value")
NOT_OURS = "is not as bridge writes it"


def is_own(columns: Sequence[str]) -> bool:
    """Tell whether these are the columns of bridge's own patients.csv."""
    return len(set(columns) & {"patient_id", "sex", "birthdate"}) >= 2


class OwnSource:
    """The patients of a folder that `bridge generate` wrote, by an index of its rows."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.index = Index()
        named = {path.name.removesuffix(".gz").removesuffix(".csv"): path for path in files}
        if missing := [name for name in _NEEDED if name not in named]:
            where = files[0].parent
            raise InputError(f"holds patients.csv and no {missing[0]}.csv", place=where)
        self._has_vitals = "vitals" in named
        for name, path in named.items():
            self._index(name, path)
        self.index.close_files()

    def close(self) -> None:
        """Drop the index."""
        self.index.close()

    def chart(self, patient: Stored, options: FileOptions) -> Chart | Rejected:
        """Read the chart of a patient, or why none can be made."""
        rows: dict[str, list[Resource]] = {name: [] for name in ("Patient", *_COLUMNS)}
        for piece in self.index.pieces(patient):
            row = self.index.copy(piece)
            rows[row.kind].append(row)
        owner = rows["Patient"][0]
        theirs = Counter({name: len(rows[name]) for name in ("visits", "observations")})
        theirs["patients"] = 1
        try:
            person = _person(patient.uuid, owner)
        except NotTaken as fault:
            return Rejected(owner.source, fault.reason, +theirs, fault.detail)
        if self._has_vitals:
            _compare(rows["observations"], rows["vitals"])
        parts = _Parts(patient.uuid, self.index.repeated)
        if own := owner.body["row"].get(OWN_ID):
            parts.left_out.append(LeftOut(f"{owner.source}#{OWN_ID}", OWN_ID_STAYS, own))
        for row in rows["visits"]:
            _take(parts.left_out, row, parts.add_visit)
        for row in rows["observations"]:
            _take(parts.left_out, row, parts.add_observation)
        whole = parts.whole(person, options)
        used = set(sources_of(whole))
        try:
            narrowed, too_old = options.narrowed(whole)
        except NotTaken as fault:
            return Rejected(owner.source, fault.reason, +theirs, fault.detail)
        assumed = Counter([NEATLY] if _is_neatened(owner) else ())
        return Chart(narrowed, (*settled(parts.left_out, used), *too_old), assumed)

    def _index(self, name: str, path: Path) -> None:
        for row in table_rows(path, _COLUMNS[name]):
            if name != "vitals":
                self.index.read[name] += 1
            if isinstance(row, LeftOut):
                if name != "vitals":
                    self.index.leave_out(row)
                continue
            place = f"{path}:{row.source.rpartition('/')[2]}"
            self._add(name, row.cells, row.source, place)

    def _add(self, name: str, cells: Cells, source: str, place: str) -> None:
        owner = cells["patient_id"]
        body = {"row": cells, "place": place, "subject": {"reference": f"Patient/{owner}"}}
        if name != "patients":
            key = cells[{"visits": "visit_id", "observations": "observation_id"}.get(name, "time")]
            self.index.add_copy(Resource(name, key, body, "", source))
            return
        resource = Resource("Patient", owner, {"row": cells}, "", source)
        is_new = self.index.uuid_of(f"Patient/{owner}") is None
        same = self.index.add_patient(resource)
        if is_new:
            self.index.add_copy(resource._replace(body=body))
        elif not same:
            self.index.leave_out(LeftOut(source, ANOTHER_OF_THE_ID, f"{place}: {owner}"))


def _take(left_out: list[LeftOut], row: Resource, take: Callable[[Resource, Cells], None]) -> None:
    """Take a row; leave it out, with file and line, where that fails."""
    try:
        take(row, row.body["row"])
    except NotTaken as fault:
        detail = f"{row.body['place']}: {fault.detail or fault.reason}"
        left_out.append(LeftOut(row.source, fault.reason, detail))


@dataclass(slots=True, kw_only=True)
class _Stay:
    """A visit while its encounters are put together."""

    start: datetime
    stop: datetime
    source: str
    times: dict[str, datetime] = field(default_factory=dict)
    values: dict[str, list[Measurement]] = field(default_factory=dict)


class _Parts:
    """What the rows of one patient say, each held against what it belongs to."""

    def __init__(self, patient: str, is_repeated: Callable[[str, str], bool]) -> None:
        self.left_out: list[LeftOut] = []
        self._patient = patient
        self._is_repeated = is_repeated
        self._visits: dict[str, _Stay] = {}
        self._uuids: set[str] = {patient}

    def add_visit(self, row: Resource, cells: Cells) -> None:
        """Add a visit; OpenMRS keeps whole seconds."""
        start, stop = (_cell(cells, name, _time, _A_TIME) for name in ("start", "stop"))
        if stop < start:
            raise NotTaken("stop is before start")
        self._new("visits", cells["visit_id"])
        self._visits[cells["visit_id"]] = _Stay(start=start, stop=stop, source=row.source)

    def add_observation(self, row: Resource, cells: Cells) -> None:
        """Add a value to its encounter, which begins with its first one."""
        time = _cell(cells, "time", _time, _A_TIME)
        value = _cell(cells, "value", float, "a number")
        name, visit, encounter = cells["measurement"], cells["visit_id"], cells["encounter_id"]
        if not math.isfinite(value):
            raise NotTaken("value is no number")
        if name not in MEASUREMENTS:
            known = ", ".join(MEASUREMENTS)
            raise NotTaken("unknown measurement", f"unknown measurement {name!r}; known: {known}")
        stay = self._visits.get(visit)
        if stay is None:
            raise NotTaken("its visit is not among the patient's", visit)
        if not stay.start <= time <= stay.stop:
            raise NotTaken("time is outside its visit", time.isoformat())
        if encounter not in stay.times and not is_uuid(encounter):
            raise NotTaken(NOT_OURS, f"{encounter!r} is no uuid in small letters")
        if encounter in self._uuids or stay.times.get(encounter, time) != time:
            raise NotTaken("its encounter has another visit or time", encounter)
        self._new("observations", cells["observation_id"])
        stay.times[encounter] = time
        made = Measurement(uuid=cells["observation_id"], name=name, value=value, source=row.source)
        stay.values.setdefault(encounter, []).append(made)

    def whole(self, patient: Patient, options: FileOptions) -> Patient:
        """Return the patient with their visits."""
        visits = []
        for uuid, stay in self._visits.items():
            encounters = tuple(
                Encounter(uuid=encounter, time=time, entries=tuple(stay.values[encounter]))
                for encounter, time in stay.times.items()
            )
            visit = Visit(
                uuid=uuid,
                start=stay.start,
                stop=stay.stop,
                encounters=encounters,
                source=stay.source,
            )
            if options.now and stay.stop > options.now:
                gone = dict.fromkeys(sources_of(visit))
                self.left_out.extend(LeftOut(source, IN_THE_FUTURE) for source in gone)
            else:
                visits.append(visit)
        return replace(patient, visits=tuple(visits))

    def _new(self, table: str, uuid: str) -> None:
        """Take note of a uuid; refuse one that is none, or that stands twice, here or elsewhere."""
        if not is_uuid(uuid):
            raise NotTaken(NOT_OURS, f"{uuid!r} is no uuid in small letters")
        is_encounter = any(uuid in stay.times for stay in self._visits.values())
        if uuid in self._uuids or is_encounter:
            raise NotTaken(TWICE, f"{uuid} stands twice")
        self._uuids.add(uuid)


def _person(uuid: str, owner: Resource) -> Patient:
    row = {column: unguarded(cell) for column, cell in owner.body["row"].items()}
    place = owner.body["place"]
    try:
        if not is_uuid(owner.id):
            raise NotTaken(NOT_OURS, f"patient_id: {owner.id!r} is no uuid in small letters")
        places = [_place(row, column) for column in _ADDRESS]
        return Patient(
            number=0,
            uuid=uuid,
            sex=_cell(row, "sex", {"F": "F", "M": "M"}.__getitem__, "F or M"),  # type: ignore[arg-type]
            birthdate=_cell(row, "birthdate", date.fromisoformat, "a date like 1990-05-01"),
            given_name=_cell(row, "given_name", _name, _A_NAME),
            family_name=_cell(row, "family_name", _name, _A_NAME),
            address=Address(**dict(zip(_ADDRESS, places, strict=True))) if any(places) else None,
            visits=(),
            is_birthdate_estimated=row.get("birthdate_estimated") == "true",
            source=owner.source,
        )
    except NotTaken as fault:
        raise NotTaken(fault.reason, f"{place}: {fault.detail}") from fault


OWN_ID_STAYS = "an id of one's own stays in the files"

NEATLY = "in names, no-break and double spaces were spaces"


def _is_neatened(owner: Resource) -> bool:
    """Tell whether a name was written with other blanks than it is read with."""
    row = owner.body["row"]
    cells = [unguarded(row[column]) for column in ("given_name", "family_name", *_ADDRESS)]
    return any(spelt(cell) != cell for cell in cells)


def _cell(row: Cells, column: str, read: Callable[[str], Value], expected: str) -> Value:
    try:
        return read(row[column])
    except (ValueError, KeyError, TypeError) as error:
        given = row.get(column)
        raise NotTaken(NOT_OURS, f"{column}: {expected} is expected, not {given!r}") from error


def _name(text: str) -> str:
    name = spelt(text)
    if not name or len(name) > LONGEST_NAME or stranger(name):
        raise ValueError
    return name


def _place(row: Cells, column: str) -> str:
    most = _LONGEST_PLACE.get(column, 255)

    def read(text: str) -> str:
        name = spelt(text)
        if len(name) > most or stranger(name):
            raise ValueError
        return name

    return _cell(row, column, read, f"a name of at most {most} characters, or nothing,")


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time.replace(microsecond=0)


def _compare(observations: list[Resource], vitals: list[Resource]) -> None:
    """Refuse a folder whose vitals.csv says something else than its observations.csv."""
    said: dict[str, dict[str, str]] = {}
    for row in observations:
        cells = row.body["row"]
        encounter = said.setdefault(cells["encounter_id"], {"time": cells["time"]})
        encounter[cells["measurement"]] = cells["value"]
    for row in vitals:
        cells, place = row.body["row"], row.body["place"]
        known = said.pop(cells["encounter_id"], {})
        for column in ("time", *MEASUREMENTS) if known else MEASUREMENTS:
            if not _same(cells[column], known.get(column, "")):
                raise _differs(f"{column} is {cells[column] or 'empty'}", known.get(column), place)
    for missing in said:
        where = observations[0].body["place"].rpartition("/")[0]
        raise _differs(f"encounter {missing} is not there", "it", f"{where}/vitals.csv")


def _differs(what: str, other: str | None, place: str) -> InputError:
    return InputError(
        f"{what}, and observations.csv has {other or 'nothing'}: bridge loads observations.csv, "
        "so make the change there too, or delete vitals.csv, which is for reading only",
        place=place,
    )


def _same(first: str, second: str) -> bool:
    if first == second:
        return True
    try:
        return float(first) == float(second)
    except ValueError:
        return False
