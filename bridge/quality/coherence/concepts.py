"""Rules of what goes with what: only of some people, only with evidence, never beside something."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bridge.chart import DrugOrder
from bridge.quality.coherence.evidence import (
    Moment,
    Truth,
    applies,
    called,
    in_words,
    numbers,
    signed,
    taken,
    truth,
)
from bridge.quality.coherence.judging import Breach, Subject, subjects, where, who
from bridge.quality.coherence.model import Evidence, Forbids, Only, Requires
from bridge.quality.coherence.prescribed import times_a_day
from bridge.quality.coherence.timeline import Timeline

BROKEN_OFF = timedelta(14)
"""How soon an order is stopped whose reaction made an allergy known: most come within days."""
LATE = timedelta(60)
"""How late somebody comes for tablets and still counts as taking them (a choice)."""


def only(rule: Only, line: Timeline) -> Iterator[Breach]:
    """Yield what stands in a chart of the wrong sex or out of its age."""
    wrong_sex = rule.sex is not None and line.sex not in (rule.sex, "O", "U")
    for subject in subjects(rule.of, line):
        months = line.months(subject.at.day)
        out = rule.months is not None and not rule.months[0] <= months < rule.months[1]
        if (wrong_sex or out) and not _holds(rule.unless, subject.at, line):
            what = f"{subject.label} in {who(line, subject.at.day)}"
            yield Breach(rule.name, what, where(subject.place))


def requires(rule: Requires, line: Timeline) -> Iterator[Breach]:
    """Yield what has no evidence for it, or only evidence against it."""
    for subject in subjects(rule.of, line):
        truths = [truth(one, subject.at, line) for one in rule.any_of]
        if Truth.HOLDS in truths or not _is_known(rule, truths):
            continue
        if not _holds(rule.unless, subject.at, line):
            yield Breach(rule.name, _without(rule, subject, line), where(subject.place))


def forbids(rule: Forbids, line: Timeline) -> Iterator[Breach]:
    """Yield what stands beside something that it may not stand beside."""
    for subject in subjects(rule.of, line):
        for one in rule.any_of:
            if truth(one, subject.at, line) is Truth.HOLDS and not _excused(rule, subject, line):
                facts = _facts((one,), subject.at, line)
                what = f"{subject.label} with {in_words(one)} in {who(line, subject.at.day)}{facts}"
                yield Breach(rule.name, what, where(subject.place))
                break


def _excused(rule: Forbids, subject: Subject, line: Timeline) -> bool:
    if rule.enough_mg_a_day is not None and _given(rule, subject, line) >= rule.enough_mg_a_day:
        return True
    if any(one.allergy for one in rule.any_of) and _was_broken_off(subject):
        return True
    return _holds(rule.unless, subject.at, line)


def _was_broken_off(subject: Subject) -> bool:
    """Tell whether an order was stopped within days: the reaction by which the allergy is known."""
    order = subject.place.what
    if not isinstance(order, DrugOrder) or order.stopped is None:
        return False
    whole = replace(order, stopped=None).end
    taken = order.stopped - order.start
    return taken <= (timedelta(3) if whole is None else BROKEN_OFF) and (
        whole is None or order.stopped < whole
    )


def _given(rule: Forbids, subject: Subject, line: Timeline) -> float:
    """Return how many milligrams a day of the rule's drug run then, in all orders.

    Another product counts up to LATE days away: whoever comes late for it lacks tablets, but was
    not told to take less.
    """
    whole, seen = 0.0, set()
    until = subject.at.until or subject.at.last
    for key in rule.of.drug:
        for one in line.drugs.get(key, ()):
            slack = timedelta(0) if one.order.drug.label == subject.label else LATE
            runs = one.first <= until + slack
            runs &= one.last is None or one.last >= subject.at.day - slack
            if runs and one.order.uuid not in seen and key in one.dose:
                seen.add(one.order.uuid)
                whole += one.dose[key] * (times_a_day(one.order.frequency) or 1)
    return whole


def _is_known(rule: Requires, truths: list[Truth]) -> bool:
    if rule.known == "none":
        return True
    if rule.known == "any":
        return Truth.FAILS in truths
    return Truth.FAILS in truths and Truth.UNKNOWN not in truths


def _holds(evidence: tuple[Evidence, ...], at: Moment, line: Timeline) -> bool:
    return any(truth(one, at, line) is Truth.HOLDS for one in evidence)


def _without(rule: Requires, subject: Subject, line: Timeline) -> str:
    wanted = [one for one in rule.any_of if applies(one, subject.at, line)] or rule.any_of
    words = ", ".join(in_words(one) for one in wanted[:5])
    more = " ..." if len(wanted) > 5 else ""
    facts = _facts(tuple(wanted), subject.at, line)
    return f"{subject.label} in {who(line, subject.at.day)} without {words}{more}{facts}"


def _facts(evidence: tuple[Evidence, ...], at: Moment, line: Timeline) -> str:
    """Say the numbers and answers that were looked at."""
    said: list[str] = []
    for one in evidence:
        if one.test or one.measured:
            name = called(one.measured or one.test or "")
            values = [v.value for v in numbers(one, at, line) if v.value is not None]
            if values:
                said.append(f"{name} {values[-1]:g}")
        elif one.positive or one.negative:
            said += [f"{found.label} {found.sign}" for found in signed(one, at, line) if found.sign]
        elif one.drug:
            said += _beside(one, at, line)
    unique = list(dict.fromkeys(said))
    return f" ({', '.join(unique[:4])})" if unique else ""


def _beside(evidence: Evidence, at: Moment, line: Timeline) -> list[str]:
    orders = taken(evidence, at, line)
    return [one.label for one in orders[:1]]
