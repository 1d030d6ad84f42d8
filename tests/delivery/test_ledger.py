"""The record of a run: what it keeps, and when it must not be believed."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bridge.delivery.ledger import (
    Ledger,
    Phase,
    Progress,
    Row,
    Run,
    State,
    find_record,
    read_summary,
    records,
)
from bridge.errors import InputError, LedgerError

RUN = Run("run-1", "2026-11-21T07:00:00+00:00", "http://x/openmrs", "admin", 1200, {"seed": 1}, {})


def begun(folder: Path, rows: int = 1200) -> Path:
    """Make a record with rows and close it."""
    with Ledger.create(folder, RUN) as ledger:
        ledger.write(Row(n, f"uuid-{n}", identifiers=(f"id-{n}",)) for n in range(1, rows + 1))
        return ledger.path


def test_what_is_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    """The run, its rows and its progress."""
    path = begun(tmp_path)
    with Ledger.open(path) as ledger:
        ledger.note(Progress(Phase.COMPLETE, 10, 1, 2.5))
        ledger.write([Row(3, "uuid-3", State.REJECTED, reason="too tall")])
    with Ledger.open(path) as ledger:
        assert ledger.run == RUN
        assert ledger.progress == Progress(Phase.COMPLETE, 10, 1, 2.5)
        assert [row.number for row in ledger.rows()] == list(range(1, 1201))
        assert next(ledger.rows(State.REJECTED)).reason == "too tall"
        assert ledger.counts() == {State.PLANNED: 1199, State.REJECTED: 1}


def test_rows_may_be_written_while_they_are_read(tmp_path: Path) -> None:
    """As a load does: each is seen once."""
    with Ledger.open(begun(tmp_path)) as ledger:
        seen = 0
        for row in ledger.rows(State.PLANNED, State.SENT):
            ledger.write([row._replace(state=State.CREATED)])
            seen += 1
        assert seen == 1200


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Two would make every patient twice as often as asked for."""
    path = begun(tmp_path)
    with (
        Ledger.open(path),
        pytest.raises(LedgerError, match="another bridge is working on run run-1"),
    ):
        Ledger.open(path)
    Ledger.open(path).__exit__(None, None, None)


def test_a_run_can_be_looked_at_while_it_goes_on(tmp_path: Path) -> None:
    """Without taking hold of it."""
    path = begun(tmp_path)
    with Ledger.open(path) as ledger:
        ledger.write([Row(1, "uuid-1", State.CREATED, visits=2, encounters=2, observations=18)])
        seen = read_summary(path)
    assert seen.counts[State.CREATED] == 1
    assert seen.totals == (2, 2, 18)


@pytest.mark.parametrize("old", [b"id-777", b"uuid-500", b'"seed": 1'])
def test_a_flipped_byte_is_found(tmp_path: Path, old: bytes) -> None:
    """And the way to get rid of the run's patients is told."""
    path = begun(tmp_path)
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, old[:-1] + bytes([old[-1] ^ 1]), 1))
    for read in (Ledger.open, read_summary):
        with pytest.raises(LedgerError, match="undo --marked run-1"):
            read(path)


def test_a_flip_anywhere_is_found_or_changes_nothing(tmp_path: Path) -> None:
    """Whether the record is opened or only looked at."""
    path = begun(tmp_path, rows=60)
    whole, seen = path.read_bytes(), read_summary(path)
    with Ledger.open(path) as ledger:
        rows = list(ledger.rows())
    chance = random.Random(5)
    places = [at for at, byte in enumerate(whole) if byte]  # most of the file is free room
    found = 0
    for at in [*range(100), *chance.sample(places, 150)]:
        flipped = bytearray(whole)
        flipped[at] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        try:
            assert read_summary(path) == seen, at
            with Ledger.open(path) as ledger:
                assert (list(ledger.rows()), ledger.counts()) == (rows, seen.counts), at
        except LedgerError as error:
            assert "undo --marked run-1" in str(error)
            found += 1
    assert found > 100


@pytest.mark.parametrize("read", [Ledger.open, read_summary])
def test_a_patient_that_is_no_longer_in_the_record_is_missed(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    """Each row has its own checksum, so a whole row could go unnoticed."""
    path = begun(tmp_path)
    with Ledger.open(path) as ledger:
        ledger.note(Progress(Phase.LOADING))
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM patient WHERE number = 7")
        database.commit()
    with pytest.raises(LedgerError, match="1199 of 1200"):
        read(path)


def test_a_record_that_was_refused_is_let_go(tmp_path: Path) -> None:
    """Or its damaged pages would be remembered when a good copy is put in its place."""
    path = begun(tmp_path)
    whole = path.read_bytes()
    for content in (b"x" + whole[1:], whole.replace(b"id-777", b"id-778")):
        path.write_bytes(content)
        with pytest.raises(LedgerError):
            Ledger.open(path)
        path.write_bytes(whole)
        with Ledger.open(path) as ledger:
            assert ledger.counts() == {State.PLANNED: 1200}


@pytest.mark.parametrize(
    "content",
    [b"", b"a text\n", b"not a database at all" * 100, b"SQLite format 3\0" + bytes(5000)],
)
def test_what_is_no_record_is_damaged(tmp_path: Path, content: bytes) -> None:
    """Not a traceback."""
    path = tmp_path / "run-1.db"
    path.write_bytes(content)
    for read in (Ledger.open, read_summary):
        with pytest.raises(LedgerError, match="damaged"):
            read(path)


def test_a_record_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    """As after a disk failure."""
    path = begun(tmp_path)
    whole = path.read_bytes()
    for size in (1, 99, 100, 4095, 4096, 20_000, 20_480, len(whole) - 4096, len(whole) - 1):
        path.write_bytes(whole[:size])
        for read in (Ledger.open, read_summary):
            with pytest.raises(LedgerError, match="damaged"):
                read(path)


def test_a_kill_while_a_record_is_begun_leaves_no_record(tmp_path: Path) -> None:
    """Only a draft, which the next one replaces."""
    draft = tmp_path / "run-1.draft"
    with sqlite3.connect(draft) as half:
        half.execute("CREATE TABLE run (x)")
    half.close()
    assert records(tmp_path) == []
    begun(tmp_path)
    assert [path.stem for path in records(tmp_path)] == ["run-1"]
    assert not draft.exists()


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    """A row that cannot be written takes the others with it."""

    def rows() -> object:
        yield Row(1, "changed")
        raise RuntimeError

    with Ledger.open(begun(tmp_path)) as ledger:
        with pytest.raises(RuntimeError):
            ledger.write(rows())  # type: ignore[arg-type]
        assert next(ledger.rows()).uuid == "uuid-1"


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    """With what to do."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputError, match="BRIDGE_HOME"):
        begun(blocked / "runs")


def test_an_unknown_run_is_told_with_the_newest(tmp_path: Path) -> None:
    """A name is easily mistyped."""
    begun(tmp_path, rows=1)
    with pytest.raises(InputError, match="run-1"):
        find_record(tmp_path, "run-2")
    with pytest.raises(InputError, match="no run is called"):
        find_record(tmp_path, "../run-1")
