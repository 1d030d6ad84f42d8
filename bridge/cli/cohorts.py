"""The cohort that flags ask for, or that a run's record was begun with."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.cli.options import CohortFlags
from bridge.delivery.ledger import MappingIdentity, Run
from bridge.delivery.preflight import Limits
from bridge.errors import InputError, LedgerError, RecipeChanged
from bridge.identity import fingerprint
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.recipe import Cohort

if TYPE_CHECKING:
    from bridge.synthesis.cohort import GeneratedCohort

DEFAULT_COUNT = 200

EARLIEST_YEAR = 1900
"""An arbitrary bound, so that the oldest are born in a year that every server can write."""


def generated(
    asked: CohortFlags, limits: Limits, people_file: Path | None = None
) -> "GeneratedCohort":
    """Return the patients that flags ask for; a seed is drawn when none is given."""
    from bridge.synthesis.cohort import GeneratedCohort, Request
    from bridge.synthesis.people import load_people
    from bridge.synthesis.population import load_population

    population = _population(asked.population)
    zone = ZoneInfo(load_population(population).facility.time_zone)
    as_of = asked.as_of or datetime.now(zone).date()
    if as_of.year < EARLIEST_YEAR:
        raise InputError(f"--as-of {as_of} is before {EARLIEST_YEAR}")
    people = load_people(people_file, as_of=as_of) if people_file else ()
    if asked.count and people and asked.count > len(people):
        raise InputError(f"has {len(people)} people, not {asked.count}", place=people_file)
    request = Request(
        seed=secrets.randbelow(2**32) if asked.seed is None else asked.seed,
        as_of=as_of,
        population=population,
        visits=asked.visits,
        limits=limits,
        illness=asked.illness or ("none" if people else "mixed"),
        people=people,
    )
    return GeneratedCohort(request, asked.count or len(people) or DEFAULT_COUNT)


def _population(asked: str) -> str:
    """Return a name that comes with bridge, or the whole path of a file, to be found again by."""
    from bridge.synthesis.population import population_names, population_path

    return asked if asked in population_names() else str(population_path(asked).absolute())


def of_record(run: Run) -> tuple[Cohort, Mapping]:
    """Return the cohort and the mapping that a run was begun with; raise LedgerError if it cannot.

    They are made anew, and held against what the record says of them.
    """
    try:
        mapping = _mapping_of_record(run.mapping)
        return run.recipe.cohort(mapping), mapping
    except RecipeChanged as changed:
        raise LedgerError(
            f"run {run.name} was begun with {changed}. Put it back, or `bridge undo {run.name}` "
            "and load anew"
        ) from changed


def _mapping_of_record(identity: MappingIdentity) -> Mapping:
    path = Path(identity.path) if identity.path else None
    mapping = load_mapping(path)
    if identity_of(path, mapping) != identity:
        where = path or "bridge's own mapping"
        raise RecipeChanged(f"another mapping: {where} has changed since")
    return mapping


def identity_of(path: Path | None, mapping: Mapping) -> MappingIdentity:
    """Return what a run's record keeps of its mapping."""
    digest = fingerprint(mapping.model_dump(mode="json"))[:12]
    return MappingIdentity(path=str(path.absolute()) if path else None, digest=digest)
