"""When a woman was pregnant, and since when, as far as her chart says so."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bridge.chart import Condition
from bridge.quality.coherence.timeline import Said, Timeline

LONGEST_DAYS = 310
"""From a last menstrual period or a first contact to the birth, at the latest."""

_WEEKS = re.compile(
    r"\b(\d{1,2})(?:\s?\+\s?\d)?[\s-](?:completed )?weeks?(?:'| of)? (?:gestation|pregnan)"
    r"|\bgestation(?:al age)?(?: is| of|:)? (\d{1,2})\s?(?:weeks|wk)"
    r"|\bpregnant,? (?:at )?(\d{1,2}) weeks"
    r"|\b(\d{1,2})/40\b",
    re.IGNORECASE,
)


def find_pregnancies(line: Timeline) -> None:
    """Put the pregnancies of a chart into its timeline, each from its first to its last day."""
    if line.sex != "F":
        return
    spans = sorted(_spans(line), key=lambda one: one[0])
    ends = sorted(_ends(line))
    merged: list[tuple[date, date]] = []
    for first, last in spans:
        last = next((end for end in ends if first <= end <= last), last)
        if merged and _is_same(merged[-1], first, last, ends):
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    place = line.conditions["pregnancy"][0].place if "pregnancy" in line.conditions else None
    line.pregnancies = tuple(
        Said(
            first,
            # on the day of birth she is pregnant no more
            last if last in ends else last + timedelta(1),
            "pregnancy",
            place or line.programs["antenatal"][0].place,
        )
        for first, last in merged
    )
    line.last_periods.extend(_last_periods(line))


def _is_same(before: tuple[date, date], first: date, last: date, ends: list[date]) -> bool:
    """Tell whether two times of being pregnant are one, with no birth between them."""
    if any(before[0] <= end <= first and end < first for end in ends):
        return False
    return (max(before[1], last) - before[0]).days <= LONGEST_DAYS or first < before[1]


def _spans(line: Timeline) -> Iterator[tuple[date, date]]:
    for one in line.conditions.get("pregnancy", ()):
        if one.first is None:
            continue
        longest = one.first + timedelta(LONGEST_DAYS)
        open_ended = isinstance(one.place.what, Condition) and one.last is None
        yield one.first, longest if open_ended else min(one.last or longest, longest)
    for one in line.programs.get("antenatal", ()):
        if one.first:
            longest = one.first + timedelta(LONGEST_DAYS)
            yield one.first, min(one.last or longest, longest)


def _ends(line: Timeline) -> Iterator[date]:
    for key in ("birth", "pregnancy_lost"):
        for one in line.conditions.get(key, ()):
            if one.first:
                yield one.first


def _last_periods(line: Timeline) -> Iterator[date]:
    for tested in line.tests.get("gestation_weeks", ()):
        if tested.value is not None:
            yield tested.day - timedelta(tested.value * 7)
    if not line.pregnancies:
        return
    for note in line.notes:
        for match in _WEEKS.finditer(note.text):
            yield note.day - timedelta(7 * int(next(filter(None, match.groups()))))


def weeks_at(line: Timeline, day: date) -> float | None:
    """Return how many weeks of a pregnancy have gone by on a day; None: nobody has said."""
    weeks = [(day - period).days / 7 for period in line.last_periods]
    return next((one for one in reversed(weeks) if 0 <= one <= 45), None)
