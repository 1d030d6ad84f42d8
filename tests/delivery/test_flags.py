"""How a value that was read back is flagged, and at which age."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.flags import (
    MOST_LIMITS,
    NO_LIMITS,
    Flag,
    Judgement,
    Reading,
    Tally,
    assess,
    band_of,
    judge,
)
from bridge.delivery.shares import ENOUGH, flags_of, share_of
from bridge.mapping.loading import load_mapping

MAPPING = load_mapping(None)
BORN = date(2020, 6, 15)
PULSE = (60.0, 100.0), (45.0, 110.0)


def observation(
    value: object, ranges: dict[str, tuple[float | None, float | None]], code: str | None = None
) -> dict[str, Any]:
    """Make an Observation as fhir2 gives it, by its normal and treatment (critical) ranges."""
    said = [{"coding": [{"code": code, "display": "whatever"}]}] if code else None
    shown = [
        {
            **{
                end: {"value": limit}
                for end, limit in zip(("low", "high"), limits, strict=True)
                if limit is not None
            },
            "type": {"coding": [{"system": "x", "code": kind}]},
        }
        for kind, limits in ranges.items()
    ]
    return {"valueQuantity": {"value": value}, "interpretation": said, "referenceRange": shown}


def test_the_servers_own_verdict_counts() -> None:
    """Also where the value's limits would say another thing: it is what the chart shows."""
    ranges = {"absolute": (0.0, 230.0), "normal": PULSE[0], "treatment": PULSE[1]}
    assert judge(observation(80, ranges, "HH")) == Judgement(Flag.CRITICALLY_HIGH, True, *PULSE)


@pytest.mark.parametrize(
    ("value", "flag"),
    [(110, "critically high"), (101, "high"), (100, "normal"), (59, "low"), (45, "critically low")],
)
def test_without_a_verdict_a_value_is_held_against_its_limits(value: int, flag: str) -> None:
    """As O3's charts do with servers that store none; normal limits are within, critical beyond."""
    ranges = {"normal": PULSE[0], "treatment": PULSE[1]}
    assert judge(observation(value, ranges)) == Judgement(Flag(flag), False, *PULSE)


def test_limits_on_one_side_are_enough() -> None:
    """As the saturation's; OpenMRS itself then has no verdict on a value that is within."""
    assert judge(observation(97, {"normal": (95, None)})).flag is Flag.NORMAL
    assert assess(93, (95, None), (90, None)) is Flag.LOW


def test_live_servers_judge_as_their_limits_say(tapes: list[Path]) -> None:
    """What they stored with each value agrees with holding it against the limits they give."""
    judged = {
        path.stem: [
            (judge(read), judge({**read, "interpretation": None}))
            for read in observations(json.loads(path.read_text(encoding="utf-8")))
        ]
        for path in tapes
    }
    stored = [pair for pairs in judged.values() for pair in pairs if pair[0].by_server]
    assert len(stored) >= 10
    assert all(said.flag is held.flag for said, held in stored)
    older = judged["core-2.5.14_rest-2.44_fhir2-1.11"]
    assert not any(said.by_server for said, _ in older)
    assert any(said.flag for said, _ in older)


def observations(found: Any) -> Iterator[dict[str, Any]]:
    """Yield every Observation with a number in a recording."""
    if isinstance(found, list):
        for one in found:
            yield from observations(one)
    elif isinstance(found, dict):
        if found.get("resourceType") == "Observation" and "valueQuantity" in found:
            yield found
        yield from observations(list(found.values()))


@pytest.mark.parametrize(
    "read",
    [
        {},
        observation(80, {}),
        observation(80, {"absolute": (0, 230)}),
        observation("80", {"normal": (60, 100)}),
        {"valueQuantity": 3, "referenceRange": "x", "interpretation": {"coding": 1}},
        {"referenceRange": [{"type": {"coding": [None]}}, 7], "interpretation": [["N"]]},
    ],
)
def test_what_has_no_limits_is_not_judged(read: dict[str, Any]) -> None:
    """Nor is what is no number, or no sense at all."""
    assert judge(read).flag is None


@pytest.mark.parametrize(
    ("day", "band"),
    [
        ((2020, 7, 14), "under 1 month"),
        ((2020, 7, 15), "1-11 months"),
        ((2021, 6, 15), "1-4 years"),
        ((2025, 6, 15), "5-11 years"),
        ((2038, 6, 14), "12-17 years"),
        ((2085, 6, 14), "18-64 years"),
        ((2085, 6, 15), "65 years on"),
    ],
)
def test_a_band_begins_on_a_birthday(day: tuple[int, int, int], band: str) -> None:
    """In completed months."""
    assert band_of(BORN, date(*day)) == band


def test_readings_are_counted_where_they_were_taken() -> None:
    """And it is said how many the server judged by the limits of an older patient."""
    tally = Tally(MAPPING, loaded=date(2025, 12, 1))  # the child is five
    high, unknown = Judgement(Flag.HIGH, True, *PULSE), Judgement(None, False, NO_LIMITS, NO_LIMITS)
    tally.add(
        [
            Reading("pulse_bpm", BORN, date(2025, 6, 14), high),
            Reading("pulse_bpm", BORN, date(2025, 6, 15), high),
            Reading("height_cm", BORN, date(2025, 6, 15), unknown),
        ]
    )
    height, toddler, child = tally.cells()
    assert (height.measurement, height.values, height.judged) == ("Height (cm)", 1, 0)
    assert (toddler.band, toddler.high, toddler.by_server, toddler.grown) == ("1-4 years", 1, 1, 1)
    assert (child.band, child.grown, child.normal) == ("5-11 years", 0, (PULSE[0],))
    flags = flags_of(tally.cells())
    assert flags.bands == ("1-4 years", "5-11 years")
    assert list(flags.table) == ["Pulse"]
    assert flags.unlimited == ("Height (cm)",)
    assert (flags.overall.judged, flags.overall.outside, flags.grown) == (2, 2, 1)
    assert flags.same_for_all


def test_limits_that_never_end_do_not_fill_the_record() -> None:
    """A hostile server may have others for every value."""
    tally = Tally(MAPPING, BORN)
    tally.add(
        Reading("pulse_bpm", BORN, BORN, Judgement(Flag.NORMAL, True, (n, 200.0), NO_LIMITS))
        for n in range(100)
    )
    (cell,) = tally.cells()
    assert len(cell.normal) == MOST_LIMITS
    assert not flags_of([cell]).same_for_all


def test_the_side_is_told_where_nearly_all_are_on_it() -> None:
    """Low pressures and high ones make wards look ill in other ways."""
    share = share_of([])
    assert share.side == ""
    assert share._replace(low=9, high=1).side == " ↓"
    assert share._replace(low=0, high=3).side == " ↑"
    assert share._replace(low=4, high=3).side == ""


def test_only_what_is_far_above_the_normal_stands_out() -> None:
    """And only where there are values enough to tell."""

    def share(values: int, high: int, critical: int = 0) -> tuple[bool, bool]:
        tally = Tally(MAPPING, BORN)
        flags = [Flag.CRITICALLY_HIGH] * critical + [Flag.HIGH] * (high - critical)
        flags += [Flag.NORMAL] * (values - high)
        tally.add(Reading("pulse_bpm", BORN, BORN, Judgement(flag, True, *PULSE)) for flag in flags)
        found = share_of(tally.cells())
        return found.many_outside, found.many_critical

    assert share(ENOUGH, 4) == (False, False)
    assert share(ENOUGH, 5) == (True, False)
    assert share(ENOUGH - 1, 19) == (False, False)
    assert share(100, 6, critical=6) == (False, True)
