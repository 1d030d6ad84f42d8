"""`bridge evaluate` at the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.__main__ import run
from tests.quality.people import few


def _files(folder: Path) -> list[str]:
    for seed, name in enumerate(("real", "synthetic")):
        few(150, seed=seed).to_csv(folder / f"{name}.csv", index=False)
    return ["--real", "real.csv", "--synthetic", "synthetic.csv"]


def test_a_summary_is_printed_and_the_report_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what the data is too little for."""
    assert run(["evaluate", *_files(tmp_path), "--repeats", "1"]) == 0
    printed = capsys.readouterr().out
    assert "Are the values spread alike?" in printed
    assert "pairs of rows are few" in printed
    assert "the report is report.html" in printed
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_scripts_get_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, and nothing else there."""
    assert run(["evaluate", *_files(tmp_path), "--repeats", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == {"real": 150, "synthetic": 150}


def test_a_specs_conditions_are_the_evaluations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a spec says is given is not judged, whatever its name."""
    for seed, name in enumerate(("real", "synthetic")):
        table = few(150, seed=seed)
        table.assign(ward=["A", "B", "C"] * 50).to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "spec.yaml").write_text(
        "conditions:\n"
        "  ward: {kind: category, columns: [ward], levels: [A, B, C]}\n"
        "outputs:\n"
        "  sbp_mmhg: {columns: [sbp_mmhg], low: 40, high: 300}\n"
    )
    files = ["--real", "real.csv", "--synthetic", "synthetic.csv", "--spec", "spec.yaml"]
    assert run(["evaluate", *files, "--repeats", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matching"]["conditions"] == ["ward"]


def test_what_is_wrong_is_said_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with exit code 2."""
    files = _files(tmp_path)
    assert run(["evaluate", *files, "--out", "nowhere/report.html"]) == 2
    assert "nowhere/report.html: is in a folder that does not exist" in capsys.readouterr().err
    assert run(["evaluate", *files[:3], "missing.csv"]) == 2
    assert "missing.csv: cannot be read (No such file" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """The base installation has no LightGBM."""
    code = (
        "import sys; sys.modules['lightgbm'] = None; from bridge.__main__ import run; "
        "sys.exit(run(['evaluate', *sys.argv[1:]]))"
    )
    command = [sys.executable, "-c", code, *_files(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "openmrs-bridge[evaluate]"' in done.stderr
