"""Faults planted in a history are found, each by its own rule, and a sound one has none."""

from dataclasses import replace

import numpy as np
import pytest

from bridge.histories.events import EventTable
from bridge.quality.histories.impossible import impossible, unseen
from tests.quality.histories.tables import Said, before, clinic, table, visit

NAMES = {
    ("condition", "72892002"): "Normal pregnancy",
    ("condition", "P"): "Neoplasm of prostate",
    ("immunization", "119"): "rotavirus, monovalent",
    ("immunization", "121"): "zoster",
    ("immunization", "21"): "varicella",
    ("visit", "308646001"): "Death Certification",
}


def sound() -> list[Said]:
    """Return a history in which nothing is wrong."""
    return before(-900, ("condition", "P")) + visit(0, 5, "plain", ("drug", "d"), ("test", "t"))


def said(events: list[Said], sex: str = "M", **given: object) -> EventTable:
    """Return a sound person and one with these events, born in 2000."""
    return table([sound(), events], sex=["M", sex], display=NAMES, **given)  # type: ignore[arg-type]


FAULTS = {
    "a code of the other sex": said(visit(0, 1, "plain", ("condition", "72892002"))),
    "a vaccine at an age outside all schedules": said(visit(0, 1, "v", ("immunization", "119"))),
    "before birth": said(before(-9_000, ("condition", "c"))),
    "after death": said(visit(0, 1, "v"), death={1: "2009-12-31"}),
    "a visit outside the record": said(visit(0, -3, "v")),
    "a stop before its start": said([*visit(0, 1, "v"), Said(1, 0, "drug", "d", 0)]),
    "the same code twice in a visit": said(visit(0, 1, "v", ("drug", "d"), ("drug", "d"))),
    "one start with two ends": said(
        [*visit(0, 1, "v"), Said(1, 0, "drug", "d", 3), Said(1, 0, "drug", "d", 4)]
    ),
    "something after the death certificate": said(visit(0, 1, "308646001") + visit(1, 2, "v")),
    "an event of a visit that is not there": said([*visit(0, 1, "v"), Said(2, 7, "drug", "d")]),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_planted_fault_is_found(what: str) -> None:
    """Once, in the one person who has it, and with an example."""
    found = {one.what: one for one in impossible(FAULTS[what])}
    assert found.keys() == FAULTS.keys() | {"left out in reading"}
    assert (found[what].events, found[what].people, found[what].of) == (1, 1, 2)
    assert found[what].example.startswith("p1 (M): ")


def test_a_sound_history_has_no_fault() -> None:
    """A test may be taken twice in a stay; chickenpox' vaccine is not the old people's."""
    twice = visit(0, 5, "plain", ("test", "t"), ("test", "t"), ("immunization", "21"))
    whole = table([sound(), twice], sex="M", display=NAMES)
    assert [one.what for one in impossible(whole) if one.events] == []


def test_a_woman_has_no_prostate() -> None:
    """And only she is counted."""
    (found, *_) = impossible(said(before(-3, ("condition", "P")), sex="F"))
    assert (found.events, found.people) == (1, 1)


def test_what_no_real_person_has_is_counted_apart() -> None:
    """A code of 20 women in a man; a vaccine ten years later than any of 20."""
    women = [visit(0, 1, "v", ("condition", "uti"), ("immunization", "x")) for _ in range(20)]
    man = visit(0, 1, "v", ("immunization", "x"))
    real = table([*women, man], sex=[*"F" * 20, "M"])
    made = table([visit(0, 3_600, "v", ("condition", "uti"), ("immunization", "x"))], sex="M")
    assert [one.events for one in unseen(made, real)] == [1, 1]
    assert [one.events for one in unseen(real, real)] == [0, 0]


def test_few_people_say_nothing_of_a_sex() -> None:
    """Under twenty it may be chance."""
    real = table([visit(0, 1, "v", ("condition", "uti")) for _ in range(19)], sex="F")
    made = table([visit(0, 1, "v", ("condition", "uti"))], sex="M")
    assert [one.events for one in unseen(made, real)] == [0, 0]


def test_a_clinic_has_nothing_impossible() -> None:
    """The tables of the other tests are sound."""
    assert not np.any([one.events for one in impossible(clinic(50, 0))])


def test_what_a_reader_left_out_is_not_forgotten() -> None:
    """It would have been impossible; a code that few people have would not."""
    dropped = {"before birth": 3, "the same code twice in a visit": 2, "a social finding": 9}
    (*_, last) = impossible(replace(clinic(50, 0), dropped=dropped))
    assert (last.events, last.people) == (5, None)
    assert last.example == "3 before birth; 2 the same code twice in a visit"
