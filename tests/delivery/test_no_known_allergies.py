"""No known allergies: said once, read back, and never of a patient who has some."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bridge.chart import Allergy, NoKnownAllergies, Patient
from bridge.delivery.kinds.no_known_allergies import CONTRADICTED, NAME, SAID_BEFORE
from bridge.delivery.ledger import State
from bridge.identity import part_uuid
from bridge.openmrs.client import Client
from bridge.sandbox import Sandbox
from tests.lib.loading import connector, differences, found, prepare, proceed, start, take_off
from tests.lib.patients import HandmadeCohort
from tests.lib.whole_charts import PENICILLINS


def said(owner: str, source: str = "AllergyIntolerance/none") -> NoKnownAllergies:
    """Say that somebody has none."""
    return NoKnownAllergies(uuid=part_uuid(owner, source), source=source)


class Ward(HandmadeCohort):
    """The first has none, the second is said to have none and has one, the third says nothing."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        for patient in super().patients(numbers):
            none = said(patient.uuid)
            some = Allergy(uuid=part_uuid(patient.uuid, "a"), allergen=PENICILLINS, kind="drug")
            twice = said(patient.uuid, "AllergyIntolerance/again")
            entries = {1: (none, twice), 2: (none, some)}.get(patient.number, ())
            yield replace(patient, entries=entries)


def test_it_is_said_read_back_and_taken_off(tmp_path: Path) -> None:
    """Of the right patient; what contradicts it or repeats it is left out and counted."""
    with Sandbox.start(tmp_path / "server", clock=lambda: datetime.now(UTC)) as sandbox:
        connect = connector(sandbox.url)
        prepare(connect)
        _make_other(connect)
        ward = Ward(3, visits=1)
        with start(tmp_path, ward, connect) as ledger:
            rows = sorted(proceed(ledger, ward, connect))
            assert [row.state for row in rows] == [State.CREATED] * 3
            assert [row.counts.get(NAME, 0) for row in rows] == [1, 0, 0]
            assert [row.left_out for row in rows] == [{SAID_BEFORE: 1}, {CONTRADICTED: 1}, {}]
            assert differences(ledger, ward, connect) == []
            with closing(connect()) as client:
                assert [client.has_no_known_allergies(row.uuid) for row in rows] == [
                    True,
                    False,
                    False,
                ]
                # Somebody adds an allergy to the list: what was said holds no longer.
                body = {"allergen": {"allergenType": "DRUG", "codedAllergen": OTHER, **WORDS}}
                client.create(f"patient/{rows[0].uuid}/allergy", body)
            (changed,) = differences(ledger, ward, connect)
            assert (changed.patient, changed.found) == (1, "nothing")
            assert all(not undone.refused for undone in take_off(ledger, connect))
            assert found(ledger.run.name, connect) == []


OTHER = {"uuid": "5622AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
WORDS = {"nonCodedAllergen": "Dust"}


def _make_other(connect: Callable[[], Client]) -> None:
    """Make the concept by which OpenMRS tells an allergen in words, where it is missing."""
    name = {"name": "Other non-coded", "locale": "en", "conceptNameType": "FULLY_SPECIFIED"}
    kinds = {"datatype": DATATYPE_NA, "conceptClass": CLASS_MISC}
    with closing(connect()) as client:
        client.create("concept", {**OTHER, "names": [name], **kinds})
        assert client.fetch("concept", OTHER["uuid"], "uuid")


DATATYPE_NA = "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f"
CLASS_MISC = "8d492774-c2cc-11de-8d13-0010c6dffd0f"
