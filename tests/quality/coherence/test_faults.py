"""Mutation test: what holds together breaks nothing, and every planted fault is found."""

from collections.abc import Callable

import pytest

from bridge.quality.coherence import check, load_rules
from bridge.quality.coherence.model import Relatives
from tests.quality.coherence.chart import Chart
from tests.quality.coherence.faults import FUTURE, Fault, each_row, faults
from tests.quality.coherence.lives import LIVES
from tests.quality.coherence.planted_in import plant


def found(fault: Fault) -> set[str]:
    """Return the rules that a planted fault breaks."""
    as_of = FUTURE if fault.kind == "tomorrow" else None
    return {breach.rule for breach in check(fault.patient, as_of=as_of)}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_a_life_that_holds_together_breaks_nothing(life: Callable[[], Chart]) -> None:
    """A rule that cries for nothing is switched off, and finds nothing any more."""
    assert check(life().patient()) == ()


def test_two_hundred_planted_faults_are_two_hundred_found() -> None:
    """Of all kinds, each by the rule that is there for it."""
    missed = [fault for fault in faults(200, seed=14) if fault.rule not in found(fault)]
    assert [(fault.kind, fault.rule, found(fault)) for fault in missed] == []


def test_what_is_planted_into_given_charts_is_found_too() -> None:
    """The bench does so with bridge's own, which nobody has tidied for it."""
    for host, fault in plant([life().patient() for life in LIVES], 60, seed=5):
        new = {breach.rule for breach in set(check(fault.patient)) - set(check(host))}
        assert fault.rule in new, (fault.kind, host.uuid)


def test_every_rule_finds_the_fault_that_it_is_there_for() -> None:
    """A rule that nothing can break says nothing by being kept."""
    caught = {fault.rule for fault in each_row(seed=3) if fault.rule in found(fault)}
    wanted = {rule.name for rule in load_rules().rules if not isinstance(rule, Relatives)}
    assert wanted - caught == set()
