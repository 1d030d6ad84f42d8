"""The command line: settings in, one library call, output. One module per command.

A command's module is imported when it is run, so that `bridge load` never waits for what only
another command needs.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from bridge import __version__
from bridge.settings import load_settings
from bridge.yaml_files import nearest

COMMANDS = {
    "load": "Fill a server (the sandbox, if none is named) with patients.",
    "check": "Find what would make a load fail, before anything is written.",
    "setup": "Make the metadata that a bare server lacks.",
    "runs": "List the runs on record.",
    "status": "Show how far a run is.",
    "resume": "Go on with a run that was interrupted.",
    "verify": "Read a run back from the server and compare.",
    "report": "Write what came of a run as one HTML page.",
    "undo": "Take a run's patients off the server again.",
    "generate": "Write patients to files.",
    "train": "Fit a model to a table of your own.",
    "sample": "Write rows of a fitted model.",
    "scenario": "Show, check and print teaching cases.",
    "population": "Show a population with its sources, or check a file of your own.",
    "evaluate": "Say how true synthetic records are, beside real ones.",
    "compare": "Let bridge's generator and others learn the same people.",
    "mapping": "Check a mapping file, or export it.",
    "content": "Write the content package in other forms.",
    "care": "List the care modules, show one with its sources, or check a file of your own.",
    "sandbox": "Serve the embedded OpenMRS-compatible server.",
}


class Commands(click.Group):
    """The commands by name, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bridge.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command to run; of an unknown one say the nearest."""
        if args[0] not in COMMANDS:
            near = nearest(args[0], COMMANDS)
            ctx.fail(f"No such command {args[0]!r}{near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bridge")
@click.pass_context
def bridge(ctx: click.Context) -> Any:
    """Fill an OpenMRS server with believable, private, reproducible patients."""
    ctx.default_map = dict.fromkeys(COMMANDS, load_settings(Path.cwd()))
