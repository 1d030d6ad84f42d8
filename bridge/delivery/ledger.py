"""The local record of one run (SQLite): what was planned, sent and accepted, patient by patient.

The server is the last word on what it holds; the ledger says what to ask it about. Losing the
last moments of a ledger costs a few questions, never a patient.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from bridge.delivery import history, ledger_schema
from bridge.delivery.history import Cells, History, Sample, Verification, checked, with_checksum
from bridge.delivery.ledger_file import connect, explained, take_lock
from bridge.delivery.ledger_rows import (
    NO_PATIENTS,
    RESOURCES,
    SETTLED,
    UNFINISHED,
    FilesAccount,
    MappingIdentity,
    Phase,
    Progress,
    Row,
    Run,
    State,
    Sums,
    Tally,
    Totals,
    cells_of,
    progress_of,
    row_of,
    run_of,
    text_of_progress,
    text_of_run,
    text_of_tally,
)
from bridge.errors import BridgeError, Hint, InputError, Remedy

__all__ = [
    "RESOURCES",
    "SETTLED",
    "UNFINISHED",
    "FilesAccount",
    "Ledger",
    "MappingIdentity",
    "Phase",
    "Progress",
    "Row",
    "Run",
    "State",
    "Summary",
    "Tally",
    "Totals",
    "find_record",
    "last_begun",
    "read_summary",
    "read_with_history",
    "records",
]

_MARKS = ",".join("?" * (len(Row._fields) + 1))


class Ledger:
    """The open record of one run, held by one process at a time."""

    def __init__(self, path: Path, database: sqlite3.Connection, lock: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._lock = lock
        self.run, self.progress = _read_run(database)
        self._tally = ledger_schema.read_tally(database)
        (self._last,) = database.execute("SELECT ifnull(max(number), 0) FROM patient").fetchone()

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
                ledger_schema.create(database)
                _write_run(database, run, Progress())
                _write_tally(database, NO_PATIENTS)
            draft.replace(path)
            return cls(path, connect(path), lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a record to go on with its run; raise LedgerError when it cannot be trusted."""
        with explained(path), ExitStack() as opened:
            lock = opened.enter_context(closing(take_lock(path)))
            database = opened.enter_context(closing(connect(path)))
            ledger_schema.migrate(path, database)
            ledger_schema.check(path, database)
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
            sums = Sums(self._tally)
            self._database.executemany(
                f"INSERT OR REPLACE INTO patient VALUES ({_MARKS})",  # noqa: S608
                self._counted(rows, sums),
            )
            tally = sums.tally()
            _write_tally(self._database, tally)
        self._tally = tally

    def _counted(self, rows: Iterable[Row], sums: Sums) -> Iterator[Cells]:
        """Yield rows as they are written, each counted in the place of the one before it."""
        for row in rows:
            if row.number <= self._last and (before := self._row(row.number)):
                sums.add(before, -1)
            self._last = max(self._last, row.number)
            sums.add(row, 1)
            yield cells_of(row)

    def _row(self, number: int) -> Row | None:
        query = "SELECT * FROM patient WHERE number = ?"
        found = self._database.execute(query, (number,)).fetchone()
        return row_of(found) if found else None

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
                found = [row_of(row) for row in cells]
            if not found:
                return
            yield from found
            number = found[-1].number

    def tally(self) -> Tally:
        """Return the sums over all patients."""
        return self._tally

    def counts(self) -> Counter[State]:
        """Count the patients by state."""
        return self.tally().states

    def totals(self) -> Totals:
        """Sum what the server accepted."""
        return self.tally().totals

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
    tally: Tally
    reasons: tuple[tuple[int, str], ...]
    """The patients that were rejected, and why."""
    refused_resources: int = 0
    """Of how many resources of files the rejected patients consist."""

    @property
    def counts(self) -> Counter[State]:
        """Count the patients by state."""
        return self.tally.states

    @property
    def totals(self) -> Totals:
        """Sum what the server accepted."""
        return self.tally.totals

    @property
    def made(self) -> int:
        """Count the patients that are on the server by this run or before it."""
        return self.counts[State.CREATED] + self.counts[State.ALREADY_THERE]


def read_summary(path: Path) -> Summary:
    """Read what a record says, also while a load writes to it; a few rows, which are checked.

    Raises LedgerError where one of them is damaged.
    """
    with _opened(path) as database:
        ledger_schema.check_layout(path, database)
        return _summary(database)


def read_with_history(path: Path) -> tuple[Summary, History]:
    """Read and check all that a run's record says of it, also while a load writes."""
    with _opened(path) as database:
        ledger_schema.check(path, database)
        return _summary(database), history.read_history(database)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a record to be read, in one view, whatever a load writes meanwhile."""
    with explained(path), closing(connect(path, readonly=True)) as database:
        database.execute("BEGIN")
        with closing(ledger_schema.up_to_date(path, database)) as current:
            yield current


def _summary(database: sqlite3.Connection) -> Summary:
    run, progress = _read_run(database)
    query = "SELECT * FROM patient WHERE state = ? ORDER BY number"
    rejected = [row_of(cells) for cells in database.execute(query, (State.REJECTED,))]
    reasons = tuple((row.number, row.reason) for row in rejected)
    refused = sum(row.counts.get(RESOURCES, 0) for row in rejected)
    return Summary(run, progress, ledger_schema.read_tally(database), reasons, refused)


def last_begun(folder: Path) -> str | None:
    """Return when the newest run was begun, of the records in `folder` that can be read."""
    begun = []
    for path in records(folder):
        with suppress(BridgeError), _opened(path) as database:
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
        raise InputError(f"no run is called {name!r}{hint}", hints=(Hint(Remedy.LIST_RUNS),))
    return path


def _read_run(database: sqlite3.Connection) -> tuple[Run, Progress]:
    found = database.execute("SELECT run, progress, checksum FROM run").fetchone()
    if not found:
        raise ValueError("it is empty")
    run, progress = checked(found, "its first page")
    return run_of(run), progress_of(progress)


def _write_run(database: sqlite3.Connection, run: Run, progress: Progress) -> None:
    database.execute("DELETE FROM run")
    cells = with_checksum(text_of_run(run), text_of_progress(progress))
    database.execute("INSERT INTO run VALUES (?,?,?)", cells)


def _write_tally(database: sqlite3.Connection, tally: Tally) -> None:
    database.execute("DELETE FROM tally")
    database.execute("INSERT INTO tally VALUES (?,?)", with_checksum(text_of_tally(tally)))
