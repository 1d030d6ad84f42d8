"""Makes a sandbox with the content package, and writes it as the file that others begin with.

python -m bridge.runs.sandbox_snapshot
"""

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bridge.content.package import load_content
from bridge.delivery.content import ContentPlan, make_content, plan_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.preflight import AUTO, choose_profile
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import set_up
from bridge.mapping.loading import load_mapping
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from bridge.runs.surroundings import Stop
from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.sandbox.snapshot import SNAPSHOT, pack


def make_snapshot(into: Path = SNAPSHOT) -> None:
    """Write the snapshot anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox.start(folder, clock=lambda: datetime.now(UTC)) as sandbox:
            server = Server(url=sandbox.url, user=USER, password=PASSWORD)
            fill(lambda: Client(Transport(server)))
        pack(folder, into)


def fill(connect: Callable[[], Client]) -> None:
    """Make all of the content on a new sandbox."""
    mapping = load_mapping(None)
    with closing(connect()) as client:
        state = read_server_state(client, mapping, counting=False)
        profile = mapping.profiles[choose_profile(state, mapping, AUTO)]
        for _ in set_up(client, state, mapping, profile):
            pass
    for made in make_content(missing(connect), connect, Stop()):
        if made.refused:
            raise RuntimeError(f"{made.label}: {made.result}")


def missing(connect: Callable[[], Client]) -> ContentPlan:
    """Return what a sandbox lacks of the content."""
    package = load_content()
    with closing(connect()) as client:
        return plan_content(package, read_standing(client, package))


if __name__ == "__main__":
    make_snapshot()
