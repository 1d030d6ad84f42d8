"""Patients who are there when they are loaded: `--active N`."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.chart import completed_months
from bridge.delivery.ledger import Ledger, State, read_summary
from bridge.errors import Hint, InputError, Interrupted, Remedy
from bridge.mapping.loading import load_mapping
from bridge.recipe import FilesRecipe, GeneratedRecipe
from bridge.runs.cohorts import CohortRequest
from bridge.runs.loading import load
from bridge.runs.preparing import LoadRequest
from bridge.runs.resuming import ResumeRequest, resume
from bridge.runs.surroundings import SANDBOX, Stop, Surroundings
from bridge.runs.undoing import UndoRequest, undo
from bridge.runs.verifying import VerifyRequest, verify
from tests.lib.fhir import Body, bundle, coded, encounter, observation, patient
from tests.runs.surroundings import NOW, Heard, surroundings

PATIENTS = CohortRequest(count=30, seed=7, visits=(1, 2), active=12, chart="vitals")
LOAD = LoadRequest(patients=PATIENTS, workers=1)


def active_visits(around: Surroundings) -> int:
    """Count the visits on the server that go on, as O3's list of active visits does."""
    with (
        around.open_server(SANDBOX, None) as connection,
        closing(connection.connect()) as client,
    ):
        return sum(1 for _ in client.every("visit", "uuid", includeInactive="false"))


def test_a_load_with_active_visits_can_be_gone_on_with_the_next_day(tmp_path: Path) -> None:
    """The moment is the run's: the patients stay who they were begun as."""
    stop = Stop()
    with pytest.raises(Interrupted):
        load(LOAD, surroundings(tmp_path, Heard(on_advance=stop.set), stop=stop))
    (path,) = (tmp_path / "runs").glob("*.db")
    recipe = read_summary(path).run.recipe
    assert isinstance(recipe, GeneratedRecipe)
    assert (recipe.active, recipe.now) == (12, NOW)
    tomorrow = NOW + timedelta(days=1)
    around = surroundings(tmp_path, Heard(), clock=lambda: tomorrow)
    assert resume(ResumeRequest(), around).created == 30
    assert active_visits(around) == 12
    read_back = verify(VerifyRequest(), around)
    assert (read_back.patients, read_back.differences) == (30, ())
    with Ledger.open(path) as ledger:
        assert ledger.counts() == {State.CREATED: 30}
    assert undo(UndoRequest(), around).is_whole
    assert active_visits(around) == 0


def test_the_server_s_clock_says_when_now_is(tmp_path: Path) -> None:
    """Its day is today too, whatever day it is here."""
    behind = NOW - timedelta(minutes=3)
    server = surroundings(tmp_path, Heard(), clock=lambda: behind)
    asked = replace(LOAD, patients=replace(PATIENTS, count=2, active=1))
    here = replace(server, clock=lambda: NOW)
    loaded = load(asked, here)
    assert isinstance(loaded.summary.run.recipe, GeneratedRecipe)
    assert loaded.summary.run.recipe.now == behind
    assert (loaded.created, active_visits(here)) == (2, 1)


@pytest.mark.parametrize(
    "patients",
    [
        replace(PATIENTS, active=31),
        replace(PATIENTS, as_of=NOW.date() - timedelta(days=1)),
    ],
)
def test_what_cannot_be_active_is_said_before(tmp_path: Path, patients: CohortRequest) -> None:
    """More than there are, or on another day than today."""
    around = surroundings(tmp_path, Heard())
    with pytest.raises(InputError) as caught:
        load(replace(LOAD, patients=patients), around)
    assert caught.value.hints == (Hint(Remedy.OPTION, "active"),)
    assert not (tmp_path / "runs").exists()


BORN = "1990-05-01"


def bundles(folder: Path) -> Path:
    """Write a patient last seen in 2024, one who died then, and one who fell ill years later."""
    folder.mkdir()
    dead = patient(id="dead", birthDate=BORN, deceasedDateTime="2024-03-06T10:00:00Z")
    ill = patient(id="ill", birthDate=BORN)
    illness = {
        "resourceType": "Condition",
        "id": "i",
        "subject": {"reference": "Patient/ill"},
        "code": coded("140"),
        "onsetDateTime": "2025-05-05T10:00:00Z",
    }
    everybody = {
        "a": (dead, _seen("dead")),
        "b": (ill, _seen("ill"), illness),
        "c": (patient(birthDate=BORN), encounter(), observation(), _before()),
    }
    for name, resources in everybody.items():
        (folder / f"{name}.json").write_text(json.dumps(bundle(*resources)), encoding="utf-8")
    return folder


def _seen(owner: str) -> Body:
    return encounter(f"of-{owner}", subject={"reference": f"Patient/{owner}"})


def _before() -> Body:
    return encounter("before", start="2023-03-05T10:00:00Z", end="2023-03-05T10:30:00Z")


def test_of_files_whose_last_visit_is_the_last_thing_done_is_there(tmp_path: Path) -> None:
    """With --shift: the whole life moves along, so that ages stay."""
    asked = CohortRequest(files=bundles(tmp_path / "files"), shift=True, active=1)
    around = surroundings(tmp_path, Heard())
    loaded = load(LoadRequest(patients=asked), around)
    assert loaded.created == 3
    assert active_visits(around) == 1
    assert verify(VerifyRequest(), surroundings(tmp_path, Heard())).differences == ()
    recipe = loaded.summary.run.recipe
    assert isinstance(recipe, FilesRecipe)
    made = list(recipe.cohort(load_mapping(None)).patients([1, 2, 3]))
    (one,) = (patient for patient in made if any(v.stop is None for v in patient.visits))
    first, last = one.visits
    assert [met.time for met in last.encounters] == [NOW - timedelta(minutes=3)] * len(
        last.encounters
    )
    assert first.stop
    assert (last.start - first.start).days == 366
    assert completed_months(one.birthdate, TODAY) == (2024 - 1990) * 12 - 2


TODAY = NOW.date()


@pytest.mark.parametrize(("shift", "words"), [(True, "for 1 of its patients"), (False, "moved")])
def test_files_that_cannot_be_of_today_are_refused(tmp_path: Path, shift: bool, words: str) -> None:
    """Where too few can, or nobody said that dates may be moved."""
    asked = CohortRequest(files=bundles(tmp_path / "files"), shift=shift, active=2, as_of=TODAY)
    around = surroundings(tmp_path, Heard())
    with pytest.raises(InputError, match=words):
        load(LoadRequest(patients=asked), around)
    assert not (tmp_path / "runs").exists()
