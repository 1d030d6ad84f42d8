"""Patients with whole charts, as bridge makes them."""

from datetime import date

from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import GeneratedCohort, Request, cohort_of

LIMITS = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}


def care_cohort(count: int, *, seed: int = 14, population: str = "kenya") -> GeneratedCohort:
    """Return patients among whom are mothers with their newborns, programs, allergies."""
    request = Request(
        seed=seed,
        as_of=date(2026, 11, 27),
        population=population,
        visits=None,
        limits=LIMITS,
        chart="full",
    )
    return cohort_of(request, count)
