"""A class loaded, read back, gone on with and taken off, as one library call each."""

from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.delivery.ledger import State, read_summary
from bridge.delivery.report import command_of
from bridge.errors import InputError, Interrupted, LedgerError
from bridge.recipe import ScenarioRecipe
from bridge.runs.cohorts import CohortRequest
from bridge.runs.loading import LoadResult, load
from bridge.runs.preparing import LoadRequest
from bridge.runs.resuming import ResumeRequest, resume
from bridge.runs.surroundings import SANDBOX, Stop, Surroundings
from bridge.runs.undoing import UndoRequest, undo
from bridge.runs.verifying import VerifyRequest, verify
from tests.lib.loading import found
from tests.runs.surroundings import NOW, Heard, surroundings
from tests.scenarios.cases import SHORT, spoilt

TWO = ("measles-outbreak", "diabetic-foot")
"""Three patients for each learner: sister and brother, and a man with an allergy."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sandbox, which gets its content by the first load."""
    return tmp_path_factory.mktemp("class")


def asked(**patients: object) -> LoadRequest:
    """Return a request for a class."""
    return LoadRequest(patients=CohortRequest(**patients), workers=2)  # type: ignore[arg-type]


def going_on(around: Surroundings, run: str) -> int:
    """Count the visits of a run's patients that go on."""
    with (
        around.open_server(SANDBOX, None) as connection,
        closing(connection.connect()) as client,
    ):
        uuids = found(run, connection.connect)
        return sum(
            1
            for uuid in uuids
            for _ in client.every("visit", "uuid", patient=uuid, includeInactive="false")
        )


def left(around: Surroundings, run: str) -> int:
    """Count a run's patients on the server."""
    with around.open_server(SANDBOX, None) as connection:
        return len(found(run, connection.connect))


def test_two_cases_for_three_learners_are_loaded_read_back_and_taken_off(home: Path) -> None:
    """Nothing is left out by a server with the content, and nothing is left after the undo."""
    around = surroundings(home, Heard())
    loaded = load(asked(scenarios=TWO, learners=3), around)
    summary = loaded.summary
    assert (loaded.created, loaded.rejected) == (9, 0)
    assert summary.tally.left_out == {}
    counts = summary.tally.counts
    assert counts["allergies"] == 3
    assert counts["relationships"] == 3
    assert counts["immunizations"] == 3 * (3 + 3 + 4 + 1 + 1)
    recipe = summary.run.recipe
    assert isinstance(recipe, ScenarioRecipe)
    assert (recipe.scenarios, recipe.as_of, len(recipe.learners)) == (TWO, date(2026, 11, 21), 3)
    assert "bridge load --scenario measles-outbreak,diabetic-foot --learners 3" in command_of(
        summary
    )
    read_back = verify(VerifyRequest(), around)
    assert (read_back.patients, read_back.differences) == (9, ())
    assert load(asked(scenarios=TWO, learners=4), around).already_there == 9
    for run in (None, loaded.run):
        assert undo(UndoRequest(run=run), around).is_whole
    assert left(around, loaded.run) == 0


def test_a_class_stops_before_the_decision_and_can_be_gone_on_with(home: Path) -> None:
    """A stopped load makes the same patients the next day; their last visits go on."""
    stop = Stop()
    request = asked(scenarios=("stroke",), learners=4, until="decision")
    with pytest.raises(Interrupted):
        load(request, surroundings(home, Heard(on_advance=stop.set), stop=stop))
    tomorrow = NOW + timedelta(days=1)
    around = surroundings(home, Heard(), clock=lambda: tomorrow)
    loaded = resume(ResumeRequest(), around)
    assert loaded.created == 4
    assert going_on(around, loaded.run) == 4
    counts = loaded.summary.tally.counts
    assert (counts["drug orders"], counts["diagnoses"]) == (4, 4)  # of the visit before
    read_back = verify(VerifyRequest(), around)
    assert (read_back.patients, read_back.differences) == (4, ())
    assert undo(UndoRequest(), around).is_whole
    assert left(around, loaded.run) == 0


def test_names_of_a_file_are_the_run_s_and_stand_in_the_address(home: Path, tmp_path: Path) -> None:
    """They are read once: whoever changes the file later changes nothing."""
    names = tmp_path / "names.csv"
    names.write_text("name\nMary Wanjiru\nJohn Otieno\n", encoding="utf-8")
    around = surroundings(home, Heard())
    loaded = _of_own_case(home, tmp_path, around, learners_file=names)
    assert loaded.created == 4
    recipe = loaded.summary.run.recipe
    assert isinstance(recipe, ScenarioRecipe)
    assert recipe.learners == ("Mary Wanjiru", "John Otieno")
    with (
        around.open_server(SANDBOX, None) as connection,
        closing(connection.connect()) as client,
    ):
        people = [
            client.fetch("person", uuid, "display,preferredAddress:(address1)")
            for uuid in found(loaded.run, connection.connect)
        ]
    said = sorted(one["preferredAddress"]["address1"] for one in people if one)
    assert said == ["John Otieno"] * 2 + ["Mary Wanjiru"] * 2
    names.write_text("name\nSomebody Else\n", encoding="utf-8")
    assert verify(VerifyRequest(), around).is_whole
    assert undo(UndoRequest(), around).is_whole


def test_a_file_that_has_changed_since_is_said(home: Path, tmp_path: Path) -> None:
    """Its patients would be others; they can be taken off all the same."""
    around = surroundings(home, Heard())
    loaded = _of_own_case(home, tmp_path, around)
    case = tmp_path / "short.yaml"
    case.write_text(spoilt("38.6", "38.9"), encoding="utf-8")
    with pytest.raises(LedgerError, match="digests was"):
        verify(VerifyRequest(), around)
    assert undo(UndoRequest(), around).undone == 2
    (path,) = around.records.glob(f"{loaded.run}.db")
    assert read_summary(path).counts[State.UNDONE] == 2


def test_a_case_without_that_visit_is_said_before_anything_is_written(tmp_path: Path) -> None:
    """And so is a name that is none."""
    around = surroundings(tmp_path, Heard())
    with pytest.raises(InputError, match="anaphylaxis: there is no visit-3"):
        load(asked(scenarios=("stroke", "anaphylaxis"), until="visit-3"), around)
    with pytest.raises(InputError, match="did you mean 'stroke'"):
        load(asked(scenarios=("strok",)), around)
    assert list(around.records.glob("*.db")) == []


def _of_own_case(
    home: Path, folder: Path, around: Surroundings, learners_file: Path | None = None
) -> LoadResult:
    case = folder / "short.yaml"
    case.write_text(SHORT, encoding="utf-8")
    as_of = datetime.date(NOW)
    return load(asked(scenarios=(str(case),), as_of=as_of, learners_file=learners_file), around)
