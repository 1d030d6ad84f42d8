"""`bridge mapping`: check a mapping file, or export it."""

import json
from datetime import date
from pathlib import Path

import click

from bridge.cli.screen import Screen
from bridge.mapping.loading import load_mapping
from bridge.wording import harmless


@click.group()
def mapping() -> None:
    """Check a mapping file, or export it."""


@mapping.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> int:
    """Say what is wrong with a mapping FILE, or that nothing is."""
    screen = Screen()
    checked = load_mapping(file)
    screen.say(
        f"{file} is a mapping of {len(checked.measurements)} measurements with profiles "
        f"{', '.join(checked.profiles)}",
        style="green",
    )
    if checked.unmapped:
        screen.say(f"not named, and left out by a load: {', '.join(checked.unmapped)}")
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
def export(form: str, file: Path | None) -> int:
    """Print the mapping in another form."""
    from bridge.files.fhir_rendering import concept_map

    resource = concept_map(load_mapping(file), date=date.today().isoformat())
    click.echo(harmless(json.dumps(resource, indent=2, ensure_ascii=False)))
    return 0
