"""`bridge generate`: patients to files."""

from pathlib import Path

import click

from bridge.cli import cohorts
from bridge.cli.options import CohortFlags, cohort_options
from bridge.cli.screen import Screen, how_many
from bridge.files.folders import new_folder
from bridge.mapping.loading import load_mapping


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "fhir"]),
    default="csv",
    show_default=True,
    help="Tables, or FHIR R4 as NDJSON.",
)
@cohort_options
@click.option(
    "--people",
    "people_file",
    type=click.Path(path_type=Path),
    help="Make vitals for the people of a CSV file: sex, birthdate or age_months, and names.",
)
@click.option(
    "--workers",
    "processes",  # bridge.yaml's workers are those of a load
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that make patients; their number changes nothing but the time.",
)
def generate(
    out: Path, form: str, asked: CohortFlags, people_file: Path | None, processes: int
) -> int:
    """Write patients, their visits and vital signs to files; the same seed gives the same bytes."""
    from bridge.synthesis.parallel import all_patients

    screen = Screen()
    mapping = load_mapping(None)
    limits = {name: entry.plausible for name, entry in mapping.measurements.items()}
    cohort = cohorts.generated(asked, limits, people_file)
    with new_folder(out) as folder, screen.progress("patients", cohort.count) as meter:
        patients = meter.counted(all_patients(cohort, processes))
        if form == "fhir":
            from bridge.files.ndjson import write_ndjson

            write_ndjson(folder, patients, mapping)
        else:
            from bridge.files.tables import write_tables

            write_tables(folder, patients, parquet=form == "parquet")
    screen.say(
        f"{how_many(cohort.count, 'patient')} in {out} (seed {cohort.inputs['seed']}, as of "
        f"{cohort.inputs['as_of']}); {cohort.redrawn} drawn again for an impossible value"
    )
    return 0
