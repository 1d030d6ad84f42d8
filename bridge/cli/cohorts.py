"""The cohort that flags ask for, or that a run's record was begun with."""

import secrets
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge.cli.options import CohortFlags
from bridge.errors import InputError, LedgerError
from bridge.identity import fingerprint
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.upload.run import Cohort

if TYPE_CHECKING:
    from bridge.synthesis.cohort import GeneratedCohort

DEFAULT_COUNT = 200


Limits = dict[str, tuple[float, float]]


def generated(
    asked: CohortFlags, limits: Limits, people_file: Path | None = None
) -> "GeneratedCohort":
    """Return the patients that flags ask for; a seed is drawn when none is given."""
    from bridge.synthesis.cohort import GeneratedCohort, Request
    from bridge.synthesis.people import load_people
    from bridge.synthesis.population import load_population

    zone = ZoneInfo(load_population(asked.population).facility.time_zone)
    as_of = asked.as_of or datetime.now(zone).date()
    people = load_people(people_file, as_of=as_of) if people_file else ()
    if asked.count and people and asked.count > len(people):
        raise InputError(f"has {len(people)} people, not {asked.count}", place=people_file)
    request = Request(
        seed=secrets.randbelow(2**32) if asked.seed is None else asked.seed,
        as_of=as_of,
        population=asked.population,
        visits=asked.visits,
        limits=limits,
        people=people,
    )
    return GeneratedCohort(request, asked.count or len(people) or DEFAULT_COUNT)


def of_record(inputs: dict[str, Any], count: int, mapping: Mapping) -> Cohort:
    """Return the cohort that a run was begun with, as it comes out of this bridge today."""
    if "from" in inputs:
        from bridge.files.reading import FolderCohort

        return FolderCohort(Path(inputs["from"]), mapping, count)
    fewest, most = inputs["visits"]
    asked = CohortFlags(
        count=count,
        seed=inputs["seed"],
        as_of=date.fromisoformat(inputs["as_of"]),
        population=inputs["population"],
        visits=(fewest, most),
    )
    return generated(asked, {name: (low, high) for name, (low, high) in inputs["limits"].items()})


def mapping_inputs(path: Path | None, mapping: Mapping) -> dict[str, Any]:
    """Return what a run's record keeps of its mapping."""
    digest = fingerprint(mapping.model_dump(mode="json"))[:12]
    return {"mapping": str(path.absolute()) if path else None, "mapping_file": digest}


def mapping_of_record(inputs: dict[str, Any], run: str) -> Mapping:
    """Load the mapping a run was begun with; raise LedgerError when it has changed."""
    path = Path(inputs["mapping"]) if inputs["mapping"] else None
    mapping = load_mapping(path)
    if mapping_inputs(path, mapping) != {k: inputs[k] for k in ("mapping", "mapping_file")}:
        where = path or "bridge's own mapping"
        raise LedgerError(
            f"run {run} was begun with another mapping: {where} has changed since. Put it back, or "
            f"`bridge undo {run}` and load anew"
        )
    return mapping
