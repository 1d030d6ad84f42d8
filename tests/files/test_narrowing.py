"""Charts made shorter: what still held on the first day stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.chart import CodeableConcept, DrugOrder, Encounter, Note, Quantity, Visit
from bridge.files.narrowing import since
from tests.lib.patients import make_patient

PRESCRIBED = datetime(2015, 3, 2, 9, tzinfo=UTC)
FIRST = date(2020, 1, 1)


def order(uuid: str, **end: object) -> DrugOrder:
    """Return a prescription of 2015 that ends as it is told, or never."""
    drug = CodeableConcept((), "Amlodipine")
    return replace(DrugOrder(uuid=uuid, drug=drug, start=PRESCRIBED), **end)  # type: ignore[arg-type]


def seen(uuid: str, *entries: DrugOrder | Note) -> Visit:
    """Return a visit of 2015 with a note and with prescriptions."""
    met = Encounter(uuid=f"{uuid}e", time=PRESCRIBED, entries=(Note(uuid="n", text="-"), *entries))
    return Visit(
        uuid=uuid, start=PRESCRIBED, stop=PRESCRIBED + timedelta(hours=1), encounters=(met,)
    )


@pytest.mark.parametrize(
    ("end", "is_kept"),
    [
        ({}, True),
        ({"stopped": datetime(2020, 1, 1, 9, tzinfo=UTC)}, True),
        ({"stopped": datetime(2019, 12, 31, 9, tzinfo=UTC)}, False),
        ({"duration": Quantity(5, "a")}, True),
        ({"duration": Quantity(30, "d")}, False),
    ],
)
def test_a_drug_that_was_still_taken_stays_in_its_visit(
    end: dict[str, object], is_kept: bool
) -> None:
    """With nothing else of that time; a visit without one goes."""
    old = seen("v", order("o", **end))
    narrowed = since(replace(make_patient(1), visits=(old, seen("w"))), FIRST)
    kept = [e.uuid for visit in narrowed.visits for one in visit.encounters for e in one.entries]
    assert kept == (["o"] if is_kept else [])
    assert [visit.uuid for visit in narrowed.visits] == (["v"] if is_kept else [])
