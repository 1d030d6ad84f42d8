"""`bridge setup`: the metadata that a bare server lacks, and the content package."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from bridge.cli.access import Access, open_server
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import (
    ContentFlags,
    MappingFlags,
    ServerFlags,
    content_options,
    json_option,
    mapping_options,
    server_options,
)
from bridge.cli.screen import Screen, is_terminal
from bridge.content.package import Content, load_content
from bridge.delivery.content import ContentPlan, make_content, plan_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.preflight import choose_profile
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import Made, set_up
from bridge.errors import InputError, Interrupted, Unfit
from bridge.mapping.loading import load_mapping
from bridge.wording import how_many

SHOWN = 4
"""How many of a long list are shown."""


@click.command()
@content_options
@server_options
@mapping_options
@json_option
def setup(asked: ContentFlags, server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Make the metadata that a bare server lacks; what exists stays as it is."""
    if (asked.extend or asked.package) and not asked.content:
        raise InputError("--extend and --package go with --content")
    package = load_content(asked.package) if asked.content else None
    screen = Screen(as_json=as_json)
    switch = StopSwitch()
    with screen.showing(switch), open_server(server, screen, switch) as access:
        results, profile = _metadata(access, of_mapping, screen, dry_run=asked.dry_run)
        said: dict[str, Any] = {}
        if package:
            plan = _plan(package, access, screen)
            _tell_plan(plan, access, screen, extend=asked.extend)
            if not asked.dry_run:
                _ask(plan, access, screen, yes=asked.yes)
                results += _make(plan, access, screen, switch, extend=asked.extend)
            said = {"content": _content_json(plan)}
    return _tell(results, said, profile, access, screen)


def _metadata(
    access: Access, of_mapping: MappingFlags, screen: Screen, *, dry_run: bool
) -> tuple[list[Made], str]:
    mapping = load_mapping(of_mapping.mapping_file)
    screen.doing("checking the server")
    client = access.connect()
    try:
        state = read_server_state(client, mapping, counting=False)
        profile = choose_profile(state, mapping, of_mapping.profile)
        screen.doing("making what is missing")
        wanted = mapping.profiles[profile]
        return list(set_up(client, state, mapping, wanted, dry_run=dry_run)), profile
    finally:
        client.close()


def _plan(package: Content, access: Access, screen: Screen) -> ContentPlan:
    screen.doing("looking for the content")
    client = access.connect()
    try:
        return plan_content(package, read_standing(client, package))
    finally:
        client.close()


def _tell_plan(plan: ContentPlan, access: Access, screen: Screen, *, extend: bool) -> None:
    if screen.as_json:
        return
    screen.say(
        f"Content on {access.label}: {plan.existing:,} there already, {len(plan):,} to be made"
    )
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


def _ask(plan: ContentPlan, access: Access, screen: Screen, *, yes: bool) -> None:
    if yes or not len(plan):
        return
    if not is_terminal() or screen.as_json:
        raise InputError(f"{how_many(len(plan), 'thing')} would be made: say --yes to make them")
    with screen.aside():
        if not click.confirm(f"Make them on {access.label}?", default=True, err=True):
            raise Interrupted("nothing of the content was made")


def _make(
    plan: ContentPlan, access: Access, screen: Screen, switch: StopSwitch, *, extend: bool
) -> list[Made]:
    total = len(plan) + (len(plan.extensions) if extend else 0)
    with (
        stop_on_interrupt(switch),
        screen.progress("things made", total, "making the content") as meter,
    ):
        counted = _counting(
            make_content(plan, access.connect, switch, extend=extend), meter.advance
        )
        return list(counted)


def _counting(results: Iterator[Made], advance: Callable[[], None]) -> Iterator[Made]:
    for made in results:
        advance()
        yield made


def _content_json(plan: ContentPlan) -> dict[str, Any]:
    return {
        "missing": plan.counts(),
        "existing": plan.existing,
        "lacking": {change.label: list(change.lacking) for change in plan.extensions},
        "retired": list(plan.retired),
        "elsewhere": list(plan.elsewhere),
    }


def _tell(
    results: list[Made], said: dict[str, Any], profile: str, access: Access, screen: Screen
) -> int:
    made = [thing.label for thing in results if thing.result in ("made", "extended", "to be made")]
    refused = [thing for thing in results if thing.refused]
    there = len(results) - len(made) - len(refused)
    screen.json(
        {
            "server": access.name,
            "profile": profile,
            "made": made,
            "existing": there,
            "refused": {thing.label: thing.result for thing in refused},
            **said,
        }
    )
    if not screen.as_json:
        shown = refused if said else results
        if shown:
            screen.table(("thing", "result"), ((thing.label, thing.result) for thing in shown))
    if refused:
        raise Unfit(
            f"the server refused {len(refused)} of {len(results)} things. It may have its own "
            "under another uuid: name that in a mapping file"
        )
    verb = "to be made" if any(thing.result == "to be made" for thing in results) else "made"
    screen.say(f"{len(made)} {verb}, {there} there already", style="green")
    return 0
