"""Finding how many requests at once are best, on servers that are only arithmetic."""

import random
from collections.abc import Callable

import pytest

from bridge.delivery.concurrency import ConcurrencyLimit


class Clinic:
    """A server that is only arithmetic: how many requests it answers in a second."""

    def __init__(self, rate_of: Callable[[int], float], noise: float = 0.05) -> None:
        self.rate_of = rate_of
        self.now = 0.0
        self.limits: list[int] = []
        self.concurrency = ConcurrencyLimit(clock=lambda: self.now)
        self._answered = 0.0
        self._noise = noise
        self._chance = random.Random(1)

    def work(self, seconds: int) -> list[int]:
        """Let the clinic work; return the limit in each second."""
        for _ in range(4 * seconds):
            self.now += 0.25
            noise = self._chance.uniform(1 - self._noise, 1 + self._noise)
            self._answered += self.rate_of(self.concurrency.limit) / 4 * noise
            self.concurrency.answered(int(self._answered))
            self.limits.append(self.concurrency.limit)
        return self.limits[-4 * seconds :]


def saturating(best: int, falling: float = 0.05) -> Callable[[int], float]:
    """Return a server that is fastest at `best` at once, and slower beyond."""
    return lambda limit: 15 * min(limit, best) * (1 - falling * max(0, limit - best))


@pytest.mark.parametrize("best", [1, 2, 4, 6, 12, 30])
def test_the_best_number_is_found_and_kept(best: int) -> None:
    """Once it has had time to climb, the rate is within a tenth of the best most of the time."""
    server = saturating(best, 0.02)
    limits = Clinic(server).work(200)[400:]
    good = sum(server(limit) > 0.9 * server(best) for limit in limits) / len(limits)
    assert good > 0.8, limits


def test_on_a_long_line_it_has_climbed_within_seconds() -> None:
    """600 ms there and back: what few workers send leaves most of the line empty."""
    limits = Clinic(lambda limit: limit / 0.6).work(20)
    assert max(limits) == ConcurrencyLimit().most


def test_it_starts_small() -> None:
    """A server that has just started is not to be knocked over."""
    assert ConcurrencyLimit().limit == 4


def test_a_server_in_trouble_gets_air_at_once_and_is_tried_again_later() -> None:
    """Halved once, though several workers come with the same trouble, and after a while back."""
    clinic = Clinic(saturating(8))
    clinic.work(30)
    before = clinic.concurrency.limit
    for _ in range(5):
        clinic.concurrency.trouble()
    assert clinic.concurrency.limit == before // 2
    assert max(clinic.work(60)) >= before


def test_trouble_that_goes_on_leaves_one_worker() -> None:
    """The server is asked, but not pressed."""
    clinic = Clinic(saturating(8))
    clinic.work(30)
    for _ in range(6):
        clinic.now += 2.0
        clinic.concurrency.trouble()
    assert clinic.concurrency.limit == 1


def test_a_server_ten_times_slower_gets_less_at_once_and_its_own_back_again() -> None:
    """It does not fail, it only slows down, as while it makes a backup."""
    clinic = Clinic(saturating(4))
    before = clinic.work(40)[-1]
    clinic.rate_of = lambda limit: saturating(4)(limit) / 10
    assert min(clinic.work(120)) < before
    clinic.rate_of = saturating(4)
    assert before in clinic.work(60)


def test_a_number_that_is_given_stays() -> None:
    """Whatever the server does."""
    now = 0.0
    concurrency = ConcurrencyLimit(8, clock=lambda: now)
    for second in range(10):
        now += 1.0
        concurrency.answered(1000 * second)
        concurrency.trouble()
    assert concurrency.limit == concurrency.most == 8


def test_workers_beyond_the_limit_wait_and_go_home_at_the_end() -> None:
    """No thread is left behind."""
    concurrency = ConcurrencyLimit()
    assert concurrency.wait_turn(0)
    concurrency.close()
    assert not concurrency.wait_turn(5)
