"""The cohort that flags ask for, or that a run's record was begun with."""

import secrets
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge.cli.options import CohortFlags
from bridge.delivery.ledger import Run
from bridge.delivery.preflight import Limits
from bridge.delivery.run import Cohort, check_inputs, other_version
from bridge.errors import InputError, LedgerError
from bridge.identity import fingerprint
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping

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
        mapping = _mapping_of_record(run.inputs, run.name)
        _check_population(run.inputs, run.name)
        cohort = _cohort_of_record(run.inputs, run.patients, mapping)
    except (KeyError, TypeError, ValueError) as error:
        raise other_version(run) from error
    check_inputs(run, cohort)
    return cohort, mapping


def _cohort_of_record(inputs: dict[str, Any], count: int, mapping: Mapping) -> Cohort:
    if "from" in inputs:
        from bridge.files.cohort import FilesCohort
        from bridge.files.options import FileOptions

        options = FileOptions.from_json(inputs.get("options", {}), count)
        return FilesCohort(Path(inputs["from"]), options, mapping)
    fewest, most = inputs["visits"]
    asked = CohortFlags(
        count=count,
        seed=inputs["seed"],
        as_of=date.fromisoformat(inputs["as_of"]),
        population=inputs["population"],
        visits=(fewest, most),
        illness=inputs["illness"],
    )
    return generated(asked, {name: (low, high) for name, (low, high) in inputs["limits"].items()})


def _check_population(inputs: dict[str, Any], run: str) -> None:
    """Refuse a population file that is not what it was when the run was begun."""
    if "from" in inputs:
        return
    from bridge.synthesis.population import load_population, population_digest

    where = inputs["population"]
    if population_digest(load_population(where)) != inputs["population_file"]:
        raise LedgerError(
            f"run {run} was begun with another population: {where} has changed since. Put it back, "
            f"or `bridge undo {run}` and load anew"
        )


def mapping_inputs(path: Path | None, mapping: Mapping) -> dict[str, Any]:
    """Return what a run's record keeps of its mapping."""
    digest = fingerprint(mapping.model_dump(mode="json"))[:12]
    return {"mapping": str(path.absolute()) if path else None, "mapping_file": digest}


def _mapping_of_record(inputs: dict[str, Any], run: str) -> Mapping:
    path = Path(inputs["mapping"]) if inputs["mapping"] else None
    mapping = load_mapping(path)
    if mapping_inputs(path, mapping) != {k: inputs[k] for k in ("mapping", "mapping_file")}:
        where = path or "bridge's own mapping"
        raise LedgerError(
            f"run {run} was begun with another mapping: {where} has changed since. Put it back, or "
            f"`bridge undo {run}` and load anew"
        )
    return mapping
