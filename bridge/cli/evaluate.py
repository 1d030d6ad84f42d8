"""`bridge evaluate`: synthetic records held against real ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.atomic_write import write_atomically
from bridge.cli.histories_evaluate import evaluate_histories, holds_histories
from bridge.cli.options import json_option
from bridge.cli.screen import Screen
from bridge.cli.tables import show_doubts, show_notes
from bridge.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import pandas as pd

    from bridge.flows.model import Model
    from bridge.quality.evaluation import Evaluation
    from bridge.quality.privacy_audit import PrivacyAudit


@click.command()
@click.option(
    "--real",
    type=click.Path(path_type=Path),
    required=True,
    help="Real records: CSV or Parquet, one row a person or visit; or histories: events.csv with "
    "people.csv beside it, a folder of them, or Synthea's folder.",
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
    help="The records that the generator learnt from; without, the real ones are halved, and "
    "privacy cannot be measured.",
)
@click.option(
    "--spec",
    "spec_name",
    help="What the columns mean, as for `bridge train`: a YAML file, or a name of bridge's own.",
)
@click.option(
    "--model",
    "model_file",
    type=click.Path(path_type=Path),
    help="The model that made the synthetic records: it draws further sets, and the privacy sheet "
    "says what it holds.",
)
@click.option(
    "--sets",
    type=click.IntRange(1, 50),
    default=5,
    show_default=True,
    help="With --model: how many synthetic sets are told from real ones, the given one among them.",
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
    spec_name: str | None,
    model_file: Path | None,
    sets: int,
    out: Path,
    seed: int,
    repeats: int,
    as_json: bool,
) -> int:
    """Say how true, how useful and how private synthetic records are, in a report with charts."""
    screen = Screen(as_json=as_json)
    if not out.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=out)
    if holds_histories(real):
        if spec_name or model_file:
            raise InputError("--spec and --model are of tables, not of histories", place=real)
        return evaluate_histories(real, synthetic, train, out=out, seed=seed, screen=screen)
    try:
        from bridge.quality import evaluation, frames, report
    except ImportError as error:
        raise MissingExtra("bridge evaluate", "evaluate") from error
    from bridge.flows.checkpoint import load_checkpoint
    from bridge.flows.conditions import given_columns
    from bridge.flows.spec import find_spec
    from bridge.tables.doubts import find_doubts

    spec = find_spec(spec_name) if spec_name else None
    places = [path for path in (real, synthetic, train) if path]
    read = [frames.load_frame(path, spec, seed=seed) for path in places]
    for path, table in zip(places, read, strict=True):
        show_notes(path, table.notes, screen)
    tables = [table.frame for table in read]
    show_doubts(find_doubts(tables[0]), screen)
    rows = f"{len(tables[0]):,} real rows with {len(tables[1]):,} synthetic ones"
    screen.waiting(f"comparing {rows} (20,000 take some minutes)")
    model = load_checkpoint(model_file) if model_file else None
    found = evaluation.evaluate(
        *tables,
        conditions=given_columns(spec),
        seed=seed,
        repeats=repeats,
        others=_drawn(model, synthetic, sets - 1, seed) if model and synthetic.is_file() else (),
    )
    audited = _audit(found, tables, train, model, seed) if train else None
    names = report.Names(real.name, synthetic.name, train.name if train else None)
    write_atomically(out, report.render(found, names, audited).encode())
    _summary(found, audited, screen)
    screen.say(f"the report is {out}")
    screen.json(report.figures(found, names, audited) | {"report": str(out)})
    return 0


def _drawn(model: "Model", like: Path, count: int, seed: int) -> "list[pd.DataFrame]":
    """Draw further sets of a model, of the people that the given set is of."""
    import numpy as np

    from bridge.flows.sampling import sample_like
    from bridge.flows.table import load_conditions

    given = load_conditions(like, model.spec, np.random.default_rng([seed, 1]))
    return [sample_like(model, given.conditions, given.people, seed + 1 + k) for k in range(count)]


def _audit(
    found: "Evaluation",
    tables: list["pd.DataFrame"],
    train: Path,
    model: "Model | None",
    seed: int,
) -> "PrivacyAudit":
    from bridge.quality.privacy_audit import audit, processing_of

    real, synthetic, learnt = tables
    processing = processing_of(found.samples, train.name, len(learnt), model)
    return audit(found.samples, learnt, real, synthetic, processing, seed=seed)


def _summary(found: "Evaluation", audited: "PrivacyAudit | None", screen: Screen) -> None:
    from bridge.quality import verdicts

    for verdict in verdicts.verdicts(found):
        screen.say(f"{verdict.question} {verdict.figure}", style="bold")
        screen.say(f"  {verdict.sentence}")
    if audited:
        screen.say("How private is it?", style="bold")
        for sentence in audited.privacy.verdicts:
            screen.say(f"  {sentence}")
    for said in verdicts.shortcomings(found):
        screen.say(f"note: {said}", style="yellow")
