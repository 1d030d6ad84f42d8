"""The account of a run: each kind of entry is counted, and nothing that was read is lost in it."""

from pathlib import Path

from bridge.delivery.account import account_of, changes_of, entries_of
from bridge.delivery.ledger import (
    RESOURCES,
    FilesAccount,
    Ledger,
    Row,
    State,
    Summary,
    read_summary,
    read_with_history,
)
from bridge.delivery.report import render
from tests.lib.records import run

FILES = FilesAccount(
    read=40,
    left_out={"not part of a chart": 5, "no concept on the server": 1},
    parts_left_out={"before --since": 2},
    rejected={"has no date of birth": 4},
    patients_rejected=1,
    rejected_patients=("Patient/9: has no date of birth <b>",),
)
WHOLE = Row(
    1,
    "uuid-1",
    State.CREATED,
    visits=1,
    encounters=2,
    observations=6,
    counts={"conditions": 2, "allergies": 1, "values rounded to whole numbers": 3, RESOURCES: 12},
    left_out={"no concept on the server": 2, "answer has no concept on the server (a part)": 1},
)
REFUSED = Row(2, "uuid-2", State.REJECTED, reason="too tall", counts={RESOURCES: 7})
WAITING = Row(3, "uuid-3")


def seen(folder: Path, *rows: Row, files: FilesAccount | None = FILES) -> Summary:
    """Return what the record of a run says."""
    with Ledger.create(folder, run(files=files)) as ledger:
        ledger.write(list(rows))
        return read_summary(ledger.path)


def test_all_that_was_read_is_sent_left_out_rejected_or_waits(tmp_path: Path) -> None:
    """The reader's and the server's refusals stand together; parts are not in the sum."""
    account = account_of(seen(tmp_path, WHOLE, REFUSED, WAITING))
    assert account.sent == 10
    assert account.left_out == {"not part of a chart": 5, "no concept on the server": 3}
    assert account.parts_left_out == {
        "before --since": 2,
        "answer has no concept on the server": 1,
    }
    assert account.rejected == 4 + 7
    assert account.not_sent == 40 - 10 - 8 - 11


def test_entries_are_told_from_values_that_were_changed(tmp_path: Path) -> None:
    """And from the number of resources; the most frequent kind comes first."""
    found = seen(tmp_path, WHOLE, REFUSED)
    assert list(entries_of(found).items()) == [
        ("observations", 6),
        ("conditions", 2),
        ("allergies", 1),
    ]
    assert changes_of(found) == {"rounded to whole numbers": 3}


def test_of_patients_that_bridge_made_nothing_was_read(tmp_path: Path) -> None:
    """There is no sum to make, and their values are entries too."""
    row = Row(1, "uuid-1", State.CREATED, visits=1, encounters=1, observations=9)
    found = seen(tmp_path, row, files=None)
    assert account_of(found).as_json == {"left_out": {}}
    assert entries_of(found) == {"observations": 9}


def test_the_report_draws_kinds_and_says_why_something_is_missing(tmp_path: Path) -> None:
    """A bar for each kind, a row for each reason, names of files as harmless text."""
    with Ledger.create(tmp_path, run(files=FILES)) as ledger:
        ledger.write([WHOLE, REFUSED, WAITING])
        page = " ".join(render(*read_with_history(ledger.path)).split())
    assert '<span>conditions</span><i><u style="width: 33.33%"></u></i><b>2</b>' in page
    assert "3 (rounded to whole numbers)" in page
    assert "Of 40 resources in the files <b>10</b> were sent, <b>8</b> left out" in page
    assert '<td>4</td><td class="words">has no date of birth</td>' in page
    assert "the server refuses the patient, see below" in page
    assert "Patient/9: has no date of birth &lt;b&gt;" in page
    assert "1 patient of the files cannot be made" in page
    assert "no patient here is real" not in page


def test_a_load_of_vital_signs_needs_no_chart_of_kinds(tmp_path: Path) -> None:
    """One bar says nothing."""
    row = Row(1, "uuid-1", State.CREATED, visits=1, encounters=1, observations=9)
    with Ledger.create(tmp_path, run()) as ledger:
        ledger.write([row])
        page = render(*read_with_history(ledger.path))
    assert 'id="loaded"' not in page
    assert "no patient here is real" in page
