"""A folder of FHIR bundles as a person loads it: what was read is all accounted for."""

import json
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import Cli
from tests.lib.fhir import bundle, coded, encounter, observation, of_visit, patient

WORDS = coded("nobody-knows", "http://x", "Sore elbow")


OTHERS = {"system": "http://x", "value": "17-B", "type": {"text": "Nobody's number"}}


def folder_of(tmp_path: Path) -> Path:
    """Write one patient with all sorts, and one that cannot be made, with an observation."""
    folder = tmp_path / "bundles"
    folder.mkdir()
    mine = [
        patient(identifier=[OTHERS]),
        encounter(),
        observation("height"),
        observation("withdrawn", status="entered-in-error"),
        observation("unknown", "0000-0"),
        of_visit("Condition", "elbow", code=WORDS),
        of_visit("Claim", "bill"),
    ]
    (folder / "one.json").write_text(json.dumps(bundle(*mine)), encoding="utf-8")
    unborn = {"resourceType": "Patient", "id": "unborn", "gender": "female"}
    theirs = {**observation("theirs"), "subject": {"reference": "Patient/unborn"}}
    theirs.pop("encounter")
    (folder / "two.json").write_text(json.dumps(bundle(unborn, theirs)), encoding="utf-8")
    return folder


README = Path(__file__).parents[2] / "README.md"


def left_out(said: dict[str, Any]) -> int:
    """Count what was left out, whatever the reasons."""
    return sum(said["left_out"].values())


def test_what_was_read_is_sent_left_out_or_rejected(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """In the answer of `load`, of `status` and of `runs` alike; the page shows the sum too."""
    loaded = cli("load", "--from", str(folder_of(tmp_path)), "--yes", "--json", *server)
    assert loaded.code == 1, loaded.err
    said: dict[str, Any] = loaded.json
    readme = README.read_text(encoding="utf-8")
    assert [key for key in said if f"`{key}`" not in readme] == [], "are not in the README"
    assert said["read"] == 9
    assert said["read"] == said["sent"] + left_out(said) + said["rejected"]
    assert (said["rejected"], said["not_sent"]) == (2, 0)
    assert said["sent"] >= 3, "the patient, the visit and the height at least"
    assert said["left_out"]["status is entered-in-error"] == 1
    assert said["patients"] == {
        "requested": 1,
        "created": 1,
        "already_there": 0,
        "rejected": 0,
    }
    assert said["entries"]["observations"] == said["observations"] == 1
    assert len(said["rejected_patients"]) == 1
    for again in (cli("status", "--json").json, cli("runs", "--json").json["runs"][0]):
        for key in ("read", "sent", "left_out", "rejected", "not_sent", "entries", "changed"):
            assert again[key] == said[key], key
    assert "1 observation" in cli("runs").out
    assert f"of 9 resources read {said['sent']} sent" in cli("status").out
    assert cli("report", "--out", "page.html").code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Of 9 resources in the files" in page
    assert cli("undo").code == 0


def test_the_account_is_the_same_after_an_undo(cli: Cli, server: list[str], tmp_path: Path) -> None:
    """The uuids on the server are others then; what was read is what it was."""
    load = ("load", "--from", str(folder_of(tmp_path)), "--yes", "--json", *server)
    first: dict[str, Any] = cli(*load).json
    again: dict[str, Any] = cli(*load).json
    assert again["sent"] == 0
    assert again["not_sent"] >= first["sent"]
    assert cli("undo", str(first["run"])).code == 0
    third: dict[str, Any] = cli(*load).json
    for said in (first, third):
        assert said["read"] == said["sent"] + left_out(said) + said["rejected"]
    for key in ("sent", "left_out", "parts_left_out", "rejected", "not_sent"):
        assert third[key] == first[key], key
    assert first["parts_left_out"]["no identifier type on the server"] == 1
    assert cli("undo", str(third["run"])).code == 0
