"""`bridge report` as a person types it, before and after the patients were read back."""

import json
from pathlib import Path

from tests.end_to_end.conftest import Cli


def test_a_load_is_reported(cli: Cli, server: list[str], tmp_path: Path) -> None:
    """From not verified yet to how the server flags each value that it has limits for."""
    loaded = cli("load", "--count", "6", "--yes", "--json", *server).json
    before = cli("report")
    assert before.code == 0, before.err
    assert "not verified yet" in before.out
    page = tmp_path / f"report-{loaded['run']}.html"
    assert "How ill the ward looks" in page.read_text()

    assert cli("verify").code == 0
    report = cli("report", str(loaded["run"]), "--out", "page.html", "--json")
    assert report.code == 0, report.err
    found = report.json
    assert found["report"] == "page.html"
    for key in ("visits", "observations", "requests", "retries", "seconds"):
        assert found[key] == loaded[key]
    verification = json.loads(json.dumps(found["verification"]))
    assert verification["patients"] == 6
    assert verification["observations"] == loaded["observations"]
    assert sum(cell["values"] for cell in verification["cells"]) == loaded["observations"]
    assert verification["flagged"]["judged"] > 0
    assert "verified: every value equal" in (tmp_path / "page.html").read_text()
    assert cli("undo").code == 0
    assert "taken off again" in cli("report").out


def test_a_folder_that_is_not_there_is_not_made(cli: Cli, server: list[str]) -> None:
    """A slip of the pen is told."""
    assert cli("report").code == 2
    assert cli("load", "--count", "1", "--yes", *server).code == 0
    refused = cli("report", "--out", "nowhere/page.html")
    assert refused.code == 2
    assert "make it first" in refused.err
