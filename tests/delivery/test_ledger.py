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
    State,
    find_record,
    read_summary,
    read_with_history,
    records,
)
from bridge.errors import Hint, InputError, LedgerError, Remedy
from tests.lib.records import INPUTS_OF_1, old_record, recipe, run

UNDO_MARKED = (Hint(Remedy.UNDO_MARKED, "run-1"),)
RUN = run(patients=1200, recipe=recipe(seed=1))


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


def test_what_is_counted_is_kept_with_the_rows(tmp_path: Path) -> None:
    """So a summary need not read them; a row that is written again is counted once."""
    with Ledger.open(begun(tmp_path, rows=3)) as ledger:
        for visits in (5, 2):
            row = Row(
                2,
                "uuid-2",
                State.CREATED,
                visits=visits,
                counts={"Condition": visits, "Allergy": 1},
                minted={"uuid of an appointment": "id of the server"},
                left_out={"no concept on the server": 3},
            )
            ledger.write([row, Row(4, "uuid-4"), Row(4, "uuid-4", State.REJECTED, reason="no")])
        assert list(ledger.rows())[1] == row
        tally = read_summary(ledger.path).tally
        assert tally == ledger.tally()
    assert tally.states == {State.PLANNED: 2, State.CREATED: 1, State.REJECTED: 1}
    assert tally.totals.visits == 2
    assert tally.counts == {"Condition": 2, "Allergy": 1}
    assert tally.left_out == {"no concept on the server": 3}


def test_a_look_reads_a_few_rows_however_many_there_are(tmp_path: Path) -> None:
    """A list of runs with millions of patients must not take minutes."""
    path = begun(tmp_path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE patient SET checksum = 0")  # were one read, it would be missed
        database.commit()
    assert read_summary(path).counts == {State.PLANNED: 1200}
    with pytest.raises(LedgerError, match="patient 1"):
        Ledger.open(path)


@pytest.mark.parametrize("version", [0, 1])
def test_a_record_of_an_older_bridge_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    """Where its run is gone on with; a look leaves the file as it is."""
    path = old_record(tmp_path, version)
    before = path.read_bytes()
    seen, _ = read_with_history(path)
    assert read_summary(path) == seen
    assert path.read_bytes() == before
    assert seen.run == run(bridge="0.1.0" if version else "")
    assert seen.counts == {State.CREATED: 3, State.ALREADY_THERE: 4, State.REJECTED: 3}
    assert seen.totals == (20, 20, 180)
    assert seen.reasons == ((2, "too tall"), (5, "too tall"), (8, "too tall"))
    for _ in range(2):
        with Ledger.open(path) as ledger:
            assert ledger.run == seen.run
            assert ledger.progress == Progress(Phase.COMPLETE, 40, 2, 4.5)
            first = next(ledger.rows(State.ALREADY_THERE))
            assert first == Row(
                1,
                "uuid-1",
                State.ALREADY_THERE,
                1,
                ("id-1",),
                visits=2,
                encounters=2,
                observations=18,
            )
            assert ledger.tally() == seen.tally
    assert read_summary(path) == seen


@pytest.mark.parametrize("read", [Ledger.open, read_with_history, read_summary])
def test_an_older_record_is_checked_before_it_is_changed(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    """A flipped byte would be written anew with a checksum that fits."""
    path = old_record(tmp_path, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE patient SET visits = 3 WHERE number = 4")
        database.commit()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"damaged \(patient 4\)"):
        read(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read", [Ledger.open, read_with_history, read_summary])
def test_a_record_that_cannot_be_brought_up_to_date_stays_as_it_is(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    """The bridge that wrote it still can go on with it."""
    inputs = {key: value for key, value in INPUTS_OF_1.items() if key != "limits"}
    path = old_record(tmp_path, 1, inputs)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another version of bridge") as caught:
        read(path)
    assert caught.value.hints == UNDO_MARKED
    assert path.read_bytes() == before


@pytest.mark.parametrize("read", [Ledger.open, read_with_history, read_summary])
def test_a_record_of_a_later_bridge_is_refused(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    """It may say what this one does not understand."""
    path = begun(tmp_path, rows=1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerError, match="version 99") as caught:
        read(path)
    assert caught.value.hints == UNDO_MARKED


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


@pytest.mark.parametrize("old", [b"id-777", b"uuid-500", b'"seed":1'])
def test_a_flipped_byte_is_found(tmp_path: Path, old: bytes) -> None:
    """And the way to get rid of the run's patients is told."""
    path = begun(tmp_path)
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, old[:-1] + bytes([old[-1] ^ 1]), 1))
    for read in (Ledger.open, read_with_history):
        with pytest.raises(LedgerError, match="damaged") as caught:
            read(path)
        assert caught.value.hints == UNDO_MARKED


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
            assert read_with_history(path)[0] == seen, at
            with Ledger.open(path) as ledger:
                assert (list(ledger.rows()), ledger.counts()) == (rows, seen.counts), at
        except LedgerError as error:
            assert error.hints == UNDO_MARKED
            found += 1
    assert found > 100


@pytest.mark.parametrize("read", [Ledger.open, read_with_history])
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
        for read in (Ledger.open, read_with_history, read_summary):
            if size == len(whole) - 1 and read is read_summary:
                continue  # the byte is none of those that a look reads
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
    with pytest.raises(InputError, match="another data directory") as caught:
        begun(blocked / "runs")
    assert caught.value.hints == (Hint(Remedy.OPTION, "home"),)


def test_an_unknown_run_is_told_with_the_newest(tmp_path: Path) -> None:
    """A name is easily mistyped."""
    begun(tmp_path, rows=1)
    with pytest.raises(InputError, match="run-1"):
        find_record(tmp_path, "run-2")
    with pytest.raises(InputError, match="no run is called"):
        find_record(tmp_path, "../run-1")
