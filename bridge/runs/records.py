"""The records of all runs: listed, and one of them chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bridge.delivery.ledger import Summary, find_record, read_summary, records
from bridge.errors import Hint, InputError, LedgerError, Remedy


class Known(NamedTuple):
    """A record of a run, and what it says: an error where it is damaged."""

    path: Path
    seen: Summary | LedgerError

    @property
    def begun(self) -> str:
        """When the run was begun; damaged ones are the oldest."""
        return self.seen.run.created if isinstance(self.seen, Summary) else ""


def list_runs(folder: Path, server: str | None = None) -> list[Known]:
    """Return the records in a folder, the newest first, of one server or of all."""
    known = [Known(path, _look(path)) for path in records(folder)]
    found = [one for one in known if server is None or _server(one) in (None, server)]
    return sorted(found, key=lambda one: one.begun, reverse=True)


def _look(path: Path) -> Summary | LedgerError:
    try:
        return read_summary(path)
    except LedgerError as error:
        return error


def _server(known: Known) -> str | None:
    return known.seen.run.server if isinstance(known.seen, Summary) else None


def any_run(seen: Summary) -> bool:
    """Let any run do."""
    return True


def choose_record(
    folder: Path,
    name: str | None,
    fits: Callable[[Summary], bool] = any_run,
    *,
    kind: str = "",
    server: str | None = None,
) -> Path:
    """Return the record of run `name`, or of the newest run that fits, which `kind` describes."""
    if name is not None:
        return find_record(folder, name)
    known = list_runs(folder, server)
    for path, seen in known:
        if isinstance(seen, Summary) and fits(seen):
            return path
    where = f" on {server}" if server else ""
    if not known:
        raise InputError(f"no run is on record{where}", hints=(Hint(Remedy.LOAD),))
    raise InputError(f"no run on record{where} {kind}", hints=(Hint(Remedy.LIST_RUNS),))
