"""Tables of people without charts: OpenMRS's initializer module's, Bahmni's, and their like.

Names of columns are taken in any spelling: `Given names`, `First Name`, `given_name`.
"""

import re
from collections.abc import Iterator, Sequence

from bridge.chart import LeftOut
from bridge.files.fhir.resources import Body, Resource
from bridge.files.fhir_source import FhirSource, index_rows
from bridge.files.rows import Cells, Row, table_rows

_COLUMNS = {
    "given": ("givennames", "givenname", "firstname"),
    "middle": ("middlenames", "middlename"),
    "family": ("familynames", "familyname", "lastname", "surname"),
    "gender": ("gender", "sex"),
    "born": ("birthdate", "dateofbirth", "dob"),
    "age": ("age",),
    "registered": ("registrationdate",),
    "number": ("registrationnumber",),
    "numbers": ("identifiers",),
    "uuid": ("uuid",),
    "places": ("addresses",),
    "voided": ("voidretire", "voided"),
}
_PLACES = {
    "village": "city",
    "cityvillage": "city",
    "city": "city",
    "district": "district",
    "countydistrict": "district",
    "county": "district",
    "state": "state",
    "stateprovince": "state",
    "province": "state",
    "country": "country",
    "postalcode": "postalCode",
    "address1": "line",
    "houseno": "line",
}
_GENDERS = {"m": "male", "f": "female", "o": "other", "u": "unknown"}
_PART = re.compile(r"\s*(\w+)\s*:\s*(.*?)\s*(?=[;|,]\s*\w+\s*:|$)[;|,]?")
_LOOSE_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
ATTRIBUTE = "attribute is not taken"


def is_patients(columns: Sequence[str]) -> bool:
    """Tell whether these are the columns of a table of patients."""
    found = {_plain(column) for column in columns}
    return all(found & set(_COLUMNS[needed]) for needed in ("given", "family", "gender"))


def index_people(source: FhirSource) -> None:
    """Index the tables."""
    for path in source.files:
        index_rows(source, _people(source, table_rows(path)))


def _people(source: FhirSource, rows: Iterator[Row | LeftOut]) -> Iterator[Resource | LeftOut]:
    for row in rows:
        if isinstance(row, LeftOut):
            yield row
            continue
        person = _Columns(row.cells)
        if person.get("voided").lower() in ("true", "1", "yes"):
            yield LeftOut(row.source, "is voided")
            continue
        for column in person.others():
            source.index.leave_out(LeftOut(f"{row.source}#{column}", ATTRIBUTE, column))
        yield _patient(person, row.source)


class _Columns:
    """A row's cells under the names that are meant."""

    def __init__(self, cells: Cells) -> None:
        self._plain = {_plain(column): (column, cell.strip()) for column, cell in cells.items()}

    def get(self, meant: str) -> str:
        """Return the cell of a column in any of its spellings."""
        found = (self._plain.get(name, ("", ""))[1] for name in _COLUMNS[meant])
        return next(filter(None, found), "")

    def place(self) -> dict[str, str]:
        """Return the parts of the address, from one column or from several."""
        parts = dict(_PART.findall(self.get("places")))
        for name, (_, cell) in self._plain.items():
            if name.startswith("address") and name not in ("addresses",) and cell:
                parts[name.removeprefix("address") if name != "address1" else name] = cell
            elif name in _PLACES and cell:
                parts[name] = cell
        return {_PLACES[_plain(k)]: v for k, v in parts.items() if _plain(k) in _PLACES}

    def phone(self) -> str:
        """Return a telephone number."""
        found = (cell for name, (_, cell) in self._plain.items() if "phone" in name)
        return next(filter(None, found), "")

    def others(self) -> Iterator[str]:
        """Yield the names of the columns with something in them that no chart has."""
        known = {spelling for spellings in _COLUMNS.values() for spelling in spellings}
        for name, (column, cell) in self._plain.items():
            is_place = name in _PLACES or name.removeprefix("address") in _PLACES
            is_known = name in known or is_place or "phone" in name or name == "datecreated"
            if cell and not is_known:
                yield column


def _patient(row: _Columns, source: str) -> Resource:
    given, middle = row.get("given").split(",")[0], row.get("middle").split(",")[0]
    family = row.get("family").split(",")[0]
    born = _born(row)
    numbers = list(_numbers(row))
    name = row.get("uuid") or "|".join((given, family, born, *map(str, numbers)))
    gender = row.get("gender")
    body: Body = {
        "resourceType": "Patient",
        "id": name,
        "name": [{"family": family, "given": [part for part in (given, middle) if part]}],
        "gender": _GENDERS.get(gender.lower(), gender.lower() or "unknown"),
        "birthDate": born,
        "identifier": numbers,
    }
    place = row.place()
    if place:
        body["address"] = [{**place, "line": [place["line"]] if "line" in place else []}]
    if phone := row.phone():
        body["telecom"] = [{"system": "phone", "value": phone}]
    return Resource("Patient", name, body, "", source)


def _born(row: _Columns) -> str:
    """Return the birth date in FHIR's way; only the year where it follows from an age."""
    said = row.get("born")
    if match := _LOOSE_DATE.fullmatch(said):
        return f"{int(match[1]):04}-{int(match[2]):02}-{int(match[3]):02}"
    registered = _LOOSE_DATE.fullmatch(row.get("registered"))
    if not said and registered and row.get("age").isdecimal():
        return f"{int(registered[1]) - int(row.get('age')[:3]):04}"
    return said


def _numbers(row: _Columns) -> Iterator[Body]:
    """Yield identifiers: `Type:number:Location;...` in one column, or a registration number."""
    for one in filter(None, (part.strip() for part in row.get("numbers").split(";"))):
        kind, _, rest = one.partition(":")
        number = rest.partition(":")[0] if rest else kind
        yield {"value": number.strip(), "type": {"text": kind.strip() if rest else "Identifier"}}
    if number := row.get("number"):
        yield {"value": number, "type": {"text": "Registration Number"}}


def _plain(column: str) -> str:
    return "".join(c for c in column.lower() if c.isalnum())
