"""Event tables of any source: finds out what a path is."""

from pathlib import Path

from bridge.errors import InputError
from bridge.histories.events import EventTable
from bridge.histories.learnt.own_tables import read_own
from bridge.histories.learnt.synthea import is_synthea, read_synthea


def load_events(path: Path, people: Path | None = None) -> EventTable:
    """Read histories: Synthea's folder of CSV, or one's own events.csv with its people.csv.

    Charts of `bridge generate --format csv` come here as a third kind when they hold histories.
    Raises InputError where it is none of these.
    """
    if path.is_dir():
        if is_synthea(path):
            return read_synthea(path)
        events = _beside(path / "events", "its folder holds neither that nor Synthea's tables")
        return read_own(events, people or _people_of(events))
    return read_own(path, people or _people_of(path))


def _people_of(events: Path) -> Path:
    return _beside(events.parent / "people", "give the people's table with --people")


def _beside(stem: Path, advice: str) -> Path:
    """Return the table of a name, packed or not."""
    for ending in (".csv", ".csv.gz", ".tsv"):
        if (path := stem.with_name(stem.name + ending)).exists():
            return path
    raise InputError(f"there is no {stem.name}.csv: {advice}", place=stem.parent)
