"""What verify finds when somebody has changed on the server what was loaded."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.chart import Patient
from bridge.delivery.kinds.kind import expect
from bridge.delivery.ledger import Ledger
from bridge.delivery.requests import Found
from bridge.delivery.verify import compare
from bridge.openmrs.client import Client
from bridge.sandbox import Sandbox
from tests.lib.loading import connector, differences, prepare, proceed, start
from tests.lib.patients import HandmadeCohort

COHORT = HandmadeCohort(1, visits=1)
(PATIENT,) = COHORT.patients([1])
(VISIT,) = PATIENT.visits
(ENCOUNTER,) = VISIT.encounters

Connect = Callable[[], Client]


class StillThere(HandmadeCohort):
    """Patients whose visit goes on."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Leave the end of the visit open."""
        for patient in super().patients(numbers):
            (visit,) = patient.visits
            yield replace(patient, visits=(replace(visit, stop=None),))


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Serve a server that is ready for a load."""
    with Sandbox.start(tmp_path / "server", clock=lambda: datetime.now(UTC)) as sandbox:
        connect = connector(sandbox.url)
        prepare(connect)
        yield connect


def loaded(folder: Path, connect: Connect, cohort: HandmadeCohort = COHORT) -> Ledger:
    """Load a cohort, all of which is as it was meant."""
    ledger = start(folder, cohort, connect)
    proceed(ledger, cohort, connect)
    assert differences(ledger, cohort, connect) == []
    return ledger


@pytest.mark.parametrize(
    ("resource", "uuid", "field", "value"),
    [
        ("visit", VISIT.uuid, "startDatetime", "2026-03-02T08:59:00.000+0000"),
        ("visit", VISIT.uuid, "stopDatetime", "2026-03-02T10:00:01.000+0000"),
        ("encounter", ENCOUNTER.uuid, "encounterDatetime", "2026-03-02T09:11:00.000+0000"),
    ],
)
def test_another_time_of_a_visit_or_an_encounter_is_a_difference(
    resource: str, uuid: str, field: str, value: str, connect: Connect, tmp_path: Path
) -> None:
    """Its observations may all be right."""
    with loaded(tmp_path / "home", connect) as ledger:
        with closing(connect()) as client:
            client.update(resource, uuid, {field: value})
        found = differences(ledger, COHORT, connect)
    times = [one for one in found if one.what == f"{field} of {resource} {uuid}"]
    assert [one.found for one in times] == [str(datetime.fromisoformat(value))]
    if resource == "visit":  # of an encounter that moves the observations are made anew
        assert found == times


def test_a_visit_that_was_to_go_on_and_is_over_is_a_difference(
    connect: Connect, tmp_path: Path
) -> None:
    """A patient who is meant to be there is gone."""
    cohort = StillThere(1, visits=1)
    with loaded(tmp_path / "home", connect, cohort) as ledger:
        with closing(connect()) as client:
            stop = {"stopDatetime": "2026-03-02T11:00:00.000+0000"}
            client.update("visit", VISIT.uuid, stop)
        (found,) = differences(ledger, cohort, connect)
    assert found.what == f"stopDatetime of visit {VISIT.uuid}"
    assert (found.meant, found.found) == ("None", "2026-03-02 11:00:00+00:00")


@pytest.mark.parametrize(
    ("meant", "found", "differing"),
    [
        ("kg", "Kg", 0),
        ("DEG C", "°C", 0),
        ("mmHg", "mm[Hg]", 0),
        ("kg", "lbs", 1),
        ("kg", None, 1),
        ("DEG C", "DEG F", 1),
        ("cm", "mm", 1),
        ("CUT-OFF OD", "CUT-OFF OD", 0),
        ("CUT-OFF OD", "index", 1),
    ],
)
def test_a_unit_is_compared_by_what_it_means(meant: str, found: str | None, differing: int) -> None:
    """Not by how it is written."""
    expected = {"a": expect("observations", "a", "weight_kg", unit=meant)}
    read = [Found("a", "weight", {"unit": found})]
    assert len(list(compare(1, expected, read, {}))) == differing
