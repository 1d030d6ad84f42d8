"""`bridge compare`: bridge's generator against others, on the same people."""

import time
from pathlib import Path

import click

from bridge.atomic_write import write_atomically
from bridge.cli.histories_compare import compare_event_tables
from bridge.cli.histories_evaluate import holds_histories
from bridge.cli.options import json_option
from bridge.cli.screen import Screen
from bridge.cli.tables import show_doubts, show_notes
from bridge.errors import InputError, MissingExtra


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Real records: CSV or Parquet, one row a person or visit; or histories: events.csv with "
    "people.csv beside it, a folder of them, or Synthea's folder.",
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
    help="How many times each generator learns, by other seeds: the range is shown.  [default: 3; "
    "1 of histories, whose nets take minutes each]",
)
@click.option(
    "--made",
    type=click.IntRange(min=50),
    help="Of histories: how many people each generator makes; as many as it learnt, if not given.",
)
@click.option(
    "--epochs",
    type=click.FloatRange(0.01, 10),
    default=1.0,
    show_default=True,
    help="Of histories: for which share of their usual time the nets learn.",
)
@json_option
def compare(
    data: Path,
    spec_name: str | None,
    out: Path,
    seed: int,
    fits: int | None,
    made: int | None,
    epochs: float,
    as_json: bool,
) -> int:
    """Let bridge's flow and six others learn the same people, and say whose pass for real.

    The others: the flow of the first published study, a GAN, a VAE, a Gaussian copula, columns
    on their own, and other real people, whom nobody can be expected to pass. A fifth of the rows
    is judged, a fifth is the second real sample, the rest is learnt.

    Of histories (event tables) these learn: Markov chains, an LSTM autoencoder as it stands and
    with a flow over its latents, and bridge's own. A third of the people judges.
    """
    screen = Screen(as_json=as_json)
    if not out.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=out)
    if holds_histories(data):
        if spec_name:
            raise InputError("--spec is of tables, not of histories", place=data)
        return compare_event_tables(
            data, out=out, seed=seed, fits=fits, made=made, epochs=epochs, screen=screen
        )
    try:
        from bridge.flows.conditions import given_columns
        from bridge.flows.spec import find_spec
        from bridge.quality import comparison, comparison_report, frames
        from bridge.tables.doubts import find_doubts
    except ImportError as error:
        raise MissingExtra("bridge compare", "evaluate") from error
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
            fits=fits or comparison.FITS,
            progress=meter.advance,
        )
    write_atomically(out, comparison_report.render_comparison(found, data.name).encode())
    screen.table(*comparison_report.table(found))
    for said in comparison_report.notes(found):
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {out}")
    screen.json(comparison_report.comparison_figures(found, data.name) | {"report": str(out)})
    return 0
