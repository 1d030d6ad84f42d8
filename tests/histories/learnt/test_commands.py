"""`bridge train --kind histories` and `bridge sample` of its models, by their words."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.sample import sample
from bridge.cli.train import train
from bridge.errors import InputError
from bridge.histories.learnt.checkpoint import pack
from bridge.histories.learnt.readers import load_events
from bridge.histories.learnt.table_files import write_tables
from tests.histories.learnt.drawn import drawn_model
from tests.histories.learnt.toy import clinic


def test_a_model_becomes_tables_that_are_read_again(tmp_path: Path) -> None:
    """Twice the same by a seed; nothing of it is left out when it is read."""
    model, out = tmp_path / "own.npz", tmp_path / "made"
    model.write_bytes(pack(drawn_model(clinic(80))))
    arguments = [str(model), "--count", "30", "--seed", "5", "--out"]
    said = CliRunner().invoke(sample, [*arguments, str(out)], catch_exceptions=False)
    assert "histories of 30 people" in said.output
    table = load_events(out)
    assert len(table) == 30
    assert not table.dropped
    CliRunner().invoke(sample, [*arguments, str(tmp_path / "again")], catch_exceptions=False)
    for name in ("events.csv", "people.csv"):
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    with pytest.raises(InputError, match="folder"):
        CliRunner().invoke(sample, [*arguments, "made.csv"], catch_exceptions=False)


def test_few_people_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """With the reason."""
    pytest.importorskip("torch", reason="the train extra is not installed")
    write_tables(clinic(40), tmp_path)
    model = tmp_path / "own.npz"
    arguments = ["--kind", "histories", "--data", str(tmp_path / "events.csv"), "--out", str(model)]
    with pytest.raises(InputError, match="500 are the fewest"):
        CliRunner().invoke(train, arguments, catch_exceptions=False)
    assert not model.exists()


def test_tables_of_a_table_survive_writing_and_reading(tmp_path: Path) -> None:
    """Who, what and when; formulas stay words."""
    table = clinic(30)
    table.code[table.code == "malaria"] = "=malaria"
    write_tables(table, tmp_path)
    again = load_events(tmp_path)
    assert again.kind.tolist() == table.kind.tolist()
    assert [str(code) for code in again.code] == [str(code) for code in table.code]
    assert (again.time == table.time).all()
    assert (again.begin == table.begin).all() and (again.end == table.end).all()
