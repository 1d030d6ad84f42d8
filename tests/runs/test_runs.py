"""The application without a terminal: requests in, results out, errors with what can be done."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bridge.delivery.ledger import Ledger, Phase, State
from bridge.errors import Hint, InputError, Interrupted, LedgerError, Remedy
from bridge.openmrs.transport import Server
from bridge.runs.cohorts import CohortRequest
from bridge.runs.examining import ServerRequest, check_server, set_server_up
from bridge.runs.loading import estimate, load
from bridge.runs.preparing import LoadRequest
from bridge.runs.records import choose_record, list_runs
from bridge.runs.reporting import report
from bridge.runs.resuming import ResumeRequest, resume
from bridge.runs.surroundings import Stop
from bridge.runs.undoing import UndoMarkedRequest, UndoRequest, undo, undo_by_mark
from bridge.runs.verifying import VerifyRequest, verify
from bridge.sandbox import PASSWORD, USER, Sandbox
from tests.runs.surroundings import NOW, Heard, surroundings

PATIENTS = CohortRequest(chart="vitals", count=4, seed=7, visits=(1, 1))
LOAD = LoadRequest(patients=PATIENTS)


def test_a_run_from_its_estimate_to_its_undo(tmp_path: Path) -> None:
    """Each call says what came of it; the clock that was given is the only one."""
    heard = Heard()
    around = surroundings(tmp_path, heard)
    expected = estimate(LOAD, around)
    assert list_runs(around.records) == []
    loaded = load(LOAD, around)
    assert (loaded.created, loaded.already_there, loaded.rejected) == (4, 0, 0)
    assert expected.observations == loaded.summary.totals.observations
    assert heard.runs == [(loaded.run, Phase.PLANNING)]
    assert heard.advanced == 4
    assert loaded.summary.run.created.startswith(NOW.isoformat(timespec="seconds")[:19])
    assert loaded.summary.run.recipe.as_of == date(2026, 11, 21)
    read_back = verify(VerifyRequest(sample=2), around)
    assert (read_back.patients, read_back.is_whole) == (2, True)
    assert "4 patients, 4 visits" in report(None, around.records).sentence
    taken = undo(UndoRequest(), around)
    assert (taken.run, taken.undone, taken.is_whole) == (loaded.run, 4, True)


def test_chance_that_is_given_gives_the_same_run_twice(tmp_path: Path) -> None:
    """Seeds and names are drawn from what whoever calls brings."""
    asked = LoadRequest(patients=CohortRequest(chart="vitals", count=1, visits=(1, 1)))
    runs = [load(asked, surroundings(tmp_path / name, Heard())).summary.run for name in "ab"]
    assert (runs[0].name, runs[0].recipe) == (runs[1].name, runs[1].recipe)


def test_a_load_that_is_stopped_can_be_gone_on_with(tmp_path: Path) -> None:
    """What is under way is finished, and the error says how to go on."""
    stop = Stop()
    around = surroundings(tmp_path, Heard(on_advance=stop.set), stop=stop)
    asked = LoadRequest(
        patients=CohortRequest(chart="vitals", count=30, seed=7, visits=(1, 1)), workers=1
    )
    with pytest.raises(Interrupted) as caught:
        load(asked, around)
    (path,) = around.records.glob("*.db")
    assert caught.value.hints == (Hint(Remedy.RESUME, path.stem),)
    with Ledger.open(path) as ledger:
        assert 0 < ledger.counts()[State.CREATED] < 30
    heard = Heard()
    again = resume(ResumeRequest(), surroundings(tmp_path, heard))
    assert (again.run, again.created) == (path.stem, 30)
    assert heard.runs == [(path.stem, Phase.LOADING)]


def test_a_stop_before_the_first_write_leaves_nothing(tmp_path: Path) -> None:
    """No record either."""
    stop = Stop()
    stop.set()
    with pytest.raises(Interrupted, match="before anything was written"):
        load(LOAD, surroundings(tmp_path, Heard(), stop=stop))
    assert not (tmp_path / "runs").exists()


def test_patients_that_may_be_real_are_asked_about(tmp_path: Path) -> None:
    """Of whoever listens; a no is an error that names the option."""
    with Sandbox.start(tmp_path / "hospital", clock=lambda: datetime.now(UTC)) as hospital:
        server = Server(url=hospital.url, user=USER, password=PASSWORD)
        heard = Heard()
        around = surroundings(tmp_path, heard, server)
        here = ServerRequest(server=hospital.url)
        assert not check_server(here, around).is_ready
        assert set_server_up(here, around).made
        assert set_server_up(here, around).made == []
        assert check_server(here, around).is_ready
        _register_somebody(around, hospital.url)
        asked = LoadRequest(
            patients=CohortRequest(chart="vitals", count=1, seed=7), server=hospital.url
        )
        with pytest.raises(InputError, match="1 patient not marked as demo") as caught:
            load(asked, around)
        assert caught.value.hints == (Hint(Remedy.OPTION, "among_others"),)
        assert len(heard.questions) == 1
        assert not (tmp_path / "runs").exists()
        loaded = load(asked, surroundings(tmp_path, Heard(answer=True), server))
        assert loaded.created == 1
        taken = undo_by_mark(UndoMarkedRequest(run=loaded.run, server=hospital.url), around)
        assert (taken.undone, taken.left) == (1, 0)


def _register_somebody(around: object, url: str) -> None:
    from tests.end_to_end.test_cli import _register_somebody

    _register_somebody(url, USER, PASSWORD)


def test_a_run_whose_population_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    """Its patients would be others; the error says so and what to do."""
    from bridge.synthesis.population import FOLDER

    own = tmp_path / "own.yaml"
    text = (FOLDER / "kenya.yaml").read_text(encoding="utf-8")
    own.write_text(text, encoding="utf-8")
    around = surroundings(tmp_path, Heard())
    patients = CohortRequest(chart="vitals", count=1, seed=7, visits=(1, 1), population=str(own))
    loaded = load(LoadRequest(patients=patients), around)
    own.write_text(text.replace("Kenya", "Kenia"), encoding="utf-8")
    with pytest.raises(LedgerError, match="another population") as caught:
        verify(VerifyRequest(), around)
    assert caught.value.hints == (Hint(Remedy.PUT_BACK, loaded.run),)
    assert undo(UndoRequest(), around).undone == 1


def test_the_newest_run_that_fits_is_chosen(tmp_path: Path) -> None:
    """Damaged records are listed last, and never chosen."""
    around = surroundings(tmp_path, Heard())
    with pytest.raises(InputError, match="no run is on record") as caught:
        choose_record(around.records, None)
    assert caught.value.hints == (Hint(Remedy.LOAD),)
    names = [load(LOAD, around).run for _ in range(2)]
    broken = around.records / "run-0.db"
    broken.write_bytes(b"nothing")
    assert [path.stem for path, _ in list_runs(around.records)][:2] == names[::-1]
    assert choose_record(around.records, None).stem == names[1]
    with pytest.raises(InputError, match="is unfinished") as caught:
        resume(ResumeRequest(), around)
    assert caught.value.hints == (Hint(Remedy.LIST_RUNS),)
