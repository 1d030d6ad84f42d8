"""How a run's record is laid out: its versions, from one to the next, and whether it is whole.

A record is made by taking an empty one through all versions, so a new one and a migrated one are
laid out alike. To change the layout, append a migration: never touch one that was released.
"""

import functools
import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge.delivery import history
from bridge.delivery.history import checked, with_checksum
from bridge.delivery.ledger_file import damaged, newer, other_version
from bridge.delivery.ledger_rows import (
    Phase,
    Row,
    Sums,
    Tally,
    progress_of,
    row_of,
    run_of,
    tally_of,
)

Migration = Callable[[sqlite3.Connection], None]


def create(database: sqlite3.Connection) -> None:
    """Lay out an empty record."""
    database.execute("PRAGMA journal_mode = WAL")
    _execute(database, _FIRST)
    _take_from(database, 0)


def migrate(path: Path, database: sqlite3.Connection) -> None:
    """Bring a record of an older bridge up to date, all or nothing; it is checked first."""
    version = version_of(path, database)
    if version == VERSION:
        return
    check(path, database)
    database.execute("BEGIN IMMEDIATE")
    try:
        _take_from(database, version)
        run_of(_checked_run(database)[0])
    except (KeyError, TypeError, ValueError) as error:
        database.execute("ROLLBACK")
        raise other_version(path) from error
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def up_to_date(path: Path, database: sqlite3.Connection) -> sqlite3.Connection:
    """Return a record to be read; of an older bridge's a copy, brought up to date in memory."""
    if version_of(path, database) == VERSION:
        return database
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.backup(copy)
        migrate(path, copy)
    except BaseException:
        copy.close()
        raise
    return copy


def version_of(path: Path, database: sqlite3.Connection) -> int:
    """Return a record's version; raise LedgerError where a later bridge wrote it."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise newer(path, version, VERSION)
    return int(version)


def check(path: Path, database: sqlite3.Connection) -> None:
    """Read a record whole, of whatever version; raise LedgerError if it is not as it was written.

    ValueError, which `explained` words, says so too.
    """
    version = version_of(path, database)
    check_layout(path, database)
    (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()  # the index, too
    if verdict != "ok":
        raise damaged(path, " ".join(str(verdict).split()))
    _checked_run(database)
    if version > 0:
        history.read_history(database)
    rows = database.execute("SELECT * FROM patient NOT INDEXED")
    if version == VERSION:
        _check_sums(path, database, map(row_of, rows))
    else:
        for cells in rows:
            checked(cells, f"patient {cells[0]}")


def check_layout(path: Path, database: sqlite3.Connection) -> None:
    """Raise LedgerError where a record has not the tables of its version."""
    if _layout(database) != _expected_layout(version_of(path, database)):
        raise damaged(path, "its tables")


def _check_sums(path: Path, database: sqlite3.Connection, rows: Iterable[Row]) -> None:
    text, progress = _checked_run(database)
    run, sums = run_of(text), Sums()
    for row in rows:
        sums.add(row, 1)
    patients = sum(sums.tally().states.values())
    if progress_of(progress).phase is not Phase.PLANNING and patients != run.patients:
        raise damaged(path, f"{patients} of {run.patients} patients are in it")
    if read_tally(database) != sums.tally():
        raise damaged(path, "its sums")


def read_tally(database: sqlite3.Connection) -> Tally:
    """Read the sums over a run's patients; raise ValueError where they are not as written."""
    found = database.execute("SELECT tally, checksum FROM tally").fetchone()
    if not found:
        raise ValueError("its sums")
    (text,) = checked(found, "its sums")
    return tally_of(text)


def _checked_run(database: sqlite3.Connection) -> tuple[str, str]:
    found = database.execute("SELECT run, progress, checksum FROM run").fetchone()
    if not found:
        raise ValueError("it is empty")
    run, progress = checked(found, "its first page")
    return run, progress


def _layout(database: sqlite3.Connection) -> list[Any]:
    """List the columns of all tables and indexes."""
    return database.execute(
        "SELECT s.type, s.name, s.tbl_name, c.cid, c.name, c.type, c.[notnull], c.pk, i.name "
        "FROM sqlite_schema s LEFT JOIN pragma_table_info(s.name) c "
        "LEFT JOIN pragma_index_info(s.name) i ORDER BY 1, 2, 4, i.seqno"
    ).fetchall()


@functools.cache
def _expected_layout(version: int) -> list[Any]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        _execute(database, _FIRST)
        for migration in _MIGRATIONS[:version]:
            migration(database)
        return _layout(database)


def _take_from(database: sqlite3.Connection, version: int) -> None:
    for migration in _MIGRATIONS[version:]:
        migration(database)
    database.execute(f"PRAGMA user_version = {VERSION}")


def _execute(database: sqlite3.Connection, statements: str) -> None:
    # not executescript, which would end the transaction of a migration
    for statement in statements.split(";"):
        database.execute(statement)


_FIRST = """
CREATE TABLE run (run TEXT NOT NULL, progress TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE patient (
    number INTEGER PRIMARY KEY, uuid TEXT NOT NULL, state TEXT NOT NULL, edition INTEGER NOT NULL,
    identifiers TEXT NOT NULL, visits INTEGER NOT NULL, encounters INTEGER NOT NULL,
    observations INTEGER NOT NULL, added TEXT NOT NULL, reason TEXT NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX by_state ON patient (state, number)
"""


def _add_history(database: sqlite3.Connection) -> None:
    """Version 1: how fast the run goes, and what reading back showed."""
    _execute(
        database,
        """
        CREATE TABLE sample (
            slot INTEGER PRIMARY KEY, sample TEXT NOT NULL, checksum INTEGER NOT NULL
        );
        CREATE TABLE verification (verification TEXT NOT NULL, checksum INTEGER NOT NULL)
        """,
    )


def _add_kinds(database: sqlite3.Connection) -> None:
    """Version 2: entries of any kind by patient, sums that are kept, and a typed run."""
    _execute(
        database,
        """
        ALTER TABLE patient RENAME TO patient_1;
        DROP INDEX by_state;
        CREATE TABLE patient (
            number INTEGER PRIMARY KEY, uuid TEXT NOT NULL, state TEXT NOT NULL,
            generation INTEGER NOT NULL, identifiers TEXT NOT NULL, visits INTEGER NOT NULL,
            encounters INTEGER NOT NULL, observations INTEGER NOT NULL, added TEXT NOT NULL,
            reason TEXT NOT NULL, counts TEXT NOT NULL, minted TEXT NOT NULL,
            left_out TEXT NOT NULL, checksum INTEGER NOT NULL
        );
        CREATE INDEX by_state ON patient (state, number);
        CREATE TABLE tally (tally TEXT NOT NULL, checksum INTEGER NOT NULL)
        """,
    )
    marks = ",".join("?" * 14)
    for cells in database.execute("SELECT * FROM patient_1"):
        database.execute(f"INSERT INTO patient VALUES ({marks})", _cells_of_2(cells[:-1]))  # noqa: S608
    database.execute("DROP TABLE patient_1")
    database.execute("INSERT INTO tally VALUES (?,?)", with_checksum(_tally_of_2(database)))
    if database.execute("SELECT 1 FROM run").fetchone():
        run, progress = _checked_run(database)
        cells = with_checksum(json.dumps(_run_of_2(*json.loads(run))), progress)
        database.execute("UPDATE run SET run = ?, progress = ?, checksum = ?", cells)


def _tally_of_2(database: sqlite3.Connection) -> str:
    states = database.execute("SELECT state, count(*) FROM patient GROUP BY state").fetchall()
    (*totals,) = database.execute(
        "SELECT ifnull(sum(visits), 0), ifnull(sum(encounters), 0), ifnull(sum(observations), 0) "
        "FROM patient"
    ).fetchone()
    return json.dumps([dict(states), totals, {}, {}])


def _cells_of_2(cells: history.Cells) -> history.Cells:
    number, uuid, state, *others = cells
    state = "already_there" if state == "existing" else state
    return with_checksum(number, uuid, state, *others, "{}", "{}", "{}")


def _run_of_2(
    name: str, created: str, server: str, user: str, patients: int, *others: Any
) -> dict[str, Any]:
    """Name what stood in a list; the inputs were a dictionary."""
    inputs, target, *version = others
    return {
        "name": name,
        "created": created,
        "server": server,
        "user": user,
        "patients": patients,
        "recipe": _recipe_of_2(inputs, patients),
        "target": target,
        "mapping": {"path": inputs["mapping"], "digest": inputs["mapping_file"]},
        "bridge": version[0] if version else "",
    }


def _recipe_of_2(inputs: dict[str, Any], patients: int) -> dict[str, Any]:
    if "from" in inputs:
        place = {"path": inputs["from"], "digest": inputs["files"]}
        return {"kind": "files", "count": patients, **place}
    same = ("seed", "as_of", "population", "visits", "illness", "limits", "generator", "models")
    return {
        "kind": "generated",
        "count": patients,
        "population_digest": inputs["population_file"],
        **{name: inputs[name] for name in same},
    }


_MIGRATIONS: tuple[Migration, ...] = (_add_history, _add_kinds)

VERSION = len(_MIGRATIONS)
"""The version of the records that this bridge writes (SQLite's user_version)."""
