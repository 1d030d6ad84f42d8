"""`bridge setup --content` and `bridge content export`, as a person and a script use them."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Cli
from tests.lib.fake_dictionary import FakeDictionary
from tests.lib.scripted_server import scripted_server
from tests.lib.small_content import concept_uuid, write_small_content

CLASSES = ("Test", "Misc", "ConvSet", "Frequency")


@pytest.fixture
def fake() -> FakeDictionary:
    """Make a server as OpenMRS is after its first start."""
    fake = FakeDictionary(("order.drugRoutesConceptUuid",))
    for name in CLASSES:
        fake.add("conceptclass", uuid=f"8d4{name:0<33}", name=name)
    return fake


@pytest.fixture
def named(
    fake: FakeDictionary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """Serve it, and return the flags that name it and the small package."""
    package = write_small_content(tmp_path / "package")
    monkeypatch.setenv("BRIDGE_PASSWORD", "Admin123")
    with scripted_server(fake) as server:
        yield ["--url", server.url, "--user", "admin", "--package", str(package)]


def test_a_dry_run_lists_and_writes_nothing(
    cli: Cli, named: list[str], fake: FakeDictionary
) -> None:
    """Neither of the content nor of what a load hangs on."""
    said = cli("setup", "--content", "--dry-run", "--profile", "bare", *named)
    assert said.code == 0
    assert "0 there already, 30 to be made" in said.out
    assert "answer Haemoglobin of Last result" in said.out
    assert fake.posts == 0


def test_a_script_must_say_yes(cli: Cli, named: list[str], fake: FakeDictionary) -> None:
    """Nobody is there to be asked."""
    said = cli("setup", "--content", "--profile", "bare", *named)
    assert said.code == 2
    assert "say --yes" in said.err
    assert "concept" not in fake.things or concept_uuid(32) not in fake.things["concept"]


def test_the_content_is_made_and_told(cli: Cli, named: list[str], fake: FakeDictionary) -> None:
    """To a script as one object; the second time there is nothing to do."""
    flags = ["setup", "--content", "--yes", "--json", "--profile", "bare", *named]
    first = cli(*flags)
    assert first.code == 0
    assert "concept Malarial smear" in first.json["made"]
    assert first.json["content"]["missing"]["concept"] == 8
    assert first.json["refused"] == {}
    posts = fake.posts
    again = cli(*flags).json
    assert again["made"] == []
    assert again["content"]["missing"] == {}
    assert fake.posts == posts


def test_what_a_set_lacks_is_added_only_on_request(
    cli: Cli, named: list[str], fake: FakeDictionary
) -> None:
    """And said either way."""
    fake.add("concept", uuid=concept_uuid(8), names=[{"name": "Blood tests"}], setMembers=[])
    flags = ["--profile", "bare", "--yes", *named]
    said = cli("setup", "--content", *flags)
    assert "Blood tests lacks (--extend adds them): Haemoglobin, Malarial smear" in said.out
    assert fake.things["concept"][concept_uuid(8)]["setMembers"] == []
    assert cli("setup", "--content", "--extend", *flags).code == 0
    assert len(fake.things["concept"][concept_uuid(8)]["setMembers"]) == 2


def test_extend_needs_content(cli: Cli, named: list[str]) -> None:
    """It would do nothing by itself."""
    assert cli("setup", "--extend", *named).code == 2


def test_the_whole_package_is_exported(cli: Cli, tmp_path: Path) -> None:
    """Bridge's own, with no server asked; a folder that holds something is left alone."""
    folder = tmp_path / "configuration"
    assert cli("content", "export", str(folder)).code == 0
    with (folder / "concepts" / "bridge.csv").open(encoding="utf-8", newline="") as file:
        assert "Attachment" in {row["Fully specified name:en"] for row in csv.DictReader(file)}
    assert cli("content", "export", str(folder)).code == 2
    o3 = tmp_path / "o3"
    assert cli("content", "export", "--format", "o3-config", str(o3)).code == 0
    assert "@openmrs/esm-patient-tests-app" in json.loads(
        (o3 / "bridge-o3-config.json").read_text()
    )


def test_only_what_a_server_lacks_is_exported(cli: Cli, named: list[str], tmp_path: Path) -> None:
    """After setup that is what REST cannot make."""
    assert cli("setup", "--content", "--yes", "--profile", "bare", *named).code == 0
    folder = tmp_path / "configuration"
    assert cli("content", "export", *named, str(folder)).code == 0
    written = {str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.is_file()}
    assert written == {
        "concepts/bridge.csv",
        "conceptsets/bridge.csv",
        "globalproperties/bridge.xml",
    }
