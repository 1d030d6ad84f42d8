"""What people come for."""

import numpy as np
import pytest

from bridge.synthesis.triage import MIXES, ROUTINE, Mix, triage_of


@pytest.mark.parametrize("mix", [mix for mixes in MIXES.values() for mix in mixes])
def test_as_many_come_ill_as_the_sources_say(mix: Mix) -> None:
    """And at each triage level."""
    drawn = triage_of(mix, np.linspace(0, 1, 10_001, endpoint=False)).tolist()
    ill = [level for level in drawn if level != ROUTINE]
    assert sum(mix.levels) == pytest.approx(1, abs=0.002)
    assert len(ill) / len(drawn) == pytest.approx(mix.ill, abs=0.001)
    for level, share in enumerate(mix.levels, start=1):
        assert ill.count(level) == pytest.approx(share * len(ill), abs=0.002 * len(drawn))
