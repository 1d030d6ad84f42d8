"""The commands as a person types them, on the sandbox or (BRIDGE_TEST_URL) on a real server."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.delivery.server_state import RUN_TAG, read_tags
from bridge.mapping.loading import default_mapping_path, load_mapping
from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.synthesis.population import FOLDER
from tests.end_to_end.conftest import Cli, Clinic
from tests.lib.fault_proxy import fault_proxy
from tests.lib.loading import connector, found
from tests.lib.scripted_server import Answer, scripted_server


def test_load_verify_and_undo(cli: Cli, server: list[str], clinic: Clinic) -> None:
    """The path of a trainer's day."""
    loaded = cli("load", "--count", "12", "--yes", "--json", *server)
    assert loaded.code == 0, loaded.err
    summary = loaded.json
    assert summary["patients"] == {
        "requested": 12,
        "created": 12,
        "already_there": 0,
        "rejected": 0,
    }
    assert summary.keys() >= {
        "run",
        "seed",
        "server",
        "patients",
        "visits",
        "encounters",
        "observations",
        "requests",
        "retries",
        "seconds",
        "observations_per_second",
    }
    run_name = str(summary["run"])
    assert len(found(run_name, clinic.connect)) == 12

    verified = cli("verify", "--json")
    assert verified.code == 0, verified.out
    assert verified.json["observations"] == summary["observations"]
    assert verified.json["differences"] == []

    assert run_name in cli("runs").out
    assert cli("status", run_name, "--json").json["state"] == "complete"

    undone = cli("undo", "--json")
    assert undone.code == 0
    assert undone.json["undone"] == 12
    assert found(run_name, clinic.connect) == []
    assert cli("status", "--json").json["state"] == "undone"


def test_without_a_server_the_sandbox_is_filled(cli: Cli, own_home: Path) -> None:
    """Set up and all; and the next commands are told."""
    loaded = cli("load", "--count", "3")
    assert loaded.code == 0, loaded.err
    assert "3 patients" in loaded.out
    assert "bridge sandbox" in loaded.out
    assert "bridge undo run-" in loaded.out
    assert "left out" not in loaded.err
    assert (own_home / "sandbox").is_dir()
    assert cli("verify").code == 0
    assert cli("undo", "--purge").code == 0


def test_the_same_seed_finds_its_patients_there_already(cli: Cli, server: list[str]) -> None:
    """And undoing the second run takes none of the first's."""
    seed = ["--seed", "20261", "--yes", "--json"]
    first = cli("load", "--count", "3", *seed, *server).json
    second = cli("load", "--count", "5", *seed, *server).json
    assert second["patients"] == {
        "requested": 5,
        "created": 2,
        "already_there": 3,
        "rejected": 0,
    }
    assert cli("undo", "--json").json["undone"] == 2
    verified = cli("verify", str(first["run"]), "--json")
    assert verified.json["differences"] == []
    assert cli("undo", str(first["run"]), "--json").json["undone"] == 3


def test_a_seed_whose_patients_were_voided_comes_again_under_new_uuids(
    cli: Cli, server: list[str]
) -> None:
    """OpenMRS never frees a voided uuid."""
    load = ["load", "--count", "2", "--seed", "20262", "--yes", "--json", *server]
    for _ in range(3):
        assert cli(*load).json["patients"]["created"] == 2  # type: ignore[index]
        assert cli("verify", "--json").json["differences"] == []
        assert cli("undo", "--json").json["undone"] == 2


def test_a_run_is_found_by_its_mark_without_a_record(
    cli: Cli, server: list[str], own_home: Path
) -> None:
    """On another machine, or after the record was lost."""
    kept = cli("load", "--count", "2", "--yes", "--json", *server).json
    lost = cli("load", "--count", "3", "--yes", "--json", *server).json
    (own_home / "runs" / f"{lost['run']}.db").unlink()
    undone = cli("undo", "--marked", str(lost["run"]), "--json", *server)
    assert undone.code == 0
    assert undone.json["undone"] == 3
    assert cli("verify", "--json").json == {
        "run": kept["run"],
        "patients": 2,
        "not_yet_loaded": 0,
        "rejected": 0,
        "observations": kept["observations"],
        "differences": [],
    }
    assert cli("undo", "--purge", "--json").json["undone"] == 2


def test_what_was_voided_can_be_purged_afterwards(cli: Cli, server: list[str]) -> None:
    """Though a server does not list the parts of a voided patient any more."""
    load = ["load", "--count", "2", "--seed", "20263", "--yes", "--json", *server]
    name = str(cli(*load).json["run"])
    assert cli("undo", name, "--json").json["undone"] == 2
    purged = cli("undo", name, "--purge", "--json")
    assert purged.json["refused"] == []
    assert cli("status", name, "--json").json["state"] == "purged"
    again = cli(*load).json
    assert again["patients"]["created"] == 2  # type: ignore[index]
    assert cli("undo", str(again["run"]), "--purge", "--json").json["undone"] == 2


def test_one_machine_makes_and_another_loads(cli: Cli, server: list[str], tmp_path: Path) -> None:
    """By a folder, tables or FHIR."""
    for form in ("csv", "fhir"):
        folder = tmp_path / form
        made = cli("generate", "--count", "3", "--seed", "1", "--format", form, "--out", folder)
        assert made.code == 0, made.err
        loaded = cli("load", "--from", folder, "--yes", "--json", *server)
        assert loaded.code == 0, loaded.err
        assert cli("verify", "--json").json["differences"] == []
        assert cli("undo", "--json").code == 0


@pytest.mark.parametrize("form", ["csv", "fhir", "parquet"])
def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(
    form: str, cli: Cli, tmp_path: Path
) -> None:
    """In every file."""
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="needs the scale extra")
    asked = ["--count", "300", "--seed", "3", "--as-of", "2026-11-01", "--format", form]
    for workers in ("1", "3"):
        made = cli("generate", *asked, "--workers", workers, "--out", tmp_path / workers)
        assert made.code == 0, made.err
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert files
    for name in files:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()


def test_given_people_get_vitals_in_their_order(cli: Cli, tmp_path: Path) -> None:
    """One row each where one visit each is asked for."""
    people = tmp_path / "people.csv"
    people.write_text("sex,age_months\nF,300\nM,30\nF,5\n")
    out = tmp_path / "made"
    made = cli("generate", "--people", people, "--visits", "1", "--seed", "1", "--out", out)
    assert made.code == 0, made.err
    rows = [line.split(",") for line in (out / "vitals.csv").read_text().splitlines()]
    sex, months = rows[0].index("sex"), rows[0].index("age_months")
    assert [(row[sex], row[months]) for row in rows[1:]] == [("F", "300"), ("M", "30"), ("F", "5")]


def test_an_output_folder_that_holds_something_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    """It may be yesterday's work."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    refused = cli("generate", "--count", "1", "--out", tmp_path / "out")
    assert refused.code == 2
    assert "not empty" in refused.err


def test_a_dry_run_writes_nothing(cli: Cli, server: list[str], own_home: Path) -> None:
    """Neither on the server nor here."""
    foretold = cli("load", "--count", "4", "--seed", "5", "--dry-run", "--json", *server).json
    assert foretold["patients"] == 4
    assert not (own_home / "runs").exists()


def test_check_and_setup_say_what_is_there(cli: Cli, server: list[str]) -> None:
    """A second setup makes nothing."""
    checked = cli("check", "--json", *server)
    assert checked.code == 0
    assert checked.json["ready"] is True
    assert cli("setup", "--json", *server).json["made"] == []


def test_a_bare_server_is_refused_with_all_that_it_lacks(cli: Cli, tmp_path: Path) -> None:
    """And nothing is written to it."""
    with Sandbox.start(tmp_path / "bare", clock=lambda: datetime.now(UTC)) as bare:
        password = tmp_path / "password"
        password.write_text(PASSWORD + "\n")
        named = ["--url", bare.url, "--user", USER, "--password-file", str(password)]
        refused = cli("load", "--count", "2", *named)
        assert refused.code == 3
        for missing in ("encounter type", "sbp_mmhg", "bridge setup"):
            assert missing in refused.err
        assert cli("check", *named).code == 3
        assert cli("setup", *named).code == 0
        assert cli("load", "--count", "2", *named).code == 0


def test_unmarked_patients_stop_a_script(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be somebody's real hospital."""
    with Sandbox.start(tmp_path / "hospital", clock=lambda: datetime.now(UTC)) as hospital:
        monkeypatch.setenv("BRIDGE_PASSWORD", PASSWORD)
        named = ["--url", hospital.url, "--user", USER]
        assert cli("setup", *named).code == 0
        _register_somebody(hospital.url, USER, PASSWORD)
        refused = cli("load", "--count", "1", *named)
        assert refused.code == 2
        assert "1 patient not marked as demo" in refused.err
        assert cli("load", "--count", "1", "--yes", *named).code == 0
        assert "1 patient not marked as demo" in cli("load", "--count", "1", *named).err


def test_whoever_says_yes_does_not_wait_until_patients_are_counted(
    cli: Cli, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server with hundreds of demo patients takes seconds to find them; `check` still asks."""
    monkeypatch.setenv("BRIDGE_PASSWORD", clinic.password)
    counting = ("/patient?q=true", "/Patient?_summary=count")
    with fault_proxy(clinic.url) as proxy:
        named = ["--url", proxy.url, "--user", clinic.user]
        loaded = cli("load", "--count", "1", "--visits", "1", "--yes", *named)
        assert loaded.code == 0, loaded.err
        assert "demo patients" not in loaded.err
        assert not [line for line in proxy.seen if any(part in line for part in counting)]
        assert "patients" in cli("check", *named).out
        assert [line for line in proxy.seen if any(part in line for part in counting)]


def _register_somebody(url: str, user: str, password: str) -> None:
    client = connector(url, user, password)()
    kind = load_mapping(None).profiles["bare"].identifier_type.uuid
    person = {
        "gender": "F",
        "birthdate": "1980-05-01",
        "names": [{"givenName": "Real", "familyName": "Person"}],
    }
    identifiers = [{"identifier": "10000A9", "identifierType": kind}]
    reply = client.create("patient", {"person": person, "identifiers": identifiers})
    assert reply.status == 201
    client.close()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["laod"], 2, "did you mean 'load'"),
        (["load", "--cuont", "3"], 2, "--count"),
        (["load", "--count", "0"], 2, "--count"),
        (["load", "--count", "many"], 2, "--count"),
        (["load", "--population", "kenia"], 2, "did you mean 'kenya'"),
        (["load", "--profile", "refap3"], 2, "did you mean 'refapp3'"),
        (["load", "--as-of", "yesterday"], 2, "write it like 2026-11-21"),
        (["load", "--as-of", "2999-01-01"], 2, "in the future"),
        (["load", "--visits", "6-1"], 2, "the fewer first"),
        (["load", "--visits", "x"], 2, "a range like 1-6"),
        (["load", "--workers", "none"], 2, "neither auto nor a number"),
        (["load", "--from", "nowhere"], 2, "nowhere: does not exist"),
        (["load", "--from", ".", "--seed", "1"], 2, "leave out --seed"),
        (["load", "--mapping", "missing.yaml"], 2, "missing.yaml"),
        (["load", "--url", "nonsense"], 2, "http://localhost/openmrs"),
        (["load", "--url", "http://127.0.0.1:9/openmrs"], 2, "--user"),
        (["load", "--url", "http://127.0.0.1:9/openmrs", "--user", "a"], 2, "BRIDGE_PASSWORD"),
        (["generate", "--count", "1"], 2, "--out"),
        (["generate", "--out", "x", "--people", "missing.csv"], 2, "missing.csv"),
        (["resume"], 2, "bridge load"),
        (["load", "--url", ""], 2, "http://localhost/openmrs"),
        (["load", "--count", "1" + "0" * 20], 2, "--count"),
        (["load", "--as-of", "0001-06-01"], 2, "before 1900"),
        (["load", "--from", "x" * 300], 2, "cannot be read"),
        (["verify", "run-x"], 2, "no run is called 'run-x'"),
        (["undo", "run-x", "--marked", "run-x"], 2, "not both"),
        (["mapping", "check", "missing.yaml"], 2, "missing.yaml"),
        (["load", "--population", "./missing.yaml"], 2, "missing.yaml: cannot be read"),
        (["generate", "--out", "x", "--population", "missing.yaml"], 2, "missing.yaml"),
        (["population", "check", "missing.yaml"], 2, "missing.yaml"),
        (["population", "show", "kenia"], 2, "did you mean 'kenya'"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(
    arguments: list[str], code: int, words: str, cli: Cli
) -> None:
    """What, where, and what to do; the exit code says whose fault."""
    done = cli(*arguments)
    assert done.code == code
    assert words in done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1, done.err


def test_a_server_that_cannot_be_used_is_exit_3(
    cli: Cli, server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing there, something else there, or a wrong password, which is never shown."""
    with scripted_server(lambda request: None) as gone:
        address = gone.url
    away = cli("check", "--url", address, "--user", "admin")
    assert (away.code, "nothing listens there" in away.err) == (3, True)

    there = Answer(301, b"", {"Location": "https://elsewhere.org/openmrs/ws/rest/v1/session"})
    with scripted_server(lambda request: there) as moved:
        sent_on = cli("check", "--url", moved.url, "--user", "admin")
    assert (sent_on.code, "redirects to https://elsewhere.org" in sent_on.err) == (3, True)

    elsewhere = cli("check", "--url", server[1].removesuffix("/openmrs"), "--user", "admin")
    assert (elsewhere.code, "/openmrs" in elsewhere.err) == (3, True)

    monkeypatch.setenv("BRIDGE_PASSWORD", "not-the-password")
    refused = cli("load", "--count", "1", *server)
    assert refused.code == 3
    assert "does not accept user" in refused.err
    assert "not-the-password" not in refused.err + refused.out


def test_a_damaged_record_is_exit_4_and_told_in_the_list(
    cli: Cli, server: list[str], own_home: Path
) -> None:
    """With the way to get rid of its patients."""
    name = str(cli("load", "--count", "2", "--yes", "--json", *server).json["run"])
    record = own_home / "runs" / f"{name}.db"
    whole = record.read_bytes()
    record.write_bytes(whole[:100] + b"\x00" * 200 + whole[300:])
    for command in ("resume", "verify", "undo", "status"):
        done = cli(command, name)
        assert done.code == 4, done
        assert f"undo --marked {name}" in done.err
    assert "damaged" in cli("runs").out
    assert cli("undo", "--marked", name, "--json", *server).json["undone"] == 2


def test_a_run_is_not_continued_with_other_inputs(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """What differs is said."""
    folder = tmp_path / "made"
    cli("generate", "--count", "2", "--out", folder)
    assert cli("load", "--from", folder, "--yes", *server).code == 0
    patients = folder / "patients.csv"
    patients.write_text(patients.read_text().replace(",Kenya", ",Uganda"))
    refused = cli("verify")
    assert refused.code == 4
    assert "other inputs (digest was" in refused.err
    assert cli("undo").code == 0


def test_a_folder_without_rights_is_said_so(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent. (A file stands where the folder should be: root may write all.)"""
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("BRIDGE_HOME", str(blocked))
    done = cli("load", "--count", "1")
    assert done.code == 2
    assert str(blocked) in done.err
    assert len(done.err.splitlines()) == 1


def test_a_measurement_that_is_not_mapped_is_left_out_and_said(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """It is no error."""
    text = default_mapping_path().read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    start = text.index("  muac_cm:")
    own.write_text(text[:start] + text[text.index("  sbp_mmhg:") :], encoding="utf-8")
    checked = cli("mapping", "check", own)
    assert "left out by a load: muac_cm" in checked.out
    load = ["load", "--count", "2", "--yes", "--json", *server]
    with_own = cli(*load, "--seed", "77", "--mapping", own)
    assert with_own.code == 0
    assert "left out: muac_cm" in with_own.err
    assert cli("verify", "--json").json["differences"] == []
    own.write_text(own.read_text(encoding="utf-8").replace("unit: kg", "unit: Kg"))
    changed = cli("verify")
    assert changed.code == 4
    assert "another mapping" in changed.err
    assert cli("undo").code == 0


def test_a_population_of_one_s_own_is_checked_loaded_and_held_to(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """The record keeps the file's place and what stood in it."""
    text = (FOLDER / "haiti.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("city_village: Delmas", "city_village: Derrière"), encoding="utf-8")
    checked = cli("population", "check", own)
    assert (checked.code, checked.err) == (0, "")
    assert "Haiti, 11,402,204 people of 2020, 30 towns" in checked.out
    assert re.search(
        r"sbp_mmhg +F +20-24 +112.6 ± 9.6, 3.4 % high +113.\d, 3.[3-7] % high", checked.out
    )

    load = ["load", "--count", "2", "--yes", "--json", *server]
    assert cli(*load, "--seed", "78", "--population", own).code == 0
    assert cli("verify", "--json").json["differences"] == []
    own.write_text(text, encoding="utf-8")
    changed = cli("verify")
    assert changed.code == 4
    assert f"another population: {own} has changed since" in changed.err
    assert cli("undo").code == 0


def test_people_of_a_table_are_loaded_and_held_to(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """What was made of the table is said; a run stays that of the very people."""
    own = tmp_path / "people.csv"
    table = "Patient ID;gender;born;given_name\n7;Female;1990-05;Amina\n8;M;1985;\n"
    own.write_text(table, encoding="utf-8")
    load = ["load", "--seed", "79", "--visits", "1", "--yes", "--json", *server]
    loaded = cli(*load, "--people", own)
    assert (loaded.code, loaded.json["patients"]["created"]) == (0, 2)
    assert "column gender read as sex" in loaded.err
    assert "only one name: the other is a dot" in loaded.err
    assert cli("verify", "--json").json["differences"] == []
    own.write_text(table.replace("1985", "1986"), encoding="utf-8")
    changed = cli("verify")
    assert changed.code == 4
    assert f"other people: {own} has changed since" in changed.err
    assert cli("undo").code == 0
    refused = cli(*load, "--people", own, "--from", tmp_path)
    assert refused.code == 2
    assert "leave out --seed, --visits, --people" in refused.err


def test_the_same_file_gives_the_same_patients_wherever_it_stands(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And under a path relative to the working folder."""
    text = (FOLDER / "us.yaml").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = []
    for name in ("one.yaml", "other.yaml"):
        Path(name).write_text(text, encoding="utf-8")
        done = cli(
            "generate",
            "--count",
            "3",
            "--seed",
            "1",
            "--as-of",
            "2026-06-01",
            "--population",
            name,
            "--out",
            tmp_path / f"of-{name}",
        )
        assert done.code == 0, done.err
        made.append((tmp_path / f"of-{name}" / "patients.csv").read_bytes())
    assert made[0] == made[1]


def test_a_population_that_looks_odd_is_doubted_and_one_that_cannot_be_is_refused(
    cli: Cli, tmp_path: Path
) -> None:
    """The first may be true."""
    text = (FOLDER / "haiti.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("female: 592092", "female: 59209"), encoding="utf-8")
    odd = cli("population", "check", own)
    assert odd.code == 0
    assert "female of 5-9 and 10-14 are" in odd.err
    own.write_text(text.replace("mean: 158.8", "mean: 58.8"), encoding="utf-8")
    refused = cli("population", "check", own)
    assert refused.code == 2
    assert re.search(r"own.yaml: .*no calibration gives height_cm of F 20-24", refused.err)
    own.write_text(text.replace("survey_until: 8", "survey_untill: 8"), encoding="utf-8")
    misspelt = cli("population", "check", own)
    assert misspelt.code == 2
    assert re.search(r"own.yaml:\d+: vitals.figures.2.survey_untill: unknown key", misspelt.err)


def test_a_population_is_shown_with_its_sources(cli: Cli) -> None:
    """Ages, names, places, hours and vitals."""
    shown = cli("population", "show", "haiti")
    assert shown.code == 0
    for words in ("0-4", "█", "Port-au-Prince", "Widelene", "08:00 to 16:00", "118.6", "NCD Risk"):
        assert words in shown.out
    assert shown.out.count("Source: ") == 10
    assert re.search(r"24-35 +M +33.3 ± 4.1 +2.9 ± 1.5", shown.out)
    assert "No published figures" in cli("population", "show", "us").out
    assert "nepal: Nepal" in cli("population", "show").out


def test_the_mapping_is_exported_as_a_concept_map(cli: Cli) -> None:
    """To standard output, whole."""
    exported = cli("mapping", "export")
    assert exported.code == 0
    assert json.loads(exported.out)["resourceType"] == "ConceptMap"


def test_a_value_that_the_server_would_refuse_is_left_out_and_counted(
    cli: Cli, server: list[str], tmp_path: Path
) -> None:
    """Of patients that come from files; the patient comes without it."""
    folder = tmp_path / "made"
    cli("generate", "--count", "2", "--seed", "3", "--out", folder)
    observations = folder / "observations.csv"
    lines = observations.read_text().splitlines()
    place = next(n for n, line in enumerate(lines) if ",height_cm," in line)
    lines[place] = lines[place].rpartition(",")[0] + ",99999"
    observations.write_text("\n".join(lines) + "\n")
    (folder / "vitals.csv").unlink()
    loaded = cli("load", "--from", folder, "--yes", "--json", *server)
    assert loaded.code == 0
    assert loaded.json["patients"]["created"] == 2
    left_out = loaded.json["left_out"]
    assert left_out == {"outside what the server takes": 1}
    assert loaded.json["read"] == loaded.json["sent"] + 1 + loaded.json["rejected"]


def test_limits_that_leave_no_value_are_said_so(cli: Cli, tmp_path: Path) -> None:
    """Not tried for ever."""
    own = tmp_path / "own.yaml"
    text = default_mapping_path().read_text(encoding="utf-8")
    own.write_text(text.replace("plausible: [10, 272]", "plausible: [10, 40]"), encoding="utf-8")
    refused = cli("load", "--count", "5", "--mapping", own)
    assert refused.code == 2
    assert "the limits of height_cm, 10 to 40" in refused.err


def test_a_mark_that_was_retired_is_said_so(cli: Cli, tmp_path: Path) -> None:
    """Setup makes nothing anew under the uuid of a retired thing."""
    with Sandbox.start(tmp_path / "clinic", clock=lambda: datetime.now(UTC)) as clinic:
        password = tmp_path / "password"
        password.write_text(PASSWORD + "\n")
        named = ["--url", clinic.url, "--user", USER, "--password-file", str(password)]
        assert cli("setup", *named).code == 0
        client = connector(clinic.url, USER, PASSWORD)()
        mark = read_tags(client)[RUN_TAG]
        client.void("personattributetype", mark.uuid, "no longer wanted")
        refused = cli("load", "--count", "1", *named)
        assert refused.code == 3
        assert "retired on the server" in refused.err


def test_a_load_goes_on_when_its_reader_has_gone(own_home: Path) -> None:
    """`bridge load | head -1`: what was asked for is made, and the exit code is the load's."""
    command = [sys.executable, "-m", "bridge", "load", "--count", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as load:
        assert load.stdout
        load.stdout.close()
        assert load.wait(60) == 0
    shown = subprocess.run(
        [sys.executable, "-m", "bridge", "status", "--json"], capture_output=True, check=True
    )
    assert json.loads(shown.stdout)["patients"]["created"] == 2


def test_a_stop_while_a_run_is_planned_says_how_to_resume(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record is there already."""

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bridge.runs.loading.plan_run", interrupted)
        stopped = cli("load", "--count", "2")
    assert stopped.code == 130
    assert "bridge resume run-" in stopped.err
    assert cli("resume").code == 0
    assert cli("verify", "--json").json["patients"] == 2
