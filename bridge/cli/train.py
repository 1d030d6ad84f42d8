"""`bridge train`: fit a model to a table of one's own."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bridge.atomic_write import write_atomically
from bridge.cli.coarse import coarse
from bridge.cli.screen import Screen
from bridge.cli.tables import show_columns, show_doubts, show_notes
from bridge.cli.train_histories import Wanted, train_histories
from bridge.errors import InputError, MissingExtra
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.flows.budget import Budget
    from bridge.flows.spec import Spec
    from bridge.flows.table import Table
    from bridge.tables.doubts import Doubt
    from bridge.tables.frames import ReadTable

SEED = 1


@click.command()
@click.option(
    "--data",
    "data",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    help="A table, a row a person or visit: CSV in any dialect, Parquet, Stata, SAS, Excel, SPSS; "
    "several are read as one.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The model: X.npz.")
@click.option(
    "--kind",
    type=click.Choice(["table", "histories"]),
    default="table",
    show_default=True,
    help="What the data are: a table, a row a person or visit; or event histories: events.csv "
    "(patient, time, type, code, value), or a folder of Synthea's CSV.",
)
@click.option(
    "--people",
    type=click.Path(path_type=Path),
    help="Of whom the histories are (patient, sex, birth, death). None: people.csv beside --data.",
)
@click.option(
    "--spec",
    "spec_name",
    help="What the columns mean: a YAML file, or population, illness or labs (bridge's own). None: "
    "it is inferred, and written beside the model to be edited.",
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Only say what the table seems to be and what is odd about it, and write the spec.",
)
@click.option(
    "--select",
    "select_data",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Other people of the same kind, to stop the fit in time. None: a tenth is set aside.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    show_default=f"{SEED}; with --epsilon a secret one",
    help="Same data, spec and seed, same weights.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0.01, 100),
    help="Fit with differential privacy: what one row may change. Needs a spec with the bounds of "
    "every number.",
)
@click.option(
    "--delta",
    type=click.FloatRange(1e-12, 0.1),
    default=1e-5,
    show_default=True,
    help="The chance that epsilon is not kept to; under 1 / rows.",
)
def train(
    data: tuple[Path, ...],
    out: Path,
    kind: str,
    people: Path | None,
    spec_name: str | None,
    only_check: bool,
    select_data: tuple[Path, ...],
    seed: int | None,
    epsilon: float | None,
    delta: float,
) -> int:
    """Fit a flow to a table, or an event model to histories: same data and seed, same weights."""
    if kind == "histories":
        if spec_name or only_check or select_data:
            raise InputError("--kind histories takes no --spec, --check or --select")
        return train_histories(_wanted(data, people, out, seed, epsilon, delta))
    if people:
        raise InputError("--people is for --kind histories")
    try:
        import numpy as np

        from bridge.flows.spec import find_spec
        from bridge.flows.table import table_of
        from bridge.flows.training import check_table
        from bridge.tables.doubts import find_doubts
        from bridge.tables.frames import joined
    except ImportError as error:
        raise MissingExtra("bridge train", "train") from error
    screen = Screen()
    if out.suffix != ".npz":
        raise InputError("a model's name ends in .npz", place=out)
    if epsilon is not None:
        _check_private(spec_name, select_data)
    read = _read(data, screen)
    inferred = None if spec_name else _inferred(joined(read, data), out, screen)
    spec = inferred.spec if inferred else find_spec(spec_name or "")
    table = table_of(read, data, spec)
    _show_rows(table, screen)
    doubts = find_doubts(table.frame(np.random.default_rng(0)))
    show_doubts(doubts, screen)
    if only_check:
        _write_spec(inferred, doubts, screen)
    check_table(table)
    if only_check:
        return 0
    select = table_of(_read(select_data, screen), select_data, spec) if select_data else None
    if epsilon is None:
        content = _fitted(table, select, SEED if seed is None else seed, screen)
    else:
        content = _privately_fitted(table, epsilon, delta, seed, screen)
    _write_spec(inferred, doubts, screen)
    write_atomically(out, content)
    _say_whom(content, table, seed, out, screen)
    screen.say(f"{out}: {len(content) / 1000:.0f} kB; `bridge sample {out} --out FILE` makes rows")
    return 0


def _wanted(
    data: tuple[Path, ...],
    people: Path | None,
    out: Path,
    seed: int | None,
    epsilon: float | None,
    delta: float,
) -> Wanted:
    if out.suffix != ".npz":
        raise InputError("a model's name ends in .npz", place=out)
    if len(data) > 1:
        raise InputError("histories are one table of events: give --data once")
    return Wanted(data[0], people, out, seed, epsilon, delta)


def _read(paths: Sequence[Path], screen: Screen) -> "list[ReadTable]":
    """Read tables, and say what was made of each."""
    from bridge.tables.frames import read_table

    tables = [read_table(path) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        show_notes(path, table.notes, screen)
    return tables


def _fitted(table: "Table", select: "Table | None", seed: int, screen: Screen) -> bytes:
    """Fit a model, show its losses and return its checkpoint."""
    from bridge.flows import training

    spec = table.spec
    losses: dict[str, list[training.Loss]] = {}
    with screen.progress("epochs", spec.fit.epochs * len(spec.outputs)) as meter:

        def told(output: str, loss: training.Loss) -> None:
            if output not in losses:
                meter.done = spec.fit.epochs * len(losses)  # the one before may have stopped early
            losses.setdefault(output, []).append(loss)
            meter.advance(f"{output} {loss.train:.3f}, {loss.select:.3f} on others")

        content = training.train(table, select, seed=seed, progress=told)
    screen.table(
        ["output", "epochs", "nats", "on others"],
        (
            [output, str(len(of)), *(f"{nats:.4f}" for nats in training.best(of))]
            for output, of in losses.items()
        ),
    )
    return content


def _say_whom(content: bytes, table: "Table", seed: int | None, out: Path, screen: Screen) -> None:
    """Say how coarsely people will be drawn, and who is counted with others: no model says that."""
    from bridge.flows.checkpoint import parse_checkpoint
    from bridge.flows.coarseness import strays
    from bridge.flows.training import placed

    model = parse_checkpoint(content, place=str(out))
    people = placed(table, SEED if seed is None else seed)
    for line in coarse(model, strays(table.spec, model.groups, people)):
        screen.say(line)


def _check_private(spec_name: str | None, select_data: tuple[Path, ...]) -> None:
    if spec_name is None:
        raise InputError(
            "--epsilon needs --spec: an inferred spec takes levels and bounds off the data, which "
            "no budget counts; write down what is known of the measurements"
        )
    if select_data:
        raise InputError("--epsilon takes no --select: a private fit is not stopped by a loss")


def _privately_fitted(
    table: "Table", epsilon: float, delta: float, seed: int | None, screen: Screen
) -> bytes:
    """Fit a model within a budget, show what is spent and return its checkpoint."""
    from bridge.flows.budget import PrivacyTarget
    from bridge.flows.private import budget_of, settings_of, train_private

    budget = budget_of(table.spec, len(table), PrivacyTarget(epsilon, delta))
    _show(budget, screen)
    if seed is not None:
        screen.note("who knows --seed can take the noise off; for a model to give away, give none")
    epochs = settings_of(table.spec, len(table)).epochs
    with screen.progress("epochs", epochs * len(table.spec.outputs)) as meter:
        return train_private(
            table,
            budget,
            seed=secrets.randbits(128) if seed is None else seed,
            secret=seed is None,
            progress=meter.advance,
        )


def _show(budget: "Budget", screen: Screen) -> None:
    screen.table(
        ["looks at the data", "noise", "times", "share of rows", "epsilon alone"],
        (
            [
                name,
                f"{one.noise:.2f}",
                f"{one.times:,}",
                f"{one.rate:.3f}",
                f"{budget.alone(name):.2f}",
            ]
            for name, one in budget.mechanisms.items()
        ),
    )
    screen.say(
        f"together: epsilon {budget.epsilon:.3f} at delta {budget.target.delta:g}, for one row "
        "more or less; the spec and the number of rows are taken as public. What is shown here of "
        "rows left out is not: it is for whoever has the data"
    )


class _Inferred(NamedTuple):
    """A spec that was inferred, where it is to be written, and what is said in it."""

    spec: "Spec"
    place: Path
    said: tuple[str, ...]


def _inferred(read: "ReadTable", out: Path, screen: Screen) -> _Inferred:
    """Infer a spec from the data, and say what is not used of it."""
    from bridge.flows.inference import infer_spec

    place = out.with_suffix(".spec.yaml")
    if place.exists():
        raise InputError("is there already: give it with --spec, or remove it", place=place)
    spec, left_out = infer_spec(read.frame, units=read.units, oldest=read.oldest)
    not_used = tuple(f"not used: {name} {reason}" for name, reason in left_out.items())
    for line in not_used:
        screen.say(f"  {line}")
    said = (*read.notes, *not_used)
    return _Inferred(spec, place, said)


def _write_spec(inferred: _Inferred | None, doubts: "Sequence[Doubt]", screen: Screen) -> None:
    """Write an inferred spec, with what was said of the table as comments."""
    from bridge.flows.spec import spec_text

    if inferred is None:
        return
    lines = (*inferred.said, *(f"doubt: {doubt}" for doubt in doubts))
    said = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    write_atomically(inferred.place, (said + spec_text(inferred.spec)).encode())
    screen.say(f"{inferred.place}: what the columns seem to mean; edit it and give it with --spec")


def _show_rows(table: "Table", screen: Screen) -> None:
    """Say how many rows there are to fit to, what they are, and how many lack what."""
    screen.say(f"{how_many(len(table), 'row')} to fit to")
    for reason, rows in table.left_out.items():
        if rows:
            screen.say(f"  left out: {how_many(rows, 'row')}, {reason}")
    show_columns(table, screen)
    if any(map(any, table.gaps.values())):
        screen.say("each output is learnt from the rows that have it (`gaps: learn` in the spec)")
