"""Concepts that bridge names itself: asked for, and what hangs on a missing one is left out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.chart import Allergy, CodeableConcept, DrugOrder, Note, Patient
from bridge.delivery.ledger import State
from bridge.delivery.target import ALLERGY_CONCEPTS
from bridge.identity import part_uuid
from bridge.mapping.resolve import NO_CONCEPT
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome
from bridge.sandbox import Sandbox
from tests.lib.chart_loading import read_goal, start_charts
from tests.lib.loading import connector, differences, prepare, proceed
from tests.lib.patients import HandmadeCohort

DUST = CodeableConcept((), "House dust")
SNEEZING = CodeableConcept((), "Sneezing")


class Ward(HandmadeCohort):
    """Everybody has one allergy in words, which is severe and makes them sneeze."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        for patient in super().patients(numbers):
            name = part_uuid(patient.uuid, "a")
            allergy = Allergy(
                uuid=name,
                allergen=DUST,
                kind="environment",
                reactions=(SNEEZING,),
                severity="severe",
                source="AllergyIntolerance/a",
            )
            yield replace(patient, entries=(allergy,))


@pytest.mark.parametrize(
    ("known", "left_out"),
    [
        ((), {NO_CONCEPT: 1}),
        (("severe",), {NO_CONCEPT: 1}),
        (("other",), {f"{NO_CONCEPT} (a part)": 1}),
        (("other", "severe"), {}),
    ],
)
def test_what_the_server_lacks_never_costs_a_patient(
    known: tuple[str, ...], left_out: dict[str, int], tmp_path: Path
) -> None:
    """The server's concepts are asked for before the load; it refuses all that names another."""
    with Sandbox.start(tmp_path / "server", clock=lambda: datetime.now(UTC)) as sandbox:
        connect = connector(sandbox.url)
        prepare(connect)
        for meaning in known:
            _make_concept(connect, meaning)
        goal = read_goal(connect)
        assert set(goal.target.allergy_concepts) == set(known)
        ward = Ward(1, visits=1)
        with start_charts(tmp_path, ward, goal, sandbox.url) as ledger:
            (row,) = proceed(ledger, ward, connect)
            assert (row.state, row.reason) == (State.CREATED, "")
            assert row.left_out == left_out
            assert row.counts.get("allergies", 0) == ("other" in known)
            assert differences(ledger, ward, connect) == []


class Wordy(HandmadeCohort):
    """Everybody has a note and a drug in words."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        for patient in super().patients(numbers):
            (visit,) = patient.visits
            first, *others = visit.encounters
            name = part_uuid(patient.uuid, "d")
            drug = DrugOrder(uuid=name, drug=DUST, start=first.time, source="MedicationRequest/d")
            note = Note(uuid=part_uuid(patient.uuid, "n"), text="Well.", source="Observation/n")
            first = replace(first, entries=(*first.entries, drug, note))
            yield replace(patient, visits=(replace(visit, encounters=(first, *others)),))


def test_neither_a_note_nor_a_drug_in_words_costs_a_patient(tmp_path: Path) -> None:
    """Where the setting names a concept that is not there, and where there is none of a note."""
    with Sandbox.start(tmp_path / "server", clock=lambda: datetime.now(UTC)) as sandbox:
        connect = connector(sandbox.url)
        prepare(connect)
        with closing(connect()) as client:
            lacking = {"property": "drugOrder.drugOther", "value": ALLERGY_CONCEPTS["other"]}
            assert client.create("systemsetting", lacking).outcome is Outcome.ACCEPTED
        goal = read_goal(connect)
        ward = Wordy(1, visits=1)
        with start_charts(tmp_path, ward, goal, sandbox.url) as ledger:
            (row,) = proceed(ledger, ward, connect)
            assert (row.state, row.reason) == (State.CREATED, "")
            assert row.left_out == {NO_CONCEPT: 2}
            assert differences(ledger, ward, connect) == []


def test_another_concept_may_be_named_for_those_in_words(tmp_path: Path) -> None:
    """It is a setting of OpenMRS's; a setting without a value is none."""
    with Sandbox.start(tmp_path / "server", clock=lambda: datetime.now(UTC)) as sandbox:
        connect = connector(sandbox.url)
        prepare(connect)
        _make_concept(connect, "other")
        with closing(connect()) as client:
            setting = {"property": "allergy.concept.otherNonCoded", "value": ""}
            assert client.create("systemsetting", setting).outcome is Outcome.ACCEPTED
        assert read_goal(connect).target.allergy_concepts == {}


def _make_concept(connect: Callable[[], Client], meaning: str) -> None:
    name = {"name": meaning, "locale": "en", "conceptNameType": "FULLY_SPECIFIED"}
    kinds = {"datatype": DATATYPE_NA, "conceptClass": CLASS_MISC}
    with closing(connect()) as client:
        client.create("concept", {"uuid": ALLERGY_CONCEPTS[meaning], "names": [name], **kinds})


DATATYPE_NA = "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f"
CLASS_MISC = "8d492774-c2cc-11de-8d13-0010c6dffd0f"
