"""What a server can do: by its version, its settings and its answers to a few questions."""

from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.server_state import read_server_state
from bridge.mapping.loading import load_mapping
from bridge.openmrs.capabilities import Capabilities, Probes, capabilities_of
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from tests.lib.scripted_server import Answer, Request, scripted_server


def test_a_server_that_shows_nothing_of_itself_is_taken_for_a_usual_one() -> None:
    """A user may lack the privilege to see versions."""
    found = capabilities_of(None, {}, {}, Probes())
    assert found == Capabilities()
    assert found.diagnoses
    assert not found.overlapping_visits


@pytest.mark.parametrize(
    ("core", "has_conditions"),
    [("2.8.7", True), ("2.2.0", True), ("2.1.9", False), ("1.12.0", False), ("3.0", True)],
)
def test_conditions_and_diagnoses_came_with_a_core(core: str, has_conditions: bool) -> None:
    """An older one would refuse whole encounters for them."""
    found = capabilities_of(core, {}, {}, Probes())
    assert (found.conditions, found.diagnoses) == (has_conditions, has_conditions)


def test_overlapping_visits_are_a_setting() -> None:
    """Of which OpenMRS keeps the text."""
    for text, allowed in (("true", True), ("false", False), (None, False)):
        settings = {"visits.allowOverlappingVisits": text}
        assert capabilities_of("2.8.7", {}, settings, Probes()).overlapping_visits is allowed


@pytest.mark.parametrize("there", [True, False])
def test_what_modules_bring_is_asked_for(there: bool) -> None:
    """A user need not see the list of modules to see what they do."""
    paths = {
        "/ws/fhir2/R4/Immunization": {"resourceType": "Bundle", "total": 0},
        "/appointmentService/": [],
        "/concept/7cac8397": {"uuid": "7cac8397"},
    }

    def script(request: Request) -> Answer:
        if request.path.endswith("/session"):
            roles: list[dict[str, Any]] = [{"display": "System Developer"}]
            return Answer(200, {"authenticated": True, "user": {"display": "a", "roles": roles}})
        for part, body in paths.items():
            if part in request.path:
                missing = {"error": {"message": "Unknown resource"}}
                return Answer(200, body) if there else Answer(404, missing)
        return Answer(200, {"results": [], "entry": [], "display": "x", "retired": False})

    with scripted_server(script) as server:
        client = Client(Transport(Server(url=server.url, user="a", password="b")))
        found = read_server_state(client, load_mapping(None), counting=False).capabilities
        client.close()
    assert (found.immunizations, found.appointments, found.attachments) == (there,) * 3


@pytest.mark.parametrize(("locale", "asked"), [("fr", True), ("en_GB", False), (None, False)])
def test_each_session_is_in_english(locale: str | None, asked: bool, tmp_path: Path) -> None:
    """Refusals are told apart by their words, which follow the user's language."""

    def script(request: Request) -> Answer:
        session = {"authenticated": True, "user": {"display": "a"}}
        return Answer(200, session if locale is None else {**session, "locale": locale})

    with scripted_server(script) as server:
        client = Client(Transport(Server(url=server.url, user="a", password="b")))
        client.user()
        client.close()
    posts = [request.body for request in server.requests if request.method == "POST"]
    assert posts == ([{"locale": "en"}] if asked else [])
    assert {request.headers["Accept-Language"] for request in server.requests} == {"en"}
