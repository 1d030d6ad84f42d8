"""The local record of one run (SQLite): what was planned, sent and accepted, patient by patient.

The server is the last word on what it holds; the ledger says what to ask it about. Losing the
last moments of a ledger costs a few questions, never a patient.
"""

import functools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from bridge.delivery import history
from bridge.delivery.history import History, Sample, Verification, crc
from bridge.delivery.ledger_file import connect, damaged, explained, take_lock
from bridge.errors import BridgeError, InputError


class State(StrEnum):
    """Where one patient of a run stands."""

    PLANNED = "planned"
    SENT = "sent"  # handed to a worker; the server may have all, part or nothing of it
    CREATED = "created"  # this run made it, whole
    EXISTING = "existing"  # it was there already, made by another run with the same inputs
    REJECTED = "rejected"  # the server refuses it or a part of it
    UNDONE = "undone"
    PURGED = "purged"
    SPARED = "spared"  # undo came upon it and let it be: another's, or never made


SETTLED = (State.CREATED, State.EXISTING, State.REJECTED)
"""The states in which a load is done with a patient."""


class Phase(StrEnum):
    """Where a whole run stands."""

    PLANNING = "planning"  # its patients are not yet written down
    LOADING = "loading"
    COMPLETE = "complete"
    UNDONE = "undone"
    PURGED = "purged"


UNFINISHED = (Phase.PLANNING, Phase.LOADING)


class Row(NamedTuple):
    """One patient of a run."""

    number: int
    uuid: str
    """The patient's uuid on the server."""
    state: State = State.PLANNED
    edition: int = 0
    """How often the uuids were issued anew, since voided ones are never free again."""
    identifiers: tuple[str, ...] = ()
    visits: int = 0
    encounters: int = 0
    observations: int = 0
    added: tuple[str, ...] = ()
    """Visits that this run added to a patient that existed already."""
    reason: str = ""


class Run(NamedTuple):
    """What a run is: all that a later process needs to go on with it."""

    name: str
    created: str
    server: str
    user: str
    patients: int
    inputs: dict[str, Any]
    """What the patients follow from; a run is never continued with others."""
    target: dict[str, Any]
    """The server's own things that its patients and visits hang on."""
    bridge: str = ""
    """The version that began it; older ones did not say."""


class Progress(NamedTuple):
    """How far a run is, and what it took."""

    phase: Phase = Phase.PLANNING
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0


class Totals(NamedTuple):
    """What the server accepted of a run."""

    visits: int
    encounters: int
    observations: int


class Ledger:
    """The open record of one run, held by one process at a time."""

    def __init__(self, path: Path, database: sqlite3.Connection, lock: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._lock = lock
        self.run, self.progress = _read_run(database)

    @classmethod
    def create(cls, folder: Path, run: Run) -> Self:
        """Start the record of a new run in `folder`."""
        path = folder / f"{run.name}.db"
        with explained(path):
            folder.mkdir(parents=True, exist_ok=True)
            lock = take_lock(path)
            draft = path.with_suffix(".draft")  # a kill leaves a draft, never half a record
            draft.unlink(missing_ok=True)
            with closing(connect(draft)) as database:
                database.executescript(_SCHEMA + history.SCHEMA)
                _write_run(database, run, Progress())
            draft.replace(path)
            return cls(path, connect(path), lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a record to go on with its run; raise LedgerError when it cannot be trusted."""
        with explained(path), ExitStack() as opened:
            lock = opened.enter_context(closing(take_lock(path)))
            database = opened.enter_context(closing(connect(path)))
            _check(path, database)
            if not history.has_tables(database):  # an older bridge made it
                database.executescript(f"BEGIN;{history.SCHEMA}COMMIT;")
            ledger = cls(path, database, lock)
            opened.pop_all()  # it stays open
            return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        self._lock.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, new or changed, all or none."""
        with explained(self.path), self._transaction():
            self._database.executemany(
                "INSERT OR REPLACE INTO patient VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                ([*_to_cells(row), _checksum(row)] for row in rows),
            )

    def note(self, progress: Progress, sample: Sample | None = None) -> None:
        """Record how far the run is, and how fast it goes."""
        with explained(self.path), self._transaction():
            _write_run(self._database, self.run, progress)
            if sample:
                history.write_sample(self._database, sample)
            self.progress = progress

    def keep(self, verification: Verification) -> None:
        """Record what reading the run back has shown, in place of the time before."""
        with explained(self.path), self._transaction():
            history.write_verification(self._database, verification)

    def rows(self, *states: State) -> Iterator[Row]:
        """Yield the patients in `states` (all of them when none is named), by number."""
        chosen = states or tuple(State)
        marks = ",".join("?" * len(chosen))
        number = 0
        while True:  # in slices, so that rows may be written between them
            query = (
                f"SELECT * FROM patient WHERE state IN ({marks}) AND number > ? "  # noqa: S608
                "ORDER BY number LIMIT 500"
            )
            with explained(self.path):
                cells = self._database.execute(query, (*chosen, number)).fetchall()
                found = [_from_cells(row) for row in cells]
            if not found:
                return
            yield from found
            number = found[-1].number

    def counts(self) -> Counter[State]:
        """Count the patients by state."""
        with explained(self.path):
            return _count(self._database)

    def totals(self) -> Totals:
        """Sum what the server accepted."""
        with explained(self.path):
            return _totals(self._database)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


class Summary(NamedTuple):
    """What a record says, read without taking hold of it."""

    run: Run
    progress: Progress
    counts: Counter[State]
    totals: Totals
    reasons: tuple[tuple[int, str], ...]

    @property
    def made(self) -> int:
        """Count the patients that are on the server by this run or before it."""
        return self.counts[State.CREATED] + self.counts[State.EXISTING]


def read_summary(path: Path) -> Summary:
    """Read a run's record, also while a load writes to it; raise LedgerError if it is damaged."""
    with explained(path), closing(connect(path, readonly=True)) as database:
        return _view(path, database)


def read_with_history(path: Path) -> tuple[Summary, History]:
    """Read all that a run's record says of it, also while a load writes."""
    with explained(path), closing(connect(path, readonly=True)) as database:
        return _view(path, database), history.read_history(database)


def _view(path: Path, database: sqlite3.Connection) -> Summary:
    database.execute("BEGIN")  # one view, whatever a load writes meanwhile
    _check(path, database)
    run, progress = _read_run(database)
    reasons = database.execute(
        "SELECT number, reason FROM patient WHERE state = ? ORDER BY number", (State.REJECTED,)
    ).fetchall()
    return Summary(run, progress, _count(database), _totals(database), tuple(reasons))


def last_begun(folder: Path) -> str | None:
    """Return when the newest run was begun, of the records in `folder` that can be read."""
    begun = []
    for path in records(folder):
        with (
            suppress(BridgeError),
            explained(path),
            closing(connect(path, readonly=True)) as database,
        ):
            begun.append(_read_run(database)[0].created)
    return max(begun, default=None)


def records(folder: Path) -> list[Path]:
    """List the records in `folder`, by the names of their runs."""
    return sorted(path for path in folder.glob("*.db") if path.is_file())


def find_record(folder: Path, name: str) -> Path:
    """Return where the record of run `name` is; raise InputError when there is none."""
    path = folder / f"{name}.db"
    if path not in records(folder):
        known = [record.stem for record in records(folder)][-3:]
        hint = f"; the newest are {', '.join(known)}" if known else ""
        raise InputError(f"no run is called {name!r}{hint}. `bridge runs` lists them")
    return path


_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE run (run TEXT NOT NULL, progress TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE patient (
    number INTEGER PRIMARY KEY, uuid TEXT NOT NULL, state TEXT NOT NULL, edition INTEGER NOT NULL,
    identifiers TEXT NOT NULL, visits INTEGER NOT NULL, encounters INTEGER NOT NULL,
    observations INTEGER NOT NULL, added TEXT NOT NULL, reason TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX by_state ON patient (state, number);
"""


def _check(path: Path, database: sqlite3.Connection) -> None:
    if _tables(database) != _expected_tables(with_history=history.has_tables(database)):
        raise damaged(path, "its tables")
    (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()  # the index, too
    if verdict != "ok":
        raise damaged(path, " ".join(str(verdict).split()))
    run, progress = _read_run(database)
    patients = 0
    for *cells, checksum in database.execute("SELECT * FROM patient NOT INDEXED"):
        patients += 1
        if crc(*map(str, cells)) != checksum:
            raise damaged(path, f"patient {cells[0]}")
    if progress.phase is not Phase.PLANNING and patients != run.patients:
        raise damaged(path, f"{patients} of {run.patients} patients are in it")
    history.read_history(database)


def _tables(database: sqlite3.Connection) -> list[str]:
    return [sql for (sql,) in database.execute("SELECT sql FROM sqlite_schema ORDER BY rowid")]


@functools.cache
def _expected_tables(*, with_history: bool) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA + (history.SCHEMA if with_history else ""))
        return _tables(database)


def _write_run(database: sqlite3.Connection, run: Run, progress: Progress) -> None:
    cells = (json.dumps(run), json.dumps(progress))
    database.execute("DELETE FROM run")
    database.execute("INSERT INTO run VALUES (?,?,?)", (*cells, crc(*cells)))


def _read_run(database: sqlite3.Connection) -> tuple[Run, Progress]:
    found = database.execute("SELECT run, progress, checksum FROM run").fetchone()
    if not found:
        raise ValueError("it is empty")
    if crc(*found[:2]) != found[2]:
        raise ValueError("its first page")
    progress = Progress(*json.loads(found[1]))
    return Run(*json.loads(found[0])), progress._replace(phase=Phase(progress.phase))


def _to_cells(row: Row) -> list[Any]:
    lists = (list, tuple)
    return [json.dumps(cell) if isinstance(cell, lists) else cell for cell in row]


def _from_cells(cells: tuple[Any, ...]) -> Row:
    row = Row(*cells[:-1])
    return row._replace(
        state=State(row.state),
        identifiers=tuple(json.loads(cells[4])),
        added=tuple(json.loads(cells[8])),
    )


def _checksum(row: Row) -> int:
    return crc(*(str(cell) for cell in _to_cells(row)))


def _count(database: sqlite3.Connection) -> Counter[State]:
    found = database.execute("SELECT state, count(*) FROM patient GROUP BY state")
    return Counter({State(state): number for state, number in found})


def _totals(database: sqlite3.Connection) -> Totals:
    sums = ", ".join(f"total({name})" for name in Totals._fields)
    (found,) = database.execute(f"SELECT {sums} FROM patient")  # noqa: S608
    return Totals(*(int(number) for number in found))
