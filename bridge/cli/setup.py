"""`bridge setup`: the metadata that a bare server lacks."""

import click

from bridge.cli.access import open_server
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import (
    MappingFlags,
    ServerFlags,
    json_option,
    mapping_options,
    server_options,
)
from bridge.cli.screen import Screen
from bridge.delivery.preflight import choose_profile
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import set_up
from bridge.errors import Unfit
from bridge.mapping.loading import load_mapping


@click.command()
@server_options
@mapping_options
@json_option
def setup(server: ServerFlags, of_mapping: MappingFlags, as_json: bool) -> int:
    """Make the metadata that a bare server lacks; what exists stays as it is."""
    screen = Screen(as_json=as_json)
    mapping = load_mapping(of_mapping.mapping_file)
    with screen.showing(), open_server(server, screen, StopSwitch()) as access:
        screen.doing("checking the server")
        client = access.connect()
        state = read_server_state(client, mapping)
        profile = choose_profile(state, mapping, of_mapping.profile)
        screen.doing("making what is missing")
        results = list(set_up(client, state, mapping, mapping.profiles[profile]))
    made = [thing.label for thing in results if thing.result == "made"]
    refused = [thing for thing in results if thing.refused]
    screen.json(
        {
            "server": access.name,
            "profile": profile,
            "made": made,
            "existing": len(results) - len(made) - len(refused),
            "refused": {thing.label: thing.result for thing in refused},
        }
    )
    if not as_json:
        screen.table(("thing", "result"), ((thing.label, thing.result) for thing in results))
    if refused:
        raise Unfit(
            f"the server refused {len(refused)} of {len(results)} things. It may have its own "
            "under another uuid: name that in a mapping file"
        )
    screen.say(f"{len(made)} made, {len(results) - len(made)} there already", style="green")
    return 0
