"""Finding how many requests at once are best, on servers that are only arithmetic."""

import random
from collections.abc import Callable

import pytest

from bridge.upload.pace import Pace


def play(rate_of: Callable[[int], float], seconds: int = 120, noise: float = 0.05) -> list[int]:
    """Return the limit in each window on a server that answers `rate_of(limit)` requests/s."""
    now = 0.0
    chance = random.Random(1)
    pace = Pace(clock=lambda: now)
    limits = []
    for _ in range(seconds):
        now += 1.0
        pace.done(int(rate_of(pace.limit) * chance.uniform(1 - noise, 1 + noise)))
        limits.append(pace.limit)
    return limits


def saturating(best: int, falling: float = 0.05) -> Callable[[int], float]:
    """Return a server that is fastest at `best` at once, and slower beyond."""
    return lambda limit: 15 * min(limit, best) * (1 - falling * max(0, limit - best))


@pytest.mark.parametrize("best", [1, 2, 4, 6])
def test_the_best_number_is_found_and_kept(best: int) -> None:
    """Most of the time, within one of it, once it has had time to climb."""
    limits = play(saturating(best))[30:]
    near = sum(abs(limit - best) <= 1 for limit in limits) / len(limits)
    assert near > 0.8, limits


def test_it_starts_small() -> None:
    """A server that has just started is not to be knocked over."""
    assert Pace().limit == 3


def test_a_server_in_trouble_gets_air_at_once_and_is_tried_again_later() -> None:
    """Halved, and after a while back."""
    now = 0.0
    pace = Pace(clock=lambda: now)
    for _ in range(20):
        now += 1.0
        pace.done(int(saturating(6)(pace.limit)))
    before = pace.limit
    pace.trouble()
    assert pace.limit == max(1, before // 2)
    for _ in range(60):
        now += 1.0
        pace.done(int(saturating(6)(pace.limit)))
    assert pace.limit >= before - 1


def test_a_number_that_is_given_stays() -> None:
    """Whatever the server does."""
    now = 0.0
    pace = Pace(8, clock=lambda: now)
    for _ in range(10):
        now += 1.0
        pace.done(1000)
        pace.trouble()
    assert pace.limit == pace.most == 8


def test_workers_beyond_the_limit_wait_and_go_home_at_the_end() -> None:
    """No thread is left behind."""
    pace = Pace()
    assert pace.wait_turn(0)
    pace.close()
    assert not pace.wait_turn(5)
