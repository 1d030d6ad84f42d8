"""`bridge mapping`: check a mapping file or a table of codes, or export both."""

import json
from datetime import date
from pathlib import Path

import click

from bridge.cli.screen import Screen
from bridge.mapping.code_table import load_code_table
from bridge.mapping.loading import load_mapping
from bridge.wording import harmless


@click.group()
def mapping() -> None:
    """Check a mapping file or a table of codes, or export both."""


@mapping.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> int:
    """Say what is wrong with a FILE, or that nothing is: a mapping (.yaml) or codes (.csv)."""
    screen = Screen()
    if file.suffix.lower() == ".csv":
        return _check_codes(file, screen)
    checked = load_mapping(file)
    screen.say(
        f"{file} is a mapping of {len(checked.measurements)} measurements with profiles "
        f"{', '.join(checked.profiles)}",
        style="green",
    )
    if checked.unmapped:
        screen.say(f"not named, and left out by a load: {', '.join(checked.unmapped)}")
    return 0


def _check_codes(file: Path, screen: Screen) -> int:
    rows = [row for row in load_code_table(file) if row.is_own]
    homes = sum(bool(row.target) for row in rows)
    screen.say(
        f"{file} is a table of {len(rows)} codes: {homes} with a target, "
        f"{len(rows) - homes} said to have none",
        style="green",
    )
    return 0


@mapping.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["conceptmap"]),
    default="conceptmap",
    show_default=True,
    help="A FHIR R4 ConceptMap.",
)
@click.option(
    "--mapping",
    "file",
    type=click.Path(path_type=Path),
    envvar="BRIDGE_MAPPING",
    help="A file in place of bridge's own.",
)
@click.option(
    "--codes",
    type=click.Path(path_type=Path),
    envvar="BRIDGE_CODES",
    help="A table of codes of your own; its rows go before bridge's.",
)
def export(form: str, file: Path | None, codes: Path | None) -> int:
    """Print the mapping and the table of codes in another form."""
    from bridge.files.concept_map import with_codes
    from bridge.files.fhir_rendering import concept_map

    measurements = concept_map(load_mapping(file), date=date.today().isoformat())
    resource = with_codes(measurements, load_code_table(codes))
    click.echo(harmless(json.dumps(resource, indent=2, ensure_ascii=False)))
    return 0
