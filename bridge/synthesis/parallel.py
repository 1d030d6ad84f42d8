"""All patients of a cohort, made by several processes: the same ones, in the same order."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from bridge.records import Patient
from bridge.synthesis.cohort import BLOCK, GeneratedCohort, Request

Block = tuple[list[Patient], set[int]]
"""Patients, and the numbers of those that were drawn again."""


def all_patients(cohort: GeneratedCohort, workers: int) -> Iterator[Patient]:
    """Yield every patient of `cohort`, made by `workers` processes (1: by this one)."""
    if workers == 1:
        yield from cohort.patients(range(1, cohort.count + 1))
        return
    for patients, redrawn in _blocks(cohort, workers):
        cohort.redrawn_numbers |= redrawn
        yield from patients


def _blocks(cohort: GeneratedCohort, workers: int) -> Iterator[Block]:
    waiting: deque[Future[Block]] = deque()
    # Spawned, not forked: a fork copies whatever threads and locks this process has.
    with ProcessPoolExecutor(
        workers, get_context("spawn"), _begin, (cohort.request, cohort.count)
    ) as pool:
        for start in range(1, cohort.count + 1, BLOCK):
            waiting.append(pool.submit(_make, start))
            if len(waiting) > 2 * workers:  # enough to keep them busy, and memory small
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _begin(request: Request, count: int) -> None:
    global _cohort  # what this process makes its blocks from
    _cohort = GeneratedCohort(request, count)


def _make(start: int) -> Block:
    _cohort.redrawn_numbers.clear()
    last = min(start + BLOCK - 1, _cohort.count)
    patients = list(_cohort.patients(range(start, last + 1)))
    return patients, set(_cohort.redrawn_numbers)


_cohort: GeneratedCohort
