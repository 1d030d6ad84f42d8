"""What a run's record keeps beside its patients: how fast it went, and what reading back showed."""

import json
import sqlite3
import zlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from bridge.delivery.flags import Cell

MOST_SAMPLES: Final = 500

Cells = tuple[Any, ...]
"""A row as SQLite has it."""


class Sample(NamedTuple):
    """Where a run stood at one time."""

    seconds: float
    """Since it began, without the pauses between a stop and a resume."""
    patients: int
    observations: int
    requests: int
    retries: int
    workers: int
    """How many requests at once the run allowed itself."""


class Verification(NamedTuple):
    """What the last `bridge verify` of a run has found."""

    ended: str
    bridge: str
    """The version that read back."""
    core: str | None
    """The server's version, where it may be known."""
    patients: int
    on_server: int
    """How many patients of the run were there; fewer read back are a sample of them."""
    observations: int
    differences: int
    shown: tuple[tuple[int, str, str, str], ...]
    """The first differences: patient, what, meant, found."""
    cells: tuple[Cell, ...]

    @property
    def is_sample(self) -> bool:
        """Tell whether not all patients were read back."""
        return self.patients < self.on_server


class History(NamedTuple):
    """How a run went; empty where an older bridge loaded it."""

    samples: tuple[Sample, ...] = ()
    verification: Verification | None = None


def write_sample(database: sqlite3.Connection, sample: Sample) -> None:
    """Add a sample; of those within one interval the last is kept, so they stay few."""
    interval = interval_at(sample.seconds)
    samples = [sample]
    last = database.execute("SELECT sample FROM sample ORDER BY slot DESC LIMIT 1").fetchone()
    if last and interval_at(json.loads(last[0])[0]) != interval:
        samples = [*_read_samples(database), sample]
        database.execute("DELETE FROM sample")
    database.executemany(
        "INSERT OR REPLACE INTO sample VALUES (?,?,?)",
        (with_checksum(int(one.seconds // interval), json.dumps(one)) for one in samples),
    )


def interval_at(seconds: float) -> int:
    """Return how many seconds apart samples are kept in a run that has taken so long."""
    interval = 1
    while seconds >= interval * MOST_SAMPLES:
        interval *= 2
    return interval


def write_verification(database: sqlite3.Connection, verification: Verification) -> None:
    """Put a verification in the place of the one before."""
    database.execute("DELETE FROM verification")
    database.execute(
        "INSERT INTO verification VALUES (?,?)", with_checksum(json.dumps(verification))
    )


def read_history(database: sqlite3.Connection) -> History:
    """Read and check what a record keeps; raise ValueError where it is not as it was written."""
    found = database.execute("SELECT verification, checksum FROM verification").fetchone()
    verification = None
    if found:
        (text,) = checked(found, "its verification")
        *head, shown, cells = json.loads(text)
        verification = Verification._make(
            (*head, tuple(map(_tuple, shown)), tuple(map(_cell, cells)))
        )
    return History(tuple(_read_samples(database)), verification)


def _read_samples(database: sqlite3.Connection) -> list[Sample]:
    found = database.execute("SELECT slot, sample, checksum FROM sample ORDER BY slot").fetchall()
    return [Sample(*json.loads(checked(cells, "its samples")[1])) for cells in found]


def _cell(cells: Iterable[Any]) -> Cell:
    *head, normal, critical = cells
    return Cell._make((*head, tuple(map(_tuple, normal)), tuple(map(_tuple, critical))))


def _tuple(found: Iterable[Any]) -> Any:
    return tuple(found)


def crc(*texts: str) -> int:
    """Return the checksum of a row's texts."""
    return zlib.crc32("\0".join(texts).encode())


def with_checksum(*cells: Any) -> Cells:
    """Return cells and their checksum."""
    return *cells, crc(*map(str, cells))


def checked(cells: Cells, what: str) -> Cells:
    """Return cells without their checksum; raise ValueError, naming `what`, where it is wrong."""
    if crc(*map(str, cells[:-1])) != cells[-1]:
        raise ValueError(what)
    return cells[:-1]
