"""`bridge sandbox`: the embedded server, to look at and to try things on."""

from pathlib import Path

import click

from bridge.cli.access import clock, sandbox_folder
from bridge.cli.options import home_option
from bridge.cli.screen import Screen


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8585,
    show_default=True,
    help="Where to listen; 0 for any free port.",
)
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="Its data; default: what loads fill."
)
@home_option
def sandbox(port: int, folder: Path | None, home: Path) -> int:
    """Serve the embedded OpenMRS-compatible server until it is stopped."""
    from bridge.sandbox import PASSWORD, USER, Sandbox

    screen = Screen()
    folder = folder or sandbox_folder(home)
    with Sandbox.start(folder, port=port, clock=clock(), with_content=True) as running:
        screen.say(f"The sandbox serves {folder}")
        screen.say(f"  patients   {running.url.removesuffix('/openmrs')}/")
        screen.say(f"  REST       {running.url}/ws/rest/v1")
        screen.say(f"  FHIR       {running.url}/ws/fhir2/R4")
        screen.say(f"  sign-in    {USER} / {PASSWORD}")
        screen.say("Ctrl-C stops it.")
        running.wait()
    return 0
