"""What setup makes where a server has some of it already, under uuids of its own."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import Made, set_up
from bridge.openmrs.client import Client
from bridge.sandbox import Sandbox
from tests.lib.loading import MAPPING, connector

OWN_SOURCE = "0a6c9d4e-1111-4222-8333-944455556666"
OWN_TERM = "1b7dae5f-1111-4222-8333-944455556666"


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[], Client]]:
    """Serve a bare server and return what signs in to it."""
    with Sandbox.start(tmp_path / "bare", clock=lambda: datetime.now(UTC)) as sandbox:
        yield connector(sandbox.url)


def _set_up(client: Client) -> list[Made]:
    state = read_server_state(client, MAPPING)
    return list(set_up(client, state, MAPPING, MAPPING.profiles["bare"]))


def test_a_term_is_its_source_and_code(connect: Callable[[], Client]) -> None:
    """CIEL under another uuid is CIEL, and its terms are used as they stand."""
    with closing(connect()) as client:
        source = {"uuid": OWN_SOURCE, "name": "CIEL", "description": "a hospital's own import"}
        client.create("conceptsource", source)
        term = {"uuid": OWN_TERM, "code": "5089", "conceptSource": OWN_SOURCE}
        client.create("conceptreferenceterm", term)
        made = _set_up(client)
        assert [thing for thing in made if thing.refused] == []
        weight = MAPPING.measurements["weight_kg"].concept
        concept = client.fetch("concept", weight, "mappings:(conceptReferenceTerm:(uuid))")
    assert concept
    assert [m["conceptReferenceTerm"]["uuid"] for m in concept["mappings"]] == [OWN_TERM]


def test_a_second_setup_makes_nothing(connect: Callable[[], Client]) -> None:
    """Whatever is there stays as it is."""
    with closing(connect()) as client:
        _set_up(client)
        assert {thing.result for thing in _set_up(client)} == {"exists"}


def test_a_name_that_is_taken_is_said_with_its_uuid(connect: Callable[[], Client]) -> None:
    """That is what a mapping file is to name then."""
    with closing(connect()) as client:
        own = {"uuid": OWN_TERM, "name": "Vitals", "description": "a hospital's own"}
        client.create("encountertype", own)
        refused = {thing.label: thing.result for thing in _set_up(client) if thing.refused}
    assert refused.keys() == {"encounter type Vitals"}
    assert OWN_TERM in refused["encounter type Vitals"]


def test_a_dry_run_makes_nothing(connect: Callable[[], Client]) -> None:
    """It says of each thing what would become of it."""
    with closing(connect()) as client:
        state = read_server_state(client, MAPPING)
        profile = MAPPING.profiles["bare"]
        said = list(set_up(client, state, MAPPING, profile, dry_run=True))
        assert {thing.result for thing in said} == {"to be made", "exists"}
        planned = [thing.label for thing in said if thing.result == "to be made"]
        assert [thing.label for thing in _set_up(client) if thing.result == "made"] == planned
