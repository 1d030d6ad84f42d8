"""Every parser, with inputs that Hypothesis makes or spoils: bridge's own errors, or none."""

import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.spoiling import spoilt
from tests.fuzz.targets import TARGETS, Trial, allowed


@pytest.fixture(scope="module", params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[tuple[Trial, Sequence[bytes]]]:
    """Open each target in turn."""
    chosen = TARGETS[request.param]
    with chosen.start() as trial:
        yield allowed(trial), chosen.seeds()


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@example(0, b"")
@given(st.integers(0, 2**64), st.one_of(st.none(), st.binary(max_size=40)))
def test_hostile_input_is_an_error_of_bridge_s_own(
    target: tuple[Trial, Sequence[bytes]], number: int, data: bytes | None
) -> None:
    """No traceback, whatever comes in."""
    trial, seeds = target
    rng = random.Random(number)
    trial(spoilt(rng.choice(seeds), rng) if data is None else data)
