"""Every exchange that a live OpenMRS 2.8.7 was recorded in, played against the sandbox."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from bridge.sandbox import PASSWORD, USER, Sandbox

from .differences import DIFFERENCES
from .tape import Player, load_exchanges

SHARED = Path(os.environ.get("BRIDGE_SHARED", Path(__file__).parents[3] / "shared"))
TAPE = SHARED / "data" / "openmrs-tape" / "core-2.8.7_rest-3.5_fhir2-4.2.json"


@pytest.mark.shared
@pytest.mark.skipif(not TAPE.exists(), reason=f"no tape at {TAPE}")
def test_answers_every_exchange_as_the_live_server_did(sandbox: Sandbox) -> None:
    exchanges = load_exchanges(TAPE)
    found = {}
    with closing(Player(sandbox.url, USER, PASSWORD, exchanges)) as player:
        for exchange in exchanges:
            differences = player.differences(exchange, player.play(exchange))
            if differences:
                found[exchange["name"]] = differences
    unexpected = {name: found[name] for name in found if name not in DIFFERENCES}
    assert unexpected == {}
    assert set(DIFFERENCES) - set(found) == set(), "these no longer differ: take them off the list"
