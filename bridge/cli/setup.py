"""`bridge setup`: what a bare server lacks, its content too."""

from typing import Any

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    ContentFlags,
    MappingFlags,
    ServerFlags,
    content_options,
    json_option,
    mapping_options,
    server_options,
    server_request,
)
from bridge.cli.screen import Screen
from bridge.delivery.content import ContentPlan
from bridge.delivery.setup import Made
from bridge.errors import InputError, Unfit
from bridge.runs.content import ContentRequest, set_content_up
from bridge.runs.examining import SetupResult, set_server_up
from bridge.wording import how_many

SHOWN = 4
"""How many of a long list are shown."""

MADE = ("made", "extended", "to be made")


@click.command()
@content_options
@server_options
@mapping_options
@json_option
def setup(asked: ContentFlags, server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Make the metadata that a bare server lacks; what exists stays as it is."""
    if (asked.extend or asked.package) and not asked.content:
        raise InputError("--extend and --package go with --content")
    screen = Screen(as_json=as_json)
    request = server_request(server_name(server.url), server, of_mapping)
    around = surroundings(server, screen, StopSwitch())
    with screen.showing(around.stop):
        if not asked.content:
            return _tell(set_server_up(request, around, dry_run=asked.dry_run), [], {}, screen)
        wanted = ContentRequest(
            package=asked.package, extend=asked.extend, dry_run=asked.dry_run, agreed=asked.yes
        )

        def show(plan: ContentPlan, label: str) -> None:
            _tell_plan(plan, label, screen, extend=asked.extend)

        result = set_content_up(request, wanted, around, show)
    said = {"content": _content_json(result.plan)}
    return _tell(result.setup, result.made, said, screen)


def _tell_plan(plan: ContentPlan, label: str, screen: Screen, *, extend: bool) -> None:
    if screen.as_json:
        return
    screen.say(f"Content on {label}: {plan.existing:,} there already, {len(plan):,} to be made")
    if len(plan):
        counted = plan.counts().items()
        screen.table(("lacking", "how many"), ((kind, f"{count:,}") for kind, count in counted))
    for change in plan.extensions:
        verb = "gets" if extend else "lacks (--extend adds them)"
        screen.say(f"{change.label} {verb}: {', '.join(change.lacking)}")
    for name in plan.retired:
        screen.say(f"retired there, and stays so: {name}", style="yellow")
    if plan.elsewhere:
        more = len(plan.elsewhere) - SHOWN
        screen.say(
            f"{how_many(len(plan.elsewhere), 'thing')} cannot be made over REST here (`bridge "
            "content export` writes them for the initializer): "
            + ", ".join(plan.elsewhere[:SHOWN])
            + (f" and {more} more (--json lists them)" if more > 0 else "")
        )


def _content_json(plan: ContentPlan) -> dict[str, Any]:
    return {
        "missing": plan.counts(),
        "existing": plan.existing,
        "lacking": {change.label: list(change.lacking) for change in plan.extensions},
        "retired": list(plan.retired),
        "elsewhere": list(plan.elsewhere),
    }


def _tell(setup: SetupResult, content: list[Made], said: dict[str, Any], screen: Screen) -> int:
    results = [*setup.things, *content]
    made = [thing.label for thing in results if thing.result in MADE]
    refused = [thing for thing in results if thing.refused]
    there = len(results) - len(made) - len(refused)
    screen.json(
        {
            "server": setup.server,
            "profile": setup.profile,
            "made": made,
            "already_there": there,
            "refused": {thing.label: thing.result for thing in refused},
            **said,
        }
    )
    shown = refused if said else results
    if shown and not screen.as_json:
        screen.table(("thing", "result"), ((thing.label, thing.result) for thing in shown))
    if refused:
        raise Unfit(
            f"the server refused {len(refused)} of {len(results)} things. It may have its own "
            "under another uuid: name that in a mapping file"
        )
    verb = "to be made" if any(thing.result == "to be made" for thing in results) else "made"
    screen.say(f"{len(made)} {verb}, {there} there already", style="green")
    return 0
