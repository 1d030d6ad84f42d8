"""`bridge train --kind histories` and `bridge sample` of its models: event tables in and out."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.atomic_write import write_atomically
from bridge.cli.screen import Screen
from bridge.errors import InputError, MissingExtra
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.histories.events import EventTable
    from bridge.histories.learnt.fitting import Epoch
    from bridge.histories.learnt.learning import Material
    from bridge.histories.learnt.model import EventModel

SEED = 1

_MOST_NAMED = 12


class Wanted(NamedTuple):
    """What is asked for on the command line."""

    data: Path
    people: Path | None
    out: Path
    seed: int | None
    epsilon: float | None
    delta: float


def train_histories(wanted: Wanted) -> int:
    """Fit an event model to histories, say what of them was not taken, and write it."""
    from bridge.histories.learnt.readers import load_events

    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra("bridge train", "train") from error
    screen = Screen()
    table = load_events(wanted.data, wanted.people)
    screen.say(f"{_people(len(table))} with {how_many(len(table.owner), 'event')}")
    if wanted.epsilon is not None:
        model = _privately(table, wanted, wanted.epsilon, screen)
    else:
        model = _plainly(table, SEED if wanted.seed is None else wanted.seed, screen)
    from bridge.histories.learnt.checkpoint import pack

    content = pack(model)
    write_atomically(wanted.out, content)
    screen.say(
        f"{wanted.out}: {len(content) / 1000:.0f} kB; `bridge sample {wanted.out} --out FOLDER` "
        "makes histories"
    )
    return 0


def _people(many: int) -> str:
    return f"{many:,} {'person' if many == 1 else 'people'}"


def _plainly(table: "EventTable", seed: int, screen: Screen) -> "EventModel":
    from bridge.histories.learnt.fitting import Settings
    from bridge.histories.learnt.learning import learn, material_of

    material = material_of(table)
    _show(material, screen)
    epochs = Settings().epochs
    with screen.progress("epochs", epochs) as meter:

        def told(epoch: "Epoch") -> None:
            meter.advance(f"{epoch.train:.1f} nats a person, {epoch.select:.1f} of others")

        learnt = learn(table, material, seed=seed, progress=told)
    best = min(learnt.epochs, key=lambda epoch: epoch.select)
    screen.say(
        f"stopped at epoch {best.number}: {best.train:.1f} nats a person, {best.select:.1f} of the "
        "tenth set aside; then moved to how often things are"
    )
    screen.say(
        "who has this file can tell with some success who was learnt from: give away what it "
        "makes, not the file, or fit with --epsilon"
    )
    return learnt.model


def _privately(table: "EventTable", wanted: Wanted, epsilon: float, screen: Screen) -> "EventModel":
    from bridge.histories.learnt.private import learn_privately

    if wanted.seed is not None:
        screen.note("who knows --seed can take the noise off; for a model to give away, give none")
    seed = secrets.randbits(128) if wanted.seed is None else wanted.seed
    with screen.progress("epochs", 1) as meter:
        learnt = learn_privately(
            table,
            epsilon,
            wanted.delta,
            seed=seed,
            secret=wanted.seed is None,
            progress=meter.advance,
            begins=_total(meter),
        )
    screen.table(
        ["looks at the data", "noise", "times", "share of people"],
        (
            [one.name, f"{one.noise:.2f}", f"{one.times:,}", f"{one.rate:.3f}"]
            for one in learnt.looks
        ),
    )
    screen.say(
        f"together: epsilon {learnt.epsilon:.3f} at delta {wanted.delta:g}, for one person more or "
        "less; the list of codes and the number of people are taken as public"
    )
    return learnt.model


def _total(meter: Any) -> Any:
    def set_total(total: int) -> None:
        meter.total = total

    return set_total


def _show(material: "Material", screen: Screen) -> None:
    words, records = material.words, material.records
    screen.say(
        f"learnt: {how_many(len(records.owner), 'step')} of {how_many(len(words.kinds), 'kind')} "
        f"of visit, {how_many(len(records.code), 'event')} of {how_many(len(words.codes), 'code')}"
    )
    show_dropped(material.dropped, screen)
    if material.proposals:
        screen.say("not taken as rules, though the data suggest it (masks.yaml has the rules):")
    _say_some(material.proposals, screen)


def show_dropped(dropped: Mapping[str, int], screen: Screen) -> None:
    """Say what of a table is not there, by reason."""
    for reason, many in sorted(dropped.items(), key=lambda item: -item[1]):
        screen.say(f"  left out: {how_many(many, 'row')}, {reason}")


def _say_some(lines: Sequence[str], screen: Screen) -> None:
    for line in lines[:_MOST_NAMED]:
        screen.say(f"  {line}")
    if len(lines) > _MOST_NAMED:
        screen.say(f"  and {len(lines) - _MOST_NAMED} more")


def is_histories(path: Path) -> bool:
    """Tell whether a file is a model of histories."""
    try:
        if path.suffix != ".npz" or not path.is_file():
            return False
        content = path.read_bytes()
    except OSError:
        return False
    from bridge.histories.learnt.checkpoint import is_event_model

    return is_event_model(content)


def sample_histories(model_name: Path, out: Path, count: int, seed: int | None) -> int:
    """Write histories of a model into a folder: events.csv and people.csv."""
    import numpy as np

    from bridge.histories.learnt.checkpoint import load_checkpoint
    from bridge.histories.learnt.crowd import drawn
    from bridge.histories.learnt.sampling import sample_records
    from bridge.histories.learnt.table_files import write_tables
    from bridge.histories.learnt.writing import write

    if out.suffix:
        raise InputError("histories are two tables: give the name of a folder", place=out)
    seed = secrets.randbelow(2**32) if seed is None else seed
    model = load_checkpoint(model_name)
    rng = np.random.default_rng(seed)
    records = sample_records(model, drawn(model.crowd, count, rng), rng)
    events, people = write_tables(write(records, model.words, model.durations, rng), out)
    Screen().say(
        f"histories of {how_many(count, 'person')} in {events} and {people} (seed {seed})".replace(
            "persons", "people"
        )
    )
    return 0
