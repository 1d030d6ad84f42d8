"""The sandbox that has the content already."""

from datetime import UTC, datetime
from pathlib import Path

from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from bridge.runs.sandbox_snapshot import missing
from bridge.sandbox import PASSWORD, USER, Sandbox


def test_a_new_sandbox_lacks_nothing_of_the_content(tmp_path: Path) -> None:
    """If this fails: python -m bridge.runs.sandbox_snapshot."""
    with Sandbox.start(tmp_path, clock=lambda: datetime.now(UTC), with_content=True) as sandbox:
        server = Server(url=sandbox.url, user=USER, password=PASSWORD)
        assert missing(lambda: Client(Transport(server))).counts() == {}
