"""`bridge load`: generate, map, check, send; to the sandbox when no server is named."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bridge.cli import cohorts
from bridge.cli.access import Access, open_server
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
from bridge.cli.running import carry_on_run, records_folder
from bridge.cli.screen import Screen, how_many, is_terminal
from bridge.errors import InputError, Unfit
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.openmrs.client import Client
from bridge.resources.rest import Target
from bridge.upload.facts import Facts, read_facts
from bridge.upload.ledger import Ledger, Run, last_begun
from bridge.upload.preflight import (
    Finding,
    Level,
    check,
    choose_profile,
    limits_of,
    real_patients,
    refuse_values,
    target,
)
from bridge.upload.run import Cohort, new_run_name
from bridge.upload.setup import make_marks, set_up


@click.command()
@cohort_options
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Load what `bridge generate` wrote, instead of generating.",
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
    mapping = load_mapping(of_mapping.mapping_file)
    if mapping.unmapped and of_mapping.mapping_file:
        screen.note(f"not in the mapping, and left out: {', '.join(mapping.unmapped)}")
    _refuse_contradictions(ctx, asked, folder)
    with open_server(server, screen, switch) as access:
        with closing(access.connect()) as client:
            facts, profile = examine(client, access, mapping, of_mapping.profile, screen)
            cohort = _cohort(asked, folder, facts, mapping, screen)
            if dry_run:
                return _foretell(cohort, mapping, access, screen)
            _refuse_real_patients(facts, yes=yes or access.is_sandbox)
            facts = make_marks(client, facts)
        goal = target(facts, mapping.profiles[profile])
        run = _new_run(access, cohort, goal, last_begun(records_folder(server.home)))
        run.inputs.update(cohorts.mapping_inputs(of_mapping.mapping_file, mapping))
        with Ledger.create(records_folder(server.home), run) as ledger:
            _announce(run, access, screen)
            return carry_on_run(ledger, cohort, mapping, access, workers, screen, switch)


def _cohort(
    asked: CohortFlags, folder: Path | None, facts: Facts, mapping: Mapping, screen: Screen
) -> Cohort:
    if folder:
        from bridge.files.reading import FolderCohort

        made = FolderCohort(folder, mapping, asked.count)
        refuse_values(made.patients(range(1, made.count + 1)), limits_of(facts, mapping), folder)
        if made.left_out:
            codes = ", ".join(sorted(made.left_out))
            screen.note(f"observations left out, for no code of theirs is in the mapping: {codes}")
        return made
    return cohorts.generated(asked, limits_of(facts, mapping))


def _new_run(access: Access, cohort: Cohort, goal: Target, last: str | None) -> Run:
    now = datetime.now(UTC)
    if last and now <= (begun := datetime.fromisoformat(last)):
        now = begun + timedelta(milliseconds=1)  # the clock was set back; the newest stays newest
    return Run(
        name=new_run_name(now),
        created=now.isoformat(timespec="milliseconds"),
        server=access.name,
        user=access.user,
        patients=cohort.count,
        inputs=dict(cohort.inputs),
        target=asdict(goal),
    )


def examine(
    client: Client, access: Access, mapping: Mapping, wanted: str, screen: Screen
) -> tuple[Facts, str]:
    """Read the server and hold it against the mapping; raise Unfit with all that would fail.

    The sandbox is bridge's own, so what it lacks is made.
    """
    facts = read_facts(client, mapping)
    profile = choose_profile(facts, mapping, wanted)
    findings = check(facts, mapping, profile, now=datetime.now(UTC))
    if access.is_sandbox and _failing(findings):
        for _ in set_up(client, facts, mapping, mapping.profiles[profile]):
            pass
        facts = read_facts(client, mapping)
        findings = check(facts, mapping, profile, now=datetime.now(UTC))
    for finding in findings:
        if finding.level is Level.NOTE and not access.is_sandbox:
            screen.note(f"{finding.check}: {finding.found} ({finding.fix})")
    if failing := _failing(findings):
        lines = [f"  {f.check}: {f.found}. {f.fix}" for f in failing]
        raise Unfit(
            f"{access.label} is not ready for a load, and nothing was written:\n" + "\n".join(lines)
        )
    return facts, profile


def _failing(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.FAIL]


def _refuse_contradictions(ctx: click.Context, asked: CohortFlags, folder: Path | None) -> None:
    given = [
        f"--{name.replace('_', '-')}"
        for name in ("seed", "as_of", "population", "visits")
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if folder and given:
        raise InputError(f"--from loads patients that are made; leave out {', '.join(given)}")
    if asked.as_of and asked.as_of > datetime.now().astimezone().date():
        raise InputError(f"--as-of {asked.as_of} is in the future: no server takes such visits")


def _refuse_real_patients(facts: Facts, *, yes: bool) -> None:
    """Ask before synthetic patients come among others: it may be a real hospital."""
    real = real_patients(facts)
    if real == 0 or yes:
        return
    whose = (
        "patients that may be real"
        if real is None
        else f"{how_many(real, 'patient')} not marked as demo"
    )
    if not is_terminal():
        raise InputError(f"{facts.url} holds {whose}: if it is no real hospital, say --yes")
    click.confirm(
        f"{facts.url} holds {whose}. Load synthetic ones all the same?", abort=True, err=True
    )


def _announce(run: Run, access: Access, screen: Screen) -> None:
    inputs = run.inputs
    origin = (
        f"from {inputs['from']}"
        if "from" in inputs
        else f"seed {inputs['seed']}, as of {inputs['as_of']}, population {inputs['population']}"
    )
    screen.say(f"Run {run.name}: {how_many(run.patients, 'patient')} to {access.label}, {origin}")


def _foretell(cohort: Cohort, mapping: Mapping, access: Access, screen: Screen) -> int:
    """Count what a load would send, without sending it."""
    visits = observations = 0
    for patient in cohort.patients(range(1, cohort.count + 1)):
        visits += len(patient.visits)
        observations += sum(
            measurement.name in mapping.measurements
            for encounter in patient.encounters()
            for measurement in encounter.measurements
        )
    requests = cohort.count + visits
    foretold = {
        "server": access.name,
        "seed": cohort.inputs.get("seed"),
        "patients": cohort.count,
        "visits": visits,
        "observations": observations,
        "requests": requests,
    }
    screen.json({"dry_run": True, **foretold})
    if not screen.as_json:
        screen.say(
            f"A load to {access.label} would make {how_many(cohort.count, 'patient')}, "
            f"{how_many(visits, 'visit')} and {how_many(observations, 'observation')} with "
            f"{how_many(requests, 'request')}. Nothing was written."
        )
        if "seed" in cohort.inputs:
            screen.say(f"These are the patients of --seed {cohort.inputs['seed']}.")
    return 0
