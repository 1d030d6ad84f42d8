"""`bridge sample`: rows of a fitted model."""

import secrets
from pathlib import Path

import click

from bridge.atomic_write import write_atomically
from bridge.cli.coarse import coarse
from bridge.cli.screen import Screen
from bridge.cli.tables import show_notes
from bridge.cli.train_histories import is_histories, sample_histories
from bridge.errors import InputError, MissingExtra
from bridge.wording import how_many


@click.command()
@click.argument("model_name", metavar="MODEL", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="X.csv or X.parquet; of a model of histories a folder: events.csv and people.csv.",
)
@click.option(
    "--count",
    type=click.IntRange(1, 10_000_000),
    default=1000,
    show_default=True,
    help="How many rows. Their conditions (sex, age ...) are spread, and go together, as in the "
    "model's data; groups of few people only as coarsely as 5 of them allow.",
)
@click.option(
    "--like",
    type=click.Path(path_type=Path),
    help="One row for each row of this table instead, under its conditions.",
)
@click.option("--seed", type=click.IntRange(0), help="Same seed, same rows.")
def sample(model_name: Path, out: Path, count: int, like: Path | None, seed: int | None) -> int:
    """Write rows of a fitted MODEL as a table: its conditions and its outputs; or histories."""
    if is_histories(model_name):
        if like:
            raise InputError("--like is for models of tables")
        return sample_histories(model_name, out, count, seed)
    try:
        import numpy as np

        from bridge.flows import sampling
        from bridge.flows.checkpoint import load_checkpoint
        from bridge.flows.table import load_conditions, table_bytes
    except ImportError as error:
        raise MissingExtra("bridge sample", "train") from error
    if out.suffix not in (".csv", ".parquet"):
        raise InputError("a table's name ends in .csv or .parquet", place=out)
    seed = secrets.randbelow(2**32) if seed is None else seed
    model = load_checkpoint(model_name)
    screen = Screen()
    if like:
        given = load_conditions(like, model.spec, np.random.default_rng([seed, 1]))
        show_notes(like, given.notes, screen)
        count = given.people
        frame = sampling.sample_like(model, given.conditions, count, seed)
    else:
        frame = sampling.sample(model, count, seed)
    write_atomically(out, table_bytes(frame, parquet=out.suffix == ".parquet"))
    screen.say(f"{how_many(count, 'row')} in {out} (seed {seed})")
    if not like:
        for line in coarse(model):
            screen.say(line)
    return 0
