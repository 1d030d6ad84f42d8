"""`bridge compare`: bridge's generator against others, on the same people."""

import time
from pathlib import Path

import click

from bridge.cli.options import json_option
from bridge.cli.screen import Screen
from bridge.cli.tables import show_doubts, show_notes
from bridge.errors import InputError, MissingExtra
from bridge.files.atomic_write import write_atomically


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Real records: CSV or Parquet, one row a person or visit.",
)
@click.option(
    "--spec",
    "spec_name",
    help="What the columns mean: a YAML file, or population, illness or labs (bridge's own). None: "
    "it is inferred.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="comparison.html",
    show_default=True,
    help="The report, one HTML file.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--fits",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="How many times each generator learns, by other seeds: the range is shown.",
)
@json_option
def compare(
    data: Path, spec_name: str | None, out: Path, seed: int, fits: int, as_json: bool
) -> int:
    """Let bridge's flow and six others learn the same people, and say whose pass for real.

    The others: the flow of the first published study, a GAN, a VAE, a Gaussian copula, columns
    on their own, and other real people, whom nobody can be expected to pass. A fifth of the rows
    is judged, a fifth is the second real sample, the rest is learnt.
    """
    try:
        from bridge.flows.conditions import given_columns
        from bridge.flows.spec import find_spec
        from bridge.quality import comparison, comparison_report, frames
        from bridge.tables.doubts import find_doubts
    except ImportError as error:
        raise MissingExtra("bridge compare", "evaluate") from error
    screen = Screen(as_json=as_json)
    if not out.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=out)
    spec = find_spec(spec_name) if spec_name else None
    generators = comparison.all_generators(spec)
    read = frames.load_frame(data, spec, seed=seed)
    show_notes(data, read.notes, screen)
    show_doubts(find_doubts(read.frame), screen)
    with screen.progress("generators", len(generators) + 1) as meter:
        found = comparison.compare(
            read.frame,
            generators,
            seed=seed,
            clock=time.process_time,
            conditions=given_columns(spec),
            fits=fits,
            progress=meter.advance,
        )
    write_atomically(out, comparison_report.render_comparison(found, data.name).encode())
    screen.table(*comparison_report.table(found))
    for said in comparison_report.notes(found):
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {out}")
    screen.json(comparison_report.comparison_figures(found, data.name) | {"report": str(out)})
    return 0
