# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""Records and one request's view of them: read by uuid, id or condition; insert, change, delete.

A Store lives for one transaction, so what it remembers can never be stale.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from bridge.sandbox.refusals import Broken
from bridge.sandbox.resource_types import Property, ResourceType


class Record:
    """One record of one kind; without an id as long as it is not saved."""

    __slots__ = ("children", "original", "type", "values")

    def __init__(self, kind: ResourceType, values: dict[str, Any]) -> None:
        self.type = kind
        self.values = values
        self.original: dict[str, Any] = dict(values) if "id" in values else {}
        self.children: dict[str, list[Record]] = {}

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.values[name] = value

    @property
    def id(self) -> int | None:
        """The row's number, once saved."""
        return self.values.get("id")

    @property
    def uuid(self) -> str:
        """The record's name in the outside world."""
        return str(self.values["uuid"])

    @property
    def ended(self) -> bool:
        """Whether it is voided (data) or retired (metadata)."""
        return bool(self.values.get("ended"))


@lru_cache(maxsize=1024)
def _select(type_name: str, where: str, order: str, paged: bool) -> str:
    tail = " LIMIT ? OFFSET ?" if paged else ""
    return f'SELECT * FROM "{type_name}" WHERE {where} ORDER BY {order}{tail}'


@cache
def _insert(type_name: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    return f'INSERT INTO "{type_name}" ({columns}) VALUES ({marks})'


@cache
def _update(type_name: str, names: tuple[str, ...]) -> str:
    pairs = ", ".join(f'"{name}" = ?' for name in names)
    return f'UPDATE "{type_name}" SET {pairs} WHERE id = ?'


class Store:
    """The records as one transaction sees them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        resource_types: Mapping[str, ResourceType],
        now: datetime,
        base: str,
    ) -> None:
        self.connection = connection
        self.resource_types = resource_types
        self.now = int(now.timestamp())
        self.base = base
        self._seen: dict[tuple[str, int], Record] = {}
        self._displays: dict[tuple[str, int], str] = {}

    @cached_property
    def today(self) -> date:
        """The day it is, by the sandbox's clock and zone."""
        return datetime.fromtimestamp(self.now, UTC).date()

    def new(self, type_name: str) -> Record:
        """Return an unsaved record with a fresh uuid and its kind's defaults."""
        kind = self.resource_types[type_name]
        values = {prop.name: prop.default for prop in kind.columns}
        return Record(kind, {"uuid": str(uuid.uuid4()), **values})

    def held(self, type_name: str, number: int | None) -> Record:
        """Return the record with this id, which a foreign key vouches for."""
        found = self.one(type_name, number)
        if found is None:
            raise LookupError(f"{type_name} {number}")
        return found

    def one(self, type_name: str, number: int | None) -> Record | None:
        """Return the record with this id, or None."""
        if number is None:
            return None
        if (type_name, number) not in self._seen:
            self.many(type_name, "id = ?", (number,))
        return self._seen.get((type_name, number))

    def find(self, type_name: str, uuid: str) -> Record | None:
        """Return the record with this uuid, voided or not."""
        found = self.many(type_name, "uuid = ?", (uuid,))
        return found[0] if found else None

    def many(
        self,
        type_name: str,
        where: str,
        params: Sequence[Any] = (),
        order: str = "",
        page: tuple[int, int] | None = None,
    ) -> list[Record]:
        """Return the records that meet a condition; `page` is (limit, start)."""
        kind = self.resource_types[type_name]
        sql = _select(type_name, where, order or kind.order, page is not None)
        rows = self.connection.execute(sql, (*params, *(page or ())))
        names = [column[0] for column in rows.description]
        return [self._remember(kind, dict(zip(names, row, strict=True))) for row in rows]

    def count(self, type_name: str, where: str, params: Sequence[Any] = ()) -> int:
        """Count the records that meet a condition."""
        sql = f'SELECT count(*) FROM "{type_name}" WHERE {where}'
        return int(self.connection.execute(sql, params).fetchone()[0])

    def ref(self, record: Record, name: str) -> Record | None:
        """Return the record that a property refers to."""
        value = record.values.get(name)
        if value is None or isinstance(value, Record):
            return value
        return self.one(record.type.by_name[name].of, value)

    def refs(self, record: Record, name: str) -> list[Record]:
        """Return the records of a list of references, in order."""
        value = record.values.get(name) or ()
        of = record.type.by_name[name].of
        numbers = json.loads(value) if isinstance(value, str) else value
        return [one if isinstance(one, Record) else self.held(of, one) for one in numbers]

    def children(self, record: Record, name: str) -> list[Record]:
        """Return the children that are not voided."""
        if name in record.children:
            return record.children[name]
        prop = record.type.by_name[name]
        if record.id is None:
            return []
        order = "id" if prop.of != "encounter" else '"encounterDatetime" DESC, id DESC'
        return self.many(prop.of, f'"{prop.by}" = ? AND ended = 0', (record.id,), order)

    def display(self, record: Record) -> str:
        """Return how a record is shown, remembered for the metadata that repeats."""
        if record.id is None:
            return str(record.type.getters["display"](self, record))
        key = (record.type.name, record.id)
        if key not in self._displays:
            shown = record.type.getters["display"](self, record)
            self._displays[key] = shown
        return self._displays[key]

    def insert(self, record: Record) -> None:
        """Write a new record; what the real database would refuse is refused in its words."""
        stored = {name: _stored(value) for name, value in record.values.items()}
        values = {**stored, "created": record["created"] or self.now, "ended": 0}
        try:
            cursor = self.connection.execute(
                _insert(record.type.name, tuple(values)), tuple(values.values())
            )
        except sqlite3.IntegrityError as fault:
            raise self._refused(record) from fault
        record.values = {**values, "id": cursor.lastrowid}
        self._remember(record.type, record.values, record)

    def changes(self, record: Record) -> dict[str, Any]:
        """Return what of a saved record differs from what is stored."""
        stored = {name: _stored(value) for name, value in record.values.items()}
        before = record.original
        return {name: value for name, value in stored.items() if value != before.get(name)}

    def update(self, record: Record) -> None:
        """Write the changed values of a saved record."""
        changed = self.changes(record)
        if not changed:
            return
        changed["changed"] = record["changed"] = self.now
        sql = _update(record.type.name, tuple(changed))
        self.connection.execute(sql, (*changed.values(), record.id))
        record.values |= changed
        record.original = dict(record.values)
        self._displays.clear()

    def end(self, type_name: str, where: str, params: Sequence[Any], reason: str) -> None:
        """Void (or retire) all records that meet a condition and are not ended yet."""
        self.connection.execute(
            f'UPDATE "{type_name}" SET ended = 1, ended_at = ?, end_reason = ?, changed = ?'
            f" WHERE ({where}) AND ended = 0",
            (self.now, reason, self.now, *params),
        )
        self._forget()

    def revive(self, type_name: str, where: str, params: Sequence[Any], moment: int) -> None:
        """Take back the end of all records that meet a condition and ended at `moment`."""
        self.connection.execute(
            f'UPDATE "{type_name}" SET ended = 0, ended_at = NULL, end_reason = NULL, changed = ?'
            f" WHERE ({where}) AND ended_at = ?",
            (self.now, *params, moment),
        )
        self._forget()

    def delete(self, type_name: str, where: str, params: Sequence[Any]) -> None:
        """Remove all records that meet a condition for good."""
        self.connection.execute(f'DELETE FROM "{type_name}" WHERE {where}', params)
        self._forget()

    def _remember(
        self, kind: ResourceType, values: dict[str, Any], record: Record | None = None
    ) -> Record:
        key = (kind.name, values["id"])
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = record or Record(kind, values)
        return known

    def _forget(self) -> None:
        self._seen.clear()
        self._displays.clear()

    def _refused(self, record: Record) -> Broken:
        unique: Iterable[Property] = (prop for prop in record.type.columns if prop.unique)
        for name in (*(prop.name for prop in unique), "uuid"):
            value = record[name]
            if self.count(record.type.name, f'"{name}" = ?', (value,)):
                return Broken.statement(f"Duplicate entry '{value}' for key '{name}'")
        missing = next(p.name for p in record.type.columns if not p.nullable and not record[p.name])
        return Broken.statement(f"Column '{missing}_id' cannot be null")


def _stored(value: Any) -> Any:
    if isinstance(value, Record):
        return value.id
    if isinstance(value, list | tuple):
        return json.dumps([_stored(item) for item in value])
    if isinstance(value, dict):
        return json.dumps(value)
    return value
