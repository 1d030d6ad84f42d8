"""`bridge train`: fit a model to a table of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.screen import Screen, how_many
from bridge.errors import InputError
from bridge.files.whole import write_whole

if TYPE_CHECKING:
    from bridge.synthesis.spec import Spec


@click.command()
@click.option(
    "--data",
    "data",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    help="A CSV or Parquet table, a row a person or visit; several are read as one.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The model: X.npz.")
@click.option(
    "--spec",
    "spec_name",
    help="What the columns mean: a YAML file, or population or illness (bridge's own). None: it "
    "is inferred, and written beside the model to be edited.",
)
@click.option(
    "--select",
    "select_data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Other people of the same kind, to stop the fit in time. None: a tenth is set aside.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def train(
    data: tuple[Path, ...],
    out: Path,
    spec_name: str | None,
    select_data: tuple[Path, ...],
    seed: int,
) -> int:
    """Fit a flow to a table: the same data, spec and seed give the same weights."""
    from bridge.synthesis import training
    from bridge.synthesis.spec import find_spec
    from bridge.synthesis.table import load_table

    screen = Screen()
    if out.suffix != ".npz":
        raise InputError("a model's name ends in .npz", place=out)
    spec = find_spec(spec_name) if spec_name else _inferred(data, out, screen)
    table = load_table(data, spec)
    select = load_table(select_data, spec) if select_data else None
    screen.say(f"{how_many(len(table), 'row')} to fit to")
    for reason, rows in table.left_out.items():
        if rows:
            screen.say(f"  left out: {how_many(rows, 'row')}, {reason}")
    losses: dict[str, list[training.Loss]] = {}
    with screen.progress("epochs", spec.fit.epochs * len(spec.outputs)) as meter:

        def told(output: str, loss: training.Loss) -> None:
            if output not in losses:
                meter.done = spec.fit.epochs * len(losses)  # the one before may have stopped early
            losses.setdefault(output, []).append(loss)
            meter.advance(f"{output} {loss.train:.3f}, {loss.select:.3f} on others")

        content = training.train(table, select, seed=seed, progress=told)
    write_whole(out, content)
    screen.table(
        ["output", "epochs", "nats", "on others"],
        (
            [output, str(len(of)), *(f"{nats:.4f}" for nats in training.best(of))]
            for output, of in losses.items()
        ),
    )
    screen.say(f"{out}: {len(content) / 1000:.0f} kB; `bridge sample {out} --out FILE` makes rows")
    return 0


def _inferred(data: tuple[Path, ...], out: Path, screen: Screen) -> "Spec":
    """Infer a spec from the data and write it beside the model."""
    import pandas as pd

    from bridge.synthesis.inference import infer_spec
    from bridge.synthesis.spec import spec_text
    from bridge.synthesis.table import read_frame

    spec, left_out = infer_spec(pd.concat([read_frame(path) for path in data], ignore_index=True))
    place = out.with_suffix(".spec.yaml")
    if place.exists():
        raise InputError("is there already: give it with --spec, or remove it", place=place)
    write_whole(place, spec_text(spec).encode())
    screen.say(f"{place}: what the columns seem to mean; edit it and give it with --spec")
    for name, reason in left_out.items():
        screen.say(f"  not used: {name} {reason}")
    return spec
