"""`bridge evaluate` and `bridge compare` of event tables at the command line."""

import json
from pathlib import Path

import pytest

from bridge.__main__ import run
from bridge.cli.histories_evaluate import holds_histories
from tests.quality.histories.tables import clinic, write_csv


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Real, made and learnt people, a folder each."""
    for seed, name in enumerate(("real", "made", "train")):
        write_csv(tmp_path / name, clinic(70, seed, usual=200))
    return tmp_path


def test_histories_are_told_from_tables(folders: Path) -> None:
    """By a folder's files, or the columns of a file; an ordinary table stays one."""
    assert holds_histories(folders / "real")
    assert holds_histories(folders / "real" / "events.csv")
    assert not holds_histories(folders / "real" / "people.csv")
    (folders / "vitals.csv").write_text("patient,date,type,weight_kg\n", encoding="utf-8")
    assert not holds_histories(folders / "vitals.csv")
    assert not holds_histories(folders / "absent.csv")
    assert not holds_histories(folders)


def test_an_evaluation_says_every_figure_with_its_floor(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the screen, and in a page that needs nothing else."""
    page = folders / "report.html"
    files = [f"--{name}={folders / of}" for name, of in _FILES.items()]
    assert run(["evaluate", *files, "--out", str(page)]) == 0
    printed = capsys.readouterr().out
    for said in (
        "pairs in a life, R2",
        "floor",
        "Is anything impossible in them? no",
        "membership",
    ):
        assert said in printed
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "http" not in html.replace("http://www.w3.org", "")


_FILES = {"real": "real", "synthetic": "made/events.csv", "train": "train"}


def test_scripts_get_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object; without --train the real people are halved, and nothing is said of privacy."""
    real, made = (write_csv(tmp_path / str(seed), clinic(110, seed, usual=200)) for seed in (1, 2))
    asked = ["--real", str(real), "--synthetic", str(made), "--out", str(tmp_path / "r.html")]
    assert run(["evaluate", *asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["people"] == {"real": 55, "other": 55, "made": 110, "compared": 55}
    assert said["membership"] is None
    assert all(one["explained"] for one in said["measures"])


def test_too_few_people_are_said_to_be(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with exit code 2."""
    files = ["--real", str(folders / "real"), "--synthetic", str(folders / "made")]
    assert run(["evaluate", *files, "--out", str(folders / "r.html")]) == 2
    assert "are 35; 50 are needed" in capsys.readouterr().err


def test_what_is_of_tables_is_refused(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Histories have no spec: it would be left unread."""
    real = str(folders / "real")
    assert run(["evaluate", "--real", real, "--synthetic", real, "--spec", "population"]) == 2
    assert run(["compare", "--data", real, "--spec", "population"]) == 2
    assert capsys.readouterr().err.count("not of histories") == 2


def test_a_comparison_has_a_row_for_each_kind(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After as little learning as can be: the figures are bad, and all there."""
    write_csv(folders / "all", clinic(156, 5, usual=500))
    page = folders / "c.html"
    asked = ["--data", str(folders / "all"), "--epochs", "0.01", "--out", str(page), "--json"]
    assert run(["compare", *asked]) == 0
    said = json.loads(capsys.readouterr().out)
    names = [one["name"] for one in said["generators"]]
    assert {"Markov chain", "LSTM autoencoder (source)", "GRU on the stream"} <= set(names)
    assert said["people"] == {"train": 104, "test": 52}
    assert all(len(one["fits"]) == 1 for one in said["generators"])
    assert any("learnt once" in note for note in said["notes"])
    measures = said["generators"][0]["fits"][0]["measures"]
    assert {"told", "prevalence", "membership"} <= {one["key"] for one in measures}
    assert "Whose histories pass" in page.read_text(encoding="utf-8")
