"""bridge's own tables: patients.csv, visits.csv and observations.csv, and vitals.csv held to them.

Those of whole charts stand beside them, and each of these may lack.
vitals.csv is made for reading: who changes a value there and not in observations.csv would load
the old one, so a folder where the two differ is refused.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from bridge.chart import (
    MEASUREMENTS,
    Address,
    LeftOut,
    Patient,
)
from bridge.errors import InputError
from bridge.files.account import Rejected, settled, sources_of
from bridge.files.chart_columns import CHART_TABLES
from bridge.files.fhir.chart import Chart
from bridge.files.fhir.resources import NotTaken, Resource
from bridge.files.fhir_source import ANOTHER_OF_THE_ID
from bridge.files.index import Index, Stored
from bridge.files.options import FileOptions
from bridge.files.own_parts import Parts
from bridge.files.own_rows import A_DAY, NOT_OURS, cell
from bridge.files.rows import Cells, table_rows
from bridge.files.tables import TABLES
from bridge.files.uuids import is_uuid
from bridge.formula_guard import unguarded
from bridge.names import LONGEST_NAME, spelt, stranger
from bridge.patient_arrays import OWN_ID

_NEEDED = ("patients", "visits", "observations")
_VITAL_SIGNS: Final[dict[str, tuple[str, ...]]] = {t.name: tuple(t.columns) for t in TABLES}
_COLUMNS: Final = {**_VITAL_SIGNS, **{name: tuple(one) for name, one in CHART_TABLES.items()}}
FILES: Final = tuple(f"{name}.csv" for name in _COLUMNS)
_PARTS: Final = ("program_states", "deaths")
"""Whose rows are a part of another table's row."""
_UNCOUNTED: Final = ("vitals", *_PARTS)
_IN_TURN: Final = tuple(name for name in _COLUMNS if name not in ("patients", "vitals"))
"""The order in which rows are put together: visits, what is within them, and the rest."""
_ADDRESS = ("city_village", "state_province", "country")
_A_NAME = "a name of at most 50 characters"
_LONGEST_PLACE = {"country": 50}
"""In characters, where it is not 255."""


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
        theirs = Counter({name: len(rows[name]) for name in _COLUMNS if name not in _UNCOUNTED})
        theirs["patients"] = 1
        try:
            person = _person(patient.uuid, owner)
        except NotTaken as fault:
            return Rejected(owner.source, fault.reason, +theirs, fault.detail)
        if self._has_vitals:
            _compare(rows["observations"], rows["vitals"])
        parts = Parts(person)
        if own := owner.body["row"].get(OWN_ID):
            parts.left_out.append(LeftOut(f"{owner.source}#{OWN_ID}", OWN_ID_STAYS, own))
        for name in _IN_TURN:
            for row in rows[name]:
                parts.add(name, row)
        whole = parts.whole(options)
        used = set(sources_of(whole))
        try:
            narrowed, too_old = options.narrowed(whole)
        except NotTaken as fault:
            return Rejected(owner.source, fault.reason, +theirs, fault.detail)
        assumed = Counter([NEATLY] if _is_neatened(owner) else ())
        return Chart(narrowed, (*settled(parts.left_out, used), *too_old), assumed)

    def _index(self, name: str, path: Path) -> None:
        for row in table_rows(path, _COLUMNS[name]):
            part = "#" if name in _PARTS else ""
            if name not in _UNCOUNTED:
                self.index.read[name] += 1
            if isinstance(row, LeftOut):
                if name != "vitals":
                    self.index.leave_out(row._replace(source=f"{row.source}{part}"))
                continue
            place = f"{path}:{row.source.rpartition('/')[2]}"
            self._add(name, row.cells, f"{row.source}{part}", place)

    def _add(self, name: str, cells: Cells, source: str, place: str) -> None:
        owner = cells["patient_id"]
        body = {"row": cells, "place": place, "subject": {"reference": f"Patient/{owner}"}}
        if name != "patients":
            key = cells["time"] if name in ("vitals", "deaths") else next(iter(cells.values()))
            self.index.add_copy(Resource(name, key, body, "", source))
            return
        resource = Resource("Patient", owner, {"row": cells}, "", source)
        is_new = self.index.uuid_of(f"Patient/{owner}") is None
        same = self.index.add_patient(resource)
        if is_new:
            self.index.add_copy(resource._replace(body=body))
        elif not same:
            self.index.leave_out(LeftOut(source, ANOTHER_OF_THE_ID, f"{place}: {owner}"))


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
            sex=cell(row, "sex", {"F": "F", "M": "M"}.__getitem__, "F or M"),  # type: ignore[arg-type]
            birthdate=cell(row, "birthdate", date.fromisoformat, A_DAY),
            given_name=cell(row, "given_name", _name, _A_NAME),
            family_name=cell(row, "family_name", _name, _A_NAME),
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

    return cell(row, column, read, f"a name of at most {most} characters, or nothing,")


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
