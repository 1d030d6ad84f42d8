"""Undo takes what its run made and nothing else, whatever other runs and people did since."""

import shutil
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Row, State
from tests.end_to_end.conftest import Cli, Clinic
from tests.lib.loading import found


def loaded(cli: Cli, server: list[str], seed: int, count: int) -> str:
    """Load patients of a seed; return the run's name."""
    load = ["load", "--count", str(count), "--seed", str(seed), "--yes", "--json", *server]
    return str(cli(*load).json["run"])


def rows(home: Path, run: str) -> list[Row]:
    """Read a run's rows."""
    with Ledger.open(home / "runs" / f"{run}.db") as ledger:
        return list(ledger.rows())


def write(home: Path, run: str, *changed: Row) -> None:
    """Change a run's rows, as a kill would have left them."""
    with Ledger.open(home / "runs" / f"{run}.db") as ledger:
        ledger.write(changed)


@pytest.mark.parametrize("flags", [(), ("--purge",)])
def test_a_run_that_found_its_patients_there_leaves_them(
    flags: tuple[str, ...], cli: Cli, server: list[str], own_home: Path
) -> None:
    """Also when it is voided first and purged afterwards."""
    first = loaded(cli, server, 20271, 3)
    second = loaded(cli, server, 20271, 3)
    assert cli("undo", second, "--json", *flags).json["undone"] == 0
    assert cli("undo", second, "--purge", "--json").json["undone"] == 0
    assert cli("verify", first).code == 0
    assert cli("undo", first, "--purge", "--json").json["undone"] == 3


def test_patients_that_another_run_made_under_the_same_uuids_stay(
    cli: Cli, server: list[str]
) -> None:
    """The first run's were purged by their mark, which its record does not know."""
    first = loaded(cli, server, 20272, 2)
    assert cli("undo", "--marked", first, "--purge", "--json", *server).json["undone"] == 2
    second = loaded(cli, server, 20272, 2)
    assert cli("undo", first, "--json").json["undone"] == 0
    assert cli("verify", second).code == 0
    assert cli("undo", second, "--purge", "--json").json["undone"] == 2


def test_a_patient_whose_new_uuid_the_record_does_not_know_is_found(
    cli: Cli, server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """Killed after the patient was made under new uuids, and before the record said so."""
    (before,) = rows(own_home, loaded(cli, server, 20273, 1))
    assert cli("undo", "--json").json["undone"] == 1
    run = loaded(cli, server, 20273, 1)
    (row,) = rows(own_home, run)
    assert row.uuid != before.uuid
    write(
        own_home,
        run,
        row._replace(state=State.SENT, uuid=before.uuid, generation=before.generation),
    )
    assert cli("undo", run, "--json").json == {
        "run": run,
        "server": server[1],
        "undone": 1,
        "left": 0,
        "refused": [],
        "voided_only": {},
    }
    assert found(run, clinic.connect) == []
    assert cli("status", run, "--json").json["state"] == "undone"


def test_what_was_taken_from_another_runs_visit_is_not_put_back(
    cli: Cli, server: list[str], clinic: Clinic, own_home: Path
) -> None:
    """A clinician voided an encounter; a second load must not void the visit it was in."""
    first = loaded(cli, server, 20274, 1)
    (row,) = rows(own_home, first)
    client = clinic.connect()
    encounter = next(iter(client.every("encounter", "uuid", patient=row.uuid)))["uuid"]
    visits = {visit["uuid"] for visit in client.every("visit", "uuid", patient=row.uuid)}
    client.void("encounter", encounter, "entered in error")
    second = cli("load", "--count", "1", "--seed", "20274", "--yes", "--json", *server)
    assert second.json["patients"]["already_there"] == 1  # type: ignore[index]
    assert {v["uuid"] for v in client.every("visit", "uuid", patient=row.uuid)} == visits
    assert cli("undo", "--json").json["undone"] == 0
    assert {v["uuid"] for v in client.every("visit", "uuid", patient=row.uuid)} == visits
    assert cli("undo", first, "--purge", "--json").json["undone"] == 1


def test_a_person_that_bridge_did_not_make_gets_no_visit(
    cli: Cli, server: list[str], clinic: Clinic, own_home: Path, tmp_path: Path
) -> None:
    """Though a file gives a patient that person's uuid."""
    run = loaded(cli, server, 20275, 1)
    (row,) = rows(own_home, run)
    client = clinic.connect()
    fields = "attributes:(uuid,value)"
    for attribute in (client.fetch("person", row.uuid, fields) or {})["attributes"]:
        if attribute["value"] == run:
            client.void(f"person/{row.uuid}/attribute", attribute["uuid"], "now a real person")
    before = list(client.every("visit", "uuid", patient=row.uuid))
    folder = tmp_path / "made"
    cli("generate", "--count", "1", "--seed", "9", "--out", folder)
    patients, visits, observations = (
        folder / f"{name}.csv" for name in ("patients", "visits", "observations")
    )
    made = patients.read_text().splitlines()[1].split(",")[0]
    for path in (patients, visits, observations, folder / "vitals.csv"):
        path.write_text(path.read_text().replace(made, row.uuid))
    refused = cli("load", "--from", folder, "--yes", "--json", *server)
    assert refused.code == 1
    assert "bridge did not make" in str(refused.json["rejections"])
    assert list(client.every("visit", "uuid", patient=row.uuid)) == before
    client.void("patient", row.uuid, "test")


@pytest.mark.parametrize("command", [("undo",), ("undo", "--marked"), ("verify",), ("resume",)])
def test_an_empty_name_is_nobodys_run(
    command: tuple[str, ...], cli: Cli, server: list[str]
) -> None:
    """`bridge undo "$RUN"` of a script whose RUN is not set."""
    run = loaded(cli, server, 20276, 1)
    refused = cli(*command, "")
    assert refused.code == 2
    assert cli("verify", run).code == 0
    assert cli("undo", run).code == 0


def test_the_sandbox_moves_with_its_records(
    cli: Cli, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data directory may be given another name."""
    cli("load", "--count", "2")
    moved = own_home.with_name("moved")
    shutil.move(own_home, moved)
    monkeypatch.setenv("BRIDGE_HOME", str(moved))
    assert cli("verify").code == 0
    assert cli("undo", "--json").json["undone"] == 2
    assert not own_home.exists()


def test_a_run_of_a_server_that_was_put_back_is_not_resumed(
    cli: Cli, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its patients hang on is gone: none of them would be accepted."""
    monkeypatch.setattr("bridge.sandbox.snapshot.SNAPSHOT", Path("begins with nothing"))
    run = str(cli("load", "--count", "2", "--json").json["run"])
    first, *_ = rows(own_home, run)
    write(own_home, run, first._replace(state=State.SENT))
    shutil.rmtree(own_home / "sandbox")
    refused = cli("resume", run)
    assert refused.code == 3
    assert "no longer on" in refused.err


def test_a_run_that_is_half_undone_is_neither_resumed_nor_called_whole(
    cli: Cli, own_home: Path
) -> None:
    """Ctrl-C during undo."""
    run = str(cli("load", "--count", "2", "--json").json["run"])
    first, second = rows(own_home, run)
    write(own_home, run, first._replace(state=State.UNDONE))
    refused = cli("resume", run)
    assert refused.code == 2
    assert f"bridge undo {run}" in refused.err
    write(own_home, run, second._replace(state=State.PLANNED))
    assert cli("verify", run).code == 2
    assert cli("undo", run).code == 0


def test_verify_says_what_is_not_there_yet(cli: Cli, own_home: Path) -> None:
    """A run that was killed is not whole because what it made is."""
    run = str(cli("load", "--count", "3", "--json").json["run"])
    row = rows(own_home, run)[1]
    write(own_home, run, row._replace(state=State.PLANNED))
    verified = cli("verify", run, "--json")
    assert verified.code == 1
    assert verified.json["not_yet_loaded"] == 1
    assert verified.json["differences"] == []
