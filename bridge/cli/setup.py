"""`bridge setup`: the metadata that a bare server lacks."""

import click

from bridge.cli.access import server_name, surroundings
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    MappingFlags,
    ServerFlags,
    json_option,
    mapping_options,
    server_options,
    server_request,
)
from bridge.cli.screen import Screen
from bridge.errors import Unfit
from bridge.runs.examining import set_server_up


@click.command()
@server_options
@mapping_options
@json_option
def setup(server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Make the metadata that a bare server lacks; what exists stays as it is."""
    screen = Screen(as_json=as_json)
    request = server_request(server_name(server.url), server, of_mapping)
    with screen.showing():
        result = set_server_up(request, surroundings(server, screen, StopSwitch()))
    made, refused, total = len(result.made), len(result.refused), len(result.things)
    screen.json(
        {
            "server": result.server,
            "profile": result.profile,
            "made": [thing.label for thing in result.made],
            "already_there": total - made - refused,
            "refused": {thing.label: thing.result for thing in result.refused},
        }
    )
    if not as_json:
        screen.table(("thing", "result"), ((one.label, one.result) for one in result.things))
    if refused:
        raise Unfit(
            f"the server refused {refused} of {total} things. It may have its own under another "
            "uuid: name that in a mapping file"
        )
    screen.say(f"{made} made, {total - made} there already", style="green")
    return 0
