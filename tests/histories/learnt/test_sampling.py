"""What a model makes cannot be impossible, whatever its weights are."""

import subprocess
import sys

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.events import VISIT, EventTable
from bridge.histories.learnt.checkpoint import is_event_model, pack, parse_checkpoint
from bridge.histories.learnt.crowd import crowd_of, drawn
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.records import FIRST_KIND, HISTORY, Records, encode
from bridge.histories.learnt.sampling import sample_histories, sample_records
from tests.histories.learnt.drawn import drawn_model
from tests.histories.learnt.toy import clinic


@pytest.fixture(scope="module")
def table() -> EventTable:
    return clinic(120, dead=0.4)


@pytest.fixture(scope="module")
def model(table: EventTable) -> EventModel:
    return drawn_model(table)


@pytest.fixture(scope="module")
def made(table: EventTable, model: EventModel) -> Records:
    given = encode(table, model.words).given
    return sample_records(model, given, np.random.default_rng(1))


def test_nothing_is_before_birth_or_after_the_end(made: Records) -> None:
    """History is before the record, visits within it, days never go back."""
    given, owner = made.given, made.owner
    begin, end = (given.begin - given.birth)[owner], (given.end - given.birth)[owner]
    history = made.kind == HISTORY
    assert history.any() and (~history).any()
    assert (made.day[history] >= 0).all()
    assert (made.day[history] < begin[history]).all()
    assert ((made.day >= begin) & (made.day <= end))[~history].all()
    assert (np.diff(made.day)[np.diff(owner) == 0] >= 0).all()
    assert (np.diff(owner) >= 0).all()


def test_no_code_stands_twice_and_none_is_of_the_other_sex(
    made: Records, model: EventModel
) -> None:
    """The random weights make them as likely as any."""
    sizes = np.diff(made.first)
    step = np.repeat(np.arange(len(sizes)), sizes)
    pairs = np.stack([step, made.code], 1)
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    pregnant = made.code == model.words.codes.index(("condition", "preg"))
    assert pregnant.sum() > 20
    assert not made.given.male[made.owner[step[pregnant]]].any()
    assert (sizes[made.kind == HISTORY] > 0).all()
    before = made.code[made.kind[step] == HISTORY]
    assert {model.words.codes[k][0] for k in before.tolist()} <= {"condition", "drug"}


def test_death_is_certified_last_and_on_the_day(made: Records, model: EventModel) -> None:
    """Of the dead only, and nothing follows it."""
    certificate = np.flatnonzero(model.masks.certifies)[0] + FIRST_KIND
    of = np.flatnonzero(made.kind == certificate)
    assert len(of) > 5
    assert made.given.dead[made.owner[of]].all()
    assert (made.day[of] == (made.given.end - made.given.birth)[made.owner[of]]).all()
    followed = of[of + 1 < len(made.owner)]
    assert (made.owner[followed] != made.owner[followed + 1]).all()


def test_the_same_seed_makes_the_same(made: Records, model: EventModel) -> None:
    """And another does not."""
    again = sample_records(model, made.given, np.random.default_rng(1))
    other = sample_records(model, made.given, np.random.default_rng(2))
    assert again.day.tolist() == made.day.tolist()
    assert again.code.tolist() == made.code.tolist()
    assert other.day.tolist() != made.day.tolist()


def test_histories_are_made_for_whom_is_asked(model: EventModel) -> None:
    """A girl of four has a record of four years; its end is today."""
    days = np.array(["2016-05-01", "1950-01-01"], "datetime64[D]")
    table = sample_histories(
        model,
        sex=np.array(["F", "M"]),
        birth=days,
        begin=np.array(["2010-01-01", "2010-01-01"], "datetime64[D]"),
        end=np.array(["2020-05-01", "2019-01-01"], "datetime64[D]"),
        dead=np.array([False, True]),
        rng=np.random.default_rng(0),
    )
    assert table.begin.tolist()[0] == days.tolist()[0]
    assert str(table.death[1]) == "2019-01-01" and np.isnat(table.death[0])
    assert (table.time >= days[table.owner]).all()
    started = ~np.isnat(table.stop)
    assert (table.stop[started] >= table.time[started]).all()
    assert (table.kind == VISIT).any()


def test_a_crowd_has_no_group_of_few(table: EventTable, model: EventModel) -> None:
    """Nobody's date of birth is in a model."""
    given = encode(table, model.words).given
    crowd = crowd_of(given)
    assert crowd.counts.min() >= 5
    people = drawn(crowd, 500, np.random.default_rng(0))
    assert (people.birth <= people.begin).all() and (people.begin <= people.end).all()
    assert abs(people.dead.mean() - given.dead.mean()) < 0.08


def test_a_checkpoint_keeps_a_model(model: EventModel, made: Records) -> None:
    """Within half precision: what is made is the same but for few."""
    again = parse_checkpoint(pack(model), place="own.npz")
    assert again.words == model.words
    assert again.weights["lower"] == pytest.approx(model.weights["lower"], abs=1e-3)
    records = sample_records(again, made.given, np.random.default_rng(1))
    assert abs(len(records.code) / len(made.code) - 1) < 0.1


@pytest.mark.parametrize("damage", ["cut", "other", "weights", "empty"])
def test_a_damaged_or_foreign_file_gets_one_clear_message(model: EventModel, damage: str) -> None:
    """Never a traceback of NumPy's."""
    from dataclasses import replace

    content = pack(model)
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "other":
        content = b"PK\x03\x04 of another kind"
    elif damage == "empty":
        content = b""
    else:
        weights = dict(model.weights) | {"age.weight": np.zeros((2, 2), np.float32)}
        content = pack(replace(model, weights=weights))
    with pytest.raises(InputError, match=r"own\.npz: (not a whole model|is a model)"):
        parse_checkpoint(content, place="own.npz")
    assert is_event_model(content) is (damage == "weights")


def test_sampling_needs_no_torch() -> None:
    """Nor pandas."""
    code = (
        "import sys, bridge.histories.learnt.sampling, bridge.histories.learnt.checkpoint; "
        "print([n for n in ('torch', 'pandas', 'scipy', 'opacus') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
