"""`bridge generate`: patients to files."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.access import clock
from bridge.cli.options import cohort_options
from bridge.cli.screen import Screen
from bridge.errors import InputError
from bridge.files.folders import new_folder
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.runs.cohorts import CohortRequest, generated_cohort
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.files.formats import Form
    from bridge.synthesis.cohort import GeneratedCohort
    from bridge.synthesis.parallel import Part


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "fhir", "bundles"]),
    default="csv",
    show_default=True,
    help="Tables, or FHIR R4: as NDJSON, or as a transaction bundle for each patient.",
)
@cohort_options
@click.option(
    "--workers",
    "processes",  # bridge.yaml's workers are those of a load
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that make patients; their number changes nothing but the time.",
)
@click.option(
    "--engine",
    type=click.Choice(["processes", "dask"]),
    default="processes",
    show_default=True,
    help="Who makes patients: processes of this machine, or a Dask cluster. The same bytes.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Where Dask's scheduler listens.")
def generate(
    out: Path,
    form: str,
    asked: CohortRequest,
    processes: int,
    engine: str,
    scheduler: str | None,
) -> int:
    """Write patients with their whole charts to files; the same seed gives the same bytes."""
    # A worker is one core's work: by itself numpy would take every core for each of them.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    screen = Screen()
    if (engine == "dask") != bool(scheduler):
        raise InputError("--engine dask and --scheduler ADDRESS go together")
    if scheduler and processes > 1:
        raise InputError("--workers are this machine's: a Dask cluster has its own")
    mapping = load_mapping(None)
    limits = {name: entry.plausible for name, entry in mapping.measurements.items()}
    asked = asked.with_seed(SystemRandom())
    cohort = generated_cohort(asked, limits, clock(), note=screen.note)
    written = _form(form, mapping, cohort)
    resampled = 0
    with (
        new_folder(out) as folder,
        screen.progress("patients", cohort.count) as meter,
        written.opened(folder) as append,
    ):
        for part in _parts(cohort, written, processes, scheduler):
            append(part.content)
            resampled += part.resampled
            meter.advance(by=part.patients)
    screen.say(
        f"{how_many(cohort.count, 'patient')} in {out} (seed {cohort.request.seed}, as of "
        f"{cohort.request.as_of}); {resampled} drawn again for an impossible value"
    )
    return 0


def _own_columns(cohort: "GeneratedCohort") -> list[str]:
    """List the columns that the tables have for what a people file says beside the rest."""
    from bridge.files.tables import OWN_COLUMNS

    people = cohort.request.people
    said = any(one.own_id for one in people), any(one.is_estimated for one in people)
    return [column for column, is_there in zip(OWN_COLUMNS, said, strict=True) if is_there]


def _form(name: str, mapping: Mapping, cohort: "GeneratedCohort") -> "Form":
    is_whole = cohort.request.chart == "full"
    if name == "bundles":
        from bridge.files.bundles import bundles_form

        return bundles_form(mapping)
    if name == "fhir":
        from bridge.files.ndjson import CHART_TYPES, TYPES, fhir_form

        return fhir_form(mapping, CHART_TYPES if is_whole else TYPES)
    from bridge.files.tables import csv_form, parquet_form, tables_with

    write = parquet_form if name == "parquet" else csv_form
    if cohort.request.histories:
        raise InputError("charts of an event model are written as fhir or bundles")
    if is_whole:
        from bridge.files.care_tables import care_tables

        return write(care_tables)
    return write(partial(tables_with, _own_columns(cohort)))


def _parts(
    cohort: "GeneratedCohort", form: "Form", processes: int, scheduler: str | None
) -> "Iterator[Part[Any]]":
    if scheduler:
        from bridge.synthesis.cluster import parts_by_cluster

        return parts_by_cluster(cohort, form.encode, scheduler)
    from bridge.synthesis.parallel import parts

    return parts(cohort, form.encode, processes)
