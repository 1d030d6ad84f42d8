"""`bridge evaluate`: synthetic records held against real ones."""

from pathlib import Path

import click

from bridge.cli.options import json_option
from bridge.cli.screen import Screen
from bridge.errors import InputError, MissingExtra


@click.command()
@click.option(
    "--real",
    type=click.Path(path_type=Path),
    required=True,
    help="Real records: CSV or Parquet, one row a person or visit.",
)
@click.option(
    "--synthetic",
    type=click.Path(path_type=Path),
    required=True,
    help="Synthetic records of the same columns; or a folder of `bridge generate`.",
)
@click.option(
    "--train",
    type=click.Path(path_type=Path),
    help="The records that the generator learnt from; without, the real ones are halved.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="report.html",
    show_default=True,
    help="The report, one HTML file.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Seeds to average over: more make the standard errors smaller.",
)
@json_option
def evaluate(
    real: Path,
    synthetic: Path,
    train: Path | None,
    out: Path,
    seed: int,
    repeats: int,
    as_json: bool,
) -> int:
    """Say how true and how useful synthetic records are, in a report with charts."""
    try:
        from bridge.quality import evaluation, frames, report, verdicts
    except ImportError as error:
        raise MissingExtra("bridge evaluate", "evaluate") from error
    screen = Screen(as_json=as_json)
    if not out.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=out)
    tables = [frames.load_frame(path) for path in (real, synthetic)]
    learnt = frames.load_frame(train) if train else None
    rows = f"{len(tables[0]):,} real rows with {len(tables[1]):,} synthetic ones"
    screen.waiting(f"comparing {rows} (20,000 take some minutes)")
    found = evaluation.evaluate(tables[0], tables[1], learnt, seed=seed, repeats=repeats)
    names = report.Names(real.name, synthetic.name, train.name if train else None)
    out.write_text(report.render(found, names), encoding="utf-8")
    for verdict in verdicts.verdicts(found):
        screen.say(f"{verdict.question} {verdict.figure}", style="bold")
        screen.say(f"  {verdict.sentence}")
    for said in verdicts.shortcomings(found):
        screen.say(f"note: {said}", style="yellow")
    screen.say(f"the report is {out}")
    screen.json(report.figures(found, names) | {"report": str(out)})
    return 0
