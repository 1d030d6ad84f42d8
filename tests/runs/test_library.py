"""bridge from Python: what README's page on it shows."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import bridge
from bridge.errors import InputError
from bridge.runs.listener import Silent

README = Path(__file__).parents[2] / "README.md"


def test_the_example_of_the_readme_runs(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands there, on the sandbox; nothing is printed but by the example itself."""
    section = README.read_text(encoding="utf-8").partition("## From Python")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    exec(compile(found[1], "README.md", "exec"), {})  # it is bridge's own page
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == "20 0"
    assert shown.err == ""
    assert len(list((own_home / "runs").glob("*.db"))) == 1


def test_a_run_is_recorded_where_it_is_said_and_read_back(tmp_path: Path) -> None:
    """Not in the user's own data directory."""
    listener = Silent()
    asked = {"count": 3, "seed": 7, "as_of": date(2026, 11, 1), "visits": (1, 1)}
    loaded = bridge.load(home=tmp_path, listener=listener, **asked)  # type: ignore[arg-type]
    assert (loaded.created, loaded.rejected) == (3, 0)
    assert (tmp_path / "runs" / f"{loaded.run}.db").is_file()
    assert bridge.load(home=tmp_path, **asked).already_there == 3  # type: ignore[arg-type]
    verified = bridge.verify(loaded.run, home=tmp_path)
    assert verified.is_whole
    assert verified.observations == loaded.summary.totals.observations
    assert bridge.undo(loaded.run, home=tmp_path).undone == 3
    assert bridge.check(home=tmp_path).is_ready


def test_generated_patients_are_those_of_a_load(tmp_path: Path) -> None:
    """The same seed, the same people."""
    made = list(bridge.generate(count=3, seed=7, as_of=date(2026, 11, 1), chart="vitals"))
    again = list(bridge.generate(count=2, seed=7, as_of=date(2026, 11, 1), chart="vitals"))
    assert made[:2] == again
    assert all(patient.visits for patient in made)


def test_a_server_whose_sign_in_is_not_given_is_said(tmp_path: Path) -> None:
    """A record holds no password."""
    loaded = bridge.load(home=tmp_path, count=1, chart="vitals", clock=lambda: datetime.now(UTC))
    record = tmp_path / "runs" / f"{loaded.run}.db"
    elsewhere = bridge.Server(url="http://127.0.0.1:9/openmrs", user="a", password="b")
    with pytest.raises(InputError, match="no run is called"):
        bridge.verify("run-x", home=tmp_path, server=elsewhere)
    assert b"password" not in record.read_bytes()


def test_an_unknown_name_is_no_part_of_bridge() -> None:
    """And tells so as any module does."""
    with pytest.raises(AttributeError, match="lode"):
        bridge.lode  # noqa: B018
