"""`bridge load`: generate, map, check, send; to the sandbox when no server is named."""

from datetime import datetime
from pathlib import Path

import click

from bridge.cli.access import Access, open_server
from bridge.cli.begin import Wanted, begin, foretell, wanted_mapping
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    CohortFlags,
    MappingFlags,
    ServerFlags,
    cohort_options,
    json_option,
    mapping_options,
    server_options,
    workers_option,
)
from bridge.cli.running import carry_on_run
from bridge.cli.screen import Screen, is_terminal
from bridge.errors import InputError
from bridge.wording import how_many


@click.command()
@cohort_options
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Load what `bridge generate` wrote, instead of generating.",
)
@click.option(
    "--sites",
    "sites_file",
    type=click.Path(path_type=Path),
    help="A file of servers: load onto all of them at once, other patients onto each. The exit "
    "code is then the highest of the sites' own.",
)
@server_options
@mapping_options
@workers_option
@click.option("--dry-run", is_flag=True, help="Check and count; write nothing.")
@click.option("--yes", is_flag=True, help="Load although the server holds unmarked patients.")
@json_option
@click.pass_context
def load(
    ctx: click.Context,
    asked: CohortFlags,
    folder: Path | None,
    sites_file: Path | None,
    server: ServerFlags,
    of_mapping: MappingFlags,
    workers: int | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Fill a server with patients, their visits and vital signs.

    Without --url they go to the sandbox, an OpenMRS-compatible server that comes with bridge.
    """
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    _refuse_contradictions(ctx, asked, folder, sites_file)
    if sites_file:
        from bridge.cli.sites import Round, load_onto_sites

        of_all = Round(asked, of_mapping, server, workers, dry_run, yes)
        return load_onto_sites(sites_file, of_all, screen, switch)
    wanted = Wanted(
        asked=asked,
        folder=folder,
        mapping=wanted_mapping(of_mapping, screen),
        mapping_file=of_mapping.mapping_file,
        profile=of_mapping.profile,
        yes=yes,
        may_ask=is_terminal(),
    )
    with screen.showing(switch), open_server(server, screen, switch) as access:
        if dry_run:
            return _foretell(access, wanted, screen)
        with begin(access, wanted, server.home, screen, switch) as (ledger, cohort):
            return carry_on_run(ledger, cohort, wanted.mapping, access, workers, screen, switch)


def _refuse_contradictions(
    ctx: click.Context, asked: CohortFlags, folder: Path | None, sites_file: Path | None
) -> None:
    if folder and (given := _given(ctx, "seed", "as_of", "population", "visits")):
        raise InputError(f"--from loads patients that are made; leave out {given}")
    if sites_file and (given := _given(ctx, "url", "user", "password_file", "folder")):
        raise InputError(f"--sites says which servers and who signs in; leave out {given}")
    if asked.as_of and asked.as_of > datetime.now().astimezone().date():
        raise InputError(f"--as-of {asked.as_of} is in the future: no server takes such visits")


def _given(ctx: click.Context, *names: str) -> str:
    """Return which of these flags stand on the command line."""
    return ", ".join(
        parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name in names
        and ctx.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
    )


def _foretell(access: Access, wanted: Wanted, screen: Screen) -> int:
    foretold = foretell(access, wanted, screen)
    screen.json({"dry_run": True, **foretold._asdict()})
    if not screen.as_json:
        screen.say(
            f"A load to {access.label} would make {how_many(foretold.patients, 'patient')}, "
            f"{how_many(foretold.visits, 'visit')} and "
            f"{how_many(foretold.observations, 'observation')} with "
            f"{how_many(foretold.requests, 'request')}. Nothing was written."
        )
        if foretold.seed is not None:
            screen.say(f"These are the patients of --seed {foretold.seed}.")
    return 0
