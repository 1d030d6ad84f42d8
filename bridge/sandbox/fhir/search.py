# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""FHIR search: which records the parameters select, in which order."""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from bridge.sandbox.dates import parse_moment
from bridge.sandbox.fhir.outcomes import Outcome
from bridge.sandbox.searches import Selection
from bridge.sandbox.store import Store

Condition = Callable[[str], Selection]
CONTROLS = frozenset(
    {"_count", "_sort", "_summary", "_format", "_pretty", "_total", "_getpagesoffset", "_elements"}
)
COMPARISONS = {
    "eq": "BETWEEN ? AND ?",
    "ge": ">= ?",
    "gt": "> ?",
    "le": "<= ?",
    "lt": "< ?",
    "sa": "> ?",
    "eb": "< ?",
}


class Found(NamedTuple):
    """One result: the kind of record and its id."""

    type: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What of a search runs on one table."""

    type: str
    conditions: Mapping[str, Condition]
    orders: Mapping[str, str]


def _equal(column: str) -> Condition:
    return lambda value: Selection(f"{column} = ?", (value,))


def _starts(column: str) -> Condition:
    return lambda value: Selection(f"{column} LIKE ?", (f"{value}%",))


def _of_patient(column: str) -> Condition:
    def condition(value: str) -> Selection:
        uuid = value.rpartition("/")[2]
        return Selection(f"{column} IN (SELECT id FROM patient WHERE uuid = ?)", (uuid,))

    return condition


def _of_identifier(column: str) -> Condition:
    def condition(value: str) -> Selection:
        inner = "SELECT patient FROM identifier WHERE ended = 0 AND identifier = ? COLLATE NOCASE"
        return Selection(f"{column} IN ({inner})", (value.rpartition("|")[2],))

    return condition


def _refers(column: str, *kinds: str) -> Condition:
    def condition(value: str) -> Selection:
        inner = " UNION ".join(f'SELECT id FROM "{kind}" WHERE uuid = ?' for kind in kinds)
        uuid = value.rpartition("/")[2]
        return Selection(f"{column} IN ({inner})", (uuid,) * len(kinds))

    return condition


def _named(*columns: str) -> Condition:
    def condition(value: str) -> Selection:
        starts = " OR ".join(f'"{column}" LIKE ?' for column in columns)
        inner = f"SELECT person FROM personname WHERE ended = 0 AND ({starts})"
        return Selection(f"id IN ({inner})", (f"{value}%",) * len(columns))

    return condition


def _of_person(condition: Condition) -> Condition:
    def outer(value: str) -> Selection:
        inner = condition(value)
        return Selection(f"id IN (SELECT id FROM person WHERE {inner.where})", inner.params)

    return outer


def _at(column: str) -> Condition:
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


def _born(value: str) -> Selection:
    inner = _at("CAST(strftime('%s', birthdate) AS INTEGER)")(value)
    return Selection(f"id IN (SELECT id FROM person WHERE {inner.where})", inner.params)


def _coded(value: str) -> Selection:
    """Select by a concept's uuid; a code with a system finds nothing on a bare server."""
    return Selection("concept IN (SELECT id FROM concept WHERE uuid = ?)", (value,))


def _in_category(value: str) -> Selection:
    names = {"laboratory": "Test", "procedure": "Procedure", "exam": "Finding"}
    return Selection(
        'concept IN (SELECT c.id FROM concept c JOIN conceptclass k ON k.id = c."conceptClass"'
        " WHERE k.name = ?)",
        (names.get(value.rpartition("|")[2], ""),),
    )


ADDRESS = "id IN (SELECT person FROM personaddress WHERE ended = 0 AND"


def _lives(column: str) -> Condition:
    return lambda value: Selection(f'{ADDRESS} "{column}" LIKE ?)', (f"{value}%",))


_CHANGED = "coalesce(changed, created)"
_COMMON = {"_id": _equal("uuid"), "_lastUpdated": _at(_CHANGED)}
_NAME_PARTS = ("givenName", "middleName", "familyName", "familyName2")
_TABLES = {
    "Patient": (
        Table(
            type="patient",
            conditions={
                **_COMMON,
                "identifier": _of_identifier("id"),
                "name": _named(*_NAME_PARTS),
                "given": _named("givenName", "middleName"),
                "family": _named("familyName"),
                "gender": _of_person(lambda value: Selection("gender = ?", (value[:1].upper(),))),
                "birthdate": _born,
                "address-city": _lives("cityVillage"),
                "address-state": _lives("stateProvince"),
                "address-country": _lives("country"),
            },
            orders={
                "_lastUpdated": _CHANGED,
                "birthdate": "(SELECT birthdate FROM person p WHERE p.id = patient.id)",
                "given": '(SELECT "givenName" FROM personname n WHERE n.person = patient.id)',
                "family": '(SELECT "familyName" FROM personname n WHERE n.person = patient.id)',
            },
        ),
    ),
    "Encounter": tuple(
        Table(
            type=kind,
            conditions={
                **_COMMON,
                "_tag": _equal(f"'{kind}'"),
                "patient": _of_patient("patient"),
                "patient.identifier": _of_identifier("patient"),
                "subject": _of_patient("patient"),
                "date": _at(moment),
                "location": _refers("location", "location"),
                "type": _refers(f'"{type_name}"', type_kind),
            },
            orders={"_lastUpdated": _CHANGED, "date": moment},
        )
        for kind, moment, type_name, type_kind in (
            ("encounter", '"encounterDatetime"', "encounterType", "encountertype"),
            ("visit", '"startDatetime"', "visitType", "visittype"),
        )
    ),
    "Observation": (
        Table(
            type="obs",
            conditions={
                **_COMMON,
                "patient": _of_patient("person"),
                "patient.identifier": _of_identifier("person"),
                "subject": _of_patient("person"),
                "encounter": _refers("encounter", "encounter"),
                "code": _coded,
                "category": _in_category,
                "date": _at('"obsDatetime"'),
            },
            orders={"_lastUpdated": _CHANGED, "date": '"obsDatetime"'},
        ),
    ),
}
TYPES: Mapping[str, tuple[Table, ...]] = _TABLES


def search(store: Store, type_name: str, query: list[tuple[str, str]]) -> list[Found]:
    """Find what a search asks for, in its order.

    Raises Outcome where a parameter is not known.
    """
    check_parameters(type_name, query)
    sort = next((value for name, value in query if name == "_sort"), "")
    return [found for table in TYPES[type_name] for found in _run(store, table, query, sort)]


def count(store: Store, type_name: str, query: list[tuple[str, str]]) -> int:
    """Count what a search would find, without finding it."""
    check_parameters(type_name, query)
    counted = 0
    for table in TYPES[type_name]:
        selection = _selection(table, query)
        counted += store.count(table.type, selection.where, selection.params)
    return counted


def check_parameters(type_name: str, query: list[tuple[str, str]]) -> None:
    """Raise Outcome where a parameter is not known."""
    unknown = [name for name, _ in query if _bare(name) not in _known(type_name)]
    if unknown:
        listed = ", ".join(unknown)
        raise Outcome(
            400,
            "Invalid request: The FHIR endpoint on this server does not know how to handle GET"
            f" operation[{type_name}] with parameters [[{listed}]]",
            code="not-supported",
        )


def _known(type_name: str) -> frozenset[str]:
    return CONTROLS | TYPES[type_name][0].conditions.keys()


def _bare(name: str) -> str:
    """Take the modifier or the target type off: `subject:Patient`."""
    return name.partition(":")[0]


def _run(store: Store, table: Table, query: list[tuple[str, str]], sort: str) -> list[Found]:
    selection = _selection(table, query)
    order = _order(table, sort)
    sql = f'SELECT id FROM "{table.type}" WHERE {selection.where} ORDER BY {order}'
    rows = store.connection.execute(sql, selection.params)
    return [Found(table.type, number) for (number,) in rows]


def _selection(table: Table, query: list[tuple[str, str]]) -> Selection:
    selection = Selection("ended = 0")
    for name, value in query:
        if _bare(name) in CONTROLS:
            continue
        options = [table.conditions[_bare(name)](one) for one in value.split(",") if one]
        if options:
            where = " OR ".join(f"({option.where})" for option in options)
            params = [param for option in options for param in option.params]
            selection = selection.also(where, *params)
    return selection


def _order(table: Table, sort: str) -> str:
    keys = []
    for key in sort.split(","):
        column = table.orders.get(key.lstrip("-"))
        if column:
            keys.append(f"{column} DESC" if key.startswith("-") else column)
    return ", ".join([*keys, "id"])
