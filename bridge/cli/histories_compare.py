"""`bridge compare` of event tables: generators of histories, on the same people."""

import time
from pathlib import Path

from bridge.atomic_write import write_atomically
from bridge.cli.histories_evaluate import read_histories
from bridge.cli.screen import Screen
from bridge.errors import MissingExtra


def compare_event_tables(
    data: Path,
    *,
    out: Path,
    seed: int,
    fits: int | None,
    made: int | None,
    epochs: float,
    screen: Screen,
) -> int:
    """Let all kinds learn the same people, and write the report."""
    try:
        from bridge.quality.histories import comparison, comparison_report
    except ImportError as error:
        raise MissingExtra("bridge compare", "evaluate") from error
    generators = comparison.all_generators(epochs)
    table = read_histories(data, screen)
    with screen.progress("generators", len(generators)) as meter:
        found = comparison.compare_histories(
            table,
            generators,
            seed=seed,
            clock=time.process_time,
            made=made,
            fits=fits or comparison.FITS,
            progress=meter.advance,
        )
    page = comparison_report.render_history_comparison(found, data.name)
    write_atomically(out, page.encode())
    screen.table(*comparison_report.history_comparison_table(found))
    for said in comparison_report.comparison_notes(found):
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {out}")
    figures = comparison_report.history_comparison_figures(found, data.name)
    screen.json(figures | {"report": str(out)})
    return 0
