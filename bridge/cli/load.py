"""`bridge load`: generate, map, check, send; to the sandbox when no server is named."""

from dataclasses import replace
from pathlib import Path

import click

from bridge.cli.access import clock, server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    MappingFlags,
    ServerFlags,
    cohort_options,
    json_option,
    mapping_options,
    server_options,
    workers_option,
)
from bridge.cli.outcomes import announcement, tell_load
from bridge.cli.screen import Screen
from bridge.errors import InputError
from bridge.runs.cohorts import CohortRequest
from bridge.runs.loading import Estimate, estimate
from bridge.runs.loading import load as load_patients
from bridge.runs.preparing import LoadRequest
from bridge.runs.surroundings import label_of
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
    asked: CohortRequest,
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
    screen = Screen(as_json=as_json, on_begun=lambda run, phase: announcement(run))
    switch = StopSwitch()
    _refuse_contradictions(ctx, asked, folder, sites_file)
    request = LoadRequest(
        patients=replace(asked, files=folder),
        server=server_name(None if sites_file else server.url),
        user=server.user,
        mapping_file=of_mapping.mapping_file,
        profile=of_mapping.profile,
        workers=workers,
        among_others=yes,
    )
    if sites_file:
        from bridge.cli.sites import load_sites_of

        return load_sites_of(sites_file, request, server, screen, switch, dry_run=dry_run)
    around = surroundings(server, screen, switch)
    with screen.showing(switch):
        if dry_run:
            return _tell_estimate(estimate(request, around), screen)
        return tell_load(load_patients(request, around), screen)


def _refuse_contradictions(
    ctx: click.Context, asked: CohortRequest, folder: Path | None, sites_file: Path | None
) -> None:
    if folder and (given := _given(ctx, "seed", "as_of", "population", "visits")):
        raise InputError(f"--from loads patients that are made; leave out {given}")
    if sites_file and (given := _given(ctx, "url", "user", "password_file", "folder")):
        raise InputError(f"--sites says which servers and who signs in; leave out {given}")
    if asked.as_of and asked.as_of > clock()().astimezone().date():
        raise InputError(f"--as-of {asked.as_of} is in the future: no server takes such visits")


def _given(ctx: click.Context, *names: str) -> str:
    """Return which of these flags stand on the command line."""
    return ", ".join(
        parameter.opts[0]
        for parameter in ctx.command.params
        if parameter.name in names
        and ctx.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
    )


def _tell_estimate(found: Estimate, screen: Screen) -> int:
    screen.json({"dry_run": True, **found._asdict()})
    if not screen.as_json:
        screen.say(
            f"A load to {label_of(found.server)} would make "
            f"{how_many(found.patients, 'patient')}, {how_many(found.visits, 'visit')} and "
            f"{how_many(found.observations, 'observation')} with "
            f"{how_many(found.requests, 'request')}. Nothing was written."
        )
        if found.seed is not None:
            screen.say(f"These are the patients of --seed {found.seed}.")
    return 0
