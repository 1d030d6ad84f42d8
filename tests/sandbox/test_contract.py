"""Every exchange that a live OpenMRS 2.8.7 was recorded in, played against the sandbox."""

from contextlib import closing
from pathlib import Path

from bridge.sandbox import PASSWORD, USER, Sandbox

from .differences import DIFFERENCES
from .tape import Player, load_exchanges


def test_answers_every_exchange_as_the_live_server_did(sandbox: Sandbox, tapes: list[Path]) -> None:
    tape = next(path for path in tapes if path.name.startswith("core-2.8.7"))
    exchanges = load_exchanges(tape)
    found = {}
    with closing(Player(sandbox.url, USER, PASSWORD, exchanges)) as player:
        for exchange in exchanges:
            differences = player.differences(exchange, player.play(exchange))
            if differences:
                found[exchange["name"]] = differences
    unexpected = {name: found[name] for name in found if name not in DIFFERENCES}
    assert unexpected == {}
    assert set(DIFFERENCES) - set(found) == set(), "these no longer differ: take them off the list"
