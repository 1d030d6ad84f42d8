"""Rules of vaccines: at their age, in their order, far enough apart, each dose once."""

from collections.abc import Iterator
from itertools import pairwise

from bridge.chart import Immunization
from bridge.quality.coherence.judging import Breach, where
from bridge.quality.coherence.model import Schedule, Vaccines
from bridge.quality.coherence.timeline import Said, Timeline


def vaccines(rule: Vaccines, line: Timeline) -> Iterator[Breach]:
    """Yield vaccines that were given at the wrong time or once too often."""
    for schedule in rule.schedules:
        given = line.vaccines.get(schedule.vaccine)
        if given:
            for what, one in _CHECKS[rule.check](schedule, given, line, rule.grace_days):
                yield Breach(rule.name, what, where(one.place))


Found = Iterator[tuple[str, Said]]


def _age(one: Said, line: Timeline) -> int:
    assert one.first
    return (one.first - line.born).days


def _too_early(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    for one in given:
        if 0 <= _age(one, line) < schedule.from_days - grace:
            yield f"{one.label} at {_age(one, line)} days of age, before {schedule.from_days}", one


def _too_late(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    for one in given:
        if schedule.to_days is not None and _age(one, line) > schedule.to_days + grace:
            yield f"{one.label} at {_age(one, line)} days of age, after {schedule.to_days}", one


def _interval(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    for before, after in pairwise(given):
        assert before.first and after.first
        days = (after.first - before.first).days
        if days < schedule.interval_days - grace:
            what = f"{after.label} {days} days after the dose before, not {schedule.interval_days}"
            yield what, after


def _number(one: Said) -> int | None:
    entry = one.place.what
    return entry.dose_number if isinstance(entry, Immunization) else None


def _order(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    for before, after in pairwise(given):
        first, second = _number(before), _number(after)
        if first is not None and second is not None and second < first:
            yield f"{after.label}: dose {second} on {after.first}, after dose {first}", after


def _number_twice(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    seen: dict[int, Said] = {}
    for one in given:
        number = _number(one)
        if number is not None and number in seen:
            what = f"{one.label}: dose {number} on {seen[number].first} and again on {one.first}"
            yield what, one
        elif number is not None:
            seen[number] = one


def _too_many(schedule: Schedule, given: list[Said], line: Timeline, grace: int) -> Found:
    if schedule.doses is not None and len(given) > schedule.doses:
        yield f"{given[-1].label}: {len(given)} doses, not {schedule.doses}", given[-1]


_CHECKS = {
    "too_early": _too_early,
    "too_late": _too_late,
    "interval": _interval,
    "order": _order,
    "number_twice": _number_twice,
    "too_many": _too_many,
}
