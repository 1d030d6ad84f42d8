"""The content package brought onto a server, after saying what that will make."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bridge.content.package import load_content
from bridge.delivery.content import ContentPlan, make_content, plan_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.setup import Made
from bridge.errors import InputError, option
from bridge.runs.examining import ServerRequest, SetupResult, set_up_on
from bridge.runs.surroundings import Connection, Surroundings
from bridge.wording import how_many


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRequest:
    """Whether to make the content, and how."""

    package: Path | None = None
    """A folder of content files; None: those that come with bridge."""
    extend: bool = False
    """Give sets and questions that exist what they lack, too."""
    dry_run: bool = False
    agreed: bool = False
    """Make it without asking."""


class ContentResult(NamedTuple):
    """What setup made, of the metadata and of the content."""

    setup: SetupResult
    plan: ContentPlan
    made: list[Made]


def set_content_up(
    request: ServerRequest,
    content: ContentRequest,
    around: Surroundings,
    show: Callable[[ContentPlan, str], None],
) -> ContentResult:
    """Make what a server lacks of the content package; `show` tells what before it is made."""
    with around.open_server(request.server, request.user) as connection:
        setup = set_up_on(connection, request, around, dry_run=content.dry_run)
        around.listener.doing("looking for the content")
        package = load_content(content.package)
        with closing(connection.connect()) as client:
            plan = plan_content(package, read_standing(client, package))
        show(plan, connection.label)
        if content.dry_run:
            return ContentResult(setup, plan, [])
        _ask(plan, content, connection, around)
        return ContentResult(setup, plan, _make(plan, content, connection, around))


def give_content(connection: Connection, around: Surroundings) -> None:
    """Make all of the content on a server of bridge's own: the sandbox, for whole charts."""
    package = load_content()
    with closing(connection.connect()) as client:
        plan = plan_content(package, read_standing(client, package))
    if len(plan):
        around.listener.doing("giving the sandbox its content")
        _make(plan, ContentRequest(), connection, around)


def _ask(
    plan: ContentPlan, content: ContentRequest, connection: Connection, around: Surroundings
) -> None:
    if content.agreed or not len(plan):
        return
    if not around.listener.ask(f"Make {how_many(len(plan), 'thing')} on {connection.label}?"):
        things = how_many(len(plan), "thing")
        raise InputError(
            f"{things} of the content would be made, and nobody has agreed to it",
            hints=option("agreed"),
        )


def _make(
    plan: ContentPlan, content: ContentRequest, connection: Connection, around: Surroundings
) -> list[Made]:
    total = len(plan) + (len(plan.extensions) if content.extend else 0)
    progress = around.listener.progress("things made", total, "making the content")
    results = []
    with around.stop.heeded(), progress as meter:
        for made in make_content(plan, connection.connect, around.stop, extend=content.extend):
            meter.advance()
            results.append(made)
    return results
