"""Charts read from files, held against what they were made of."""

from collections import Counter
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from bridge.chart import Patient
from bridge.files.account import Reading, kind_of, sources_of
from bridge.files.cohort import FilesCohort
from bridge.files.options import FileOptions
from bridge.mapping.model import Mapping

Thing = TypeVar("Thing")


def read_all(
    path: Path, mapping: Mapping | None = None, **options: Any
) -> tuple[list[Patient], Reading]:
    """Read all patients, and what was made of the rest."""
    cohort = FilesCohort(path, FileOptions(**options), mapping)
    return list(cohort.patients(range(1, cohort.count + 1))), cohort.reading


def without_sources(thing: Thing) -> Thing:
    """Drop from a chart where each of its parts was read."""
    if isinstance(thing, tuple) and not hasattr(thing, "_fields"):
        return tuple(without_sources(one) for one in thing)  # type: ignore[return-value]
    if is_dataclass(thing) and not isinstance(thing, type):
        changes = {f.name: without_sources(getattr(thing, f.name)) for f in fields(thing)}
        return replace(thing, **{k: "" if k == "source" else v for k, v in changes.items()})
    return thing


def balance(cohort: FilesCohort) -> None:
    """Assert that for each type what was read is used, left out or rejected, and nothing else."""
    used: Counter[str] = Counter()
    for patient in cohort.patients(range(1, cohort.count + 1)):
        used.update(map(kind_of, set(sources_of(patient))))
    left_out: Counter[str] = Counter()
    for (kind, _), count in cohort.reading.left_out.items():
        left_out[kind] += count
    rejected: Counter[str] = Counter()
    for one in cohort.reading.rejected:
        rejected.update(one.resources)
    for kind, read in cohort.reading.read.items():
        assert read == used[kind] + left_out[kind] + rejected[kind], kind
