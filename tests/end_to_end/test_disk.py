"""A disk that is full, may not be written, or gives back other bytes: one clear line, no loss."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Cli, Clinic
from tests.lib.loading import found

COUNT = 30

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
from bridge.__main__ import main
main()
"""


def run_as_root(*command: str) -> None:
    """Do what only root may, or skip."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting takes root on Linux")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no mounting here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(own_home: Path) -> Iterator[Path]:
    """Make the data directory a disk with little room."""
    own_home.mkdir()
    run_as_root("mount", "-t", "tmpfs", "-o", "size=400k", "none", str(own_home))
    yield own_home
    run_as_root("umount", str(own_home))


def assert_one_line(err: str) -> None:
    """No traceback, no second message."""
    last = [line for line in err.splitlines() if line.startswith("bridge: ")]
    assert len(last) == 1, err
    assert "Traceback" not in err


def test_a_full_disk_stops_a_load_which_goes_on_when_there_is_room(
    cli: Cli, server: list[str], small_disk: Path, clinic: Clinic
) -> None:
    """With what to do, and nothing lost."""
    full = cli("load", "--count", str(COUNT), "--yes", *server)
    assert full.code == 2, full
    assert_one_line(full.err)
    assert "the disk is full: free some room" in full.err
    (record,) = (small_disk / "runs").glob("*.db")
    assert f"bridge resume {record.stem}" in full.err
    run_as_root("mount", "-o", "remount,size=64m", str(small_disk))
    assert_whole(cli, record.stem, clinic)


def assert_whole(cli: Cli, run: str, clinic: Clinic) -> None:
    """Resume, read back and undo."""
    resumed = cli("resume", run, "--json")
    assert resumed.code == 0, resumed.err
    patients = resumed.json["patients"]
    assert patients == {"requested": COUNT, "created": COUNT, "already_there": 0, "rejected": 0}
    assert len(found(run, clinic.connect)) == COUNT
    assert cli("verify", run).code == 0
    assert cli("undo", run, "--json").json["undone"] == COUNT


def load_limited(size: int, *flags: str) -> subprocess.CompletedProcess[str]:
    """Load in a process whose files may not grow beyond `size` bytes."""
    load = ["load", "--count", str(COUNT), "--yes", *flags]
    command = [sys.executable, "-c", LIMITED.format(size=size), *load]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_record_that_may_not_grow_stops_a_load_which_goes_on_later(
    cli: Cli, server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """As under a quota."""
    limited = load_limited(150_000, *server)
    assert limited.returncode == 2, limited.stderr
    assert_one_line(limited.stderr)
    assert "is the disk full" in limited.stderr
    (record,) = (own_home / "runs").glob("*.db")
    assert f"bridge resume {record.stem}" in limited.stderr
    assert_whole(cli, record.stem, clinic)


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_record_that_cannot_be_begun_is_an_input_error(
    server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """Nothing is sent, and nothing is left behind that looks like a run."""
    limited = load_limited(5_000, *server)
    assert limited.returncode == 2, limited.stderr
    assert_one_line(limited.stderr)
    assert not list((own_home / "runs").glob("*.db"))


@pytest.fixture
def read_only(own_home: Path) -> Iterator[Callable[[], None]]:
    """Return what takes the right to write the data directory away, from root as well."""
    taken = []

    def take() -> None:
        if os.geteuid() != 0:
            own_home.chmod(0o500)
            return
        run_as_root("mount", "--bind", str(own_home), str(own_home))
        taken.append(own_home)
        run_as_root("mount", "-o", "remount,bind,ro", str(own_home))

    yield take
    for path in taken:
        run_as_root("umount", str(path))
    own_home.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="has other rights")
def test_a_folder_that_may_not_be_written_is_told_by_its_name(
    cli: Cli, server: list[str], own_home: Path, read_only: Callable[[], None]
) -> None:
    """By every command; and none of them harms what is in it."""
    run = str(cli("load", "--count", "2", "--yes", "--json", *server).json["run"])
    before = (own_home / "runs" / f"{run}.db").read_bytes()
    read_only()
    commands = [[name, run] for name in ("status", "resume", "verify", "undo")]
    for command in (["load", "--count", "1", "--yes", *server], *commands):
        refused = cli(*command)
        assert refused.code == 2, refused
        assert_one_line(refused.err)
        assert str(own_home) in refused.err
        assert "BRIDGE_HOME" in refused.err
    assert (own_home / "runs" / f"{run}.db").read_bytes() == before


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "a text": lambda whole: b"this is no record\n",
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "without its last page": lambda whole: whole[:-4096],
    "another file": lambda whole: random.Random(1).randbytes(len(whole)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_refused_by_every_command(
    damage: str, cli: Cli, server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """With the command that takes the patients off without it."""
    run = str(cli("load", "--count", "2", "--yes", "--json", *server).json["run"])
    record = own_home / "runs" / f"{run}.db"
    record.write_bytes(DAMAGES[damage](record.read_bytes()))
    for command in ("status", "resume", "verify", "undo"):
        refused = cli(command, run)
        assert refused.code == 4, refused
        assert_one_line(refused.err)
        assert f"bridge undo --marked {run}" in refused.err
    listed = json.loads(cli("runs", "--json").out)["runs"]
    assert [(one["run"], "damaged" in one) for one in listed] == [(run, True)]
    assert cli("undo", "--marked", run, "--json", *server).json["undone"] == 2
    assert found(run, clinic.connect) == []


def test_a_flipped_byte_is_refused_or_harmless(
    cli: Cli, server: list[str], own_home: Path, clinic: Clinic
) -> None:
    """Never a traceback, never a wrong count; and `undo --marked` needs no record."""
    run = str(cli("load", "--count", "2", "--yes", "--json", *server).json["run"])
    status = cli("status", run, "--json").json
    record = own_home / "runs" / f"{run}.db"
    whole = record.read_bytes()
    chance = random.Random(3)
    refusals = 0
    for at in chance.sample([at for at, byte in enumerate(whole) if byte], 30):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << chance.randrange(8)
        record.write_bytes(flipped)
        seen = cli("status", run, "--json")
        if seen.code == 4:
            assert_one_line(seen.err)
            assert f"bridge undo --marked {run}" in seen.err
            assert cli("verify", run).code == cli("resume", run).code == 4
            refusals += 1
            continue
        assert seen.json == status, at
        for command in ("verify", "resume"):
            # What lies in no row's way until the record is written to again may be found then.
            seen = cli(command, run)
            assert seen.code in (0, 4), (at, seen)
            if seen.code == 4:
                assert_one_line(seen.err)
    assert refusals > 10
    assert cli("undo", "--marked", run, "--json", *server).json["undone"] == 2
    assert found(run, clinic.connect) == []
