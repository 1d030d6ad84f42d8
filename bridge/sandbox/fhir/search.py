# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""FHIR search: which records the parameters select, in which order."""

from typing import NamedTuple

from bridge.sandbox.fhir.outcomes import Outcome
from bridge.sandbox.fhir.tables import TYPES, Table
from bridge.sandbox.searches import Selection
from bridge.sandbox.store import Store

CONTROLS = frozenset(
    {"_count", "_sort", "_summary", "_format", "_pretty", "_total", "_getpagesoffset", "_elements"}
)


class Found(NamedTuple):
    """One result: the FHIR type, the resource type of the record, and its id."""

    resource: str
    type: str
    number: int


def search(store: Store, type_name: str, query: list[tuple[str, str]]) -> list[Found]:
    """Find what a search asks for, in its order.

    Raises Outcome where a parameter is not known.
    """
    check_parameters(type_name, query)
    sort = next((value for name, value in query if name == "_sort"), "")
    return [
        Found(type_name, table.type, number)
        for table in TYPES[type_name]
        for number in _run(store, table, query, sort)
    ]


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


def _run(store: Store, table: Table, query: list[tuple[str, str]], sort: str) -> list[int]:
    selection = _selection(table, query)
    order = _order(table, sort)
    sql = f'SELECT id FROM "{table.type}" WHERE {selection.where} ORDER BY {order}'
    rows = store.connection.execute(sql, selection.params)
    return [number for (number,) in rows]


def _selection(table: Table, query: list[tuple[str, str]]) -> Selection:
    selection = Selection(f"ended = 0 AND ({table.fixed})")
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
