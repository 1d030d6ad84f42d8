"""People given by the user (`--people FILE`): their vitals are made, they are not."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from math import floor
from pathlib import Path
from typing import Final, Literal, NamedTuple

from bridge.chart import Sex
from bridge.errors import InputError
from bridge.identity import fingerprint
from bridge.names import LONGEST_NAME, NO_NAME, spelt, stranger
from bridge.tables.ages import parse_age
from bridge.tables.column_names import words_of
from bridge.tables.numbers import parse_number
from bridge.tables.reading import TextTable, read_text_table

OLDEST_MONTHS: Final = 120 * 12

COLUMNS: Final = {
    "sex": ("gender", "sexe", "sexo", "geschlecht"),
    "birthdate": (
        *("birth date", "date of birth", "dob", "date birth", "birthday", "born", "birth"),
        *("birth year", "year of birth", "yob", "d o b", "patient birthdate"),
    ),
    "age_months": ("age in months", "months", "age month", "age mo", "age mths"),
    "age_years": ("age", "age in years", "years", "age year", "age yrs", "age y"),
    "immediacy": ("triage", "triage level"),
    "given_name": ("given", "first name", "firstname", "givenname", "forename", "forenames"),
    "family_name": ("family", "last name", "lastname", "familyname", "surname"),
    "id": (
        *("patient id", "patientid", "person id", "personid", "subject id", "participant id"),
        *("client id", "study id", "case id", "record id", "identifier", "patient identifier"),
        *("mrn", "pid", "uid"),
    ),
}
"""What a people file may have, and the other names that are taken for it, in small letters."""

_SEXES: Final[dict[str, Sex]] = {
    **dict.fromkeys(("f", "female", "woman", "girl", "femme", "feminin", "femenino"), "F"),
    **dict.fromkeys(("feminino", "mujer", "weiblich", "frau", "fem", "mwanamke", "fille"), "F"),
    **dict.fromkeys(("m", "male", "man", "boy", "homme", "masculin", "masculino"), "M"),
    **dict.fromkeys(("hombre", "mann", "masc", "mwanamume", "garcon"), "M"),
    **dict.fromkeys(("m\u00e4nnlich", "maennlich", "gar\u00e7on"), "M"),
    "f\u00e9minin": "F",
}

_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:\.0+|(?P<sign>[-/])(?P<month>\d{1,2})(?:(?P=sign)(?P<day>\d{1,2}))?)?",
    re.ASCII,
)
_MIDNIGHT: Final = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?")


class GivenPerson(NamedTuple):
    """One row of the file: a birthdate, or an age at the last visit.

    The age is in completed months, or in completed years and of an unknown month. `triage` is the
    level somebody comes at, 1 (immediate) to 5 (non-urgent), 0 who is not ill: the file's column
    immediacy. An estimated birthdate is known to the year or month. `own_id` is what the user
    calls the person.
    """

    sex: Literal["F", "M"]
    birthdate: date | None = None
    age_months: int | None = None
    triage: int | None = None
    given_name: str = ""
    family_name: str = ""
    age_years: int | None = None
    is_estimated: bool = False
    own_id: str = ""


class GivenPeople(NamedTuple):
    """The people of a file, in its order, and what was made of the file."""

    people: tuple[GivenPerson, ...]
    notes: tuple[str, ...]


def load_people(path: Path, *, as_of: date) -> GivenPeople:
    """Read the people of a table; raise InputError with line and column.

    Ages are those on the day `as_of`, which every birthdate is before.
    """
    return parse_people(read_text_table(path), place=str(path), as_of=as_of)


def parse_people(table: TextTable, *, place: str, as_of: date) -> GivenPeople:
    """Check the rows of a people file; `place` is the name that errors give to it."""
    notes = list(table.notes)
    roles = _roles(list(table.columns), place, notes)
    columns = {role: table.columns[name] for role, name in roles.items()}
    counts: Counter[str] = Counter()
    people = []
    for line, *cells in zip(table.lines, *columns.values(), strict=True):
        row = _Row(dict(zip(columns, cells, strict=True)), roles, f"{place}:{line}", as_of, counts)
        people.append(row.person())
    notes += (f"{what} ({many:,} {'rows' if many > 1 else 'row'})" for what, many in counts.items())
    notes += _ids_that_stand_twice(columns.get("id", ()))
    return GivenPeople(tuple(people), tuple(notes))


def _ids_that_stand_twice(ids: Sequence[str]) -> Iterator[str]:
    twice = [own for own, many in Counter(filter(None, ids)).items() if many > 1]
    if twice:
        yield f"{len(twice):,} ids stand in several rows, each of which is a patient: {twice[0]}"


def _plain(name: str) -> str:
    """Return a column's name as names are compared: Date-of_Birth and DateOfBirth alike."""
    return " ".join(words_of(name))


_ROLES: Final = {_plain(name): role for role, others in COLUMNS.items() for name in (role, *others)}


def _roles(names: list[str], place: str, notes: list[str]) -> dict[str, str]:
    """Return which column is what, and note what is taken for it and what is ignored."""
    found: dict[str, list[str]] = {}
    for name in names:
        if role := _ROLES.get(_plain(name)):
            found.setdefault(role, []).append(name)
    roles = {role: _one_of(role, of, place) for role, of in found.items()}
    notes += (f"column {name} read as {role}" for role, name in roles.items() if name != role)
    if ignored := [name for name in names if name not in roles.values()]:
        notes.append("ignored: " + ", ".join(name + _meant(name, roles) for name in ignored))
    _require(roles, ignored, place)
    return roles


def _one_of(role: str, names: list[str], place: str) -> str:
    """Return the column that is `role`: the one of that name, else the only one that may be."""
    own = [name for name in names if _plain(name) == _plain(role)]
    if len(own or names) > 1:
        raise InputError(
            f"the columns {' and '.join(own or names)} are both {role}: leave one out",
            place=f"{place}:1",
        )
    return (own or names)[0]


def _meant(name: str, roles: dict[str, str]) -> str:
    """Say what a column that is ignored may have been meant for."""
    if _plain(name) in _ROLES:
        return ""
    free = [role for role in COLUMNS if role not in roles]
    near = get_close_matches(name.casefold(), free, n=1, cutoff=_NEAR)
    return f" (did you mean {near[0]!r}?)" if near else ""


_NEAR: Final = 0.75
"""How alike a column and a name must be, of 1, to ask whether it is misspelt."""

_AGES: Final = ("birthdate", "age_months", "age_years")


def _require(roles: dict[str, str], ignored: list[str], place: str) -> None:
    lacks_age = not set(_AGES) & roles.keys()
    if "sex" in roles and not lacks_age:
        return
    of_age = "birthdate, age_months or age_years"
    misspelt = "".join(f"; {name}{_meant(name, roles)} is not known" for name in ignored[:5])
    raise InputError(f"needs a column sex, and {of_age}{misspelt}", place=f"{place}:1")


class _Row:
    """The cells of a row by what they are, and what becomes of them; `counts` counts it."""

    def __init__(
        self,
        cells: dict[str, str],
        names: dict[str, str],
        place: str,
        as_of: date,
        counts: Counter[str],
    ) -> None:
        self._cells = cells
        self._names = names
        self._place = place
        self._as_of = as_of
        self._counts = counts

    def person(self) -> GivenPerson:
        given = [role for role in _AGES if self._cells.get(role)]
        if not given:
            columns = [self._names[role] for role in _AGES if role in self._names]
            which = f"one of {', '.join(columns)}" if len(columns) > 1 else columns[0]
            raise InputError(f"give {which}", place=self._place)
        given_name, family_name = self._both_names()
        person = GivenPerson(
            sex=self._sex(),
            triage=self._triage(),
            given_name=given_name,
            family_name=family_name,
            own_id=self._own_id(),
        )
        if len(given) > 1:
            first, *others = (self._names[role] for role in given)
            self._counts[f"{' and '.join(others)} beside {first}: not read"] += 1
        if given[0] == "birthdate":
            return self._born(person, self._cells["birthdate"])
        return self._aged(person, given[0], self._cells[given[0]])

    def _fault(self, role: str, message: str) -> InputError:
        return InputError(f"{self._names[role]}: {message}", place=self._place)

    def _sex(self) -> Sex:
        cell = self._cells["sex"]
        sex = _SEXES.get(cell.casefold().rstrip("."))
        if sex is None:
            raise self._fault("sex", f"F or M is expected, not {cell!r}")
        return sex

    def _born(self, person: GivenPerson, cell: str) -> GivenPerson:
        found = _DATE.fullmatch(_MIDNIGHT.sub("", cell))
        try:
            if not found:
                raise ValueError
            born = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
        except ValueError as error:
            raise self._fault(
                "birthdate",
                "a date like 1990-05-01 is expected, or as much of it as is known (1990-05, "
                f"1990), not {cell!r}",
            ) from error
        if born >= self._as_of:
            raise self._fault("birthdate", f"{cell} is not before {self._as_of}")
        if (self._as_of - born).days > OLDEST_MONTHS / 12 * 365.25:
            raise self._fault("birthdate", f"{cell} is over 120 years ago")
        is_estimated = not found["day"]
        if is_estimated:
            known = "year and month" if found["month"] else "year"
            self._counts[f"a birthdate known to the {known}: its first day, estimated"] += 1
        return person._replace(birthdate=born, is_estimated=is_estimated)

    def _aged(self, person: GivenPerson, role: str, cell: str) -> GivenPerson:
        if (months := parse_age(cell)) is not None and cell[-1:].isalpha():
            self._counts["an age with its unit, read in completed months"] += 1
            return person._replace(age_months=self._within(role, months, cell))
        number = parse_number(cell)
        is_plain = number and not (number.unit or number.compared or number.comma == "either")
        age = number.value if number and is_plain else -1.0
        if role == "age_years" and age == floor(age):
            self._within(role, 12 * age, cell)
            return person._replace(age_years=int(age))
        months = floor(age * 12 + 1e-9) if role == "age_years" else floor(age)
        if age > months and role == "age_months":
            self._counts["an age in parts of a month, read as the months that are complete"] += 1
        return person._replace(age_months=self._within(role, months, cell))

    def _within(self, role: str, months: float, cell: str) -> int:
        if not 0 <= months <= OLDEST_MONTHS:
            most = OLDEST_MONTHS if role == "age_months" else OLDEST_MONTHS // 12
            raise self._fault(role, f"a number from 0 to {most} is expected, not {cell!r}")
        return int(months)

    def _triage(self) -> int | None:
        cell = self._cells.get("immediacy", "")
        number = parse_number(cell) if cell else None
        if cell and (
            number is None or number.unit or number.compared or number.value not in range(6)
        ):
            raise self._fault(
                "immediacy",
                "1 (immediate) to 5 (non-urgent) is expected, 0 for somebody who is not ill, "
                f"not {cell!r}",
            )
        return int(number.value) if number else None

    def _both_names(self) -> tuple[str, str]:
        """Return both names, or none; half a name stays half, and the other half is a dot."""
        given, family = self._name("given_name"), self._name("family_name")
        if bool(given) != bool(family):
            self._counts["only one name: the other is a dot, as OpenMRS takes it"] += 1
            return given or NO_NAME, family or NO_NAME
        if not given and {"given_name", "family_name"} & self._names.keys():
            self._counts["no name: one is drawn"] += 1
        return given, family

    def _name(self, role: str) -> str:
        cell = self._cells.get(role, "")
        name = spelt(cell)
        if name != cell:
            self._counts["in names, no-break and double spaces are spaces"] += 1
        if len(name) > LONGEST_NAME:
            raise self._fault(role, f"OpenMRS takes {LONGEST_NAME} characters, not {len(name)}")
        if strange := stranger(name):
            raise self._fault(role, f"has a character that cannot be printed, {strange}")
        return name

    def _own_id(self) -> str:
        cell = self._cells.get("id", "")
        if not cell.isprintable():
            raise self._fault("id", "has a character that cannot be printed")
        return cell


def as_rows(people: Iterable[GivenPerson]) -> Iterator[list[str | int | None]]:
    """Yield what the vitals of people depend on as plain JSON, for a cohort's inputs."""
    for person in people:
        born = person.birthdate.isoformat() if person.birthdate else None
        names = (person.given_name, person.family_name)
        years = () if person.age_years is None else (person.age_years,)
        yield [person.sex, born, person.age_months, person.triage, *names, *years]


def people_digest(people: Iterable[GivenPerson]) -> str:
    """Return what tells these people, with all that is said of them, from any others."""
    rows = [
        [one.isoformat() if isinstance(one, date) else one for one in person] for person in people
    ]
    return fingerprint({"people": rows})[:12]
