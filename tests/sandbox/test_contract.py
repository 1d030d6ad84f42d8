"""Every exchange that a live OpenMRS 2.8.7 was recorded in, played against the sandbox."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.sandbox import PASSWORD, USER, Sandbox

from .differences import CHART_DIFFERENCES, DIFFERENCES, REFAPP_DIFFERENCES
from .refapp import Content, ReferenceApplication, moment_of, with_source, without_codes
from .tape import Player, load_exchanges

RECORDINGS = Path(__file__).with_name("recordings")
RECORDED = datetime(2026, 11, 28, 0, 48, 5, tzinfo=UTC)
CLINICAL = Path(__file__).parents[3] / "shared" / "data" / "clinical"


def test_answers_every_exchange_as_the_live_server_did(sandbox: Sandbox, tapes: list[Path]) -> None:
    tape = next(path for path in tapes if path.name.startswith("core-2.8.7"))
    compare(differences(sandbox, load_exchanges(tape)), DIFFERENCES)


def test_answers_the_parts_of_a_chart_as_the_live_server_did(tmp_path: Path) -> None:
    """Its own recording: orders, diagnoses, allergies, programs, death, and what a void leaves."""
    with Sandbox.start(tmp_path, clock=lambda: RECORDED) as sandbox:
        found = differences(sandbox, load_exchanges(RECORDINGS / "chart_core-2.8.7.json"))
    compare(found, CHART_DIFFERENCES)


def differences(sandbox: Sandbox, exchanges: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Play exchanges and return what is different, by the name of the exchange."""
    found = {}
    with closing(Player(sandbox.url, USER, PASSWORD, exchanges)) as player:
        for exchange in exchanges:
            different = player.differences(exchange, player.play(exchange))
            if different:
                found[exchange["name"]] = different
    return found


def compare(found: dict[str, list[str]], known: dict[str, str]) -> None:
    """Accept the differences that are listed, and only them."""
    assert {name: found[name] for name in found if name not in known} == {}
    assert set(known) - set(found) == set(), "these no longer differ: take them off the list"


@pytest.mark.parametrize(
    ("recording", "start", "known"),
    [
        ("", datetime(2026, 11, 21, 3, 58, 35, tzinfo=UTC), REFAPP_DIFFERENCES),
        ("vaccines_appointments_refapp3.json", datetime(2026, 11, 28, 0, 58, 30, tzinfo=UTC), {}),
    ],
    ids=["whole chart", "vaccines and appointments"],
)
def test_answers_as_the_reference_application_did(
    tmp_path: Path, tapes: list[Path], recording: str, start: datetime, known: dict[str, str]
) -> None:
    """The content that the exchanges speak of is made over REST before."""
    tape = next((path for path in tapes if path.name.startswith("refapp3")), None)
    if tape is None or not CLINICAL.is_dir():
        pytest.skip("needs the recorded exchanges and the facts of the content")
    now = start
    with Sandbox.start(tmp_path, clock=lambda: now) as sandbox:
        base = load_exchanges(tape)
        exchanges = load_exchanges(RECORDINGS / recording) if recording else base
        server = ReferenceApplication(sandbox.url)
        with server.client:
            server.furnish(Content(CLINICAL, [*base, *exchanges]))
        exchanges = without_codes(with_source(exchanges, server.source))
        found: dict[str, Any] = {}
        with closing(Player(sandbox.url, USER, PASSWORD, exchanges)) as player:
            for exchange in exchanges:
                now = moment_of(exchange, now)
                different = player.differences(exchange, player.play(exchange))
                if different:
                    found[exchange["name"]] = different
    compare(found, known)
