"""The whole evaluation: other real people reach the floor, and what is wrong is seen."""

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.histories.events import EventTable
from bridge.quality.histories.evaluation import HistoryEvaluation, evaluate
from bridge.quality.histories.measured import KINDS
from tests.quality.histories.tables import clinic


def figures(found: HistoryEvaluation) -> dict[str, tuple[float, float]]:
    """Return value and floor by key."""
    return {one.kind.key: (one.value, one.floor) for one in found.measured}


@pytest.fixture(scope="module")
def real() -> EventTable:
    """Real people of a made clinic."""
    return clinic(160, 1)


@pytest.fixture(scope="module")
def train() -> EventTable:
    """Those who were learnt."""
    return clinic(200, 2)


def test_another_sample_is_at_the_floor(real: EventTable, train: EventTable) -> None:
    """In every measure, and nothing gives it away."""
    found = figures(evaluate(real, clinic(200, 3), train, seed=0))
    assert list(found) == [kind.key for kind in KINDS]
    for key in ("prevalence", "in_visit", "in_life", "visit_to_visit"):
        assert found[key][0] == pytest.approx(found[key][1], abs=0.08), key
    for key in ("largest", "gaps", "each", "drug", "test", "kinds", "a_year", "told"):
        assert found[key][0] == pytest.approx(found[key][1], abs=0.1), key
    assert found["told"][0] == pytest.approx(0.5, abs=0.1)
    assert found["membership"][0] == pytest.approx(0.5, abs=0.08)


def test_what_is_wrong_is_seen_where_it_is(real: EventTable, train: EventTable) -> None:
    """Drugs half as often, visits twice as far apart: the tests stay right."""
    found = figures(evaluate(real, clinic(200, 3, usual=180, treated=0.3), train, seed=0))
    assert found["told"][0] > 0.85
    assert found["gaps"][0] > 0.2 > 0.1 > found["gaps"][1]
    assert found["a_year"][0] == pytest.approx(0.5, abs=0.1)
    assert found["drug"][0] > 0.2
    assert found["kinds"][0] < 0.1


def test_copies_are_seen(real: EventTable, train: EventTable) -> None:
    """Made people who are the learnt ones: runs as long as records, membership told."""
    found = figures(evaluate(real, train, train, seed=0))
    assert found["copied"][0] > 2 * found["copied"][1]
    assert found["membership"][0] > 0.9
    assert found["closer"][0] > 0.6
    assert found["prevalence"] == (found["prevalence"][1],) * 2


def test_without_the_learnt_the_real_are_halved(real: EventTable) -> None:
    """And nothing is said of privacy."""
    found = evaluate(real, clinic(200, 3), seed=0)
    assert found.people == {"real": 80, "other": 80, "made": 200}
    assert len(found.made) == 80
    assert found.membership is None
    assert "membership" not in figures(found)


def test_the_same_seed_gives_the_same_figures(real: EventTable) -> None:
    """To the last digit."""
    one, other = (evaluate(real, clinic(150, 3), seed=4) for _ in range(2))
    assert [m.value for m in one.measured] == pytest.approx(
        [m.value for m in other.measured], rel=0, abs=0, nan_ok=True
    )


def test_too_few_people_are_refused(train: EventTable) -> None:
    """With how many there are."""
    with pytest.raises(InputError, match="are 20; 50 are needed"):
        evaluate(clinic(20, 1), clinic(200, 3), train, seed=0)


def test_nobody_made_anything(real: EventTable, train: EventTable) -> None:
    """An empty table is said to be one."""
    from bridge.histories.learnt.splitting import picked

    empty = picked(train, np.arange(0))
    with pytest.raises(InputError, match="no events"):
        evaluate(real, empty, train, seed=0)
