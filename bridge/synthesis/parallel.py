"""All patients of a cohort, made by several processes: the same ones, in the same order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from bridge.patient_arrays import PatientArrays
from bridge.synthesis.cohort import GeneratedCohort, Request, cohort_of

Content = TypeVar("Content")
Encode = Callable[[PatientArrays], Content]
"""What is made of a part where it is made, so that only the result travels."""


class Part(NamedTuple, Generic[Content]):
    """What was made of a part of a cohort, how many patients it has, how many were resampled."""

    content: Content
    patients: int
    resampled: int


class Promise(Protocol):
    """A part on its way."""

    def result(self) -> Any:
        """Return the part when it is there."""


def parts(
    cohort: GeneratedCohort, encode: Encode[Content], workers: int
) -> Iterator[Part[Content]]:
    """Yield the parts of `cohort`, in order, made by `workers` processes (1: by this one)."""
    if workers == 1:
        yield from (make_part(cohort, encode, place) for place in range(cohort.parts))
        return
    # Spawned, not forked: a fork copies whatever threads and locks this process has.
    with ProcessPoolExecutor(
        workers, get_context("spawn"), _begin, (cohort.request, cohort.count, encode)
    ) as pool:
        yield from in_order(lambda place: pool.submit(_make, place), cohort.parts, 2 * workers)


def make_part(cohort: GeneratedCohort, encode: Encode[Content], place: int) -> Part[Content]:
    """Make one part, here."""
    batch = cohort.part(place)
    return Part(encode(batch), len(batch), int(batch.resampled.sum()))


def in_order(submit: Callable[[int], Promise], count: int, ahead: int) -> Iterator[Any]:
    """Yield what was submitted for places 0 to `count`, at most `ahead` of them before their turn.

    That is enough to keep everybody busy, and little enough to keep memory small.
    """
    waiting: deque[Promise] = deque()
    for place in range(count):
        waiting.append(submit(place))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _begin(request: Request, count: int, encode: Encode[Any]) -> None:
    global _made  # what this process makes its parts from
    _made = cohort_of(request, count), encode


def _make(place: int) -> Part[Any]:
    return make_part(*_made, place)


_made: tuple[GeneratedCohort, Encode[Any]]
