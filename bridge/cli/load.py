"""`bridge load`: generate, map, check, send; to the sandbox when no server is named."""

from dataclasses import replace
from pathlib import Path

import click

from bridge.cli.access import clock, server_name, surroundings
from bridge.cli.class_options import ClassFlags, class_options
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    FilesFlags,
    MappingFlags,
    ServerFlags,
    cohort_options,
    files_options,
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
@files_options
@class_options
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
@click.option(
    "--stress",
    type=click.IntRange(0),
    default=0,
    help="So many of the patients, the last ones, are rare and ugly on purpose, for testers: 120 "
    "visits, 40 drugs, one name, no birthdate, a death at the visit ... (without --count: all).",
)
@click.option(
    "--active",
    type=click.IntRange(0),
    default=0,
    help="So many patients are there now: their last visit is of today and goes on (of files: "
    "with --shift).",
)
@click.option("--dry-run", is_flag=True, help="Check and count; write nothing.")
@click.option("--yes", is_flag=True, help="Load although the server holds unmarked patients.")
@json_option
@click.pass_context
def load(
    ctx: click.Context,
    asked: CohortRequest,
    files: FilesFlags,
    taught: ClassFlags,
    sites_file: Path | None,
    server: ServerFlags,
    of_mapping: MappingFlags,
    workers: int | None,
    stress: int,
    active: int,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Fill a server with patients: those that bridge makes, charts of files, or teaching cases.

    Without --url they go to the sandbox, an OpenMRS-compatible server that comes with bridge.
    """
    screen = Screen(as_json=as_json, on_begun=lambda run, phase: announcement(run))
    switch = StopSwitch()
    _refuse_contradictions(ctx, asked, files, sites_file)
    _refuse_other_patients(ctx, taught, active)
    request = LoadRequest(
        patients=replace(
            with_files(replace(asked, active=active, stress=stress), files), **taught.given
        ),
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


def with_files(asked: CohortRequest, files: FilesFlags) -> CohortRequest:
    """Add the files; what lies after today, or --as-of, no server takes."""
    if files.source is None:
        return asked
    today = asked.as_of or clock()().astimezone().date()
    return replace(asked, as_of=today, **files.given)


def _refuse_contradictions(
    ctx: click.Context, asked: CohortRequest, files: FilesFlags, sites_file: Path | None
) -> None:
    if files.source and (given := _given(ctx, "seed", "population", "visits", "illness", "people")):
        raise InputError(f"--from loads patients that are made; leave out {given}")
    of_files = _given(ctx, "keep_names", "since", "years", "shift", "codes")
    if of_files and not files.source:
        raise InputError(f"{of_files} is for patients of files: give them with --from")
    if sites_file and (given := _given(ctx, "url", "user", "password_file", "source")):
        raise InputError(f"--sites says which servers and who signs in; leave out {given}")
    if asked.as_of and asked.as_of > clock()().astimezone().date():
        raise InputError(f"--as-of {asked.as_of} is in the future: no server takes such visits")


def _refuse_other_patients(ctx: click.Context, taught: ClassFlags, active: int) -> None:
    """Refuse what a class's patients do not follow from, and what only they do."""
    if not taught.scenario:
        if given := _given(ctx, "learners", "learners_file", "until"):
            raise InputError(f"{given} is of a class: say with --scenario which cases it is taught")
        return
    others = ("count", "seed", "population", "visits", "illness", "people", "source", "sites_file")
    if given := _given(ctx, *others, *(("active",) if active else ())):
        raise InputError(f"--scenario says which patients they are; leave out {given}")
    if taught.learners and taught.learners_file:
        raise InputError("--learners-file says how many there are; leave out --learners")


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
        for reason, count in sorted(found.left_out.items()):
            screen.say(f"left out, {count:,} times: {reason}")
        if found.seed is not None:
            screen.say(f"These are the patients of --seed {found.seed}.")
    return 0
