"""Whole charts of bridge's own: to files and onto a server, testers' patients, the preview."""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import Cli

WHOLE = ["--chart", "full", "--as-of", "2026-11-01"]


@pytest.mark.parametrize("form", ["csv", "fhir", "bundles"])
def test_whole_charts_are_loaded_from_files_as_they_were_made(
    form: str, cli: Cli, tmp_path: Path
) -> None:
    """Into the sandbox, read back, and taken off."""
    made = cli(
        *("generate", "--count", "6", "--seed", "4", "--format", form, "--out", tmp_path / "out"),
        *WHOLE,
    )
    assert made.code == 0, made.err
    loaded = cli("load", "--from", tmp_path / "out", "--json")
    assert loaded.code == 0, loaded.err
    assert loaded.json["entries"]["drug orders"] > 0  # type: ignore[index]
    assert cli("verify", "--json").json["differences"] == []
    assert cli("undo", "--json").json["undone"] == 6


def test_testers_patients_are_loaded_verified_and_taken_off(cli: Cli) -> None:
    """All kinds of them; which is which is said."""
    loaded = cli("load", "--stress", "15", "--seed", "4", "--json", *WHOLE)
    assert loaded.code == 0, loaded.err
    assert "patient 2 is for testers (40 drugs)" in loaded.err
    assert loaded.json["patients"]["created"] == 15  # type: ignore[index]
    assert cli("verify", "--json").json["differences"] == []
    assert cli("undo", "--json").json["undone"] == 15


def test_more_for_testers_than_there_are_is_refused(cli: Cli) -> None:
    """And so are vital signs alone, which have nothing to be ugly in."""
    refused = cli("load", "--count", "3", "--stress", "4", "--seed", "4", *WHOLE)
    assert refused.code == 2
    assert "4 of 3 patients" in refused.err
    refused = cli("load", "--stress", "4", "--seed", "4", "--chart", "vitals")
    assert refused.code == 2
    assert "whole charts" in refused.err


def test_a_load_shows_what_it_will_make_and_what_it_made(cli: Cli, tmp_path: Path) -> None:
    """A dry run too; the report has the clinic at a glance."""
    foretold = cli("load", "--count", "5", "--seed", "6", "--dry-run", *WHOLE)
    assert foretold.code == 0, foretold.err
    assert "5 patients with" in foretold.out
    assert "aged" in foretold.out
    loaded = cli("load", "--count", "5", "--seed", "6", *WHOLE)
    assert loaded.out.count("aged") == 2 * foretold.out.count("aged")
    assert "What was sent: 5 patients" in loaded.out
    page = tmp_path / "report.html"
    assert cli("report", "--out", page).code == 0
    assert "The clinic at a glance" in page.read_text()
