"""`bridge evaluate` of event tables: made histories held against real ones."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.atomic_write import write_atomically
from bridge.cli.screen import Screen
from bridge.errors import MissingExtra

if TYPE_CHECKING:
    from bridge.histories.events import EventTable

COLUMNS: Final = ({"time", "date", "datetime", "start"}, {"type", "kind"}, {"code", "concept"})
"""What the columns of an event table may be called; it has one of each, and whose it is."""


def holds_histories(path: Path) -> bool:
    """Tell whether a path is of event tables: Synthea's folder, or events with their people.

    Of a file only the first line is read: it is most often an ordinary table.
    """
    from bridge.histories.learnt.synthea import is_synthea

    if path.is_dir():
        events = any(path.glob("events.csv*")) or (path / "events.tsv").exists()
        return events or (is_synthea(path) and not any(path.glob("vitals.*")))
    names = _column_names(path)
    return any(n.startswith(("patient", "person")) for n in names) and all(
        names & known for known in COLUMNS
    )


def _column_names(path: Path) -> set[str]:
    from bridge.opening import opened

    if not path.name.removesuffix(".gz").endswith((".csv", ".tsv")) or not path.is_file():
        return set()
    try:
        with opened(path) as file:
            first = file.readline(10_000).decode("utf-8", errors="replace")
    except (OSError, EOFError):
        return set()  # whoever reads the table will say what is wrong with it
    return {name.strip(' "\ufeff\r\n').casefold() for name in re.split("[,;\t]", first)}


def evaluate_histories(
    real: Path, synthetic: Path, train: Path | None, *, out: Path, seed: int, screen: Screen
) -> int:
    """Measure made histories, and write the report."""
    try:
        from bridge.quality.histories import report
        from bridge.quality.histories.evaluation import evaluate
        from bridge.quality.histories.sentences import notes, verdicts
        from bridge.quality.report import Names
    except ImportError as error:
        raise MissingExtra("bridge evaluate", "evaluate") from error
    tables = {name: read_histories(path, screen) for name, path in _named(real, synthetic, train)}
    sizes = f"{len(tables['real']):,} real people with {len(tables['made']):,} made ones"
    screen.waiting(f"comparing {sizes}")
    found = evaluate(tables["real"], tables["made"], tables.get("learnt"), seed=seed)
    names = Names(real.name, synthetic.name, train.name if train else None)
    write_atomically(out, report.render_histories(found, names).encode())
    screen.table(*report.history_table(found))
    for verdict in verdicts(found):
        screen.say(f"{verdict.question} {verdict.figure}", style="bold")
        screen.say(f"  {verdict.sentence}")
    for said in notes(found):
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {out}")
    screen.json(report.history_figures(found, names) | {"report": str(out)})
    return 0


def _named(real: Path, synthetic: Path, train: Path | None) -> list[tuple[str, Path]]:
    named = [("real", real), ("made", synthetic)]
    return [*named, ("learnt", train)] if train else named


def read_histories(path: Path, screen: Screen, people: Path | None = None) -> "EventTable":
    """Read an event table, and say what was left out of it."""
    from bridge.histories.learnt.readers import load_events

    table = load_events(path, people)
    screen.say(f"  {path.name}: {len(table):,} people, {len(table.owner):,} events")
    for reason, many in table.dropped.items():
        screen.say(f"    left out: {many:,} {reason}")
    return table
