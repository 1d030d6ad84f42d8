"""`bridge content`: the content package in other forms."""

import json
from contextlib import closing
from pathlib import Path

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import ServerFlags, package_option, server_options
from bridge.cli.screen import Screen
from bridge.content.initializer import initializer_files
from bridge.content.o3_config import o3_config
from bridge.content.package import Content, load_content
from bridge.delivery.content import additions
from bridge.delivery.content_state import read_standing
from bridge.files.folders import new_folder
from bridge.wording import how_many


@click.group()
def content() -> None:
    """Write the content package in other forms."""


@content.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["initializer", "o3-config"]),
    default="initializer",
    show_default=True,
    help="Folders of openmrs-module-initializer, or a configuration file of O3's frontend.",
)
@package_option
@click.option("--all", "whole", is_flag=True, help="The whole package, whatever a server has.")
@server_options
@click.argument("folder", type=click.Path(path_type=Path))
def export(form: str, package: Path | None, whole: bool, server: ServerFlags, folder: Path) -> int:
    """Write to a new FOLDER what the server of --url lacks; with no --url, the whole package.

    The initializer makes what it is given equal to the file: a whole package is for servers
    without content of their own.
    """
    screen = Screen()
    wanted = load_content(package)
    if form == "o3-config":
        text = json.dumps(o3_config(wanted), indent=2, ensure_ascii=False) + "\n"
        files = {"bridge-o3-config.json": text}
    elif whole or server.url is None:
        files = initializer_files(wanted)
    else:
        files = _lacking(wanted, server, screen)
    with new_folder(folder) as draft:
        for name, text in files.items():
            path = draft / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    screen.say(f"{how_many(len(files), 'file')} written to {folder}", style="green")
    return 0


def _lacking(package: Content, server: ServerFlags, screen: Screen) -> dict[str, str]:
    """Return the files of what a server lacks."""
    around = surroundings(server, screen, StopSwitch())
    opened = around.open_server(server_name(server.url), server.user)
    with screen.showing(around.stop), opened as connection:
        screen.doing("looking for the content")
        with closing(connection.connect()) as client:
            standing = read_standing(client, package)
    return initializer_files(package, standing.lacks, additions(package, standing))
