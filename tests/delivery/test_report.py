"""The end report: what it says of a run, and what it does not pretend to know."""

import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from bridge.delivery.flags import Cell
from bridge.delivery.history import MOST_SAMPLES, Sample, Verification
from bridge.delivery.ledger import (
    Ledger,
    Phase,
    Progress,
    Row,
    State,
    read_summary,
    read_with_history,
)
from bridge.delivery.rate_chart import chart_of, duration, nice, steps_of
from bridge.delivery.report import command_of, figures, rejects, render, sentence, spans
from bridge.errors import LedgerError
from tests.lib.records import old_record, recipe, run

RUN = run(recipe=recipe(population="a file's name.yaml"))
NAUGHTY = "<script>alert(1)</script>"


def cell(band: str = "18-64 years", **changes: object) -> Cell:
    """Make 100 pulses, 30 of them outside the normal limits and 10 of those critical."""
    made = Cell(
        measurement="Pulse",
        unit="beats/min",
        band=band,
        values=100,
        judged=100,
        by_server=100,
        grown=0,
        low=5,
        high=15,
        critically_low=2,
        critically_high=8,
        normal=((60.0, 100.0),),
        critical=((45.0, 110.0),),
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def verification(**changes: object) -> Verification:
    """Make the outcome of a verification that found all of nine patients."""
    made = Verification(
        ended="2026-11-21T08:00:00+00:00",
        bridge="0.1.0",
        core="2.8.7",
        patients=9,
        on_server=9,
        observations=171,
        differences=0,
        shown=(),
        cells=(cell(),),
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def recorded(folder: Path, *kept: Verification, reason: str = "too tall", left: int = 0) -> Path:
    """Make the record of ten patients: one rejected, `left` not yet sent, the others made."""
    with Ledger.create(folder, RUN) as ledger:
        rows = [
            Row(n, f"uuid-{n}", State.CREATED, visits=2, encounters=2, observations=19)
            for n in range(1, 11)
        ]
        rows[3] = Row(4, "uuid-4", State.REJECTED, reason=reason)
        for n in range(10 - left, 10):
            rows[n] = Row(n + 1, f"uuid-{n + 1}")
        ledger.write(rows)
        for second in range(1, 5):
            progress = Progress(Phase.LOADING, second * 7, max(0, second - 3), float(second))
            done = second * 2, second * 40, second * 7, progress.retries
            ledger.note(progress, Sample(float(second), *done, 2 + second))
        if not left:
            ledger.note(progress._replace(phase=Phase.COMPLETE))
        for one in kept:
            ledger.keep(one)
        return ledger.path


def page_of(path: Path) -> str:
    """Return the page, its lines and blanks drawn together."""
    return " ".join(render(*read_with_history(path)).split())


def test_the_figures_are_those_of_the_record(tmp_path: Path) -> None:
    """The sentence, the cards, the rates and the flags."""
    seen, history = read_with_history(recorded(tmp_path, verification()))
    said = (
        "9 patients, 18 visits, 171 observations on http://x/openmrs in 4.0 s, 1 rejected, "
        "verified: every value equal."
    )
    assert sentence(seen, history.verification) == said
    found = json.loads(json.dumps(figures(seen, history)))
    assert [step["rate"] for step in found["rates"]] == [40, 40, 40, 40]
    assert [step["retries"] for step in found["rates"]] == [0, 0, 0, 1]
    assert found["rejected"] == [{"reason": "too tall", "numbers": [4]}]
    assert found["verification"]["flagged"]["critical"] == 10
    page = page_of(tmp_path / "run-1.db")
    for text in (
        said,
        "9 created, 1 rejected",
        "<b>30 %</b> are outside the normal limits; <b>10 %</b> of all are critical",
        'class="many"><b>30 %</b><small class="many">10 % critical</small>',
        "By all 9 patients",
        "OpenMRS core 2.8.7",
        "60-100",
        "≤45 ≥110",
        "</svg>",
    ):
        assert text in page, text


def test_the_page_needs_nothing_else_and_keeps_the_user_to_itself(tmp_path: Path) -> None:
    """It is sent around: no address to load from, nobody's name."""
    page = page_of(recorded(tmp_path, verification()))
    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page
    assert "boss" not in page


def test_what_is_hostile_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    """A server writes the reasons and what it found; a mapping names the measurements."""
    naughty = verification(
        differences=1,
        shown=((1, NAUGHTY, NAUGHTY, '"><img src=x>'),),
        core=NAUGHTY,
        cells=(cell(measurement=NAUGHTY), cell(measurement=NAUGHTY + "!", judged=0)),
    )
    page = page_of(recorded(tmp_path, naughty, reason=NAUGHTY))
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 6
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_without_a_verification_nothing_is_said_of_flags(tmp_path: Path) -> None:
    """But how to come to know."""
    path = recorded(tmp_path)
    page = page_of(path)
    assert "1 rejected, not verified yet." in page
    assert "is not known yet: <code>bridge verify run-1</code> first" in page
    assert "outside the normal limits" not in page
    assert figures(*read_with_history(path))["verification"] is None


def test_a_run_that_is_not_finished_says_so(tmp_path: Path) -> None:
    """With what is left, and how to go on."""
    page = page_of(recorded(tmp_path, left=3))
    assert "So far 6 of 10 patients, 12 visits" in page
    assert "3 patients to go: <code>bridge resume run-1</code>" in page


def test_a_run_that_was_hardly_begun_has_a_report(tmp_path: Path) -> None:
    """Nothing was sent, and nothing is divided by it."""
    with Ledger.create(tmp_path, RUN) as ledger:
        page = page_of(ledger.path)  # also while another process holds the record
    assert "10 patients for http://x/openmrs: none was sent yet" in page
    assert "10 patients to go" in page
    assert "Nothing was sent yet" in page


def test_a_run_that_was_undone_says_so(tmp_path: Path) -> None:
    """The verification was of before."""
    path = recorded(tmp_path, verification())
    with Ledger.open(path) as ledger:
        ledger.write([row._replace(state=State.UNDONE) for row in ledger.rows(State.CREATED)])
        ledger.note(ledger.progress._replace(phase=Phase.UNDONE))
    page = page_of(path)
    assert "10 patients asked for on http://x/openmrs; what was made of them was taken off" in page
    assert "That was before the run was undone" in page


def test_a_sample_is_called_a_sample(tmp_path: Path) -> None:
    """Of whom, in the sentence and beside the flags."""
    page = page_of(recorded(tmp_path, verification(patients=3)))
    assert "verified by 3 of 9 patients: every value equal" in page
    assert "By a random sample: 3 of 9 patients" in page


def test_patients_that_came_after_the_verification_are_told(tmp_path: Path) -> None:
    """As by a resume."""
    page = page_of(recorded(tmp_path, verification(patients=6, on_server=6)))
    assert "3 patients came since and were not read back" in page
    assert "verified by 6 of 9 patients" in page


def test_a_server_without_limits_flags_nothing(tmp_path: Path) -> None:
    """A bare one."""
    nothing = cell(judged=0, by_server=0, low=0, high=0, critically_low=0, critically_high=0)
    page = page_of(recorded(tmp_path, verification(cells=(nothing,))))
    assert "This server flags nothing" in page


def test_limits_by_age_are_told_from_the_same_for_all(tmp_path: Path) -> None:
    """And whose age they are: OpenMRS asks for that of today."""
    child = cell("1-4 years", normal=((86.0, 123.0),), grown=12)
    by_age = page_of(recorded(tmp_path / "a", verification(cells=(child, cell()))))
    assert "by the age on the day of the load, 2026-11-21" in by_age
    assert "12 values in the table were taken when the patient was in a younger band" in by_age
    alike = page_of(recorded(tmp_path / "b", verification()))
    assert "the same normal limits for everybody" in alike


def test_only_the_last_verification_is_kept(tmp_path: Path) -> None:
    """It is the one that tells of the server as it is."""
    path = recorded(tmp_path, verification(differences=3), verification())
    assert read_with_history(path)[1].verification == verification()


def test_a_record_of_an_older_bridge_opens(tmp_path: Path) -> None:
    """The report says what is not on record, and a verification can be kept from then on."""
    path = old_record(tmp_path, 0)
    page = page_of(path)
    assert "which did not keep it" in page
    assert "not on record for the load" in page
    assert read_summary(path).made == 7
    with Ledger.open(path) as ledger:
        ledger.keep(verification())
    assert read_with_history(path)[1].verification == verification()


@pytest.mark.parametrize("old", [b"2026-11-21T08:00", b"[3.0, 6, 120", b"beats/min"])
def test_a_flipped_byte_of_the_history_is_found(tmp_path: Path, old: bytes) -> None:
    """As one of a patient is."""
    path = recorded(tmp_path, verification())
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, old[:-1] + bytes([old[-1] ^ 1])))
    for read in (Ledger.open, read_with_history):
        with pytest.raises(LedgerError, match="damaged"):
            read(path)


def test_a_record_whose_history_was_lost_is_damaged(tmp_path: Path) -> None:
    """It is not taken for one of an older bridge."""
    path = recorded(tmp_path, verification())
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE verification")
    with pytest.raises(LedgerError, match="damaged"):
        read_with_history(path)


def test_samples_stay_few_and_even_however_long_a_run_takes(tmp_path: Path) -> None:
    """The record of a long run must stay small; the last sample is always there."""
    with Ledger.create(tmp_path, RUN) as ledger:
        for second in range(1, 2600):
            now = Sample(second + 0.3, second, second * 9, second * 2, 0, 3)
            ledger.note(Progress(Phase.PLANNING, seconds=now.seconds), now)
    samples = read_with_history(tmp_path / "run-1.db")[1].samples
    assert MOST_SAMPLES / 2 <= len(samples) <= MOST_SAMPLES
    assert samples[-1] == now
    gaps = {round(later.seconds - one.seconds) for one, later in pairwise(samples[:-1])}
    assert gaps == {8}


def test_a_long_run_is_drawn_in_few_steps() -> None:
    """Which together are all that was done."""
    samples = [Sample(n * 2.0, n, n * 100, n, n // 50, 1 + n % 4) for n in range(1, 400)]
    steps = steps_of(samples)
    assert len(steps) <= 81
    assert sum(step.rate * (step.end - step.begin) for step in steps) == pytest.approx(39900)
    assert sum(step.retries for step in steps) == 399 // 50
    chart = chart_of(samples)
    assert chart
    assert chart.rate.startswith("M0 100 L0.0 0.0 ")  # 50 a second are the top of the axis
    assert chart.rate.endswith("L1000 100 Z")
    assert [tick.text for tick in chart.rates] == ["0", "25", "50"]
    assert [tick.text for tick in chart.times] == ["0", "5", "10 min"]
    assert chart_of(samples[:2]) is None
    assert chart_of([]) is None


def test_a_run_that_stood_still_can_be_drawn() -> None:
    """Nothing was done, and nothing is divided by it."""
    chart = chart_of([Sample(float(n), 0, 0, n, n, 1) for n in range(1, 9)])
    assert chart
    assert len(chart.retries) == 8


def test_the_same_reasons_are_told_once() -> None:
    """Whatever uuid each names; with the patients' numbers."""
    one, other = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"
    found = rejects([(1, "gone"), (2, f"visit {one} is refused"), (5, f"visit {other} is refused")])
    assert [(group.reason, group.numbers) for group in found] == [
        ("visit … is refused", (2, 5)),
        ("gone", (1,)),
    ]
    assert spans([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
    assert spans(range(1, 1001)) == "1-60 and 940 more"


def test_the_command_makes_the_same_patients_again(tmp_path: Path) -> None:
    """With all that they follow from, fit for a shell."""
    assert command_of(read_summary(recorded(tmp_path))) == (
        "bridge load --count 10 --seed 7 --as-of 2026-11-21 "
        "--population 'a file'\"'\"'s name.yaml' --visits 1-6 --illness mixed --chart vitals"
    )


def test_durations_and_axes_are_round() -> None:
    """As a person would say them."""
    assert [duration(s) for s in (0.44, 9.96, 54.4, 59.7, 200, 7500)] == [
        "0.4 s",
        "10.0 s",
        "54 s",
        "1 min",
        "3 min 20 s",
        "2 h 5 min",
    ]
    assert [nice(value) for value in (0, 0.7, 23, 61, 740)] == [1, 0.8, 30, 80, 800]
