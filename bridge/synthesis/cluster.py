"""All patients of a cohort, made by the machines of a Dask cluster: the same ones, in order."""

import functools
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from bridge.errors import InputError, MissingExtra, Unreachable
from bridge.synthesis.cohort import GeneratedCohort, Request, cohort_of
from bridge.synthesis.parallel import Content, Encode, Part, in_order, make_part

ANSWER_WITHIN_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """What every machine of the cluster is told once."""

    request: Request
    count: int
    fingerprint: str
    encode: Encode[Any]


def parts_by_cluster(
    cohort: GeneratedCohort, encode: Encode[Content], scheduler: str
) -> Iterator[Part[Content]]:
    """Yield the parts of `cohort`, in order, made by the workers of the Dask `scheduler`.

    Raises MissingExtra without Dask, Unreachable where no scheduler or no worker answers or they
    go away, and InputError where the workers have another bridge.
    """
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise MissingExtra("a Dask cluster", "scale") from error
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            scheduler, timeout=ANSWER_WITHIN_SECONDS, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError, ImportError) as error:
        raise Unreachable(
            f"no Dask scheduler answers at {scheduler}: start one with `dask scheduler`, and give "
            "the address that it prints, like tcp://10.0.0.5:8786"
        ) from error
    with client:
        yield from _parts(client, cohort, encode, scheduler)


def _parts(
    client: Any, cohort: GeneratedCohort, encode: Encode[Content], scheduler: str
) -> Iterator[Part[Content]]:
    from dask.distributed import KilledWorker

    try:
        client.wait_for_workers(1, timeout=ANSWER_WITHIN_SECONDS)
        threads = sum(client.nthreads().values())
        assignment = Assignment(
            request=cohort.request,
            count=cohort.count,
            fingerprint=cohort.fingerprint,
            encode=encode,
        )
        (told,) = client.scatter([assignment], broadcast=True, hash=False)
        make = functools.partial(client.submit, _make, told, pure=False)
        yield from in_order(make, cohort.parts, 2 * threads)
    except ImportError as error:
        raise InputError(
            f"the workers of {scheduler} lack what this machine has ({error}): install the same "
            "openmrs-bridge, with its scale extra, on all of them"
        ) from error
    except (OSError, CancelledError, KilledWorker) as error:  # an OSError: time-outs, lost lines
        raise Unreachable(
            f"the Dask cluster at {scheduler} has no worker, or lost them: {error}"
        ) from error


def _make(assignment: Assignment, place: int) -> Part[Any]:
    cohort = _cohort(assignment.fingerprint, assignment)
    return make_part(cohort, assignment.encode, place)


_cohorts: dict[str, GeneratedCohort] = {}
"""The cohort that this worker made parts of last: reading its models takes as long as a part."""


def _cohort(fingerprint: str, assignment: Assignment) -> GeneratedCohort:
    if fingerprint not in _cohorts:
        made = cohort_of(assignment.request, assignment.count)
        if made.fingerprint != fingerprint:
            raise InputError(
                "a worker of the Dask cluster makes other patients than this machine: install the "
                "same openmrs-bridge on all of them"
            )
        _cohorts.clear()
        _cohorts[fingerprint] = made
    return _cohorts[fingerprint]
