"""Event tables as files: events.csv and people.csv, as `own_tables` reads them."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.atomic_write import write_atomically
from bridge.formula_guard import guarded
from bridge.histories.events import EventTable

EVENTS = ("patient", "visit", "time", "end", "type", "code", "display", "value", "unit")
PEOPLE = ("patient", "sex", "birth", "death", "begin", "end")


def write_tables(table: EventTable, folder: Path) -> tuple[Path, Path]:
    """Write events.csv and people.csv into a folder; return where they are."""
    events, people = folder / "events.csv", folder / "people.csv"
    write_atomically(events, events_csv(table).encode())
    write_atomically(people, people_csv(table).encode())
    return events, people


def events_csv(table: EventTable) -> str:
    """Return the events as CSV; the visit is empty of what was before a record."""
    display = [
        table.display.get((kind, code), "")
        for kind, code in zip(table.kind.tolist(), table.code.tolist(), strict=True)
    ]
    return _csv(
        EVENTS,
        zip(
            _words(table.person[table.owner].tolist()),
            ["" if number < 0 else str(number + 1) for number in table.visit.tolist()],
            _times(table.time),
            _times(table.stop),
            table.kind.tolist(),
            _words(table.code.tolist()),
            _words(display),
            ["" if np.isnan(value) else f"{value:g}" for value in table.value.tolist()],
            _words(table.unit.tolist()),
            strict=True,
        ),
    )


def people_csv(table: EventTable) -> str:
    """Return the people as CSV."""
    dates = (_times(getattr(table, name)) for name in PEOPLE[2:])
    return _csv(PEOPLE, zip(_words(table.person.tolist()), table.sex.tolist(), *dates, strict=True))


def _csv(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return file.getvalue()


def _words(words: Sequence[object]) -> list[str]:
    return [guarded(str(word)) for word in words]


def _times(times: NDArray[np.datetime64]) -> list[str]:
    text = np.datetime_as_string(times)
    return [str(word) for word in np.where(np.isnat(times), "", text)]
