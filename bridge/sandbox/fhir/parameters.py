# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""What the value of a FHIR search parameter selects, by the column that it is about."""

import calendar
from collections.abc import Callable
from datetime import UTC, datetime

from bridge.sandbox.dates import parse_moment
from bridge.sandbox.fhir.outcomes import Outcome
from bridge.sandbox.searches import Selection

Condition = Callable[[str], Selection]
COMPARISONS = {
    "eq": "BETWEEN ? AND ?",
    "ge": ">= ?",
    "gt": "> ?",
    "le": "<= ?",
    "lt": "< ?",
    "sa": "> ?",
    "eb": "< ?",
}


def equal(column: str) -> Condition:
    """Select by a column itself."""
    return lambda value: Selection(f"{column} = ?", (value,))


def starts(column: str) -> Condition:
    """Select what begins with the value."""
    return lambda value: Selection(f"{column} LIKE ?", (f"{value}%",))


def of_patient(column: str) -> Condition:
    """Select by a reference to a patient."""

    def condition(value: str) -> Selection:
        uuid = value.rpartition("/")[2]
        return Selection(f"{column} IN (SELECT id FROM patient WHERE uuid = ?)", (uuid,))

    return condition


def of_identifier(column: str) -> Condition:
    """Select by an identifier of the patient."""

    def condition(value: str) -> Selection:
        inner = "SELECT patient FROM identifier WHERE ended = 0 AND identifier = ? COLLATE NOCASE"
        return Selection(f"{column} IN ({inner})", (value.rpartition("|")[2],))

    return condition


def refers(column: str, *kinds: str) -> Condition:
    """Select by a reference to a record of one of some types."""

    def condition(value: str) -> Selection:
        inner = " UNION ".join(f'SELECT id FROM "{kind}" WHERE uuid = ?' for kind in kinds)
        uuid = value.rpartition("/")[2]
        return Selection(f"{column} IN ({inner})", (uuid,) * len(kinds))

    return condition


def named(*columns: str) -> Condition:
    """Select persons by the beginning of a name."""

    def condition(value: str) -> Selection:
        starts = " OR ".join(f'"{column}" LIKE ?' for column in columns)
        inner = f"SELECT person FROM personname WHERE ended = 0 AND ({starts})"
        return Selection(f"id IN ({inner})", (f"{value}%",) * len(columns))

    return condition


def of_person(condition: Condition) -> Condition:
    """Select patients by a condition on the person."""

    def outer(value: str) -> Selection:
        inner = condition(value)
        return Selection(f"id IN (SELECT id FROM person WHERE {inner.where})", inner.params)

    return outer


def at(column: str) -> Condition:
    """Select by a point in time, with a prefix such as `ge`."""

    def condition(value: str) -> Selection:
        prefix, text = (value[:2], value[2:]) if value[:2] in COMPARISONS else ("eq", value)
        first, last = _span(text)
        bounds = {"eq": (first, last), "gt": (last,), "sa": (last,), "le": (last,)}
        return Selection(f"{column} {COMPARISONS[prefix]}", bounds.get(prefix, (first,)))

    return condition


def _span(text: str) -> tuple[int, int]:
    """Return the first and the last second of a year, a month, a day or a time.

    Raises Outcome where it is none of these.
    """
    parts = text.split("-")
    try:
        if "T" in text:
            moment = parse_moment(text)
            return moment, moment
        year = int(parts[0])
        first = datetime(
            year,
            int(parts[1]) if len(parts) > 1 else 1,
            int(parts[2]) if len(parts) > 2 else 1,
            tzinfo=UTC,
        )
        month = first.month if len(parts) > 1 else 12
        day = first.day if len(parts) > 2 else calendar.monthrange(year, month)[1]
        last = datetime(year, month, day, 23, 59, 59, tzinfo=UTC)
    except (ValueError, IndexError, OverflowError) as fault:
        raise Outcome(400, f'Invalid date/time format: "{text}"') from fault
    return int(first.timestamp()), int(last.timestamp())


def born(value: str) -> Selection:
    """Select patients by the day of birth."""
    inner = at("CAST(strftime('%s', birthdate) AS INTEGER)")(value)
    return Selection(f"id IN (SELECT id FROM person WHERE {inner.where})", inner.params)


def coded(column: str) -> Condition:
    """Select by a concept's uuid; a code with a system finds nothing on a bare server."""
    inner = "SELECT id FROM concept WHERE uuid = ?"
    return lambda value: Selection(f"{column} IN ({inner})", (value,))


def in_category(value: str) -> Selection:
    """Select observations by the class of their concept."""
    names = {"laboratory": "Test", "procedure": "Procedure", "exam": "Finding"}
    return Selection(
        'concept IN (SELECT c.id FROM concept c JOIN conceptclass k ON k.id = c."conceptClass"'
        " WHERE k.name = ?)",
        (names.get(value.rpartition("|")[2], ""),),
    )


ADDRESS = "id IN (SELECT person FROM personaddress WHERE ended = 0 AND"


def lives(column: str) -> Condition:
    """Select patients by the beginning of a part of the address."""
    return lambda value: Selection(f'{ADDRESS} "{column}" LIKE ?)', (f"{value}%",))
