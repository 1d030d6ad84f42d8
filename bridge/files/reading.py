"""A folder that `bridge generate` wrote, as a cohort: one machine makes, another loads."""

import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from bridge.bounded_lines import bounded_lines
from bridge.chart import (
    MEASUREMENTS,
    Address,
    Encounter,
    Measurement,
    Patient,
    Sex,
    Visit,
)
from bridge.codes import CIEL_SYSTEM, LOINC_SYSTEM
from bridge.errors import InputError
from bridge.files.ndjson import TYPES, read_ndjson
from bridge.files.tables import TABLES, unguarded
from bridge.mapping.model import Mapping

Body = dict[str, Any]


class FolderCohort:
    """The patients of a folder, in its order; all of them are kept in memory."""

    def __init__(self, folder: Path, mapping: Mapping, count: int | None = None) -> None:
        whole, self.left_out = read_folder(folder, mapping)
        if count is not None and count > len(whole):
            raise InputError(f"holds {len(whole)} patients, not {count}", place=folder)
        self._patients = whole[:count]
        self.count = len(self._patients)
        self.resampled = 0
        self.inputs: dict[str, Any] = {"from": str(folder.absolute()), "files": _digest(folder)}

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        return (self._patients[number - 1] for number in numbers)


def read_folder(folder: Path, mapping: Mapping) -> tuple[list[Patient], set[str]]:
    """Read the patients of a folder, CSV or FHIR; raise InputError with file and line.

    FHIR observations are told by the mapping's LOINC or CIEL codes; the second result has the
    codes of those that it does not name, and that are left out.
    """
    parts = _Parts()
    try:
        if not folder.is_dir():
            raise InputError("is no folder; `bridge generate --out` writes one", place=folder)
        if (folder / "patients.csv").is_file():
            _read_csv(folder, parts)
        elif (folder / "Patient.ndjson").is_file():
            _read_fhir(folder, mapping, parts)
        else:
            raise InputError(
                "holds neither patients.csv nor Patient.ndjson: give a folder that "
                "`bridge generate` wrote as csv or fhir",
                place=folder,
            )
    except UnicodeDecodeError as error:
        raise InputError("a file is not UTF-8 text", place=folder) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=error.filename) from error
    patients = parts.patients()
    if not patients:
        raise InputError("holds no patients", place=folder)
    return patients, parts.left_out


class _VisitPart(NamedTuple):
    patient: str
    start: datetime
    stop: datetime


class _EncounterPart(NamedTuple):
    visit: str
    time: datetime
    measurements: list[Measurement]


class _Parts:
    """What the files say, by uuid; each is checked against what it belongs to."""

    def __init__(self) -> None:
        self._patients: dict[str, dict[str, Any]] = {}
        self._visits: dict[str, _VisitPart] = {}
        self._encounters: dict[str, _EncounterPart] = {}
        self._uuids: set[str] = set()
        self.left_out: set[str] = set()

    def add_patient(self, uuid: str, **fields: Any) -> None:
        """Add a patient."""
        self._new(uuid)
        self._patients[uuid] = fields

    def add_visit(self, uuid: str, patient: str, start: datetime, stop: datetime) -> None:
        """Add a visit of a patient that is there; OpenMRS keeps whole seconds."""
        self._new(uuid)
        start, stop = start.replace(microsecond=0), stop.replace(microsecond=0)
        if patient not in self._patients:
            raise ValueError(f"patient {patient} is not among the patients")
        if stop < start:
            raise ValueError("stop is before start")
        self._visits[uuid] = _VisitPart(patient, start, stop)

    def add_encounter(self, uuid: str, visit: str, time: datetime) -> None:
        """Add an encounter within a visit that is there; the same one may come again."""
        time = time.replace(microsecond=0)
        if (known := self._encounters.get(uuid)) and known[:2] == (visit, time):
            return
        self._new(uuid)
        owner = self._visits.get(visit)
        if owner is None:
            raise ValueError(f"visit {visit} is not among the visits")
        if not owner.start <= time <= owner.stop:
            raise ValueError(f"time {time.isoformat()} is outside its visit")
        self._encounters[uuid] = _EncounterPart(visit, time, [])

    def add_measurement(
        self, uuid: str, patient: str, encounter: str, name: str, value: float
    ) -> None:
        """Add a value to an encounter that is there."""
        self._new(uuid)
        if encounter not in self._encounters:
            raise ValueError(f"encounter {encounter} is not among the encounters")
        owner = self._visits[self._encounters[encounter].visit].patient
        if patient != owner:
            raise ValueError(f"encounter {encounter} is patient {owner}'s, not {patient}'s")
        if name not in MEASUREMENTS:
            raise ValueError(f"unknown measurement {name!r}; known are {', '.join(MEASUREMENTS)}")
        if not math.isfinite(value):
            raise ValueError("value is no number")
        measurement = Measurement(uuid=uuid, name=name, value=value)
        self._encounters[encounter].measurements.append(measurement)

    def patients(self) -> list[Patient]:
        """Put the parts together, in the order of the patients."""
        encounters: dict[str, list[Encounter]] = {}
        for uuid, part in self._encounters.items():
            made = Encounter(uuid=uuid, time=part.time, entries=tuple(part.measurements))
            encounters.setdefault(part.visit, []).append(made)
        visits: dict[str, list[Visit]] = {}
        for uuid, visit in self._visits.items():
            whole = Visit(
                uuid=uuid,
                start=visit.start,
                stop=visit.stop,
                encounters=tuple(encounters.get(uuid, ())),
            )
            visits.setdefault(visit.patient, []).append(whole)
        return [
            Patient(number=number, uuid=uuid, visits=tuple(visits.get(uuid, ())), **fields)
            for number, (uuid, fields) in enumerate(self._patients.items(), start=1)
        ]

    def _new(self, uuid: str) -> None:
        if uuid in self._uuids:
            raise ValueError(f"{uuid} stands twice")
        if not _UUID.fullmatch(uuid):
            raise ValueError(f"{uuid!r} is no uuid in small letters")
        self._uuids.add(uuid)


def _read_csv(folder: Path, parts: _Parts) -> None:
    def take_patient(row: Row) -> None:
        row = {column: unguarded(cell) for column, cell in row.items()}
        place = [_cell(row, column, _place, _A_PLACE) for column in _ADDRESS]
        parts.add_patient(
            row["patient_id"],
            sex=_cell(row, "sex", _sex, "F or M"),
            birthdate=_cell(row, "birthdate", date.fromisoformat, "a date like 1990-05-01"),
            given_name=_cell(row, "given_name", _name, _A_NAME),
            family_name=_cell(row, "family_name", _name, _A_NAME),
            address=Address(**dict(zip(_ADDRESS, place, strict=True))) if any(place) else None,
        )

    def take_visit(row: Row) -> None:
        times = (_cell(row, column, _time, _A_TIME) for column in ("start", "stop"))
        parts.add_visit(row["visit_id"], row["patient_id"], *times)

    def take_observation(row: Row) -> None:
        encounter = row["encounter_id"]
        parts.add_encounter(encounter, row["visit_id"], _cell(row, "time", _time, _A_TIME))
        value = _cell(row, "value", float, "a number")
        parts.add_measurement(
            row["observation_id"], row["patient_id"], encounter, row["measurement"], value
        )

    _each_row(folder, "patients", take_patient)
    _each_row(folder, "visits", take_visit)
    _each_row(folder, "observations", take_observation)


Row = dict[str, str]
Value = TypeVar("Value")

_ADDRESS = ("city_village", "state_province", "country")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_A_NAME = "a name of at most 50 characters"
_A_PLACE = "a name of at most 255 characters, or nothing,"
_A_TIME = "a time with its offset like 2026-03-04T09:10:00+03:00"


def _each_row(folder: Path, name: str, take: Callable[[Row], None]) -> None:
    path = folder / f"{name}.csv"
    columns = next(table.columns for table in TABLES if table.name == name)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(bounded_lines(file), strict=True)
        try:
            if missing := [column for column in columns if column not in (rows.fieldnames or ())]:
                raise ValueError(f"the column {missing[0]} is missing")
            for row in rows:
                if None in row or None in row.values():
                    raise ValueError("has not as many fields as the first line")
                take(row)
        except UnicodeDecodeError:
            raise
        except (ValueError, csv.Error) as error:
            raise InputError(str(error), place=f"{path}:{rows.line_num}") from error


def _cell(row: Body, column: str, read: Callable[[str], Value], expected: str) -> Value:
    try:
        return read(row[column])
    except (ValueError, KeyError, TypeError) as error:
        given = row.get(column)
        raise ValueError(f"{column}: {expected} is expected, not {given!r}") from error


def _sex(text: str) -> Sex:
    return {"F": "F", "M": "M"}[text]  # type: ignore[return-value]


def _name(text: str) -> str:
    if not text or len(text) > 50 or not text.isprintable():
        raise ValueError
    return text


def _place(text: str) -> str:
    if len(text) > 255 or not text.isprintable():
        raise ValueError
    return text


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time


def _read_fhir(folder: Path, mapping: Mapping, parts: _Parts) -> None:
    names = {
        (system, code): (name, entry.ucum)
        for name, entry in mapping.measurements.items()
        for system, code in ((LOINC_SYSTEM, entry.loinc), (CIEL_SYSTEM, entry.ciel))
    }
    for resource in _each_resource(folder, "Patient"):
        with resource as body:
            _take_patient(body, parts)
    for resource in _each_resource(folder, "Encounter"):
        with resource as body:
            _take_encounter(body, parts)
    for resource in _each_resource(folder, "Observation"):
        with resource as body:
            _take_observation(body, names, parts)


def _each_resource(folder: Path, kind: str) -> Iterator[AbstractContextManager[Body]]:
    path = folder / f"{kind}.ndjson"

    @contextmanager
    def at(line: int, body: Body) -> Iterator[Body]:
        try:
            yield body
        except ValueError as error:
            raise InputError(str(error), place=f"{path}:{line}") from error
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            what = str(error) if isinstance(error, KeyError) else "a part"
            fault = f"{what} is missing, or is not as FHIR has it"
            raise InputError(fault, place=f"{path}:{line}") from error

    return (at(line, body) for line, body in read_ndjson(path, kind))


def _take_patient(body: Body, parts: _Parts) -> None:
    name = body["name"][0]
    places = body.get("address") or ()
    address = [
        Address(
            city_village=_cell(place, "city", _place, _A_PLACE) if "city" in place else "",
            state_province=_cell(place, "state", _place, _A_PLACE) if "state" in place else "",
            country=_cell(place, "country", _place, _A_PLACE) if "country" in place else "",
        )
        for place in places
    ]
    parts.add_patient(
        body["id"],
        sex=_cell(body, "gender", {"female": "F", "male": "M"}.__getitem__, "female or male"),
        birthdate=_cell(body, "birthDate", date.fromisoformat, "a whole date"),
        given_name=_cell(name, "given", lambda given: _name(" ".join(given)), _A_NAME),
        family_name=_cell(name, "family", _name, _A_NAME),
        address=address[0] if address else None,
    )


def _take_encounter(body: Body, parts: _Parts) -> None:
    period = body["period"]
    start = _cell(period, "start", _time, _A_TIME)
    if "partOf" in body:
        parts.add_encounter(body["id"], _referred(body["partOf"]), start)
    else:
        stop = _cell(period, "end", _time, _A_TIME)
        parts.add_visit(body["id"], _referred(body["subject"]), start, stop)


def _take_observation(body: Body, names: dict[Any, tuple[str, str]], parts: _Parts) -> None:
    codings = [(c.get("system"), c.get("code")) for c in body["code"]["coding"]]
    known = [names[coding] for coding in codings if coding in names]
    if not known:
        parts.left_out.add(" or ".join(str(code) for _, code in codings))
        return
    name, unit = known[0]
    quantity = body["valueQuantity"]
    if quantity.get("code") != unit:
        raise ValueError(f"{name} is in {quantity.get('code')!r}, and {unit!r} is expected")
    encounter, patient = _referred(body["encounter"]), _referred(body["subject"])
    value = _cell(quantity, "value", float, "a number")
    parts.add_measurement(body["id"], patient, encounter, name, value)


def _referred(reference: Body) -> str:
    return str(reference["reference"]).rpartition("/")[2]


def _digest(folder: Path) -> str:
    """Return the SHA-256 of the files that are read."""
    digest = hashlib.sha256()
    names = [f"{table.name}.csv" for table in TABLES] + [f"{kind}.ndjson" for kind in TYPES]
    for name in names:
        if (folder / name).is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:16]
