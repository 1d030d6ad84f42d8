"""The file of a run's record: opened, held by one process, and its faults in plain words."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import BridgeError, Hint, InputError, LedgerError, Remedy, option


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the database at `path`, which is made unless it is only to be read."""
    mode = "ro" if readonly else "rwc"
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10
    )
    try:
        # a power cut may lose moments, nothing else
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def take_lock(path: Path) -> sqlite3.Connection:
    """Hold a lock that goes with the process, however that ends: an open write transaction."""
    lock = sqlite3.connect(path.with_suffix(".lock"), isolation_level=None, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" not in str(error):
            raise
        raise LedgerError(
            f"another bridge is working on run {path.stem}: wait until it ends, or stop it"
        ) from error
    return lock


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise what SQLite and the file system say as what the user can do."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror}): give another data directory",
            place=path.parent,
            hints=option("home"),
        ) from error
    except sqlite3.OperationalError as error:
        raise _trouble(path, error) from error
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        raise damaged(path, str(error)) from error


def _trouble(path: Path, error: sqlite3.OperationalError) -> BridgeError:
    # Of what Python's own part raises, as for text that is none, SQLite knows no name.
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    kind = "_".join(name.split("_")[:2])
    if kind == "SQLITE_FULL":
        return InputError("the disk is full: free some room", place=path)
    if kind == "SQLITE_IOERR":
        message = f"cannot be read or written ({error}): is the disk full, or failing?"
        return InputError(message, place=path)
    may_write = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if kind == "SQLITE_ERROR" or (kind == "SQLITE_READONLY" and may_write):
        return damaged(path, str(error))  # not the tables, or not the format, that it should have
    return InputError(
        f"cannot be used ({error}): see to the folder's rights, or name another",
        place=path,
        hints=option("home"),
    )


def damaged(path: Path, why: str) -> LedgerError:
    """Return the error for a record that cannot be trusted."""
    return _unusable(path, f"the record of run {path.stem} is damaged ({why}): {path}")


def newer(path: Path, version: int, known: int) -> LedgerError:
    """Return the error for a record that a later bridge wrote."""
    return _unusable(
        path,
        f"the record of run {path.stem} is of version {version}, and this bridge knows versions "
        f"up to {known}: use the bridge that wrote it",
    )


def other_version(path: Path) -> LedgerError:
    """Return the error for a record whose run this bridge cannot go on with."""
    what = f"run {path.stem} was begun by another version of bridge: use that one"
    return _unusable(path, what)


def _unusable(path: Path, what: str) -> LedgerError:
    return LedgerError(what, hints=(Hint(Remedy.UNDO_MARKED, path.stem),))
