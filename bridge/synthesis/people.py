"""People given by the user (`--people FILE`): their vitals are made, they are not."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from bridge.bounded_lines import bounded_lines
from bridge.chart import Sex
from bridge.errors import InputError
from bridge.yaml_files import nearest

OLDEST_MONTHS = 120 * 12

_COLUMNS = ("sex", "birthdate", "age_months", "immediacy", "given_name", "family_name")
_SEXES: dict[str, Sex] = {"f": "F", "female": "F", "m": "M", "male": "M"}


class GivenPerson(NamedTuple):
    """One row of the file: a birthdate, or an age in completed months at the last visit.

    `triage` is the level somebody comes at, 1 (immediate) to 5 (non-urgent), 0 who is not ill: the
    file's column immediacy.
    """

    sex: Literal["F", "M"]
    birthdate: date | None = None
    age_months: int | None = None
    triage: int | None = None
    given_name: str = ""
    family_name: str = ""


def load_people(path: Path, *, as_of: date) -> tuple[GivenPerson, ...]:
    """Read the people of a CSV file, in its order; raise InputError with line and column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse_people(bounded_lines(lines), place=str(path), as_of=as_of)
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", place=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error


def parse_people(lines: Iterable[str], *, place: str, as_of: date) -> tuple[GivenPerson, ...]:
    """Check the lines of a people file; `place` is the name that errors give to it."""
    rows = csv.DictReader(lines, strict=True)
    try:
        _check_columns(rows.fieldnames or (), place)
        people = tuple(_person(row, place=f"{place}:{rows.line_num}", as_of=as_of) for row in rows)
    except UnicodeDecodeError:
        raise
    except (csv.Error, ValueError) as error:
        raise InputError(f"is not CSV: {error}", place=f"{place}:{rows.line_num}") from error
    if not people:
        raise InputError("has no rows", place=place)
    return people


def _check_columns(columns: Iterable[str], place: str) -> None:
    columns = list(columns)
    for column in columns:
        if column not in _COLUMNS:
            near = nearest(column, _COLUMNS)
            known = ", ".join(_COLUMNS)
            raise InputError(
                f"unknown column {column!r}{near}; known are {known}", place=f"{place}:1"
            )
    if "sex" not in columns or not {"birthdate", "age_months"} & set(columns):
        raise InputError("needs a column sex, and birthdate or age_months", place=f"{place}:1")


def _person(row: dict[str, str], *, place: str, as_of: date) -> GivenPerson:
    if None in row or None in row.values():
        raise InputError("has not as many fields as the first line", place=place)
    cells = {column: cell.strip() for column, cell in row.items()}
    birthdate, age_months = cells.get("birthdate", ""), cells.get("age_months", "")
    if bool(birthdate) == bool(age_months):
        raise InputError("give birthdate or age_months, one of the two", place=place)
    sex = _SEXES.get(cells["sex"].lower())
    if sex is None:
        raise InputError(f"sex: F or M is expected, not {cells['sex']!r}", place=place)
    return GivenPerson(
        sex=sex,
        birthdate=_birthdate(birthdate, place, as_of) if birthdate else None,
        age_months=_age_months(age_months, place) if age_months else None,
        triage=_triage(cells.get("immediacy", ""), place),
        given_name=_name(cells, "given_name", place),
        family_name=_name(cells, "family_name", place),
    )


def _birthdate(text: str, place: str, as_of: date) -> date:
    try:
        birthdate = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"birthdate: a date like 1990-05-01 is expected, not {text!r}", place=place
        ) from error
    if birthdate >= as_of:
        raise InputError(f"birthdate: {text} is not before {as_of}", place=place)
    if (as_of - birthdate).days > OLDEST_MONTHS / 12 * 365.25:
        raise InputError(f"birthdate: {text} is over 120 years ago", place=place)
    return birthdate


def _age_months(text: str, place: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > OLDEST_MONTHS:
        raise InputError(
            f"age_months: a whole number from 0 to {OLDEST_MONTHS} is expected, not {text!r}",
            place=place,
        )
    return int(text)


def _triage(text: str, place: str) -> int | None:
    level = text.removesuffix(".0")
    if level not in ("", "0", "1", "2", "3", "4", "5"):
        raise InputError(
            "immediacy: 1 (immediate) to 5 (non-urgent) is expected, 0 for somebody who is not "
            f"ill, not {text!r}",
            place=place,
        )
    return int(level) if level else None


def _name(cells: dict[str, str], column: str, place: str) -> str:
    name = cells.get(column, "")
    if len(name) > 50:
        raise InputError(f"{column}: OpenMRS takes 50 characters, not {len(name)}", place=place)
    if not name.isprintable():
        raise InputError(f"{column}: has a character that cannot be printed", place=place)
    return name


def as_rows(people: Iterable[GivenPerson]) -> Iterator[list[str | int | None]]:
    """Yield the people as plain JSON, for a cohort's inputs."""
    for person in people:
        born = person.birthdate.isoformat() if person.birthdate else None
        names = (person.given_name, person.family_name)
        yield [person.sex, born, person.age_months, person.triage, *names]
