"""The SQLite file: a table for each resource type, and transactions safe between processes.

Several processes may have the file open, and each may be killed at any moment. WAL with one
BEGIN IMMEDIATE a write keeps every request whole; the lock spares the threads of one process
SQLite's sleeping between tries.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import InputError
from bridge.sandbox.resource_types import Property, ResourceType

FILE_NAME = "sandbox.sqlite"
VERSION = 2
BUSY_SECONDS = 60.0

SQL_TYPES = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "flag": "INTEGER",
    "date": "TEXT",
    "moment": "INTEGER",
    "json": "TEXT",
    "blob": "BLOB",
    "ref": "INTEGER",
    "refs": "TEXT",
}


class Database:
    """The file, opened once by every thread that needs it."""

    def __init__(self, directory: Path, resource_types: Mapping[str, ResourceType]) -> None:
        self.path = directory / FILE_NAME
        self.resource_types = resource_types
        self._threads = threading.local()
        self._writing = threading.Lock()
        self._opened: list[sqlite3.Connection] = []

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give one consistent view of the data."""
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the right to write; all of it is kept, or after an exception none."""
        with self._writing:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # a failed COMMIT (full disk) leaves the transaction open as well
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close every thread's connection."""
        for connection in self._opened:
            connection.close()

    def is_outdated(self, connection: sqlite3.Connection) -> bool:
        """Make the tables and columns that are missing, and tell whether any were.

        A file that an older bridge made keeps all that is in it.
        """
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise InputError(
                f"made by a newer bridge (format {version}, this one knows {VERSION});"
                " use that bridge, or name another directory",
                place=self.path,
            )
        if version == VERSION:
            return False
        for statement in self._definitions(connection):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        return True

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if known is None:
            known = self._threads.connection = self._open()
            self._opened.append(known)
        return known

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        # what was answered with 201 must outlive a power cut, as it does on the real server
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _definitions(self, connection: sqlite3.Connection) -> Iterator[str]:
        for kind in self.resource_types.values():
            known = {row[1] for row in connection.execute(f'PRAGMA table_info("{kind.name}")')}
            if not known:
                yield f'CREATE TABLE "{kind.name}" ({", ".join(_columns(kind))})'
            for prop in kind.columns if known else ():
                if prop.name not in known:
                    yield f'ALTER TABLE "{kind.name}" ADD COLUMN {_column(prop)}'
            for number, columns in enumerate(kind.indexes):
                quoted = columns if '"' in columns or " " in columns else f'"{columns}"'
                name = f"{kind.name}_{number}"
                yield f'CREATE INDEX IF NOT EXISTS "{name}" ON "{kind.name}" ({quoted})'


def _columns(kind: ResourceType) -> Iterator[str]:
    yield "id INTEGER PRIMARY KEY"
    yield "uuid TEXT NOT NULL UNIQUE"
    yield "created INTEGER NOT NULL"
    yield "changed INTEGER"
    yield "ended INTEGER NOT NULL DEFAULT 0"
    yield "ended_at INTEGER"
    yield "end_reason TEXT"
    for prop in kind.columns:
        yield _column(prop)


def _column(prop: Property) -> str:
    parts = [f'"{prop.name}"', SQL_TYPES[prop.type]]
    if not prop.nullable:
        parts.append("NOT NULL")
    if prop.unique:
        parts.append("UNIQUE")
    if prop.type == "ref":
        parts.append(f'REFERENCES "{prop.of}" (id)')
    return " ".join(parts)
